"""What every ledger promises about the watchtower's rows (`core.ports.watching.WatchBooks`)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from core.domain.alerts import (
    AlertFiring,
    AlertKind,
    AlertRule,
    Repeat,
    Severity,
    WatchedSymbol,
)
from core.domain.exit_offers import ExitKind, ExitOffer
from core.errors import StorageError
from tests.contracts.ledger_values import DAY, KODEX, MORNING, TIGER, ticket

MINUTE = timedelta(minutes=1)
RULE = AlertRule(
    rule_id="4F9KQ2ZD",
    symbol=KODEX,
    kind=AlertKind.PRICE_BELOW,
    threshold=33_000,
    profit_max_bps=-300,
    created_at=MORNING,
    created_by=1_234_567_890_123_456_789,
)
FIRING = AlertFiring(
    rule_id=RULE.rule_id,
    symbol=KODEX,
    occasion="2023-03-02",
    kind=RULE.kind,
    severity=Severity.WARNING,
    fired_at=MORNING,
    title="KODEX 200",
    text="33,000원 아래로",
    told_at=MORNING,
)
OFFER = ExitOffer(
    ticket_id="4F9KQ2ZD",
    symbol=KODEX,
    session=DAY,
    kind=ExitKind.STOP_LOSS,
    number=1,
    price_won=31_000,
    offered_at=MORNING,
)


class WatchContract:
    """Mix into a test class that has a `ledger` fixture."""

    async def test_the_watch_list_holds_a_symbol_once(self, ledger):
        entry = WatchedSymbol(symbol=KODEX, added_at=MORNING, added_by=3)
        later = WatchedSymbol(symbol=TIGER, added_at=MORNING + MINUTE, added_by=3)
        async with ledger.transaction() as tx:
            assert await tx.add_watched(later)
            assert await tx.add_watched(entry)
            assert not await tx.add_watched(replace(entry, added_by=4))
        async with ledger.transaction() as tx:
            assert await tx.watch_list() == (entry, later)
            assert await tx.drop_watched(KODEX)
            assert not await tx.drop_watched(KODEX)
            assert await tx.watch_list() == (later,)

    async def test_rules_come_back_as_they_were_and_go_with_their_mute(self, ledger):
        everything = replace(
            RULE,
            rule_id="9F9KQ2ZD",
            symbol=None,
            kind=AlertKind.DAY_CHANGE,
            repeat=Repeat.ONCE,
            profit_min_bps=100,
            profit_max_bps=None,
            created_at=MORNING + MINUTE,
        )
        async with ledger.transaction() as tx:
            await tx.put_alert_rule(everything)
            await tx.put_alert_rule(RULE)
            await tx.mute_alert(RULE.rule_id, MORNING)
            await tx.mute_alert(RULE.rule_id, MORNING + MINUTE)
            await tx.mute_alert("all", MORNING)
        async with ledger.transaction() as tx:
            assert await tx.alert_rules() == (RULE, everything)
            assert await tx.alert_mutes() == {RULE.rule_id: MORNING + MINUTE, "all": MORNING}
            assert await tx.drop_alert_rule(RULE.rule_id)
            assert not await tx.drop_alert_rule(RULE.rule_id)
            assert await tx.alert_rules() == (everything,)
            assert await tx.alert_mutes() == {"all": MORNING}
        with pytest.raises(StorageError):
            async with ledger.transaction() as tx:
                await tx.put_alert_rule(everything)

    async def test_one_occasion_fires_once_whatever_becomes_of_its_rule(self, ledger):
        async with ledger.transaction() as tx:
            await tx.put_alert_rule(RULE)
            assert await tx.insert_firing(FIRING)
            assert await tx.drop_alert_rule(RULE.rule_id)
        async with ledger.transaction() as tx:
            assert not await tx.insert_firing(replace(FIRING, fired_at=MORNING + MINUTE))
            assert await tx.insert_firing(replace(FIRING, symbol=TIGER))
            assert await tx.insert_firing(replace(FIRING, occasion="2023-03-03"))
            assert len(await tx.firings_since(MORNING)) == 3

    async def test_what_fired_is_read_from_an_instant_on(self, ledger):
        later = replace(FIRING, occasion="2023-03-03", fired_at=MORNING + MINUTE)
        async with ledger.transaction() as tx:
            await tx.insert_firing(FIRING)
            await tx.insert_firing(later)
        async with ledger.transaction() as tx:
            assert await tx.firings_since(MORNING) == (FIRING, later)
            assert await tx.firings_since(MORNING, limit=1) == (later,)
            assert await tx.firings_since(MORNING + MINUTE) == (later,)

    async def test_an_exit_is_offered_under_one_number_once(self, ledger):
        again = replace(OFFER, ticket_id="5F9KQ2ZD")
        second = replace(again, number=2, offered_at=MORNING + MINUTE)
        async with ledger.transaction() as tx:
            await tx.insert_ticket(ticket(OFFER.ticket_id))
            await tx.insert_ticket(ticket(again.ticket_id))
            assert await tx.insert_exit_offer(OFFER)
            assert not await tx.insert_exit_offer(again)
            assert await tx.insert_exit_offer(second)
        async with ledger.transaction() as tx:
            assert await tx.exit_offers_on(DAY) == (OFFER, second)
            assert await tx.exit_offers_on(DAY + timedelta(days=1)) == ()
            assert await tx.exit_offers_of(KODEX, DAY) == (OFFER, second)
            assert await tx.exit_offers_of(KODEX, DAY + timedelta(days=1)) == ()
            assert await tx.exit_offers_of(TIGER, DAY) == ()
        with pytest.raises(StorageError):
            async with ledger.transaction() as tx:
                await tx.insert_exit_offer(replace(OFFER, ticket_id="unknown", number=3))
