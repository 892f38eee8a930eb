"""The spreadsheet over the wire: gspread itself, and Google's answers on loopback."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest

from bot.exports.google_sheet import GoogleSheet, SheetFailed, SheetFault
from bot.exports.sheet_export import SheetExport
from bot.exports.sheet_pages import TRADES_MAX, SheetPage
from bot.exports.sheet_words import sheet_fault_words
from bot.locales import load
from core.domain.account import AccountSnapshot, Portfolio, Position
from core.domain.exports import Table, TableKind
from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.money import Won
from core.errors import BrokerUnavailable, StorageError
from tests.fakes.fake_chat_services import FakeExports
from tests.fakes.hand_clock import HandClock
from tests.fakes.loopback_sheets import EMAIL, KEY, TITLE, sheets
from tests.fakes.scripted_broker import ScriptedBroker

NOW = datetime(2026, 11, 27, 15, 50, tzinfo=KST)
KO = load("ko")
TRADE = (
    *(NOW.date(), "09:10:00", "ord-1", "069500", "=1+1", "buy", 3, Decimal("30000.5")),
    *(90_002, 13, "ours"),
)


@pytest.fixture
async def google():
    pytest.importorskip("gspread", reason="the extra 'sheets' is not installed")
    async with sheets() as one:
        yield one


def book(google, **other) -> GoogleSheet:
    return GoogleSheet(KEY, google.account(), **{"api": google.url, **other})


class Account:
    def __init__(self) -> None:
        self.names = ["=HYPERLINK(1)", "KODEX 200"]
        self.fails: Exception | None = None

    async def portfolio(self) -> Portfolio:
        if self.fails is not None:
            raise self.fails
        positions = tuple(
            Position(
                symbol=Symbol(f"06950{number}"),
                name=name,
                quantity=2,
                sellable=1,
                average_cost_won=Decimal("10000.25"),
                price_won=Won(11_000),
            )
            for number, name in enumerate(self.names)
        )
        snapshot = AccountSnapshot(
            deposit_won=Won(500), settled_d2_won=Won(400), positions=positions, taken_at=NOW
        )
        return Portfolio(account=snapshot, orderable_won=Won(300), reserved_won=Won(100))


def export(sheet: GoogleSheet) -> tuple[SheetExport, Account, FakeExports]:
    clock, account = HandClock(NOW), Account()
    tables = FakeExports({TableKind.TRADES: (TRADE,)})
    one = SheetExport(
        portfolio=account,
        tables=tables,
        sheet=sheet,
        broker=ScriptedBroker(clock),
        clock=clock,
        phrases=KO,
    )
    return one, account, tables


async def test_three_worksheets_are_made_and_filled_raw(google) -> None:
    google.put("내 메모", [["=1+1"]])
    one, _, _ = export(book(google))
    assert await one.write() == {"Positions": 2, "Portfolio": 8, "Trades": 1}
    assert google.options == ["RAW"]
    held = google.rows("Positions")
    assert held[0][:3] == ["종목코드", "종목", "수량"]
    assert held[1] == ["069500", "=HYPERLINK(1)", 2, 1, 10000.25, 11_000, 22_000, 2_000]
    lines = {row[0]: row[1] for row in google.rows("Portfolio")}
    assert lines["읽은 때(KST)"] == "2026-11-27 15:50:00"
    assert (lines["순자산"], lines["예수금(D+2)"], lines["살 주문에 묶인 금액"]) == (
        44_400,
        400,
        100,
    )
    [head, trade] = google.rows("Trades")
    assert head[7] == "평균 체결가"
    assert trade == [
        *("2026-11-27", "09:10:00", "ord-1", "069500", "=1+1", "매수", 3, 30000.5, 90_002, 13),
        "봇",
    ]
    assert google.rows("내 메모") == [["=1+1"]]


async def test_a_repeat_replaces_all_and_leaves_nothing_of_before(google) -> None:
    one, account, tables = export(book(google))
    google.put("Trades", [["남의 것"] * 30 for _ in range(500)])
    await one.write()
    first = dict(google.grids)
    await one.write()
    assert google.grids == first
    account.names, tables.found = [], {}
    assert await one.write() == {"Positions": 0, "Portfolio": 8, "Trades": 0}
    assert google.rows("Positions")[1:] == [[""] * 8]
    assert google.rows("Trades")[1:] == [[""] * 11]
    assert not [call for call in google.calls if "GET" in call and "values" in call]


async def test_of_very_many_trades_the_newest_are_written(google) -> None:
    one, _, tables = export(book(google))
    rows = tuple((*TRADE[:2], f"ord-{number}", *TRADE[3:]) for number in range(TRADES_MAX + 2))
    tables.found = {TableKind.TRADES: rows}
    assert (await one.write())["Trades"] == TRADES_MAX
    assert google.rows("Trades")[1][2] == "ord-2"
    assert google.rows("Trades")[-1][2] == f"ord-{TRADES_MAX + 1}"


async def test_the_title_is_looked_at_without_a_write(google) -> None:
    assert await book(google).look() == TITLE
    assert google.calls == ["token", "GET metadata"]


@pytest.mark.parametrize(
    ("fails", "fault"),
    [
        ({"token": 400}, SheetFault.KEY),
        ({"token": 401}, SheetFault.KEY),
        ({"metadata": 401}, SheetFault.KEY),
        ({"metadata": 403}, SheetFault.FORBIDDEN),
        ({"metadata": 404}, SheetFault.ABSENT),
        ({"metadata": 503}, SheetFault.BUSY),
        ({"POST batchUpdate": 403}, SheetFault.FORBIDDEN),
        ({"POST batchUpdate": 400}, SheetFault.REFUSED),
        ({"values:batchUpdate": 429}, SheetFault.BUSY),
        ({"values:batchUpdate": 500}, SheetFault.BUSY),
    ],
)
async def test_each_refusal_has_its_words_and_the_next_time_writes_all(
    google, fails, fault, capsys
) -> None:
    google.fails = fails
    one, _, _ = export(book(google))
    with pytest.raises(SheetFailed) as failed:
        await one.write()
    assert failed.value.fault is fault
    words = sheet_fault_words(KO, failed.value, one.writes_as)
    assert (EMAIL in words) is (fault is SheetFault.FORBIDDEN)
    said = "".join(capsys.readouterr())
    assert KEY not in words + str(failed.value) + said
    assert "PRIVATE" not in said
    google.fails = {}
    assert (await one.write())["Trades"] == 1


async def test_another_key_is_no_spreadsheet(google) -> None:
    with pytest.raises(SheetFailed, match="absent"):
        await GoogleSheet("another", google.account(), api=google.url).look()


async def test_an_answer_that_is_no_json_is_odd(google) -> None:
    google.odd = True
    with pytest.raises(SheetFailed, match="odd"):
        await book(google).look()


async def test_a_key_that_is_none_is_said_without_its_text(google, capsys) -> None:
    account = google.account() | {"private_key": "SECRET-words"}
    with pytest.raises(SheetFailed, match="key") as failed:
        await GoogleSheet(KEY, account, api=google.url).look()
    assert "SECRET" not in str(failed.value) + "".join(capsys.readouterr())


async def test_nobody_there_is_unreachable(google) -> None:
    nowhere = "http://127.0.0.1:1"
    with pytest.raises(SheetFailed, match="unreachable"):
        await book(google, api=nowhere).look()
    account = google.account() | {"token_uri": f"{nowhere}/token"}
    with pytest.raises(SheetFailed, match="unreachable"):
        await GoogleSheet(KEY, account, api=google.url).look()


async def test_the_environment_names_no_proxy_and_no_password(google, monkeypatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    assert await book(google).look() == TITLE


async def test_one_that_hangs_is_left_and_no_second_one_starts(google) -> None:
    google.hangs = 2.0
    slow = book(google, seconds=0.5)
    began = asyncio.get_running_loop().time()
    for _ in range(2):
        with pytest.raises(SheetFailed, match="slow"):
            await slow.look()
    # The loop was free all the while, and the second was refused without waiting.
    assert asyncio.get_running_loop().time() - began < 1.5
    assert google.calls.count("GET metadata") <= 1
    google.hangs = 0.0
    for _ in range(200):
        await asyncio.sleep(0.05)
        try:
            assert await slow.look() == TITLE
        except SheetFailed:
            continue
        break
    else:
        pytest.fail("it stayed closed")


async def test_without_the_package_it_says_how_to_install(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "gspread", None)
    one = GoogleSheet(KEY, {"client_email": EMAIL})
    with pytest.raises(SheetFailed, match="package") as failed:
        await one.write([SheetPage("Trades", (("x",),))])
    assert "pip install 'gspread" in sheet_fault_words(KO, failed.value, one.writes_as)


async def test_what_cannot_be_read_writes_nothing(monkeypatch) -> None:
    one, account, _ = export(GoogleSheet(KEY, {"client_email": EMAIL}))
    account.fails = BrokerUnavailable("no line")
    with pytest.raises(BrokerUnavailable):
        await one.write()

    class Silent:
        async def portfolio(self) -> Portfolio:
            await asyncio.sleep(10)
            raise AssertionError

    monkeypatch.setattr("bot.exports.sheet_export.ACCOUNT_SECONDS_MAX", 0.05)
    with pytest.raises(BrokerUnavailable):
        await replace(one, portfolio=Silent()).write()

    class Broken:
        async def tables(self, span, kinds) -> tuple[Table, ...]:
            raise StorageError("disk")

    account.fails = None
    with pytest.raises(StorageError) as failed:
        await replace(one, tables=Broken()).write()
    assert "disk" in sheet_fault_words(KO, failed.value, one.writes_as)
