"""The part of the graph that knows the user's own rules."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from bot.files.rules import RULES_FILE, written_rules
from bot.files.strategy import StrategySettings
from bot.operations.replay_child import ChildReplays
from bot.settings import Settings
from bot.wiring.foundations import Stores, World
from core.domain.calendar import TradingCalendar
from core.domain.krx import KST
from core.domain.rule_gate import StandingBounds
from core.domain.rules import Rule, RuleState
from core.errors import ConfigurationError
from core.ports.clock import Clock
from core.ports.phrases import Phrases
from core.runtime.rule_book import RuleBook
from core.services.market.service import MarketService
from core.services.rules.adoption import Adoption
from core.services.rules.adoption_kit import AdoptionKit
from core.services.rules.by_hand import Refused, came_another_way, gone_from_file, keep_written
from core.services.rules.desk import RuleDesk
from core.services.rules.evidence import Evidence
from core.services.rules.judging import RuleJudge
from core.services.rules.shipped import shipped_rules
from core.services.rules.wording import rule_words
from core.strategy.parameters import Parameters
from storage.bars import SqlBarArchive
from storage.engine import Database
from storage.ledger import SqlLedger
from storage.outcomes import SqlOutcomeArchive
from storage.stored_market import StoredMarket

_LOG = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRules:
    """Who answers for the rules, who judges by them, and who takes them on and ends them."""

    desk: RuleDesk
    judge: RuleJudge
    adoption: Adoption


async def rules_in_force(world: World, stores: Stores, market: MarketService) -> OwnRules:
    """Return the rules with all who work on them; what the rules file says is taken on first.

    Raises StorageError, and ConfigurationError for a rules file with a rule that is none.
    """
    settings, parameters, ledger = world.settings, world.strategy.parameters, stores.ledger
    shipped = shipped_of(settings, parameters, world.phrases)
    book = RuleBook(shipped, ledger, ledger, world.clock)
    await book.load()
    today = world.clock.now().astimezone(KST).date()
    written = written_rules(settings.data_dir)
    bounds = bounds_of(settings, parameters)
    proposed = await came_another_way(ledger)
    gone = await gone_from_file(ledger)
    refused = await keep_written(book, written, bounds, today, gone=gone, proposed=proposed)
    if refused is not None:
        raise ConfigurationError(_why(refused, world.phrases))
    _LOG.info("rules in force", obeyed=[rule.rule_id for rule in book.obeyed])
    judge = RuleJudge(book, market, world.clock, world.calendar)
    adoption = adoption_of(
        settings, world.strategy, stores.database, ledger, book, world.clock, world.calendar
    )
    return OwnRules(
        desk=RuleDesk(
            book=book, figures=judge, past=adoption.kit.past, bounds=bounds, clock=world.clock
        ),
        judge=judge,
        adoption=adoption,
    )


def adoption_of(
    settings: Settings,
    strategy: StrategySettings,
    database: Database,
    ledger: SqlLedger,
    book: RuleBook,
    clock: Clock,
    calendar: TradingCalendar,
) -> Adoption:
    """Return who takes rules on and ends them; the evidence is of what is stored alone."""
    stored = StoredMarket(SqlBarArchive(database), strategy.universe)
    changes = {
        "BROKER": settings.broker,
        "DATA_DIR": str(settings.data_dir),
        "ACCOUNT_KIND": settings.account_kind,
    }
    replays = ChildReplays(changes, clock)
    return Adoption(
        AdoptionKit(
            book=book,
            ledger=ledger,
            books=ledger,
            evidence=Evidence(
                records=SqlOutcomeArchive(database),
                figures=RuleJudge(book, stored, clock, calendar),
                replays=replays,
                clock=clock,
            ),
            past=replays,
            bounds=bounds_of(settings, strategy.parameters),
            clock=clock,
            apply=settings.reflection_apply,
        )
    )


def rules_in_words(desk: RuleDesk, phrases: Phrases) -> tuple[tuple[str, str], ...]:
    """Return name and sentence of every rule that is switched on, for model and analyst."""
    return tuple(
        (rule.rule_id, rule_words(rule, phrases))
        for rule in desk.rules
        if rule.state is RuleState.ACTIVE
    )


def shipped_of(settings: Settings, parameters: Parameters, phrases: Phrases) -> tuple[Rule, ...]:
    """Return the shipped rules with the numbers of the settings."""
    return shipped_rules(phrases, settings.risk_limits, parameters, settings.day_loss_limit_percent)


def bounds_of(settings: Settings, parameters: Parameters) -> StandingBounds:
    """Return what the settings enforce already."""
    limits = settings.risk_limits
    return StandingBounds(
        stop_bps=parameters.stop_loss_percent * 100,
        weight_bps=limits.position_weight_percent * 100,
        order_won=limits.order_amount_won,
    )


def _why(refused: Refused, phrases: Phrases) -> str:
    problems = [
        *(
            f"{item.where}: {phrases.say(f'rules.fault_{item.fault.value}')}"
            for item in refused.problems
        ),
        *(phrases.say(f"rules.gate_{fault.value}") for fault in refused.faults),
    ]
    return f"{RULES_FILE} [[rule]] {refused.number}: {'; '.join(problems)}"
