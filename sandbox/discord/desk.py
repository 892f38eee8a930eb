"""The control side of the sandbox: act as any person, read what was posted, cut, break."""

from __future__ import annotations

import copy
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeVar

from sandbox.discord import bits, interactions, message_routes, messages, render
from sandbox.discord.acting import (
    DeskError,
    command_data,
    find_command,
    modal_data,
    press_data,
    select_data,
)
from sandbox.discord.events import Happening, Turn
from sandbox.discord.interactions import Ask
from sandbox.discord.permissions import overwrite, permissions_in
from sandbox.discord.reading import DeskView
from sandbox.discord.rest import FAULT_KINDS
from sandbox.discord.state import (
    Fault,
    Interaction,
    add_thread_member,
)
from sandbox.discord.wire import LOADING, Json

T = TypeVar("T")

NO_ANSWER = "애플리케이션이 응답하지 않았어요"
NOT_ALLOWED = "이 명령을 사용할 권한이 없어요"

_KINDS: Mapping[int | None, Literal["message", "defer", "modal", "none"]] = {
    interactions.REPLY: "message",
    interactions.UPDATE: "message",
    interactions.DEFER: "defer",
    interactions.DEFER_UPDATE: "defer",
    interactions.MODAL: "modal",
    None: "none",
}


def new_token() -> str:
    """Return a fresh interaction token; nobody can guess it, as on Discord."""
    return secrets.token_urlsafe(32)


@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionResult:
    """How the bot answered: by a message, a defer, a modal, or not at all (`failed` says so).

    `message` is a snapshot taken at the answer; `token` identifies the interaction.
    """

    kind: Literal["message", "defer", "modal", "none"]
    token: str = ""
    interaction_id: str = ""
    channel_id: str = ""
    message: Json | None = None
    modal: Json | None = None
    failed: str = ""

    def as_json(self) -> Json:
        """Return a JSON-ready copy."""
        return asdict(self)


class DiscordDesk(DeskView):
    """People's hands and eyes. Users and channels are named by name or id."""

    # Below: acting.

    async def slash(
        self,
        user: str | int,
        channel: str | int,
        name: str,
        options: Mapping[str, Any] | None = None,
        locale: str = "ko",
    ) -> InteractionResult:
        """Use a slash command; ``"strategy cycle on"`` names subcommands.

        Raises DeskError for what Discord's interface would not let a person send.
        """
        command, _ = find_command(self._state, name)
        user_id, channel_id = self.user(user).id, self._visible(user, channel)
        if not self._house.run(
            lambda turn: interactions.may_use(turn, user_id, channel_id, command)
        ):
            return InteractionResult(kind="none", channel_id=channel_id, failed=NOT_ALLOWED)
        data = command_data(self._state, name, options or {})
        ask = Ask(
            type=interactions.COMMAND,
            user_id=user_id,
            channel_id=channel_id,
            data=data,
            locale=locale,
            detail=f"/{name}",
            token=new_token(),
        )
        return await self._result(ask)

    async def autocomplete(
        self,
        user: str | int,
        channel: str | int,
        command: str,
        option: str,
        text: str,
        *,
        others: Mapping[str, Any] | None = None,
        locale: str = "ko",
    ) -> list[Json]:
        """Return the choices offered for half-typed text (empty when nobody answered in time)."""
        data = command_data(self._state, command, {**(others or {}), option: text}, option)
        ask = Ask(
            type=interactions.AUTOCOMPLETE,
            user_id=self.user(user).id,
            channel_id=self._visible(user, channel),
            data=data,
            locale=locale,
            detail=f"/{command}",
            token=new_token(),
        )
        interaction = await self._answered(ask)
        return copy.deepcopy(interaction.choices)

    async def press(
        self, user: str | int, message_id: str | int, custom_id: str, *, locale: str = "ko"
    ) -> InteractionResult:
        """Press a button that is on the message now."""
        message = self._message(message_id)
        return await self._component(user, message, press_data(message, custom_id), locale)

    async def select(
        self,
        user: str | int,
        message_id: str | int,
        custom_id: str,
        values: Sequence[str],
        *,
        locale: str = "ko",
    ) -> InteractionResult:
        """Choose values in a select."""
        message = self._message(message_id)
        data = select_data(self._state, message, custom_id, values)
        return await self._component(user, message, data, locale)

    async def _component(
        self, user: str | int, message: Json, data: Json, locale: str
    ) -> InteractionResult:
        user_id, channel_id = self.user(user).id, self._visible(user, message["channel_id"])
        reader = self._state.audience.get(message["id"])
        if reader not in (None, user_id):
            raise DeskError(f"message {message['id']} is not shown to {user}")
        ask = Ask(
            type=interactions.COMPONENT,
            user_id=user_id,
            channel_id=channel_id,
            data=data,
            locale=locale,
            detail=str(data["custom_id"]),
            message=message,
            token=new_token(),
        )
        return await self._result(ask)

    async def submit_modal(
        self,
        user: str | int,
        result: InteractionResult | str,
        values: Mapping[str, Any],
        *,
        locale: str = "ko",
    ) -> InteractionResult:
        """Submit the modal that an interaction (result or token) opened; values by custom_id."""
        token = result if isinstance(result, str) else result.token
        opener = self._state.interactions.get(token)
        if opener is None or opener.modal is None:
            raise DeskError("that interaction opened no modal")
        if opener.user_id != self.user(user).id:
            raise DeskError(f"the modal is not shown to {user}")
        data = modal_data(opener.modal, values)
        message = self._state.messages.get(opener.message_id or "")
        ask = Ask(
            type=interactions.MODAL_SUBMIT,
            user_id=opener.user_id,
            channel_id=opener.channel_id,
            data=data,
            locale=locale,
            detail=str(opener.modal["title"]),
            message=message,
            token=new_token(),
        )
        return await self._result(ask)

    async def say(self, user: str | int, channel: str | int, text: str) -> Json:
        """Write a message as a person and return a copy of it. Raises Refusal as Discord would."""
        user_id, channel_id = self.user(user).id, self._channel_id(channel)
        return copy.deepcopy(
            self._house.run(
                lambda turn: messages.post(turn, channel_id, user_id, {"content": text})
            )
        )

    def direct(self, user: str | int) -> int:
        """Return the id of the direct channel between a person and the bot."""
        user_id = self.user(user).id
        return int(self._house.run(lambda turn: message_routes.direct_channel(turn, user_id))["id"])

    def join(self, user: str | int, thread: str | int) -> None:
        """Let a person join a thread."""
        user_id, thread_id = self.user(user).id, self._visible(user, thread)

        def act(turn: Turn) -> None:
            if add_thread_member(turn.state, thread_id, user_id, turn.now):
                turn.tell(messages.members_update(turn.state, thread_id, added=user_id))

        self._house.run(act)

    def _visible(self, user: str | int, channel: str | int) -> str:
        channel_id = self._channel_id(channel)
        allowed = permissions_in(self._state, self.user(user).id, channel_id)
        if not allowed & bits.VIEW_CHANNEL:
            raise DeskError(f"{user} cannot see {channel}")
        return channel_id

    async def _answered(self, ask: Ask) -> Interaction:
        interaction = self._house.run(lambda turn: interactions.open_interaction(turn, ask))
        try:
            await self._house.hub.wait_for(
                lambda: interaction.answer is not None, self._state.answer_seconds
            )
        except TimeoutError:
            return interaction
        return interaction

    async def _result(self, ask: Ask) -> InteractionResult:
        interaction = await self._answered(ask)
        message = self._state.messages.get(interaction.original_id or "")
        return InteractionResult(
            kind=_KINDS[interaction.answer],
            token=interaction.token,
            interaction_id=interaction.id,
            channel_id=interaction.channel_id,
            message=copy.deepcopy(message),
            modal=copy.deepcopy(interaction.modal),
            failed=NO_ANSWER if interaction.answer is None else "",
        )

    # Below: watching.

    async def settled(self, result: InteractionResult, timeout: float = 10.0) -> Json:  # noqa: ASYNC109
        """Return the message of a result once it is no longer "thinking". Raises TimeoutError."""
        message_id = (result.message or {}).get("id", "")

        def look() -> Json | None:
            message = self._state.messages.get(message_id)
            done = message is not None and not message["flags"] & LOADING
            return copy.deepcopy(message) if done else None

        return await self._house.hub.wait_for(look, timeout)

    async def wait_for(self, predicate: Callable[[], T | None], timeout: float = 10.0) -> T:  # noqa: ASYNC109
        """Return the first truthy value of `predicate()`, asked now and after every change.

        Raises TimeoutError after `timeout` host seconds.
        """
        return await self._house.hub.wait_for(predicate, timeout)

    # Below: cutting and breaking.

    async def drop(self, how: str = "4000") -> int:
        """Cut the gateway: "reconnect", "invalid", "resumable" or a close code. Returns how many."""
        return self._house.gateway.drop(how)

    def fault(self, route: str, kind: str, times: int = 1, *, retry_after: float = 0.2) -> None:
        """Give `times` wrong answers to calls matching ``"POST /channels/*/messages"``."""
        if kind not in FAULT_KINDS:
            raise DeskError(f"no fault {kind} (known: {', '.join(FAULT_KINDS)})")
        self._state.faults.append(
            Fault(route=route, kind=kind, times=times, retry_after=retry_after)
        )

    def pace(self, limit: int, seconds: float) -> None:
        """Set how many calls each rate-limit bucket takes in how many host seconds."""
        self._state.bucket_limit, self._state.bucket_seconds = limit, seconds

    def deadline(self, seconds: float) -> None:
        """Set the host seconds in which an interaction must be answered (3 on Discord)."""
        self._state.answer_seconds = seconds

    def allow_intents(self, intents: int) -> None:
        """Set which privileged intents the application may ask for."""
        self._state.allowed_intents = intents

    def overwrite(
        self, channel: str | int, who: str | int, *, allow: int = 0, deny: int = 0
    ) -> None:
        """Replace a person's (or, by id, a role's) permission overwrite in a channel."""
        channel_id = self._channel_id(channel)
        target = str(who) if str(who) in self._state.roles else self.user(who).id

        def act(turn: Turn) -> None:
            overwrite(turn.state, channel_id, target, allow=allow, deny=deny)
            shown = render.channel(turn.state, channel_id)
            turn.tell(Happening(event="CHANNEL_UPDATE", payload=shown))

        self._house.run(act)
