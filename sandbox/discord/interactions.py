"""Interactions: opening one towards the bot, its callback, its webhook messages.

Deadlines: the first answer within 3 host seconds (10062 afterwards), one answer only (40060), the
token for 15 business minutes (50027 afterwards).
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sandbox.discord import bits, render
from sandbox.discord.component_limits import modal_flaws
from sandbox.discord.events import Happening, Turn
from sandbox.discord.limits import Flaw, count_flaws, refuse
from sandbox.discord.messages import announce, edit, fill, remove, store, wake_thread
from sandbox.discord.permissions import permissions_in
from sandbox.discord.state import APPLICATION_ID, DIRECT, GUILD_ID, Interaction
from sandbox.discord.wire import EPHEMERAL, LOADING, Json, Refusal, Reply

COMMAND, COMPONENT, AUTOCOMPLETE, MODAL_SUBMIT = 2, 3, 4, 5
REPLY, DEFER, DEFER_UPDATE, UPDATE, CHOICES, MODAL = 4, 5, 6, 7, 8, 9
TOKEN_LIFE: Final = timedelta(minutes=15)
GUILD_CONTEXT, BOT_DM_CONTEXT = 0, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What a person did: a command, a press, a submitted modal or half-typed text."""

    type: int
    user_id: str
    channel_id: str
    data: Json
    locale: str
    detail: str = ""
    message: Json | None = None
    token: str = ""


def open_interaction(turn: Turn, ask: Ask) -> Interaction:
    """Store a new interaction and send INTERACTION_CREATE."""
    state = turn.state
    interaction = Interaction(
        id=state.snowflake(turn.now),
        token=ask.token,
        type=ask.type,
        user_id=ask.user_id,
        channel_id=ask.channel_id,
        opened=turn.moment,
        message_id=ask.message["id"] if ask.message else None,
        command=ask.detail,
    )
    state.remember(interaction)
    told = ask.type != AUTOCOMPLETE
    turn.tell(
        Happening(
            event="INTERACTION_CREATE",
            payload=_payload(turn, ask, interaction),
            kind="interaction" if told else None,
            actor_id=ask.user_id,
            channel_id=ask.channel_id,
            message=ask.message,
            detail=ask.detail,
        )
    )
    return interaction


def _payload(turn: Turn, ask: Ask, interaction: Interaction) -> Json:
    state = turn.state
    channel = render.channel(state, ask.channel_id)
    channel["permissions"] = str(permissions_in(state, ask.user_id, ask.channel_id))
    direct = channel["type"] == DIRECT
    payload: Json = {
        "id": interaction.id,
        "application_id": APPLICATION_ID,
        "type": ask.type,
        "token": interaction.token,
        "version": 1,
        "channel_id": ask.channel_id,
        "channel": channel,
        "locale": ask.locale,
        "app_permissions": str(permissions_in(state, APPLICATION_ID, ask.channel_id)),
        "entitlements": [],
        "authorizing_integration_owners": {"0": "0" if direct else GUILD_ID},
        "context": BOT_DM_CONTEXT if direct else GUILD_CONTEXT,
        "attachment_size_limit": render.UPLOAD_BYTES_MAX,
        "data": ask.data,
    }
    if direct:
        payload["user"] = render.user(state, ask.user_id)
    else:
        payload["guild_id"] = GUILD_ID
        payload["guild"] = {"id": GUILD_ID, "locale": state.locale, "features": []}
        payload["guild_locale"] = state.locale
        payload["member"] = render.member_in(state, ask.user_id, ask.channel_id)
    if ask.message is not None:
        payload["message"] = copy.deepcopy(ask.message)
    return payload


def callback(turn: Turn) -> Reply:
    """POST the first answer to an interaction."""
    interaction = turn.state.interactions.get(turn.params["token"])
    if interaction is None or interaction.id != turn.params["interaction"]:
        raise Refusal(404, 10062, "Unknown interaction")
    if interaction.answer is not None:
        raise Refusal(400, 40060, "Interaction has already been acknowledged.")
    if turn.moment.host - interaction.opened.host > turn.state.answer_seconds:
        raise Refusal(404, 10062, "Unknown interaction")
    kind = turn.body.get("type")
    _check_kind(interaction, kind)
    data: Json = turn.body.get("data") or {}
    message = _answer(turn, interaction, int(kind or 0), data)
    interaction.answer = kind
    if turn.request.query.get("with_response", "0").lower() in ("1", "true"):
        return Reply(200, _with_response(interaction, message))
    return Reply(204)


def _check_kind(interaction: Interaction, kind: Any) -> None:
    allowed: tuple[int, ...] = (REPLY, DEFER)
    if interaction.type == AUTOCOMPLETE:
        allowed = (CHOICES,)
    else:
        if interaction.type != MODAL_SUBMIT:
            allowed = (*allowed, MODAL)
        if interaction.message_id is not None:
            allowed = (*allowed, DEFER_UPDATE, UPDATE)
    if kind not in allowed:
        text = f"Value must be one of {sorted(allowed)}."
        refuse([Flaw(("type",), "BASE_TYPE_CHOICES", text)])


def _answer(turn: Turn, interaction: Interaction, kind: int, data: Json) -> Json | None:
    if kind == CHOICES:
        choices = data.get("choices") or []
        refuse([one.under("data") for one in count_flaws("choices", choices, 25)])
        interaction.choices = choices
        return None
    if kind == MODAL:
        refuse(modal_flaws(data))
        interaction.modal = copy.deepcopy(data)
        _tell_modal(turn, interaction, data)
        return None
    if kind in (DEFER_UPDATE, UPDATE):
        interaction.original_id = interaction.message_id
        if kind == DEFER_UPDATE:
            return None
        return edit(turn, _message(turn, interaction, interaction.message_id), data)
    message = _new_answer(turn, interaction, data, loading=kind == DEFER)
    interaction.original_id = message["id"]
    return message


def _tell_modal(turn: Turn, interaction: Interaction, modal: Json) -> None:
    turn.tell(
        Happening(
            kind="interaction_reply",
            actor_id=APPLICATION_ID,
            channel_id=interaction.channel_id,
            detail=str(modal["title"]),
            to=turn.state.users[interaction.user_id].name,
            private=True,
        )
    )


def _new_answer(turn: Turn, interaction: Interaction, body: Json, *, loading: bool) -> Json:
    """Post a message under an interaction's token; the token is its permission."""
    state = turn.state
    ephemeral = bool((body.get("flags") or 0) & EPHEMERAL)
    message = render.new_message(state, interaction.channel_id, APPLICATION_ID, turn.now)
    message["application_id"] = message["webhook_id"] = APPLICATION_ID
    message["type"] = 20 if interaction.type == COMMAND else 0
    message["interaction_metadata"] = {
        "id": interaction.id,
        "type": interaction.type,
        "user": render.user(state, interaction.user_id),
        "authorizing_integration_owners": {"0": GUILD_ID},
    }
    if ephemeral:
        message["flags"] |= EPHEMERAL
    if loading:
        message["flags"] |= LOADING
    else:
        fill(turn, message, body)
    if ephemeral:
        state.audience[message["id"]] = interaction.user_id
    else:
        wake_thread(turn, state.channels[interaction.channel_id], APPLICATION_ID)
    store(turn, message)
    if not loading:
        _tell_reply(turn, interaction, message)
    elif not ephemeral:
        event = render.message_event(state, message)
        turn.tell(Happening(event="MESSAGE_CREATE", payload=event))
    return message


def _tell_reply(turn: Turn, interaction: Interaction, message: Json) -> None:
    to = turn.state.users[interaction.user_id].name
    announce(turn, message, "interaction_reply", to=to, detail=interaction.command)


def _with_response(interaction: Interaction, message: Json | None) -> Json:
    body: Json = {"interaction": {"id": interaction.id, "type": interaction.type}}
    if message is not None:
        body["interaction"].update(
            response_message_id=message["id"],
            response_message_loading=bool(message["flags"] & LOADING),
            response_message_ephemeral=bool(message["flags"] & EPHEMERAL),
        )
    body["resource"] = {"type": interaction.answer}
    if message is not None:
        body["resource"]["message"] = message
    return body


def _by_token(turn: Turn) -> Interaction:
    interaction = turn.state.interactions.get(turn.params["token"])
    if interaction is None or interaction.answer in (None, CHOICES):
        raise Refusal(404, 10015, "Unknown Webhook")
    if turn.params["application"] != APPLICATION_ID:
        raise Refusal(404, 10015, "Unknown Webhook")
    if turn.now - interaction.opened.business > TOKEN_LIFE:
        raise Refusal(401, 50027, "Invalid Webhook Token")
    return interaction


def followup(turn: Turn) -> Reply:
    """POST a followup; after a defer the first one fills the waiting message."""
    interaction = _by_token(turn)
    waiting = turn.state.messages.get(interaction.original_id or "")
    if interaction.answer == DEFER and waiting is not None and waiting["flags"] & LOADING:
        return Reply(200, edit(turn, waiting, turn.body, kind="interaction_reply"))
    message = _new_answer(turn, interaction, turn.body, loading=False)
    return Reply(200, message) if turn.request.query.get("wait") else Reply(204)


def _message(turn: Turn, interaction: Interaction, message_id: str | None) -> Json:
    message = turn.state.messages.get(message_id or "")
    if message is None or message["author"]["id"] != APPLICATION_ID:
        raise Refusal(404, 10008, "Unknown Message")
    if message["channel_id"] != interaction.channel_id:
        raise Refusal(404, 10008, "Unknown Message")
    return message


def _addressed(turn: Turn) -> Json:
    interaction = _by_token(turn)
    wanted = turn.params["message"]
    message_id = interaction.original_id if wanted == "@original" else wanted
    message = _message(turn, interaction, message_id)
    own = (message.get("interaction_metadata") or {}).get("id") == interaction.id
    if not own and message["id"] != interaction.message_id:
        raise Refusal(404, 10008, "Unknown Message")
    return message


def get_answer(turn: Turn) -> Reply:
    """GET ``@original`` or a followup."""
    return Reply(200, _addressed(turn))


def edit_answer(turn: Turn) -> Reply:
    """PATCH ``@original`` or a followup; fills the waiting message after a defer."""
    message = _addressed(turn)
    loading = message["flags"] & LOADING
    return Reply(
        200,
        edit(turn, message, turn.body, kind="interaction_reply" if loading else "message_edited"),
    )


def delete_answer(turn: Turn) -> Reply:
    """DELETE ``@original`` or a followup."""
    remove(turn, _addressed(turn))
    return Reply(204)


def may_use(turn: Turn, user_id: str, channel_id: str, command: Json) -> bool:
    """Whether Discord's own interface would offer the command to this person here."""
    allowed = permissions_in(turn.state, user_id, channel_id)
    if not allowed & bits.USE_APPLICATION_COMMANDS:
        return False
    needed = command.get("default_member_permissions")
    if needed is None:
        return True
    return allowed & bits.ADMINISTRATOR > 0 or (
        int(needed) > 0 and allowed & int(needed) == int(needed)
    )
