"""Messages: create, edit, read, delete, pin; uploads; nonce; what is refused."""

from __future__ import annotations

import copy
import mimetypes
import re
from datetime import timedelta
from typing import Any, Final

from sandbox.discord import bits, render
from sandbox.discord.component_limits import message_component_flaws, walk
from sandbox.discord.events import EventKind, Happening, Turn
from sandbox.discord.limits import (
    CONTENT_MAX,
    NONCE_MAX,
    Flaw,
    check_files,
    embed_flaws,
    refuse,
    text_flaws,
)
from sandbox.discord.permissions import demand, may_send, permissions_in, visible_channel
from sandbox.discord.state import (
    APPLICATION_ID,
    DIRECT,
    GUILD_ID,
    THREADS,
    Attachment,
    DiscordState,
    add_thread_member,
)
from sandbox.discord.wire import (
    COMPONENTS_V2,
    EPHEMERAL,
    LOADING,
    SETTABLE_FLAGS,
    Json,
    Refusal,
    iso,
)

NONCE_LIFE: Final = timedelta(minutes=5)
_MENTION = re.compile(r"<@!?(\d+)>")
_ATTACHMENT_URL = "attachment://"


def known_message(state: DiscordState, channel_id: str, message_id: str) -> Json:
    """Return a message that the channel's own routes can reach. Raises Refusal 10008."""
    message = state.messages.get(message_id)
    if message is None or message["channel_id"] != channel_id or message["flags"] & EPHEMERAL:
        raise Refusal(404, 10008, "Unknown Message")
    return message


def check_body(body: Json, message: Json) -> None:
    """Raise Refusal 50035 for every broken limit of a body that becomes or changes `message`."""
    layout = bool((body.get("flags") or message["flags"]) & COMPONENTS_V2)
    flaws = text_flaws("content", body.get("content"), CONTENT_MAX)
    flaws += embed_flaws(body.get("embeds") or [])
    flaws += message_component_flaws(body.get("components") or [], layout=layout)
    if isinstance(body.get("nonce"), str):
        flaws += text_flaws("nonce", body["nonce"], NONCE_MAX)
    if layout:
        for key in ("content", "embeds"):
            if body.get(key):
                text = f"The '{key}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
                flaws.append(Flaw((key,), "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_V2", text))
    refuse(flaws)


def fill(turn: Turn, message: Json, body: Json) -> None:
    """Write a body (and the request's files) into a message. Raises Refusal and changes nothing."""
    check_body(body, message)
    check_files(turn.request.files)
    changed = copy.deepcopy(message)
    if "content" in body:
        changed["content"] = (body["content"] or "").strip()
    if "components" in body:
        changed["components"] = _numbered(body["components"] or [])
    settable = SETTABLE_FLAGS[message["id"] in turn.state.messages]
    changed["flags"] |= (body.get("flags") or 0) & settable
    _attach(turn, changed, body)
    if "embeds" in body:
        changed["embeds"] = [{"type": "rich", **one} for one in copy.deepcopy(body["embeds"] or [])]
    _resolve_pictures(turn.state, changed)
    if not any(changed[key] for key in ("content", "embeds", "components", "attachments")):
        raise Refusal(400, 50006, "Cannot send an empty message")
    _mentions(turn.state, changed, body)
    message.update(changed)


def _numbered(components: list[Json]) -> list[Json]:
    fresh = copy.deepcopy(components)
    taken = {one["id"] for one in walk(fresh) if one.get("id")}
    number = 0
    for one in walk(fresh):
        if not one.get("id"):
            number += 1
            while number in taken:
                number += 1
            one["id"] = number
    return fresh


def _attach(turn: Turn, message: Json, body: Json) -> None:
    described: dict[str, Json] = {str(one.get("id")): one for one in body.get("attachments") or ()}
    if body.get("attachments") is not None:
        message["attachments"] = [one for one in message["attachments"] if one["id"] in described]
    for upload in turn.request.files:
        note = described.get(str(upload.index), {})
        name = str(note.get("filename") or upload.filename)
        guessed = mimetypes.guess_type(name)[0] or upload.content_type
        stored = Attachment(
            id=turn.state.snowflake(turn.now),
            message_id=message["id"],
            filename=name,
            content_type=guessed,
            data=upload.data,
            description=note.get("description"),
        )
        turn.state.attachments[stored.id] = stored
        message["attachments"].append(_attachment(turn.state, stored))


def cdn_url(state: DiscordState, stored: Attachment) -> str:
    """Return the loopback address of a file."""
    return f"{state.base_url}/cdn/{stored.id}/{stored.filename}"


def _attachment(state: DiscordState, stored: Attachment) -> Json:
    url = cdn_url(state, stored)
    return {
        "id": stored.id,
        "filename": stored.filename,
        "size": len(stored.data),
        "url": url,
        "proxy_url": url,
        "content_type": stored.content_type,
        "description": stored.description,
    }


def _resolve_pictures(state: DiscordState, message: Json) -> None:
    """Turn ``attachment://name`` into CDN addresses; such a file is then no attachment of its own."""
    stored = [one for one in state.attachments.values() if one.message_id == message["id"]]
    files = {one.filename: one for one in stored}
    for embed in message["embeds"]:
        for key in ("image", "thumbnail"):
            picture = embed.get(key) or {}
            name = str(picture.get("url") or "").removeprefix(_ATTACHMENT_URL)
            if name not in files or name == picture.get("url"):
                continue
            url = cdn_url(state, files[name])
            picture.update(url=url, proxy_url=url, width=0, height=0)
            used = files[name].id
            message["attachments"] = [one for one in message["attachments"] if one["id"] != used]


def _mentions(state: DiscordState, message: Json, body: Json) -> None:
    rules = body.get("allowed_mentions")
    found = [one for one in _MENTION.findall(message["content"]) if one in state.users]
    if rules is not None and "users" not in (rules.get("parse") or ()):
        found = [one for one in found if one in map(str, rules.get("users") or ())]
    message["mentions"] = [render.user(state, one) for one in dict.fromkeys(found)]


def store(turn: Turn, message: Json) -> None:
    """Put a message at the end of its channel."""
    state, channel_id = turn.state, message["channel_id"]
    state.messages[message["id"]] = message
    state.timeline.setdefault(channel_id, []).append(message["id"])
    channel = state.channels[channel_id]
    if message["flags"] & EPHEMERAL:
        return
    channel["last_message_id"] = message["id"]
    if channel["type"] in THREADS:
        channel["message_count"] += 1
        channel["total_message_sent"] += 1


def announce(
    turn: Turn,
    message: Json,
    kind: EventKind,
    *,
    updated: bool = False,
    to: str = "",
    detail: str = "",
) -> None:
    """Tell of a message posted or edited; an ephemeral one reaches no gateway."""
    private = bool(message["flags"] & EPHEMERAL)
    event = "MESSAGE_UPDATE" if updated else "MESSAGE_CREATE"
    turn.tell(
        Happening(
            event=None if private else event,
            payload={} if private else render.message_event(turn.state, message),
            kind=kind,
            actor_id=message["author"]["id"],
            channel_id=message["channel_id"],
            message=message,
            to=to,
            detail=detail,
            private=private,
        )
    )


def wake_thread(turn: Turn, channel: Json, author_id: str) -> None:
    """Un-archive a thread somebody posts in, and let the author join. Raises Refusal 50083."""
    if channel["type"] not in THREADS:
        return
    data = channel["thread_metadata"]
    manages = permissions_in(turn.state, author_id, channel["id"]) & bits.MANAGE_THREADS
    if data["locked"] and not manages:
        if data["archived"]:
            raise Refusal(400, 50083, "Thread is archived")
        raise Refusal(403, 50013, "Missing Permissions")
    joined = add_thread_member(turn.state, channel["id"], author_id, turn.now)
    if data["archived"]:
        data.update(archived=False, archive_timestamp=iso(turn.now))
        turn.tell(
            Happening(
                event="THREAD_UPDATE",
                payload=render.channel(turn.state, channel["id"]),
                kind="thread_updated",
                actor_id=author_id,
                channel_id=channel["id"],
                thread=channel,
            )
        )
    if joined:
        turn.tell(members_update(turn.state, channel["id"], added=author_id))


def members_update(
    state: DiscordState, thread_id: str, *, added: str = "", removed: str = ""
) -> Happening:
    """Return THREAD_MEMBERS_UPDATE for one user who joined or left."""
    members = state.thread_members.get(thread_id, {})
    payload: Json = {
        "id": thread_id,
        "guild_id": GUILD_ID,
        "member_count": min(len(members), 50),
    }
    if added:
        payload["added_members"] = [render.thread_member(thread_id, added, members[added])]
    if removed:
        payload["removed_member_ids"] = [removed]
    return Happening(event="THREAD_MEMBERS_UPDATE", payload=payload)


def post(turn: Turn, channel_id: str, author_id: str, body: Json) -> Json:
    """Post as a user or the bot: permissions, nonce, limits, thread, events. Raises Refusal."""
    state = turn.state
    channel = visible_channel(state, author_id, channel_id)
    _check_may_post(turn, channel, author_id, body)
    nonce = body.get("nonce")
    if body.get("enforce_nonce") and nonce is not None:
        first = _same_nonce(turn, channel_id, author_id, str(nonce))
        if first is not None:
            return first
    message = render.new_message(state, channel_id, author_id, turn.now)
    _reply_to(state, message, body)
    fill(turn, message, body)
    if nonce is not None:
        message["nonce"] = nonce
        state.nonces.append((author_id, channel_id, str(nonce), turn.now, message["id"]))
    wake_thread(turn, channel, author_id)
    store(turn, message)
    announce(turn, message, "message_posted")
    return message


def _check_may_post(turn: Turn, channel: Json, author_id: str, body: Json) -> None:
    if channel["type"] == DIRECT:
        return
    needed = may_send(channel)
    if body.get("embeds") and author_id == APPLICATION_ID:
        needed |= bits.EMBED_LINKS
    if turn.request.files:
        needed |= bits.ATTACH_FILES
    demand(turn.state, author_id, channel["id"], needed)


def _same_nonce(turn: Turn, channel_id: str, author_id: str, nonce: str) -> Json | None:
    for author, channel, known, at, message_id in turn.state.nonces:
        same = (author, channel, known) == (author_id, channel_id, nonce)
        if same and abs(turn.now - at) <= NONCE_LIFE:
            return turn.state.messages.get(message_id)
    return None


def _reply_to(state: DiscordState, message: Json, body: Json) -> None:
    reference = body.get("message_reference")
    if not reference:
        return
    target = state.messages.get(str(reference.get("message_id")))
    if target is None or target["channel_id"] != message["channel_id"]:
        if reference.get("fail_if_not_exists", True):
            text = "Unknown message"
            refuse([Flaw(("message_reference",), "REPLIES_UNKNOWN_MESSAGE", text)])
        return
    message["type"] = 19
    message["message_reference"] = {
        "type": 0,
        "message_id": target["id"],
        "channel_id": target["channel_id"],
        "guild_id": GUILD_ID,
    }
    message["referenced_message"] = copy.deepcopy(target)


def edit(turn: Turn, message: Json, body: Json, *, kind: EventKind = "message_edited") -> Json:
    """Change a message, stamp it and tell of it; a waiting one is no longer waiting."""
    was_loading = bool(message["flags"] & LOADING)
    fill(turn, message, body)
    message["flags"] &= ~LOADING
    if not was_loading:
        message["edited_timestamp"] = iso(turn.now)
    announce(turn, message, kind, updated=True, to=_reader(turn.state, message))
    return message


def _reader(state: DiscordState, message: Json) -> str:
    user = state.users.get(state.audience.get(message["id"], ""))
    return user.name if user else ""


def remove(turn: Turn, message: Json) -> None:
    """Delete a message and tell of it."""
    state = turn.state
    del state.messages[message["id"]]
    state.timeline[message["channel_id"]].remove(message["id"])
    state.audience.pop(message["id"], None)
    payload: dict[str, Any] = {"id": message["id"], "channel_id": message["channel_id"]}
    if state.channels[message["channel_id"]]["type"] != DIRECT:
        payload["guild_id"] = GUILD_ID
    private = bool(message["flags"] & EPHEMERAL)
    turn.tell(
        Happening(
            event=None if private else "MESSAGE_DELETE",
            payload=payload,
            kind="message_deleted",
            actor_id=message["author"]["id"],
            channel_id=message["channel_id"],
            message=message,
            private=private,
        )
    )
