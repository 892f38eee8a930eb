"""A database as the first release left it, with data, and what must have become of that data."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, text

from core.domain.orders import BrokerOrderRef
from storage import migrations
from storage.engine import Database, listen_sqlite
from storage.ledger import SqlLedger
from storage.ledger_journal import GENESIS, chained
from storage.memory.notes import SqlMemoryArchive
from tests.contracts.ledger_values import DAY
from tests.storage.conftest import address_of

AT = "2023-03-01T23:01:02.345678+00:00"
# (order, ticket leg, session of its attempt, broker number): 3 and 4 share a number, as nothing
# forbade then; 5 has the number of 1 on another day; 6 was never armed.
ORDERS = (
    ("T-1", 1, "2023-03-02", "0000000001"),
    ("T-2", 2, "2023-03-02", "0000000002"),
    ("T-3", 3, "2023-03-02", "0000000003"),
    ("T-4", 4, "2023-03-02", "0000000003"),
    ("T-5", 5, "2023-03-03", "0000000001"),
    ("T-6", 6, None, None),
)
LINE = (
    '{"actor":"desk","at":"2023-03-02T08:01:02.345678+09:00","facts":{},'
    '"kind":"order.armed","subject":"T-1"}'
)


def make_first_revision(path: Path) -> None:
    """Write a SQLite file of revision 0001."""
    engine = create_engine(address_of(path))
    listen_sqlite(engine)
    with engine.begin() as connection:
        fill_first_revision(connection)
    engine.dispose()


def fill_first_revision(connection: Connection) -> None:
    """Apply revision 0001 and insert rows of it."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.attributes["connection"] = connection
    command.upgrade(config, "0001")
    connection.execute(
        text(
            "INSERT INTO tickets VALUES ('T', 'basket', 'strategy', 'sim', '1', 'r', '[]',"
            f" '{AT}', '{AT}', 'APPROVED', '', 1, 2, 1, 1, 't1:x')"
        )
    )
    for order_id, leg, session, number in ORDERS:
        connection.execute(
            text(
                "INSERT INTO orders (order_id, ticket_id, leg, symbol, side, order_type,"
                " quantity_max, good_until, state, broker_number, broker_branch, filled, reason,"
                " created_at, updated_at) VALUES (:order, 'T', :leg, '069500', 'buy', 'limit', 7,"
                " :at, 'WORKING', :number, '06010', 0, '', :at, :at)"
            ),
            {"order": order_id, "leg": leg, "number": number, "at": AT},
        )
        if session is not None:
            connection.execute(
                text(
                    "INSERT INTO attempts (order_id, signature, session, armed_at, known_numbers)"
                    " VALUES (:order, '069500:buy:7:1', :session, :at, '[]')"
                ),
                {"order": order_id, "session": session, "at": AT},
            )
    _remember(connection)
    connection.execute(
        text(
            "INSERT INTO journal VALUES (1, :at, 'order.armed', 'desk', 'T-1', :line, :zero, :hash)"
        ),
        {"at": AT, "line": LINE, "zero": GENESIS, "hash": chained(GENESIS, LINE)},
    )


def _remember(connection: Connection) -> None:
    """Insert a session of a person, what was remembered of it, and a briefing of nobody."""
    connection.execute(
        text(
            "INSERT INTO sessions VALUES (900, 1, 42, 't', 'archived',"
            f" '{AT}', '{AT}', '환율이 올라 기다린다')"
        )
    )
    for note_id, source, said in (
        (7, "session:900", "환율이 올라 기다린다"),
        (9, "briefing:2023-03-02", "금리 KODEX200"),
    ):
        connection.execute(
            text(
                "INSERT INTO memory_notes VALUES (:id, 'k', :said, '2023-03-02', :source,"
                f" '[\"069500\"]', '{AT}')"
            ),
            {"id": note_id, "said": said, "source": source},
        )
        connection.execute(text("INSERT INTO memory_grams VALUES ('환율', :id)"), {"id": note_id})


async def check_remembered(database: Database) -> None:
    """Check that what was remembered is found by its words, by whom it belongs to, and deletable."""
    archive = SqlMemoryArchive(database, guild_id=5)
    assert (await archive.search("율이 06950", reader=7, limit=9)).total == 0
    (own,) = (await archive.search("율이 06950", reader=42, limit=9)).notes
    assert (own.text, own.owner_id, own.thread_id) == ("환율이 올라 기다린다", 42, 900)
    assert [item.source for item in await archive.nearest("금리는?", reader=7, limit=9)] == [
        "briefing:2023-03-02"
    ]
    await archive.remember([replace(own, text="달러")])
    assert (await archive.search("환율", reader=None, limit=9)).total == 0
    assert (await archive.listed(reader=42, limit=9)).total == 2


async def check_first_revision_data(database: Database) -> None:
    """Check what the upgrade made of those rows."""
    await check_remembered(database)
    ledger = SqlLedger(database, build="0123456789ab")
    async with database.reading() as sql:
        rows = await sql.rows(text("SELECT broker_session FROM orders ORDER BY order_id"))
    assert [row["broker_session"] for row in rows] == [
        "2023-03-02",
        "2023-03-02",
        None,
        None,
        "2023-03-03",
        None,
    ]
    async with ledger.transaction() as tx:
        armed = await tx.armed_on(DAY)
        line = (await tx.journal_after(0))[0]
        await tx.append_journal(line.entry)
    assert [order.order_id for order, _ in armed] == ["T-1", "T-2", "T-3", "T-4"]
    assert armed[0][0].ref == BrokerOrderRef(number="0000000001", branch="06010")
    assert {(a.server_ahead, a.lease_epoch) for _, a in armed} == {(timedelta(0), 0)}
    assert line.entry.build == ""
    assert (await ledger.verify_journal()).lines == 2
    async with ledger.transaction() as tx:
        assert (await tx.journal_after(1))[0].entry.build == "0123456789ab"
