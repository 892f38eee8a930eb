"""Who looks at the strategy's plan: a language model, or without a key nobody who changes it."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from core.domain.model_calls import CallAbout, Purpose
from core.domain.plan_review import PlanReview, ReviewState
from core.domain.prompts import text_hash
from core.errors import DataError, ModelError, ModelFault
from core.llm.one_tool import ToolQuestion
from core.llm.plan_tool import parse_review, refuse_breaches, review_spec
from core.llm.prompt import as_data, load_prompt
from core.llm.versions import plan_version
from core.ports.model import ChatModel, ModelMessage, ToolCall
from core.ports.planning import PlanMaterial, PlannerReply
from core.ports.prompts import PromptSource

_LOG = structlog.get_logger(__name__)
REVIEW_SECONDS_MAX = 100.0
_LANGUAGES = {"ko": "한국어 존댓말", "en": "영어"}


@dataclass(frozen=True, slots=True)
class OfflinePlanner:
    """Implements core.ports.planning.Planner without a model: it leaves every plan as it is."""

    prompt: PromptSource

    @property
    def name(self) -> str:
        """Name of the planner, for the record."""
        return "offline-analyst"

    async def review(self, material: PlanMaterial) -> PlannerReply:
        """Change nothing. The hash of a prompt that cannot be read is empty."""
        del material
        try:
            shown = text_hash(await self.prompt.text())
        except DataError:
            _LOG.exception("the decision prompt cannot be used")
            shown = ""
        return PlannerReply(state=ReviewState.OFFLINE, prompt_hash=shown)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPlanner:
    """Implements core.ports.planning.Planner on a metered model, with one repair at most."""

    model: ChatModel
    locale: str
    prompt: PromptSource
    seconds: float = REVIEW_SECONDS_MAX

    @property
    def name(self) -> str:
        """Name of the planner, for the record."""
        return self.model.name

    async def review(self, material: PlanMaterial) -> PlannerReply:
        """Ask the model; down, over the budget, in safe mode or out of bounds is a failed reply.

        So is a prompt of the user's own that cannot be read: the shipped one would say other things.
        """
        try:
            prompt = await self.prompt.text()
        except DataError:
            _LOG.exception("the decision prompt cannot be used")
            return PlannerReply(state=ReviewState.FAILED, fault=ModelFault.UNREADABLE)
        question: ToolQuestion[PlanReview] = ToolQuestion(
            model=self.model,
            spec=review_spec(),
            about=CallAbout(purpose=Purpose.PLAN, prompt_version=plan_version(prompt)),
            read=lambda call: _read(call, material),
            seconds=self.seconds,
        )
        try:
            review = await question.answer(self._messages(prompt, material))
        except ModelError as error:
            _LOG.warning("no review of the plan", fault=error.fault.value, error=str(error))
            return PlannerReply(
                state=ReviewState.FAILED,
                fault=error.fault,
                call_id=question.call_id,
                prompt_hash=text_hash(prompt),
            )
        return PlannerReply(
            state=ReviewState.REVIEWED,
            review=review,
            call_id=question.call_id,
            prompt_hash=text_hash(prompt),
        )

    def _messages(self, prompt: str, material: PlanMaterial) -> list[ModelMessage]:
        manner = load_prompt("plan_review").format(language=_LANGUAGES[self.locale])
        system = f"{prompt}\n\n{manner}"
        blocks = "\n".join(as_data(kind, text) for kind, text in material.sections)
        return [ModelMessage(role="system", text=system), ModelMessage(role="user", text=blocks)]


def _read(call: ToolCall, material: PlanMaterial) -> PlanReview:
    """Return the review. Raises ModelError for one that is unreadable or out of bounds."""
    review = parse_review(call)
    refuse_breaches(material.plan, review)
    return review
