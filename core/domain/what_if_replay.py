"""Plays every course through the sessions of a history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from core.domain.instrument import Symbol
from core.domain.orders import Side
from core.domain.purse import Deposit, Purse, RawCloses, Turn, turns_of
from core.domain.what_if import (
    Course,
    Deal,
    History,
    LedgerDay,
    Point,
    StoredPlan,
    Terms,
    WhatIfLedger,
)
from core.domain.what_if_courses import Planned, follow, let_go, takes_part

FOLLOWING = (Course.ALL, Course.NOTHING, Course.STRATEGY, Course.FOLLOWED)


def replayed(history: History, terms: Terms) -> WhatIfLedger:
    """Return the ledger of `history`. Nothing in it looks beyond the session that it is about."""
    replay = _Replay(_Market.of(history), terms, history)
    deals = {
        day: tuple(found)
        for day, found in groupby(
            sorted(history.deals, key=lambda deal: (deal.session, deal.place)),
            key=lambda deal: deal.session,
        )
    }
    plans = {plan.day: plan for plan in history.plans}
    days = tuple(
        replay.play(day, deals.get(day, ()), plans.get(day), history.flows.get(day, 0))
        for day in history.sessions
    )
    return WhatIfLedger(
        start_day=history.start.day,
        start_won=replay.start_won,
        days=days,
        missing=tuple(sorted(replay.missing.items())),
        short_shares={one: replay.purses[one].short_shares for one in FOLLOWING},
        unexplained_won=replay.unexplained_won,
        stated=_stated(history, days),
    )


def _stated(history: History, days: tuple[LedgerDay, ...]) -> tuple[date, int, int] | None:
    """Return the last day that the broker stated, its net asset value, and ours of that day."""
    for day in reversed(days):
        stated = history.recorded.get(day.session)
        if stated is not None and day.market_won is not None:
            return (day.session, stated, day.market_won)
    return None


@dataclass(frozen=True, slots=True)
class _Market:
    """Raw closes by session and symbol, and what became of shares before each session."""

    closes: Mapping[date, dict[Symbol, int]]
    turns: Mapping[date, dict[Symbol, Turn]]

    @classmethod
    def of(cls, history: History) -> _Market:
        known = {history.start.day, *history.sessions}
        closes: dict[date, dict[Symbol, int]] = {day: {} for day in known}
        turns: dict[date, dict[Symbol, Turn]] = {day: {} for day in history.sessions}
        for symbol, path in history.closes.items():
            # What came before the start is in the account already.
            played = tuple(close for close in path if close.session in known)
            for close in played:
                closes[close.session][symbol] = close.raw_won
            for session, turn in turns_of(played).items():
                turns[session][symbol] = turn
        return cls(closes, turns)


class _Replay:
    """The purses, as far as they have come."""

    def __init__(self, market: _Market, terms: Terms, history: History) -> None:
        self._market = market
        self._terms = terms
        self._last_day = history.start.day
        self.missing: dict[Symbol, int] = {}
        self.unexplained_won = 0
        prices = {one.symbol: one.price_won for one in history.start.holdings}
        self.start_won = self._begun(history).sold_out(prices)
        self.purses = {one: self._begun(history) for one in (Course.DONE, *FOLLOWING)}
        self.purses[Course.INDEX] = self._purse(self.start_won)
        self._deposit = Deposit(rate_bps=terms.deposit_bps, cash_won=self.start_won)
        self._planned = (
            Planned(self.purses[Course.STRATEGY], is_followed=False),
            Planned(self.purses[Course.FOLLOWED], is_followed=True),
        )

    def _purse(self, cash_won: int) -> Purse:
        return Purse(costs=self._terms.costs, tax_types=self._terms.tax_types, cash_won=cash_won)

    def _begun(self, history: History) -> Purse:
        purse = self._purse(history.start.cash_won)
        for one in history.start.holdings:
            purse.put(one.symbol, one.shares, one.cost_won)
        return purse

    def play(
        self, session: date, deals: tuple[Deal, ...], plan: StoredPlan | None, flow_won: int
    ) -> LedgerDay:
        """Carry every course through one session: opening, money in, trades, money out, close."""
        closes, turns = self._market.closes[session], self._market.turns[session]
        for purse in self.purses.values():
            purse.turn(turns, closes)
        self._deposit.grow((session - self._last_day).days)
        self._last_day = session
        # What is paid in may be spent on the same day; what is taken out was there until the close.
        self._pay_in(max(flow_won, 0), tuple(Course))
        dawn = {one: self.purses[Course.DONE].held(one) for one in self.purses[Course.DONE].symbols}
        self._trade(deals, plan, dawn)
        self._pay_out(max(-flow_won, 0), closes)
        self._invest(closes)
        self._note_missing(closes)
        return LedgerDay(session, self._points(closes), self._market_value(closes))

    def _trade(
        self, deals: tuple[Deal, ...], plan: StoredPlan | None, dawn: Mapping[Symbol, int]
    ) -> None:
        """Do what was done first: it says what the others are compared with, and what was lacking."""
        held, lacking = self._really(deals)
        self.unexplained_won += lacking
        self._pay_in(lacking, tuple(one for one in Course if one is not Course.DONE))
        if plan is not None:
            for planned in self._planned:
                planned.act(plan, lambda symbol: dawn.get(symbol, 0))
            if plan.is_rebalance:
                let_go(self.purses[Course.ALL], plan, lambda symbol: dawn.get(symbol, 0))
        for deal, real in zip(deals, held, strict=True):
            for course in FOLLOWING:
                if takes_part(course, deal):
                    follow(self.purses[course], deal, real)

    def _really(self, deals: tuple[Deal, ...]) -> tuple[list[int], int]:
        """Do the real deals; return what was held before each deal, and the won that were lacking."""
        done, held, lacking = self.purses[Course.DONE], [], 0
        for deal in deals:
            held.append(done.held(deal.symbol))
            if deal.is_real and deal.side is Side.BUY:
                lacking += done.take(deal.symbol, deal.shares, deal.price_won)
            elif deal.is_real:
                done.sell(deal.symbol, deal.shares, deal.price_won)
        return held, lacking

    def _pay_in(self, won: int, courses: tuple[Course, ...]) -> None:
        for course in courses:
            if course is Course.DEPOSIT:
                self._deposit.pay_in(won)
            else:
                self.purses[course].pay_in(won)

    def _pay_out(self, won: int, closes: RawCloses) -> None:
        for purse in self.purses.values():
            purse.pay_out(won, closes)
        self._deposit.pay_out(won)

    def _invest(self, closes: RawCloses) -> None:
        """Put all money of the index course into its fund, as soon as that has a close."""
        price = closes.get(self._terms.index)
        if price is not None:
            purse = self.purses[Course.INDEX]
            purse.buy(self._terms.index, purse.cash_won // price, price)

    def _note_missing(self, closes: RawCloses) -> None:
        needed = {one for purse in self.purses.values() for one in purse.symbols}
        for symbol in (needed | {self._terms.index}) - closes.keys():
            self.missing[symbol] = self.missing.get(symbol, 0) + 1

    def _points(self, closes: RawCloses) -> dict[Course, Point]:
        found = {
            one: Point(purse.worth(closes), purse.paid_in_won) for one, purse in self.purses.items()
        }
        if self._terms.index not in closes:
            # Also while nothing is bought yet: money that waits for a price is not the fund.
            found[Course.INDEX] = Point(None, self.purses[Course.INDEX].paid_in_won)
        found[Course.DEPOSIT] = Point(self._deposit.worth(), self._deposit.paid_in_won)
        return found

    def _market_value(self, closes: RawCloses) -> int | None:
        return self.purses[Course.DONE].market_value(closes)
