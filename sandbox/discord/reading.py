"""The eyes of the control side: who is there, what was posted, what happened."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace

from sandbox.discord import bits, render
from sandbox.discord.acting import DeskError
from sandbox.discord.events import DiscordEvent
from sandbox.discord.house import House
from sandbox.discord.permissions import permissions_in
from sandbox.discord.snapshot import Known, render_message, render_page
from sandbox.discord.state import APPLICATION_ID, DIRECT, GUILD_ID, THREADS, User
from sandbox.discord.wire import EPHEMERAL, Json


class DeskView:
    """Reads of one Discord. Users and channels are named by name or id; answers are copies."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._state = house.state

    @property
    def guild_id(self) -> int:
        """The one guild."""
        return int(GUILD_ID)

    @property
    def application_id(self) -> int:
        """The bot's application, which is also its user id."""
        return int(APPLICATION_ID)

    @property
    def bot_token(self) -> str:
        """The token that the bot logs in with."""
        return self._state.bot_token

    @property
    def users(self) -> dict[str, int]:
        """Ids of everybody, the bot included, by user name."""
        return {one.name: int(one.id) for one in self._state.users.values()}

    @property
    def connected(self) -> bool:
        """Whether the bot has a live gateway session."""
        return self._house.gateway.connected

    def user(self, who: str | int) -> User:
        """Return a user by name or id."""
        for one in self._state.users.values():
            if str(who) in (one.name, one.id, one.display):
                return one
        raise DeskError(f"no user {who}")

    def channel(self, name: str | int) -> Json:
        """Return a copy of a channel or thread by name or id (the newest of that name)."""
        return render.channel(self._state, self._channel_id(name))

    def _channel_id(self, name: str | int) -> str:
        if str(name) in self._state.channels:
            return str(name)
        found = [key for key, one in self._state.channels.items() if one.get("name") == str(name)]
        if not found:
            raise DeskError(f"no channel or thread {name}")
        return found[-1]

    def channels(self, viewer: str | int) -> list[Json]:
        """Return copies of the channels and threads that `viewer` sees, oldest first."""
        return [
            render.channel(self._state, key)
            for key, one in self._state.channels.items()
            if one["type"] != DIRECT and self.sees(viewer, key)
        ]

    def sees(self, viewer: str | int, channel: str | int) -> bool:
        """Whether a person may look into a channel or thread."""
        user_id, channel_id = self.user(viewer).id, self._channel_id(channel)
        return bool(permissions_in(self._state, user_id, channel_id) & bits.VIEW_CHANNEL)

    def shows(self, viewer: str | int, message: Json) -> bool:
        """Whether a person sees this message: an ephemeral one is shown to one reader alone."""
        if message["flags"] & EPHEMERAL:
            return self._state.audience.get(message["id"]) == self.user(viewer).id
        return self.sees(viewer, message["channel_id"])

    def threads(self, parent: str | int) -> list[Json]:
        """Return copies of the threads below a channel, oldest first, archived ones included."""
        parent_id = self._channel_id(parent)
        return [
            render.channel(self._state, key)
            for key, one in self._state.channels.items()
            if one["type"] in THREADS and one["parent_id"] == parent_id
        ]

    def messages(self, channel: str | int, viewer: str | int | None = None) -> list[Json]:
        """Return copies of a channel's messages, oldest first.

        Ephemeral ones are left out, but for those that `viewer` can see.
        """
        return copy.deepcopy(self._shown(channel, viewer))

    def newest(
        self, channel: str | int, viewer: str | int, before: int | None, limit: int
    ) -> tuple[list[Json], bool]:
        """Return copies of the newest `limit` messages below an id (None: of all), oldest first.

        The second is whether there are earlier ones. Only what is returned is copied, so that a
        long channel costs what one page of it costs.
        """
        shown = self._shown(channel, viewer)
        if before is not None:
            shown = [one for one in shown if int(one["id"]) < before]
        return copy.deepcopy(shown[-limit:]), len(shown) > limit

    def _shown(self, channel: str | int, viewer: str | int | None) -> list[Json]:
        reader = self.user(viewer).id if viewer is not None else ""
        return [
            one
            for one in self._state.channel_messages(self._channel_id(channel))
            if not one["flags"] & EPHEMERAL or self._state.audience.get(one["id"]) == reader
        ]

    def message(self, message_id: str | int) -> Json:
        """Return a copy of a message, ephemeral or not."""
        return copy.deepcopy(self._message(message_id))

    def _message(self, message_id: str | int) -> Json:
        message = self._state.messages.get(str(message_id))
        if message is None:
            raise DeskError(f"no message {message_id}")
        return message

    def attachment(self, attachment_id: str | int) -> bytes:
        """Return the bytes of an uploaded file."""
        stored = self._state.attachments.get(str(attachment_id))
        if stored is None:
            raise DeskError(f"no attachment {attachment_id}")
        return stored.data

    def files(self, message_id: str | int) -> dict[str, bytes]:
        """Return every file of a message by name, those shown inside embeds included."""
        stored = self._state.attachments.values()
        return {one.filename: one.data for one in stored if one.message_id == str(message_id)}

    def picture(self, message_id: str | int) -> str:
        """Return a message as a standalone HTML page, for a screenshot."""
        message = self.message(message_id)
        channel = self._state.channels[message["channel_id"]].get("name") or "DM"
        return render_page([message], channel, self._known())

    def html(self, message: Json) -> str:
        """Return a message as a piece of HTML with working buttons, for a live page."""
        return render_message(message, replace(self._known(), is_live=True))

    def page(self, channel: str | int, viewer: str | int | None = None) -> str:
        """Return all of a channel as a standalone HTML page."""
        name = self.channel(channel).get("name") or "DM"
        return render_page(self.messages(channel, viewer), name, self._known())

    def _known(self) -> Known:
        people = {f"@{one.id}": one.display for one in self._state.users.values()}
        places = {
            f"#{key}": str(one.get("name") or key) for key, one in self._state.channels.items()
        }
        return Known(self._bytes_at, people | places)

    def _bytes_at(self, url: str) -> bytes:
        """Return the file behind one of our own CDN addresses. Raises LookupError."""
        for stored in self._state.attachments.values():
            if f"/cdn/{stored.id}/" in url:
                return stored.data
        raise LookupError(url)

    def commands(self) -> list[Json]:
        """Return copies of the registered commands."""
        return copy.deepcopy(list(self._state.commands.values()))

    def subscribe(self, callback: Callable[[DiscordEvent], None]) -> Callable[[], None]:
        """Call `callback` on every event from now on; the returned function ends it."""
        return self._house.hub.subscribe(callback)

    def events(self, after: int = 0) -> list[DiscordEvent]:
        """Return the kept events numbered above `after`, oldest first."""
        return [one for one in self._house.hub.kept if one.number > after]
