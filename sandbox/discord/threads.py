"""Threads: create with and without a message, archive, lock, rename, members."""

from __future__ import annotations

from sandbox.discord import bits, render
from sandbox.discord.events import EventKind, Happening, Turn
from sandbox.discord.limits import refuse, thread_flaws
from sandbox.discord.messages import (
    known_message,
    members_update,
    store,
)
from sandbox.discord.permissions import demand, permissions_in, visible_channel
from sandbox.discord.state import (
    APPLICATION_ID,
    GUILD_ID,
    PRIVATE_THREAD,
    PUBLIC_THREAD,
    TEXT_CHANNEL,
    THREADS,
    add_thread_member,
)
from sandbox.discord.wire import Json, Refusal, Reply, iso

THREAD_CREATED, THREAD_STARTER = 18, 21


def create_thread(turn: Turn) -> Reply:
    """POST a thread without a message: public (11) or private (12)."""
    parent = _parent(turn)
    body = turn.body
    kind = body.get("type", PRIVATE_THREAD)
    if kind not in THREADS:
        raise Refusal(400, 50024, "Cannot execute action on this channel type")
    private = kind == PRIVATE_THREAD
    right = bits.CREATE_PRIVATE_THREADS if private else bits.CREATE_PUBLIC_THREADS
    demand(turn.state, APPLICATION_ID, parent["id"], right)
    refuse(thread_flaws(body, creating=True))
    thread = _new_thread(turn, parent, turn.state.snowflake(turn.now), kind)
    _announce(turn, thread, "thread_created", "THREAD_CREATE")
    if not private:
        _created_notice(turn, parent, thread)
    return Reply(201, render.channel(turn.state, thread["id"]))


def create_from_message(turn: Turn) -> Reply:
    """POST a thread on a message; its id is the message's, so there is at most one."""
    parent = _parent(turn)
    message = known_message(turn.state, parent["id"], turn.params["message"])
    demand(turn.state, APPLICATION_ID, parent["id"], bits.CREATE_PUBLIC_THREADS)
    if message["id"] in turn.state.channels:
        raise Refusal(400, 160004, "A thread has already been created for this message")
    refuse(thread_flaws(turn.body, creating=True))
    thread = _new_thread(turn, parent, message["id"], PUBLIC_THREAD)
    add_thread_member(turn.state, thread["id"], message["author"]["id"], turn.now)
    message["flags"] |= 1 << 5
    message["thread"] = render.channel(turn.state, thread["id"])
    _announce(turn, thread, "thread_created", "THREAD_CREATE")
    starter = render.new_message(turn.state, thread["id"], message["author"]["id"], turn.now)
    starter["type"] = THREAD_STARTER
    starter["message_reference"] = _pointer(parent["id"], message["id"])
    store(turn, starter)
    turn.tell(Happening(event="MESSAGE_CREATE", payload=render.message_event(turn.state, starter)))
    return Reply(201, render.channel(turn.state, thread["id"]))


def _parent(turn: Turn) -> Json:
    parent = visible_channel(turn.state, APPLICATION_ID, turn.params["channel"])
    if parent["type"] != TEXT_CHANNEL:
        raise Refusal(400, 50024, "Cannot execute action on this channel type")
    return parent


def _pointer(channel_id: str, message_id: str | None = None) -> Json:
    pointer: Json = {"type": 0, "guild_id": GUILD_ID, "channel_id": channel_id}
    return {**pointer, "message_id": message_id} if message_id else pointer


def _new_thread(turn: Turn, parent: Json, thread_id: str, kind: int) -> Json:
    body, now = turn.body, iso(turn.now)
    thread: Json = {
        "id": thread_id,
        "type": kind,
        "guild_id": GUILD_ID,
        "parent_id": parent["id"],
        "owner_id": APPLICATION_ID,
        "name": body["name"],
        "last_message_id": None,
        "rate_limit_per_user": body.get("rate_limit_per_user") or 0,
        "message_count": 0,
        "member_count": 0,
        "total_message_sent": 0,
        "flags": 0,
        "thread_metadata": {
            "archived": False,
            "auto_archive_duration": body.get("auto_archive_duration") or 1440,
            "archive_timestamp": now,
            "locked": False,
            "create_timestamp": now,
        },
    }
    if kind == PRIVATE_THREAD:
        thread["thread_metadata"]["invitable"] = body.get("invitable", True)
    turn.state.channels[thread_id] = thread
    add_thread_member(turn.state, thread_id, APPLICATION_ID, turn.now)
    return thread


def _created_notice(turn: Turn, parent: Json, thread: Json) -> None:
    """Post the system message (type 18) that a thread without a message leaves in its parent."""
    notice = render.new_message(turn.state, parent["id"], APPLICATION_ID, turn.now)
    notice.update(type=THREAD_CREATED, content=thread["name"])
    notice["message_reference"] = _pointer(thread["id"])
    store(turn, notice)
    turn.tell(Happening(event="MESSAGE_CREATE", payload=render.message_event(turn.state, notice)))


def _announce(turn: Turn, thread: Json, kind: EventKind, event: str) -> None:
    payload = render.channel(turn.state, thread["id"])
    if event == "THREAD_CREATE":
        payload["newly_created"] = True
    turn.tell(
        Happening(
            event=event,
            payload=payload,
            kind=kind,
            actor_id=APPLICATION_ID,
            channel_id=thread["id"],
            thread=thread,
        )
    )


def edit_channel(turn: Turn) -> Reply:
    """PATCH a thread (archive, lock, rename …) or a channel's name and topic."""
    channel = visible_channel(turn.state, APPLICATION_ID, turn.params["channel"])
    if channel["type"] not in THREADS:
        demand(turn.state, APPLICATION_ID, channel["id"], bits.MANAGE_CHANNELS)
        channel.update({key: turn.body[key] for key in ("name", "topic") if key in turn.body})
        turn.tell(
            Happening(event="CHANNEL_UPDATE", payload=render.channel(turn.state, channel["id"]))
        )
        return Reply(200, render.channel(turn.state, channel["id"]))
    refuse(thread_flaws(turn.body, creating=False))
    _check_thread_edit(turn, channel)
    _apply(turn, channel)
    _announce(turn, channel, "thread_updated", "THREAD_UPDATE")
    return Reply(200, render.channel(turn.state, channel["id"]))


def _check_thread_edit(turn: Turn, thread: Json) -> None:
    body, data = turn.body, thread["thread_metadata"]
    reopened = body.get("archived") is False
    if data["archived"] and not reopened and set(body) - {"archived", "locked"}:
        raise Refusal(400, 50083, "Thread is archived")
    manages = permissions_in(turn.state, APPLICATION_ID, thread["id"]) & bits.MANAGE_THREADS
    owns = thread["owner_id"] == APPLICATION_ID and not data["locked"] and "locked" not in body
    if not manages and not owns:
        raise Refusal(403, 50013, "Missing Permissions")


def _apply(turn: Turn, thread: Json) -> None:
    body, data = turn.body, thread["thread_metadata"]
    if "archived" in body and body["archived"] != data["archived"]:
        data["archive_timestamp"] = iso(turn.now)
    for key in ("archived", "locked", "auto_archive_duration", "invitable"):
        if key in body:
            data[key] = body[key]
    for key in ("name", "rate_limit_per_user"):
        if key in body:
            thread[key] = body[key]


def delete_channel(turn: Turn) -> Reply:
    """DELETE a thread with MANAGE_THREADS; the sandbox keeps its channels."""
    channel = visible_channel(turn.state, APPLICATION_ID, turn.params["channel"])
    if channel["type"] not in THREADS:
        raise Refusal(403, 50013, "Missing Permissions")
    demand(turn.state, APPLICATION_ID, channel["id"], bits.MANAGE_THREADS)
    payload = {key: channel[key] for key in ("id", "guild_id", "parent_id", "type")}
    for message_id in turn.state.timeline.pop(channel["id"], ()):
        turn.state.messages.pop(message_id, None)
    turn.state.thread_members.pop(channel["id"], None)
    answer = render.channel(turn.state, channel["id"])
    del turn.state.channels[channel["id"]]
    turn.tell(Happening(event="THREAD_DELETE", payload=payload))
    return Reply(200, answer)


def list_archived(turn: Turn) -> Reply:
    """GET the archived public threads of a channel."""
    parent = visible_channel(turn.state, APPLICATION_ID, turn.params["channel"])
    threads = [
        render.channel(turn.state, one["id"])
        for one in turn.state.channels.values()
        if one["type"] == PUBLIC_THREAD
        and one["parent_id"] == parent["id"]
        and one["thread_metadata"]["archived"]
    ]
    threads.sort(key=lambda one: str(one["thread_metadata"]["archive_timestamp"]), reverse=True)
    return Reply(200, {"threads": threads, "members": [], "has_more": False})


def list_active(turn: Turn) -> Reply:
    """GET the active threads of the guild."""
    return Reply(200, {"threads": render.active_threads(turn.state), "members": []})


def list_members(turn: Turn) -> Reply:
    """GET who is in a thread."""
    thread = _thread(turn)
    members = turn.state.thread_members.get(thread["id"], {})
    return Reply(200, [render.thread_member(thread["id"], *one) for one in members.items()])


def add_member(turn: Turn) -> Reply:
    """PUT somebody (or ``@me``) into a thread that is not archived."""
    thread, user_id = _thread(turn), _user(turn)
    if thread["thread_metadata"]["archived"]:
        raise Refusal(400, 50083, "Thread is archived")
    if add_thread_member(turn.state, thread["id"], user_id, turn.now):
        turn.tell(members_update(turn.state, thread["id"], added=user_id))
    return Reply(204)


def remove_member(turn: Turn) -> Reply:
    """DELETE somebody (or ``@me``) from a thread."""
    thread, user_id = _thread(turn), _user(turn)
    if user_id != APPLICATION_ID:
        demand(turn.state, APPLICATION_ID, thread["id"], bits.MANAGE_THREADS)
    if turn.state.thread_members.get(thread["id"], {}).pop(user_id, None):
        turn.tell(members_update(turn.state, thread["id"], removed=user_id))
    return Reply(204)


def _thread(turn: Turn) -> Json:
    thread = visible_channel(turn.state, APPLICATION_ID, turn.params["channel"])
    if thread["type"] not in THREADS:
        raise Refusal(400, 50024, "Cannot execute action on this channel type")
    return thread


def _user(turn: Turn) -> str:
    user_id = turn.params["user"]
    user_id = APPLICATION_ID if user_id == "@me" else user_id
    if user_id not in turn.state.users:
        raise Refusal(404, 10013, "Unknown User")
    return user_id
