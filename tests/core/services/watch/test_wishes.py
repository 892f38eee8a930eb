from __future__ import annotations

from decimal import Decimal

import pytest

from core.domain.alerts import AlertKind, AlertRule
from core.domain.instrument import Symbol
from core.services.watch.wishes import (
    RULES_MAX,
    SUBJECT,
    WATCHED_MAX,
    RuleDraft,
    WishOutcome,
)
from tests.fakes.desk_kit import KODEX, TIGER


def draft(value: str = "33000", **changes: object) -> RuleDraft:
    values: dict[str, object] = {"kind": AlertKind.PRICE_BELOW, "symbol": KODEX, **changes}
    return RuleDraft(value=Decimal(value), **values)  # type: ignore[arg-type]


async def test_the_watch_list_takes_what_the_bot_knows_once(watch) -> None:
    wishes = watch.tower.wishes
    assert await wishes.watch(KODEX, by=7) is WishOutcome.ADDED
    assert await wishes.watch(KODEX, by=7) is WishOutcome.ALREADY
    assert await wishes.watch(Symbol("999999"), by=7) is WishOutcome.UNKNOWN_SYMBOL
    assert [item.symbol for item in wishes.current.watched] == [KODEX]
    assert await wishes.unwatch(KODEX, by=7) is WishOutcome.REMOVED
    assert await wishes.unwatch(KODEX, by=7) is WishOutcome.NOT_THERE
    assert await watch.kit.kinds(SUBJECT) == ["watch.added", "watch.removed"]
    assert {line.actor for line in await watch.kit.journal(SUBJECT)} == {"7"}


async def test_the_lists_have_an_end(watch) -> None:
    wishes = watch.tower.wishes
    instruments = tuple(
        type(watch.shelf.universe[0])(symbol=Symbol(f"{number:06d}"), name=f"ETF {number}")
        for number in range(100_000, 100_000 + WATCHED_MAX + 1)
    )
    watch.shelf.universe = instruments
    found = [await wishes.watch(item.symbol, by=7) for item in instruments]
    assert found == [WishOutcome.ADDED] * WATCHED_MAX + [WishOutcome.FULL]
    rules = [
        await wishes.add_rule(draft(str(1_000 + n), symbol=None), by=7) for n in range(RULES_MAX)
    ]
    assert all(isinstance(item, AlertRule) for item in rules)
    assert await wishes.add_rule(draft(symbol=None), by=7) is WishOutcome.FULL


@pytest.mark.parametrize(
    ("made", "outcome"),
    [
        (draft(symbol=Symbol("999999")), WishOutcome.UNKNOWN_SYMBOL),
        (draft("0"), WishOutcome.BAD_THRESHOLD),
        (draft("0.5"), WishOutcome.BAD_THRESHOLD),
        (
            draft(profit_min_percent=Decimal(5), profit_max_percent=Decimal(3)),
            WishOutcome.BAD_THRESHOLD,
        ),
    ],
)
async def test_what_makes_no_sense_is_not_stored(watch, made, outcome) -> None:
    assert await watch.tower.wishes.add_rule(made, by=7) is outcome
    assert watch.tower.wishes.current.rules == ()


async def test_a_rule_is_stored_once_muted_and_dropped(watch) -> None:
    wishes = watch.tower.wishes
    made = await wishes.add_rule(draft(profit_max_percent=Decimal("-2.5")), by=7)
    assert isinstance(made, AlertRule)
    assert (made.threshold, made.profit_max_bps) == (33_000, -250)
    assert await wishes.add_rule(draft(profit_max_percent=Decimal("-2.5")), by=8) is (
        WishOutcome.ALREADY
    )
    assert await wishes.mute(made.rule_id, 3, by=7) is WishOutcome.MUTED
    now = watch.kit.clock.now()
    assert wishes.current.is_mute(made.rule_id, now)
    assert await wishes.mute(made.rule_id, 0, by=7) is WishOutcome.UNMUTED
    assert not wishes.current.is_mute(made.rule_id, now)
    assert await wishes.mute("nothing", 3, by=7) is WishOutcome.NOT_THERE
    assert await wishes.drop_rule(made.rule_id, by=7) is WishOutcome.REMOVED
    assert await wishes.drop_rule(made.rule_id, by=7) is WishOutcome.NOT_THERE


async def test_wishes_are_there_again_after_a_restart(watch) -> None:
    wishes = watch.tower.wishes
    await wishes.watch(KODEX, by=7)
    await wishes.mute("all", 1, by=7)
    made = await wishes.add_rule(draft(symbol=TIGER), by=7)
    watch.again()
    found = await watch.tower.wishes.load()
    assert [item.symbol for item in found.watched] == [KODEX]
    assert found.rules == (made,)
    assert found.symbols == {KODEX, TIGER}
