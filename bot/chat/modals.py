"""Forms without memory.

Everything a submit needs is in the custom_ids, so a form that was opened before a restart is
answered after it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import discord

from bot.chat.text import label
from core.domain.limits import LimitLine
from core.domain.tickets import TicketLeg
from core.ports.phrases import Phrases

VERSION = "m1"
TRADE = re.compile(r"m1:trade:([0-9A-Z]{0,6})")
REPLY = re.compile(r"m1:reply")
EDIT = re.compile(r"m1:edit:([0-9A-Z]{6,16})")
RESOLVE = re.compile(r"m1:resolve:([0-9A-Z]{6,16}-[0-9]{1,3})")
ACCEPT = re.compile(r"m1:accept:([0-9A-Z]{6})")
ARM = re.compile(r"m1:arm")
LIMITS = re.compile(r"m1:limits")

REQUEST_INPUT = "request"
LEG_INPUT = "leg"
QUANTITY_INPUT = "quantity"
PRICE_INPUT = "price"
NUMBER_INPUT = "number"
TYPED_INPUT = "typed"

REQUEST_MAX = 1000
_TITLE_MAX = 45
_LABEL_MAX = 45
_PLACEHOLDER_MAX = 100
_HINT_MAX = 100


async def open_modal(interaction: discord.Interaction[Any], modal: discord.ui.Modal) -> None:
    """Show a form and forget it: its submit is answered from the custom_id alone.

    discord.py would otherwise keep each form that nobody submits for ever, and would know one
    form per custom_id, so that of two people only one could be answered.
    """
    modal.stop()
    await interaction.response.send_modal(modal)


def _modal(title: str, custom_id: str) -> discord.ui.Modal:
    return discord.ui.Modal(title=label(title, _TITLE_MAX), custom_id=custom_id, timeout=None)


def _add(
    modal: discord.ui.Modal,
    text: str,
    field: discord.ui.TextInput[discord.ui.Modal],
    hint: str = "",
) -> None:
    description = label(hint, _HINT_MAX) or None
    modal.add_item(
        discord.ui.Label(text=label(text, _LABEL_MAX), description=description, component=field)
    )


def trade_modal(phrases: Phrases, symbol: str = "", name: str = "") -> discord.ui.Modal:
    """Return the form of /trade. `symbol` travels in the custom_id."""
    modal = _modal(phrases.say("chat.trade_title"), f"{VERSION}:trade:{symbol}")
    hint = phrases.say("chat.trade_placeholder", name=name or "KODEX 200")
    _add(modal, phrases.say("chat.trade_label"), _request_input(hint))
    return modal


def reply_modal(phrases: Phrases) -> discord.ui.Modal:
    """Return the form behind the reply button of a thread."""
    modal = _modal(phrases.say("chat.reply_title"), f"{VERSION}:reply")
    _add(modal, phrases.say("chat.reply_label"), _request_input(""))
    return modal


def _request_input(hint: str) -> discord.ui.TextInput[discord.ui.Modal]:
    return discord.ui.TextInput(
        custom_id=REQUEST_INPUT,
        style=discord.TextStyle.paragraph,
        placeholder=label(hint, _PLACEHOLDER_MAX) or None,
        max_length=REQUEST_MAX,
    )


def edit_modal(
    ticket_id: str, phrases: Phrases, legs: Sequence[TicketLeg] = ()
) -> discord.ui.Modal:
    """Return the form of ✏️: which leg, how many, at most (or at least) which price.

    The terms of a lone leg are filled in. Of several only their terms are told: the price of one
    must not be sent by oversight with the number of another. Without `legs` nothing is filled in.
    """
    modal = _modal(phrases.say("chat.edit_title"), f"{VERSION}:edit:{ticket_id}")
    lone = legs[0] if len(legs) == 1 else None
    first = lone.number if lone else None if legs else 1
    price = lone.price_won if lone else None
    _add(
        modal,
        phrases.say("chat.edit_leg"),
        _short(LEG_INPUT, 3, first, required=len(legs) > 1),
        " · ".join(_terms(one, phrases) for one in legs) if lone is None else "",
    )
    quantity = _short(QUANTITY_INPUT, 9, lone.quantity if lone else None, required=True)
    _add(modal, phrases.say("chat.edit_quantity"), quantity)
    _add(modal, phrases.say("chat.edit_price"), _short(PRICE_INPUT, 12, price, required=False))
    return modal


def _terms(leg: TicketLeg, phrases: Phrases) -> str:
    """Return a leg as the form's hint tells it, short: five of them have a hundred characters."""
    price = f"{leg.price_won:,}" if leg.price_won is not None else phrases.say("chat.edit_market")
    return f"{leg.number}: {leg.quantity}×{price}"


def _short(
    custom_id: str, most: int, present: int | None, *, required: bool
) -> discord.ui.TextInput[discord.ui.Modal]:
    return discord.ui.TextInput(
        custom_id=custom_id,
        style=discord.TextStyle.short,
        default=None if present is None else str(present),
        required=required,
        max_length=most,
    )


def resolve_modal(order_id: str, phrases: Phrases) -> discord.ui.Modal:
    """Return the form that ends the doubt about an order: its broker number, or that it has none."""
    modal = _modal(phrases.say("chat.resolve_title"), f"{VERSION}:resolve:{order_id}")
    short = discord.TextStyle.short
    _add(
        modal,
        phrases.say("chat.resolve_number"),
        discord.ui.TextInput(custom_id=NUMBER_INPUT, style=short, max_length=20),
        phrases.say("chat.resolve_number_hint", none=phrases.say("chat.resolve_none")),
    )
    _add_typed(modal, order_id, phrases)
    return modal


def accept_modal(symbol: str, phrases: Phrases) -> discord.ui.Modal:
    """Return the form that takes the broker's number of shares for ours."""
    title = phrases.say("chat.accept_title", symbol=symbol)
    modal = _modal(title, f"{VERSION}:accept:{symbol}")
    _add_typed(modal, symbol, phrases)
    return modal


def arm_modal(phrases: Phrases) -> discord.ui.Modal:
    """Return the form that opens the real account to orders. What to type stands in the message."""
    modal = _modal(phrases.say("chat.arm_title"), f"{VERSION}:arm")
    _add(
        modal,
        phrases.say("chat.typed"),
        discord.ui.TextInput(custom_id=TYPED_INPUT, style=discord.TextStyle.short, max_length=60),
        phrases.say("chat.arm_hint"),
    )
    return modal


def limits_modal(lines: Sequence[LimitLine], phrases: Phrases) -> discord.ui.Modal:
    """Return the form of limits, each with what is in force now and what the settings allow."""
    modal = _modal(phrases.say("setup.limits"), f"{VERSION}:limits")
    for line in lines:
        hard = phrases.say(f"limits.unit_{line.unit}", number=line.hard)
        _add(
            modal,
            phrases.say(f"limits.name_{line.name}"),
            _short(line.name, 12, line.in_force, required=False),
            phrases.say("setup.limit_hint", hard=hard),
        )
    return modal


def _add_typed(modal: discord.ui.Modal, text: str, phrases: Phrases) -> None:
    """Ask for `text` to be typed: nobody does by accident what needs this."""
    _add(
        modal,
        phrases.say("chat.typed"),
        discord.ui.TextInput(
            custom_id=TYPED_INPUT,
            style=discord.TextStyle.short,
            placeholder=label(text, _PLACEHOLDER_MAX),
            max_length=60,
        ),
        phrases.say("chat.typed_hint", text=text),
    )


def submitted(interaction: discord.Interaction[Any]) -> tuple[str, dict[str, str]]:
    """Return (custom_id, {input: value}) of a component or form."""
    data: Mapping[str, Any] = dict(interaction.data or {})
    return str(data.get("custom_id", "")), values_of(data)


def values_of(data: Mapping[str, Any] | None) -> dict[str, str]:
    """Return {custom_id: value} of a submitted form, from rows as well as from labels."""
    found: dict[str, str] = {}
    pending: list[Any] = list((data or {}).get("components", ()))
    while pending:
        part = pending.pop()
        if not isinstance(part, Mapping):
            continue
        if "custom_id" in part and "value" in part:
            found[str(part["custom_id"])] = str(part["value"] or "")
        pending.extend(part.get("components", ()))
        if "component" in part:
            pending.append(part["component"])
    return found


def whole_number(text: str) -> int | None:
    """Return a whole number as people type it (1,000 · 7주 · 35,150원), or None."""
    digits = text.strip().replace(",", "").replace(" ", "").removesuffix("주").removesuffix("원")
    return int(digits) if digits.isascii() and digits.isdigit() else None
