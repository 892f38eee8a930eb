"""Who looks for factors behind a week's outcomes, and for rules: the strong model, under schemas."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import structlog

from core.domain.factors import Finding
from core.domain.model_calls import CallAbout, Purpose
from core.domain.rule_wishes import EndWish
from core.domain.rules import RuleTerms
from core.errors import ModelError
from core.llm.factors_tool import factors_spec, parse_factors
from core.llm.one_tool import ToolQuestion
from core.llm.prompt import as_data, load_prompt
from core.llm.rules_tool import parse_rules, rules_spec
from core.llm.versions import version_of
from core.ports.model import ChatModel, ModelMessage
from core.ports.reflecting import FactorReply, RuleReply, Sections

_LOG = structlog.get_logger(__name__)
REFLECT_SECONDS_MAX = 150.0
_FACTORS = "reflect_factors"
_RULES = "reflect_rules"
_LANGUAGES = {"ko": "한국어 존댓말", "en": "영어"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelReflector:
    """Implements core.ports.reflecting.Reflector on a metered model, with one repair at most."""

    model: ChatModel
    locale: str
    seconds: float = REFLECT_SECONDS_MAX

    @property
    def name(self) -> str:
        """Name of the model, for the record."""
        return self.model.name

    async def factors(self, sections: Sections) -> FactorReply:
        """Ask for factors; down, over the budget, in safe mode or unreadable is a failed reply."""
        about = CallAbout(purpose=Purpose.REFLECT, prompt_version=version_of("factors"))
        question: ToolQuestion[tuple[Finding, ...]] = ToolQuestion(
            model=self.model,
            spec=factors_spec(),
            about=about,
            read=parse_factors,
            seconds=self.seconds,
        )
        try:
            findings = await question.answer(self._messages(_FACTORS, sections))
        except ModelError as error:
            _LOG.warning("no factors", fault=error.fault.value, error=str(error))
            return FactorReply(fault=error.fault, call_id=question.call_id)
        return FactorReply(findings=findings, call_id=question.call_id)

    async def rules(self, sections: Sections, today: date) -> RuleReply:
        """Ask for rules; down, over the budget, in safe mode or unreadable is a failed reply."""
        question: ToolQuestion[tuple[tuple[RuleTerms, ...], tuple[EndWish, ...]]] = ToolQuestion(
            model=self.model,
            spec=rules_spec(),
            about=CallAbout(purpose=Purpose.REFLECT, prompt_version=version_of("rules")),
            read=lambda call: parse_rules(call, today),
            seconds=self.seconds,
        )
        try:
            new, ends = await question.answer(self._messages(_RULES, sections))
        except ModelError as error:
            _LOG.warning("no rules", fault=error.fault.value, error=str(error))
            return RuleReply(fault=error.fault, call_id=question.call_id)
        return RuleReply(new=new, ends=ends, call_id=question.call_id)

    def _messages(self, prompt: str, sections: Sections) -> list[ModelMessage]:
        system = load_prompt(prompt).format(language=_LANGUAGES[self.locale])
        blocks = "\n".join(as_data(kind, text) for kind, text in sections)
        return [ModelMessage(role="system", text=system), ModelMessage(role="user", text=blocks)]
