"""Who looks at the strategy's plan: a language model, or without a key nobody who changes it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from core.domain.model_calls import CallAbout, Purpose
from core.domain.plan_review import PlanReview, ReviewState
from core.errors import ModelError, ModelFault
from core.llm.plan_tool import parse_review, refuse_breaches, review_spec
from core.llm.prompt import as_data, load_prompt
from core.llm.versions import DECISION_PROMPT, digest_of, version_of
from core.ports.model import ChatModel, ModelMessage, ReplyEnd
from core.ports.planning import PlanMaterial, PlannerReply

_LOG = structlog.get_logger(__name__)
REVIEW_SECONDS_MAX = 100.0
REPLY_SHOWN_BACK_MAX = 2_000
_LANGUAGES = {"ko": "한국어 존댓말", "en": "영어"}


def decision_prompt_hash() -> str:
    """Return the SHA-256 of the decision prompt in force, in hex."""
    return digest_of(DECISION_PROMPT)


def plan_version() -> str:
    """Return the name and a hash of all that a planning model is told: prompts and tool."""
    return version_of("plan")


@dataclass(frozen=True, slots=True)
class OfflinePlanner:
    """Implements core.ports.planning.Planner without a model: it leaves every plan as it is."""

    @property
    def name(self) -> str:
        """Name of the planner, for the record."""
        return "offline-analyst"

    @property
    def prompt_hash(self) -> str:
        """SHA-256 of the decision prompt in force, in hex."""
        return decision_prompt_hash()

    async def review(self, material: PlanMaterial) -> PlannerReply:
        """Change nothing."""
        del material
        return PlannerReply(state=ReviewState.OFFLINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPlanner:
    """Implements core.ports.planning.Planner on a metered model, with one repair at most."""

    model: ChatModel
    locale: str
    seconds: float = REVIEW_SECONDS_MAX

    @property
    def name(self) -> str:
        """Name of the planner, for the record."""
        return self.model.name

    @property
    def prompt_hash(self) -> str:
        """SHA-256 of the decision prompt in force, in hex."""
        return decision_prompt_hash()

    async def review(self, material: PlanMaterial) -> PlannerReply:
        """Ask the model; down, over the budget, in safe mode or out of bounds is a failed reply."""
        asked = _Asked()
        try:
            async with asyncio.timeout(self.seconds):
                review = await self._reviewed(material, asked)
        except ModelError as error:
            _LOG.warning("no review of the plan", fault=error.fault.value, error=str(error))
            return _failed(error.fault, asked)
        except TimeoutError:
            _LOG.warning("no review of the plan in time", seconds=self.seconds)
            return _failed(ModelFault.TIMEOUT, asked)
        return PlannerReply(state=ReviewState.REVIEWED, review=review, call_id=asked.call_id)

    async def _reviewed(self, material: PlanMaterial, asked: _Asked) -> PlanReview:
        messages = self._messages(material)
        text, end = await self._answer(messages, asked)
        try:
            return _read(end, material)
        except ModelError as error:
            _LOG.info("the model may repair its review once", error=str(error))
            messages = [*messages, *_repair(text, end, str(error))]
        _text, end = await self._answer(messages, asked)
        return _read(end, material)

    async def _answer(
        self, messages: Sequence[ModelMessage], asked: _Asked
    ) -> tuple[str, ReplyEnd]:
        about = CallAbout(purpose=Purpose.PLAN, prompt_version=plan_version())
        said: list[str] = []
        end: ReplyEnd | None = None
        async for part in self.model.stream(messages, (review_spec(),), about):
            if isinstance(part, ReplyEnd):
                end = part
            else:
                said.append(part.text)
        if end is None:
            raise ModelError("the reply has no end", ModelFault.CUT_OFF)
        asked.call_id = end.call_id
        return "".join(said), end

    def _messages(self, material: PlanMaterial) -> list[ModelMessage]:
        manner = load_prompt("plan_review").format(language=_LANGUAGES[self.locale])
        system = f"{load_prompt(DECISION_PROMPT)}\n\n{manner}"
        blocks = "\n".join(as_data(kind, text) for kind, text in material.sections)
        return [ModelMessage(role="system", text=system), ModelMessage(role="user", text=blocks)]


@dataclass(slots=True)
class _Asked:
    """The last stored call of a review, whatever became of it."""

    call_id: str = ""


def _failed(fault: ModelFault, asked: _Asked) -> PlannerReply:
    return PlannerReply(state=ReviewState.FAILED, fault=fault, call_id=asked.call_id)


def _read(end: ReplyEnd, material: PlanMaterial) -> PlanReview:
    """Return the one review of a reply. Raises ModelError for none, several, or out of bounds."""
    if len(end.tool_calls) != 1:
        raise ModelError(f"call review_plan exactly once, not {len(end.tool_calls)} times")
    review = parse_review(end.tool_calls[0])
    refuse_breaches(material.plan, review)
    return review


def _repair(text: str, end: ReplyEnd, why: str) -> list[ModelMessage]:
    """Return the reply and what was wrong with it; each tool call must have its answer."""
    said = ModelMessage(
        role="assistant", text=text[:REPLY_SHOWN_BACK_MAX] or "-", tool_calls=end.tool_calls
    )
    wrong = [
        ModelMessage(role="tool", text=why, call_id=call.call_id) for call in end.tool_calls
    ] or [ModelMessage(role="user", text=why)]
    return [said, *wrong]
