"""The part of the graph that looks back: decisions, rules, a week, what is kept of the past."""

from __future__ import annotations

from bot.operations.evening import EveningRound
from bot.operations.retention import Retention
from bot.operations.sundays import Sundays
from bot.settings import Settings
from bot.wiring.foundations import Stores, World
from bot.wiring.model import Talkers
from bot.wiring.rules import OwnRules
from bot.wiring.tables import numbers_of
from bot.wiring.what_if import live_what_if
from core.domain.prompts import DECISION_PROMPT
from core.domain.rule_proposals import ApplyMode
from core.flows.kit import CycleKit
from core.flows.reflecting import WeeklyReflection
from core.flows.week_kit import WeekKit
from core.llm.kept_prompt import KeptPrompt
from core.llm.prompt import load_prompt
from core.ports.surface import AlertSurface
from core.ports.weeks import WeekSurface
from core.services.market.service import MarketService
from core.services.reflection.compared import ComparedReader
from core.services.reflection.outcomes import OutcomeKeeper
from core.services.reflection.prompt_book import PromptBook
from core.services.rules.adoption import Adoption
from core.services.rules.ending import LapseTeller, RuleEnder
from storage.outcomes import SqlOutcomeArchive
from storage.prompt_file import OwnPrompt
from storage.trade_history import SqlTradeHistory
from storage.weeks import SqlNodeArchive, SqlPromptUpdates


def own_prompt(settings: Settings) -> OwnPrompt:
    """Return the decision prompt: the user's own file, else the shipped text."""
    return OwnPrompt(settings.data_dir, load_prompt(DECISION_PROMPT))


def kept_prompt(world: World, stores: Stores) -> KeptPrompt:
    """Return the decision prompt, kept in the archive whenever it is used."""
    return KeptPrompt(file=own_prompt(world.settings), archive=stores.prompts, clock=world.clock)


def outcome_keeper(world: World, stores: Stores, market: MarketService) -> OutcomeKeeper:
    """Build who measures outcomes, at the costs of the settings."""
    return OutcomeKeeper(
        archive=SqlOutcomeArchive(stores.database),
        market=market,
        memory=stores.memory,
        calendar=world.calendar,
        clock=world.clock,
        costs=world.settings.costs,
        phrases=world.phrases,
    )


def evening_round(world: World, stores: Stores, market: MarketService) -> EveningRound:
    """Build what is done after a session: outcomes, and the bars of the what-if ledger."""
    return EveningRound(outcome_keeper(world, stores, market), live_what_if(world, stores, market))


def retention_of(world: World, stores: Stores) -> Retention:
    """Build who drops what has been kept long enough."""
    return Retention(
        calls=stores.calls,
        facts=stores.facts,
        clock=world.clock,
        call_days=world.settings.openai_keep_days,
        fact_days=world.settings.news_keep_days,
    )


def rule_ender(
    world: World, stores: Stores, adoption: Adoption, alerts: AlertSurface, teller: LapseTeller
) -> RuleEnder:
    """Build who ends the rules and proposals whose time is over, and rules shown to be wrong."""
    return RuleEnder(
        book=adoption.kit.book,
        proposals=adoption,
        teller=teller,
        books=stores.ledger,
        legs=SqlOutcomeArchive(stores.database),
        alerts=alerts,
        clock=world.clock,
        phrases=world.phrases,
    )


def weekly_reflection(
    world: World,
    stores: Stores,
    cycle: CycleKit,
    talkers: Talkers,
    surface: WeekSurface,
    rules: OwnRules,
) -> WeeklyReflection:
    """Build the weekly reflection with the versions of its prompt and the rules it may propose."""
    archive, history = SqlOutcomeArchive(stores.database), SqlTradeHistory(stores.database)
    kit = WeekKit(
        nodes=SqlNodeArchive(stores.database),
        outcomes=archive,
        reader=numbers_of(world, stores, cycle.desk.market),
        compared=ComparedReader(history=history, market=cycle.desk.market),
        prompts=PromptBook(
            log=SqlPromptUpdates(stores.database),
            file=own_prompt(world.settings),
            ledger=stores.ledger,
            clock=world.clock,
        ),
        rules=rules.desk.book,
        proposals=rules.adoption,
        surface=surface,
        alerts=cycle.outlets.alerts,
        broker=cycle.rules.broker,
        clock=world.clock,
        phrases=world.phrases,
        instruments=world.strategy.universe,
        reflector=talkers.reflector(world.settings.locale),
        painter=cycle.outlets.painter,
        asks_first=world.settings.reflection_apply is ApplyMode.CONFIRM,
    )
    return WeeklyReflection(kit=kit)


def sundays_of(world: World, reflection: WeeklyReflection, alerts: AlertSurface) -> Sundays:
    """Build the week's appointment."""
    return Sundays(reflection=reflection, alerts=alerts, clock=world.clock, phrases=world.phrases)
