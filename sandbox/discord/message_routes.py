"""The bot's REST calls on channels and messages."""

from __future__ import annotations

from sandbox.discord import bits, render
from sandbox.discord.events import Happening, Turn
from sandbox.discord.messages import announce, edit, known_message, post, remove
from sandbox.discord.permissions import demand, permissions_in, visible_channel
from sandbox.discord.state import APPLICATION_ID, DIRECT, GUILD_ID, THREADS
from sandbox.discord.wire import EPHEMERAL, Json, Refusal, Reply, iso


def create_message(turn: Turn) -> Reply:
    """POST a message as the bot."""
    return Reply(200, post(turn, turn.params["channel"], APPLICATION_ID, turn.body))


def list_messages(turn: Turn) -> Reply:
    """GET messages, newest first, by limit/before/after/around."""
    channel_id = turn.params["channel"]
    visible_channel(turn.state, APPLICATION_ID, channel_id)
    if not permissions_in(turn.state, APPLICATION_ID, channel_id) & bits.READ_MESSAGE_HISTORY:
        return Reply(200, [])
    query = turn.request.query
    limit = _limit(query.get("limit"))
    found = [one for one in turn.state.channel_messages(channel_id) if not one["flags"] & EPHEMERAL]
    if "before" in query:
        found = [one for one in found if int(one["id"]) < int(query["before"])]
    if "after" in query:
        found = [one for one in found if int(one["id"]) > int(query["after"])][:limit]
    if "around" in query:
        middle = int(query["around"])
        near = sorted(found, key=lambda one: abs(int(one["id"]) - middle))[:limit]
        found = sorted(near, key=lambda one: int(one["id"]))
    return Reply(200, found[-limit:][::-1])


def _limit(text: str | None) -> int:
    if text is None:
        return 50
    if not text.isdigit() or not 1 <= int(text) <= 100:
        errors = {"limit": {"_errors": [{"code": "NUMBER_TYPE_MAX", "message": "1 to 100"}]}}
        raise Refusal(400, 50035, "Invalid Form Body", errors)
    return int(text)


def _visible_message(turn: Turn) -> Json:
    visible_channel(turn.state, APPLICATION_ID, turn.params["channel"])
    return known_message(turn.state, turn.params["channel"], turn.params["message"])


def get_message(turn: Turn) -> Reply:
    """GET one message."""
    message = _visible_message(turn)
    demand(turn.state, APPLICATION_ID, message["channel_id"], bits.READ_MESSAGE_HISTORY)
    return Reply(200, message)


def edit_message(turn: Turn) -> Reply:
    """PATCH one of the bot's own messages."""
    message = _visible_message(turn)
    if message["author"]["id"] != APPLICATION_ID:
        raise Refusal(403, 50005, "Cannot edit a message authored by another user")
    _refuse_archived(turn, message["channel_id"])
    return Reply(200, edit(turn, message, turn.body))


def _refuse_archived(turn: Turn, channel_id: str) -> None:
    channel = turn.state.channels[channel_id]
    if channel["type"] in THREADS and channel["thread_metadata"]["archived"]:
        raise Refusal(400, 50083, "Thread is archived")


def delete_message(turn: Turn) -> Reply:
    """DELETE a message: one's own, or any with MANAGE_MESSAGES."""
    message = _visible_message(turn)
    _refuse_archived(turn, message["channel_id"])
    if message["author"]["id"] != APPLICATION_ID:
        demand(turn.state, APPLICATION_ID, message["channel_id"], bits.MANAGE_MESSAGES)
    remove(turn, message)
    return Reply(204)


def bulk_delete(turn: Turn) -> Reply:
    """POST bulk-delete of 2 to 100 messages; unknown ones are passed over."""
    channel_id = turn.params["channel"]
    visible_channel(turn.state, APPLICATION_ID, channel_id)
    demand(turn.state, APPLICATION_ID, channel_id, bits.MANAGE_MESSAGES)
    wanted = [str(one) for one in turn.body.get("messages") or ()]
    if not 2 <= len(wanted) <= 100:
        raise Refusal(400, 50016, "Provided too few or too many messages to delete")
    for message_id in wanted:
        message = turn.state.messages.get(message_id)
        if message is not None and message["channel_id"] == channel_id:
            remove(turn, message)
    return Reply(204)


def typing(turn: Turn) -> Reply:
    """POST typing: seen by people, told to nobody here."""
    visible_channel(turn.state, APPLICATION_ID, turn.params["channel"])
    return Reply(204)


def pin(turn: Turn) -> Reply:
    """PUT a pin."""
    return _set_pinned(turn, value=True)


def unpin(turn: Turn) -> Reply:
    """DELETE a pin."""
    return _set_pinned(turn, value=False)


def _set_pinned(turn: Turn, *, value: bool) -> Reply:
    message = _visible_message(turn)
    allowed = permissions_in(turn.state, APPLICATION_ID, message["channel_id"])
    if not allowed & (bits.PIN_MESSAGES | bits.MANAGE_MESSAGES):
        raise Refusal(403, 50013, "Missing Permissions")
    message["pinned"] = value
    announce(turn, message, "message_edited", updated=True)
    payload: Json = {"channel_id": message["channel_id"], "last_pin_timestamp": iso(turn.now)}
    if turn.state.channels[message["channel_id"]]["type"] != DIRECT:
        payload["guild_id"] = GUILD_ID
    turn.tell(Happening(event="CHANNEL_PINS_UPDATE", payload=payload))
    return Reply(204)


def list_pins(turn: Turn) -> Reply:
    """GET the pins of a channel, newest first, in the paged shape of 2025."""
    channel_id = turn.params["channel"]
    visible_channel(turn.state, APPLICATION_ID, channel_id)
    pinned = [one for one in turn.state.channel_messages(channel_id) if one["pinned"]]
    items = [{"pinned_at": one["timestamp"], "message": one} for one in reversed(pinned)]
    return Reply(200, {"items": items, "has_more": False})


def get_channel(turn: Turn) -> Reply:
    """GET a channel or thread."""
    channel = visible_channel(turn.state, APPLICATION_ID, turn.params["channel"])
    return Reply(200, render.channel(turn.state, channel["id"]))


def open_direct(turn: Turn) -> Reply:
    """POST users/@me/channels: the direct channel with one person, the same one each time."""
    user_id = str(turn.body.get("recipient_id"))
    if user_id not in turn.state.users or user_id == APPLICATION_ID:
        raise Refusal(400, 50033, "Invalid Recipient(s)")
    return Reply(200, direct_channel(turn, user_id))


def direct_channel(turn: Turn, user_id: str) -> Json:
    """Return the bot's direct channel with a person, opening it when there is none."""
    for channel in turn.state.channels.values():
        if channel["type"] == DIRECT and channel["recipients"][0]["id"] == user_id:
            return channel
    channel = {
        "id": turn.state.snowflake(turn.now),
        "type": DIRECT,
        "last_message_id": None,
        "flags": 0,
        "recipients": [render.user(turn.state, user_id)],
    }
    turn.state.channels[channel["id"]] = channel
    turn.tell(Happening(event="CHANNEL_CREATE", payload=channel))
    return channel
