from __future__ import annotations

from tests.contracts.archive_contract import ArchiveContract
from tests.contracts.ledger_contract import LedgerContract


class TestLedgerOnSqlite(LedgerContract):
    pass


class TestArchiveOnSqlite(ArchiveContract):
    pass
