"""What every broker's damaged answers are judged by: the rules that hold whatever the wire is."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence

from core.domain.account import AccountSnapshot
from core.domain.orders import Accepted, SubmitOutcome
from core.errors import BrokerError
from tests.prove.mutation import Template, encoded, pick

ASCII_DIGITS = frozenset("0123456789")


def template(body: Mapping[str, object]) -> Template:
    """Return a good answer, written as brokers write it: without blanks, Korean as it is."""
    return Template.of(json.dumps(body, ensure_ascii=False, separators=(",", ":")))


def balance(
    text: str, account: Callable[[bytes], AccountSnapshot], *, rows: str, quantity: str
) -> str:
    """Judge a damaged balance: it never reads as an account without holdings.

    `rows` is the key of its table and `quantity` that of the shares in each row.
    """
    try:
        found = account(encoded(text))
    except BrokerError:
        return ""
    if found.positions or all(is_zero(row.get(quantity)) for row in json.loads(text)[rows]):
        return ""
    return f"no holdings out of {text!r}"


def post(
    dice: random.Random,
    posts: Sequence[Template],
    statuses: Sequence[int],
    classify: Callable[[int, bytes], SubmitOutcome],
    is_accepted: Callable[[int, str], bool],
) -> str:
    """Judge a damaged answer to a post: Accepted only when it is a success with a number."""
    text = pick(dice, posts).damaged(dice)
    status = pick(dice, statuses)
    outcome = classify(status, encoded(text))
    if isinstance(outcome, Accepted) and not is_accepted(status, text):
        return f"Accepted {outcome.ref.number} out of HTTP {status} {text!r}"
    return ""


def is_order_number(number: object) -> bool:
    """Whether an answer names an order: plain digits, as many as a number has, not all zero."""
    return (
        isinstance(number, str)
        and 0 < len(number.strip()) <= 16
        and set(number.strip()) <= ASCII_DIGITS
        and int(number) > 0
    )


def is_zero(quantity: object) -> bool:
    """Whether an answer states a quantity of zero; nothing stated is not zero."""
    if isinstance(quantity, bool):
        return False
    if isinstance(quantity, str):
        plain = quantity.strip()
        return bool(plain) and set(plain) <= ASCII_DIGITS | set("+-.") and not float(plain)
    return isinstance(quantity, int | float) and not quantity
