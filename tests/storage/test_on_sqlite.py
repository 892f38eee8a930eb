from __future__ import annotations

from tests.contracts.archive_contract import ArchiveContract
from tests.contracts.gauges_contract import GaugesContract
from tests.contracts.ledger_contract import LedgerContract
from tests.contracts.model_calls_contract import ModelCallsContract
from tests.contracts.news_facts_contract import NewsFactsContract
from tests.contracts.outcomes_contract import OutcomesContract
from tests.contracts.plan_contract import PlanContract
from tests.contracts.prompts_contract import PromptsContract
from tests.contracts.weeks_contract import WeeksContract


class TestLedgerOnSqlite(LedgerContract):
    pass


class TestArchiveOnSqlite(ArchiveContract):
    pass


class TestModelCallsOnSqlite(ModelCallsContract):
    pass


class TestOutcomesOnSqlite(OutcomesContract):
    pass


class TestNewsFactsOnSqlite(NewsFactsContract):
    pass


class TestPlansOnSqlite(PlanContract):
    pass


class TestPromptsOnSqlite(PromptsContract):
    pass


class TestWeeksOnSqlite(WeeksContract):
    pass


class TestGaugesOnSqlite(GaugesContract):
    pass
