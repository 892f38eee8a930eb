"""Chat sessions: one thread each, answered, summarised when idle, and picked up again."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from core.domain.conversation import ChatLine, ChatSession, Role, SessionState
from core.domain.krx import KST
from core.domain.memory import MemoryNote
from core.domain.model_calls import CallAbout, Purpose
from core.domain.tickets import Author
from core.errors import ModelError
from core.ports.archive import SessionArchive
from core.ports.clock import Clock, Identifiers
from core.ports.dialogue import Dialogue
from core.ports.ledger import Ledger
from core.ports.memory import Memory
from core.ports.model import ChatModel, ModelMessage
from core.ports.phrases import Phrases
from core.services.sessions.answering import Answerer
from core.services.sessions.claims import ORDERS_TOOL, ClaimMarker
from core.services.sessions.links import without_links
from core.services.sessions.recording import CallLinks, SessionRecorder, good_result_of
from core.services.sessions.summary import (
    SUMMARY_CHARACTERS_MAX,
    plain_summary,
    symbols_of,
    transcript_lines,
)
from core.services.sessions.tools import SessionTools
from core.services.sessions.values import AnswerEvent, AnswerNotice

_LOG = structlog.get_logger(__name__)
QUESTION_CHARACTERS_MAX = 2_000
TITLE_CHARACTERS_MAX = 100
SUMMARY_TOKENS_MAX = 400
TRANSCRIPT_LINES_MAX = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSettings:
    """How sessions behave. `author` is ANALYST when no model is configured."""

    author: Author
    idle_minutes: int = 30


class SessionService:
    """Opens, answers, summarises and reopens sessions. Discord is somebody else's business."""

    def __init__(
        self,
        *,
        archive: SessionArchive,
        memory: Memory,
        ledger: Ledger,
        model: ChatModel,
        calls: CallLinks,
        dialogue: Dialogue,
        tools: SessionTools,
        clock: Clock,
        identifiers: Identifiers,
        phrases: Phrases,
        settings: SessionSettings,
        stand_in: ChatModel | None = None,
    ) -> None:
        """Keep the ports; nothing is read before the first call.

        `stand_in` answers while the model must not be asked.
        """
        self._archive = archive
        self._memory = memory
        self._model = model
        self._dialogue = dialogue
        self._tools = tools
        self._clock = clock
        self._phrases = phrases
        self._settings = settings
        self._answering: set[int] = set()
        # Summaries that nobody has seen yet, with the activity they end at: while Discord takes
        # nothing, the model is not asked again every minute.
        self._untold: dict[int, tuple[datetime, str]] = {}
        self._recorder = SessionRecorder(
            archive=archive,
            ledger=ledger,
            calls=calls,
            clock=clock,
            identifiers=identifiers,
        )
        self._answerer = Answerer(
            model=model,
            author=settings.author,
            stand_in=stand_in,
            dialogue=dialogue,
            tools=tools,
            recorder=self._recorder,
            clock=clock,
            phrases=phrases,
        )

    async def open(
        self, *, thread_id: int, channel_id: int, owner_id: int, title: str
    ) -> ChatSession:
        """Store a new session and return it. An existing one is returned as it stands."""
        existing = await self._archive.session(thread_id)
        if existing is not None:
            return existing
        now = self._clock.now()
        session = ChatSession(
            thread_id=thread_id,
            channel_id=channel_id,
            owner_id=owner_id,
            title=title[:TITLE_CHARACTERS_MAX],
            state=SessionState.OPEN,
            opened_at=now,
            last_activity_at=now,
        )
        await self._archive.open_session(session)
        return session

    async def session(self, thread_id: int) -> ChatSession | None:
        """Return one session."""
        return await self._archive.session(thread_id)

    async def ask(
        self, thread_id: int, user_id: int, user_name: str, text: str
    ) -> AsyncGenerator[AnswerEvent, None]:
        """Answer one message of a thread, piece by piece.

        The last event is an AnswerText with `final`, or an AnswerNotice when something failed. A
        summarised or archived session is reopened first, with its summary as memory.
        """
        refusal = await self._refusal(thread_id, text)
        if refusal:
            yield AnswerNotice(refusal)
            return
        self._answering.add(thread_id)
        try:
            session = await self.reopen(thread_id)
            await self._recorder.line(thread_id, Role.USER, user_name, text.strip())
            _LOG.info("question", thread=thread_id, user=user_id)
            async with aclosing(self._answerer.answer(session, user_id)) as events:
                async for event in events:
                    yield event
        finally:
            self._answering.discard(thread_id)

    async def _refusal(self, thread_id: int, text: str) -> str:
        say = self._phrases.say
        if not text.strip():
            return say("sessions.empty_question")
        if len(text) > QUESTION_CHARACTERS_MAX:
            return say("sessions.question_too_long", limit=QUESTION_CHARACTERS_MAX)
        if await self._archive.session(thread_id) is None:
            return say("sessions.unknown_thread")
        # Last, and without a wait between this look and the mark in `ask`.
        return say("sessions.busy") if thread_id in self._answering else ""

    async def idle(self) -> tuple[ChatSession, ...]:
        """Return open sessions without activity for the idle time (business time)."""
        border = self._clock.now() - timedelta(minutes=self._settings.idle_minutes)
        return tuple(
            session
            for session in await self._archive.sessions_in({SessionState.OPEN})
            if session.last_activity_at <= border and session.thread_id not in self._answering
        )

    async def awaiting_archive(self) -> tuple[ChatSession, ...]:
        """Return summarised sessions not archived yet (a live ticket or order kept them)."""
        return await self._archive.sessions_in({SessionState.SUMMARISED})

    async def summarise(self, thread_id: int) -> str:
        """Condense the session, store the summary in it and as a memory, and return it.

        The model's words are used when there is a model and it answers, else rules. The session
        stays open until `mark_told`. Raises KeyError for an unknown thread.
        """
        session = await self._known(thread_id)
        until, kept = self._untold.get(thread_id, (None, ""))
        if until == session.last_activity_at:
            return kept
        lines = await self._archive.lines(thread_id)
        text = await self._condensed(session, lines)
        now = self._clock.now()
        await self._memory.remember(
            MemoryNote(
                kind="session",
                text=text,
                day=now.astimezone(KST).date(),
                source=f"session:{thread_id}",
                symbols=symbols_of(lines),
                created_at=now,
                owner_id=session.owner_id,
                thread_id=thread_id,
            )
        )
        # Read again: somebody may have written while the model was thinking.
        latest = await self._known(thread_id)
        await self._archive.save_session(replace(latest, summary=text))
        self._untold[thread_id] = (session.last_activity_at, text)
        return text

    async def mark_told(self, session: ChatSession) -> bool:
        """Note that people can see the summary of `session`, as `idle` returned it.

        Return False, and leave it open, when somebody wrote meanwhile. Raises KeyError.
        """
        self._untold.pop(session.thread_id, None)
        latest = await self._known(session.thread_id)
        if latest.last_activity_at != session.last_activity_at:
            return False
        await self._archive.save_session(replace(latest, state=SessionState.SUMMARISED))
        return True

    async def _condensed(self, session: ChatSession, lines: tuple[ChatLine, ...]) -> str:
        plain = plain_summary(session, lines, self._phrases)
        if self._settings.author is Author.ANALYST or not lines:
            return plain
        said = "\n".join(transcript_lines(lines, self._phrases))
        prompt = (
            ModelMessage(role="system", text=self._dialogue.summary_prompt(self._phrases.locale)),
            # The end matters most, and `as_data` keeps the beginning of what is too long.
            ModelMessage(role="user", text=self._dialogue.as_data("transcript", said[-10_000:])),
        )
        try:
            about = CallAbout(
                purpose=Purpose.SUMMARY,
                prompt_version=self._dialogue.version("summary"),
                thread_id=session.thread_id,
            )
            text = await self._model.complete(prompt, SUMMARY_TOKENS_MAX, about)
        except ModelError as error:
            _LOG.warning("summary by rules", thread=session.thread_id, reason=str(error)[:200])
            return plain
        return self._told(text, lines)[:SUMMARY_CHARACTERS_MAX]

    def _told(self, text: str, lines: tuple[ChatLine, ...]) -> str:
        """Return a model's summary without links, what no record of the thread bears marked."""
        claims = ClaimMarker(self._phrases.say("sessions.unrecorded"), self._tools.names())
        for line in lines:
            if line.role is Role.TOOL and line.author == ORDERS_TOOL:
                claims.learn(good_result_of(line.text))
        return claims.marked(without_links(text, self._phrases.say("sessions.link_removed")))

    async def mark_archived(self, thread_id: int) -> None:
        """Note that the thread is archived. Raises KeyError for an unknown thread."""
        session = await self._known(thread_id)
        self._untold.pop(thread_id, None)
        await self._archive.save_session(replace(session, state=SessionState.ARCHIVED))

    async def reopen(self, thread_id: int) -> ChatSession:
        """Make the session open again; its summary stays as memory. Raises KeyError."""
        session = await self._known(thread_id)
        if session.state is SessionState.OPEN:
            return session
        session = replace(session, state=SessionState.OPEN, last_activity_at=self._clock.now())
        await self._archive.save_session(session)
        return session

    async def transcript(self, thread_id: int) -> list[str]:
        """Return the whole conversation, one printable text per line; empty when unknown."""
        lines = await self._archive.lines(thread_id, TRANSCRIPT_LINES_MAX)
        return transcript_lines(lines, self._phrases)

    async def _known(self, thread_id: int) -> ChatSession:
        session = await self._archive.session(thread_id)
        if session is None:
            raise KeyError(thread_id)
        return session
