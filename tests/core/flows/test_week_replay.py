"""Four years of real prices, reflected on week by week by a recorded model: nothing looks ahead."""

from __future__ import annotations

import csv
import gzip
import json
import shutil
from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.domain.journal import TradeRecord
from core.domain.krx import KST
from core.domain.market import Bar
from core.domain.model_calls import CallAbout
from core.domain.reflection import Week, week_of
from core.domain.rule_gate import RULES_MAX
from core.domain.rule_proposals import ApplyMode
from core.ports.model import BY_ITSELF, ModelMessage, ReplyEnd, TextPart, ToolSpec
from storage.opening import open_database
from storage.weeks import SqlNodeArchive
from tests.core.domain.rule_cases import written
from tests.core.flows.week_world import KODEX, claim, factors, told, world_of
from tests.storage.conftest import address_of

PRICES = (
    Path(__file__).parents[3]
    / ".."
    / "shared"
    / "data"
    / "krx"
    / "etf_raw_ohlcv_nav_2020_2024.csv.gz"
)
FIRST, LAST = date(2021, 1, 4), date(2024, 12, 27)
# After these weeks the data is cut and everything run again.
CUTS = (Week(2021, 9), Week(2023, 26))

needs_prices = pytest.mark.skipif(
    not PRICES.is_file(), reason="the shared KRX prices are not on this machine"
)


class RecordedModel:
    """Says of the shown trades what a recorded answer would: losses, with the values as shown."""

    name = "recorded"

    async def stream(
        self,
        messages: Sequence[ModelMessage],
        tools: Sequence[ToolSpec],
        about: CallAbout = BY_ITSELF,
    ) -> AsyncIterator[TextPart | ReplyEnd]:
        if tools[0].name == "propose_rules":
            for part in told(_wish(messages[1].text), "propose_rules"):
                yield part
            return
        shown = messages[1].text.split('<data kind="trades">\n')[1].split("\n</data>")[0]
        lost = [item for item in json.loads(shown) if item.get("pnl_7_won", 0) < 0]
        claims = [
            claim(item["id"], "pnl_7_won", item["pnl_7_won"], text=f"{item['day']}의 판단이 늦었다")
            for item in lost[-5:]
        ]
        for part in told(factors(common_failures=claims)):
            yield part

    async def complete(
        self,
        messages: Sequence[ModelMessage],
        max_tokens: int,
        about: CallAbout = BY_ITSELF,
    ) -> str:
        raise NotImplementedError


def _wish(shown: str) -> dict[str, object]:
    """Return a wish that depends on nothing but what was shown: another number every week."""
    today = date.fromisoformat(shown.split('<data kind="today">\n')[1].split("\n", maxsplit=1)[0])
    new = written(
        condition=[{"fact": "atr_bps", "operator": ">", "number": 600 - today.toordinal() % 400}],
        expires_on=(today + timedelta(days=180)).isoformat(),
    )
    return {"new_rules": [new], "deprecated_rules": []}


@pytest.fixture(scope="module")
def bars() -> list[Bar]:
    with gzip.open(PRICES, "rt", encoding="utf-8") as file:
        found = [
            Bar(
                symbol=KODEX,
                session=date.fromisoformat(row["date"]),
                open_won=int(row["open"]),
                high_won=int(row["high"]),
                low_won=int(row["low"]),
                close_won=int(row["close"]),
                volume_shares=int(row["volume"]),
            )
            for row in csv.DictReader(file)
            if row["symbol"] == KODEX and row["date"] <= LAST.isoformat()
        ]
    return sorted(found, key=lambda bar: bar.session)


def proposals(bars: list[Bar], last: date) -> list[TradeRecord]:
    """Return a purchase at the close of each month's first session."""
    found: dict[tuple[int, int], TradeRecord] = {}
    for bar in bars:
        if FIRST <= bar.session <= last:
            made = TradeRecord(
                record_id=f"P-{bar.session:%Y%m}",
                at=datetime.combine(bar.session, time(10), tzinfo=KST),
                symbol=KODEX,
                action="buy",
                quantity=3,
                justification="모멘텀 1위",
                market="{}",
                portfolio_before="{}",
                asked_won=bar.close_won,
            )
            found.setdefault((bar.session.year, bar.session.month), made)
    return list(found.values())


def weeks_until(last: Week) -> list[Week]:
    found, monday = [], week_of(FIRST).monday
    while week_of(monday) <= last:
        found.append(week_of(monday))
        monday += timedelta(days=7)
    return found


async def replayed(folder: Path, empty: Path, bars: list[Bar], last: Week) -> dict[str, list[Any]]:
    """Return what every week left behind when nothing after `last` is known."""
    path = folder / "replay.db"
    shutil.copyfile(empty, path)
    database = await open_database(address_of(path), migrate=False)
    known = [bar for bar in bars if bar.session <= last.sunday]
    world = world_of(
        database, folder, known, FIRST_INSTANT, model=RecordedModel(), apply=ApplyMode.AUTO
    )
    await world.propose(*proposals(known, last.sunday))
    found: dict[str, list[Any]] = {}
    for week in weeks_until(last):
        # What came due on a day before is measured now, as after a week in which the bot was off.
        friday = week.monday + timedelta(days=4)
        world.clock.at = datetime.combine(friday, time(17, 20), tzinfo=KST)
        await world.keeper.keep()
        world.clock.at = datetime.combine(week.sunday, time(18), tzinfo=KST)
        await (await world.reflection()).run(week)
        rows = await SqlNodeArchive(database).nodes_of(str(week))
        found[str(week)] = [*rows, world.file.text()]
    await database.close()
    return found


FIRST_INSTANT = datetime.combine(FIRST, time(8), tzinfo=KST)


@needs_prices
@pytest.mark.slow
@pytest.mark.untraced
async def test_a_cut_after_any_week_changes_nothing_before_it(
    bars: list[Bar], migrated_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    whole = await replayed(tmp_path_factory.mktemp("whole"), migrated_file, bars, week_of(LAST))
    assert len(whole) == 208
    prompts = [rows[-1] for rows in whole.values()]
    # It did something: lessons came, and the prompt stayed within its budget all the while.
    assert len(set(prompts)) > 10
    assert max(map(len, prompts)) < 5_000
    # Rules were taken on, each tighter than those before it, and no more than can be read.
    told = [prompt.count("- 규칙 R") for prompt in prompts]
    assert 1 < max(told) <= RULES_MAX
    for cut in CUTS:
        again = await replayed(tmp_path_factory.mktemp("cut"), migrated_file, bars, cut)
        assert again == {week: whole[week] for week in again}
