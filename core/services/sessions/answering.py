"""Answering one question: a bounded loop of model replies and tool calls."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace

import structlog

from core.domain.conversation import ChatLine, ChatSession, Role
from core.domain.model_calls import CallAbout, Purpose
from core.domain.tickets import Author
from core.errors import ModelError
from core.ports.clock import Clock
from core.ports.dialogue import Dialogue, ProposeAsk
from core.ports.model import ChatModel, ModelMessage, ReplyEnd, ToolCall
from core.ports.phrases import Phrases
from core.services.sessions import results
from core.services.sessions.claims import ORDERS_TOOL, ClaimMarker
from core.services.sessions.figures import FigureMarker, KnownFigures
from core.services.sessions.links import LinkFilter, without_links
from core.services.sessions.proposing import REASON_CHARACTERS_MAX
from core.services.sessions.recording import SessionRecorder, good_result_of
from core.services.sessions.results import ToolOutcome
from core.services.sessions.tools import SessionTools
from core.services.sessions.values import AnswerChart, AnswerEvent, AnswerNotice, AnswerText

_LOG = structlog.get_logger(__name__)
ROUNDS_MAX = 6
CALLS_MAX = 10
REPAIRS_MAX = 1
HISTORY_LINES = 40
OPENING_LINES = 2


@dataclass(slots=True)
class _Turn:
    """What one question has used up, said and brought about so far."""

    about: CallAbout
    model: ChatModel
    author: Author
    messages: list[ModelMessage]
    links: LinkFilter
    known: KnownFigures
    figures: FigureMarker
    claims: ClaimMarker
    said: list[str] = field(default_factory=list)
    charts: list[AnswerChart] = field(default_factory=list)
    calls: int = 0
    repairs: int = 0
    proposals: int = 0
    has_ticket: bool = False
    call_id: str = ""

    @property
    def thread_id(self) -> int:
        """The thread that is answered in."""
        return self.about.thread_id

    @property
    def is_by_rules(self) -> bool:
        """Whether our own rules answer: their sentences hold what tools returned, and examples."""
        return self.author is Author.ANALYST

    def shown(self, piece: str) -> str:
        """Take a piece of the answer and return what can be shown of it already."""
        linkless = self.links.feed(piece)
        return linkless if self.is_by_rules else self.claims.marked(self.figures.feed(linkless))

    def rest(self) -> str:
        """Return what is still held of the reply."""
        held = self.links.flush()
        if self.is_by_rules:
            return held
        return self.claims.marked(self.figures.feed(held) + self.figures.flush())

    def reason(self, text: str) -> str:
        """Return the reason of a proposal as it may stand on a ticket: marked like an answer.

        What is too long loses its end before it is marked, so that no mark is cut off.
        """
        kept = text[:REASON_CHARACTERS_MAX]
        while not self.is_by_rules:
            linkless = without_links(kept, self.links.replacement)
            shown = self.claims.marked(self.figures.marked(linkless))
            if len(shown) <= REASON_CHARACTERS_MAX:
                return shown
            kept = kept[: REASON_CHARACTERS_MAX - len(shown)]
        return kept

    def learn(self, tool: str, outcome: ToolOutcome) -> None:
        """Take what a tool returned. A refusal repeats what was asked for: it is no source."""
        if outcome.is_ok:
            self.known.learn_result(outcome.text)
            if tool == ORDERS_TOOL:
                self.claims.learn(outcome.text)

    @property
    def is_untouched(self) -> bool:
        """Whether nothing was said and no tool was called yet."""
        return not self.said and not self.calls


class _PlanUnreadable(Exception):
    """The model broke its schema again after its one repair."""


class _TooManyCalls(Exception):
    """The model asked for more tools than one question may use."""


class Answerer:
    """Lets a model answer one question with the tools of the session."""

    def __init__(
        self,
        *,
        model: ChatModel,
        author: Author,
        stand_in: ChatModel | None = None,
        dialogue: Dialogue,
        tools: SessionTools,
        recorder: SessionRecorder,
        clock: Clock,
        phrases: Phrases,
    ) -> None:
        """`author` says on tickets who suggested them: the model or the offline analyst.

        `stand_in` is the analyst who answers while the model must not be asked.
        """
        self._model = model
        self._author = author
        self._stand_in = stand_in
        self._dialogue = dialogue
        self._tools = tools
        self._recorder = recorder
        self._clock = clock
        self._phrases = phrases

    async def answer(self, session: ChatSession, user_id: int) -> AsyncGenerator[AnswerEvent, None]:
        """Answer the newest question stored in `session`, which `user_id` asked.

        A failure ends in an AnswerNotice.
        """
        names = self._tools.names()
        known = KnownFigures(names)
        turn = _Turn(
            about=CallAbout(
                purpose=Purpose.ANSWER,
                prompt_version=self._dialogue.version("session"),
                user_id=user_id,
                thread_id=session.thread_id,
            ),
            model=self._model,
            author=self._author,
            messages=await self._prompt(session, known),
            known=known,
            figures=FigureMarker(known, self._phrases.say("sessions.unsourced")),
            claims=ClaimMarker(self._phrases.say("sessions.unrecorded"), names),
            links=LinkFilter(self._phrases.say("sessions.link_removed")),
        )
        notice = ""
        try:
            for _round in range(ROUNDS_MAX):
                async with aclosing(self._reply_or_stand_in(turn)) as events:
                    async for event in events:
                        yield event
                calls = turn.messages[-1].tool_calls
                if not calls:
                    break
                await self._run(turn, calls)
                for chart in turn.charts:
                    yield chart
                turn.charts.clear()
            else:
                notice = self._phrases.say("sessions.too_many_rounds")
        except ModelError as error:
            notice = await self._model_failure(turn, error)
        except _PlanUnreadable:
            notice = self._phrases.say("sessions.plan_unreadable")
        except _TooManyCalls:
            notice = self._phrases.say("sessions.too_many_rounds")
        finally:
            await self._store_answer(turn)
        if notice:
            await self._recorder.line(turn.thread_id, Role.SYSTEM, "bot", notice)
            yield AnswerNotice(notice)
        else:
            yield AnswerText("", final=True)

    async def _prompt(self, session: ChatSession, known: KnownFigures) -> list[ModelMessage]:
        """Return instructions, memory as data, and the conversation so far.

        `known` learns the numbers that people said and tools returned in it.
        """
        locale = self._phrases.locale
        system = self._dialogue.system_prompt(self._clock.now(), locale)
        messages = [ModelMessage(role="system", text=system)]
        if session.summary:
            memory = self._dialogue.as_data("memory", session.summary)
            messages.append(ModelMessage(role="user", text=memory))
        lines = await self._recorder.archive.lines(session.thread_id)
        for line in lines:
            if line.role is Role.USER:
                known.learn_text(line.text)
            elif line.role is Role.TOOL:
                known.learn_text(good_result_of(line.text))
        messages.extend(self._spoken(lines))
        return messages

    def _spoken(self, lines: Sequence[ChatLine]) -> list[ModelMessage]:
        """Return the first exchange, where a model introduces itself, and the newest lines."""
        spoken = [line for line in lines if line.role in {Role.USER, Role.ASSISTANT}]
        if len(spoken) > HISTORY_LINES:
            spoken = spoken[:OPENING_LINES] + spoken[OPENING_LINES - HISTORY_LINES :]
        return [
            ModelMessage(role="user", text=self._dialogue.as_data("user", line.text))
            if line.role is Role.USER
            else ModelMessage(role="assistant", text=line.text)
            for line in spoken
        ]

    async def _reply_or_stand_in(self, turn: _Turn) -> AsyncGenerator[AnswerEvent, None]:
        """Stream one reply: the model's, or the analyst's where the model must not be asked."""
        try:
            async with aclosing(self._reply(turn)) as events:
                async for event in events:
                    yield event
        except ModelError as error:
            may_stand_in = turn.is_untouched and not error.fault.was_asked
            if self._stand_in is None or not may_stand_in:
                raise
            turn.model, turn.author = self._stand_in, Author.ANALYST
            reason = self._phrases.say(f"model.fault_{error.fault.value}")
            said = self._phrases.say("sessions.stand_in", reason=reason)
            turn.said.append(said)
            yield AnswerText(said, final=False)
            async with aclosing(self._reply(turn)) as events:
                async for event in events:
                    yield event

    async def _reply(self, turn: _Turn) -> AsyncGenerator[AnswerEvent, None]:
        """Stream one reply; the finished assistant message is the last of `turn.messages`."""
        end: ReplyEnd | None = None
        said: list[str] = []
        border = "\n" if turn.said else ""
        stream = turn.model.stream(turn.messages, self._dialogue.specs(), turn.about)
        try:
            async for item in stream:
                if isinstance(item, ReplyEnd):
                    end = item
                    continue
                said.append(item.text)
                if shown := turn.shown(item.text):
                    turn.said.append(border + shown)
                    yield AnswerText(border + shown, final=False)
                    border = ""
        finally:
            if held := turn.rest():
                held = border + held
                turn.said.append(held)
            closing = getattr(stream, "aclose", None)
            if closing is not None:
                await closing()
        if held:
            yield AnswerText(held, final=False)
        if end is None:
            raise ModelError("the reply has no end")
        turn.call_id = end.call_id
        turn.messages.append(
            ModelMessage(role="assistant", text="".join(said), tool_calls=end.tool_calls)
        )

    async def _run(self, turn: _Turn, calls: Sequence[ToolCall]) -> None:
        for call in calls:
            turn.calls += 1
            if turn.calls > CALLS_MAX:
                raise _TooManyCalls
            outcome = await self._one(turn, call)
            await self._recorder.tool(turn.thread_id, call, outcome)
            turn.learn(call.name, outcome)
            turn.charts.extend(outcome.charts)
            if outcome.ticket_id:
                turn.has_ticket = True
                await self._recorder.ticket_of_call(turn.call_id, outcome.ticket_id)
            turn.messages.append(ModelMessage(role="tool", text=outcome.text, call_id=call.call_id))

    async def _one(self, turn: _Turn, call: ToolCall) -> ToolOutcome:
        try:
            ask = self._dialogue.parse(call)
        except ModelError as error:
            return await self._unreadable(turn, call, str(error))
        if not isinstance(ask, ProposeAsk):
            return await self._tools.run(ask, thread_id=turn.thread_id, author=turn.author)
        return await self._propose(turn, ask)

    async def _propose(self, turn: _Turn, ask: ProposeAsk) -> ToolOutcome:
        turn.proposals += 1
        ask = replace(ask, reason=turn.reason(ask.reason))
        if turn.proposals > 1:
            outcome = results.refused(self._phrases.say("sessions.one_proposal"))
        else:
            outcome = await self._tools.run(ask, thread_id=turn.thread_id, author=turn.author)
        if not outcome.is_ok and not outcome.is_recorded:
            await self._recorder.refused_plan(turn.thread_id, turn.model.name, ask, outcome)
        return outcome

    async def _unreadable(self, turn: _Turn, call: ToolCall, reason: str) -> ToolOutcome:
        """Give the model one chance to repair a call; a second break ends the answer."""
        _LOG.warning("tool call unreadable", tool=call.name[:60], reason=reason[:200])
        if call.name == "propose_order":
            await self._recorder.unreadable_plan(turn.thread_id, turn.model.name, call, reason)
        turn.repairs += 1
        outcome = results.refused(reason)
        if turn.repairs > REPAIRS_MAX:
            await self._recorder.tool(turn.thread_id, call, outcome)
            raise _PlanUnreadable
        return outcome

    async def _model_failure(self, turn: _Turn, error: ModelError) -> str:
        reason = str(error)[:200]
        _LOG.warning("model failed", thread=turn.thread_id, reason=reason)
        await self._recorder.failed_answer(turn.thread_id, turn.model.name, reason)
        key = "model_failed_after_ticket" if turn.has_ticket else "model_failed"
        words = self._phrases.say(f"model.fault_{error.fault.value}")
        return self._phrases.say(f"sessions.{key}", reason=words)

    async def _store_answer(self, turn: _Turn) -> None:
        text = "".join(turn.said).strip()
        if text:
            await self._recorder.line(turn.thread_id, Role.ASSISTANT, turn.model.name, text)
