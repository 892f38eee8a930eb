"""Money and shares of one imagined course: whole shares, never a won that is not there.

Fees and taxes are those of `core.domain.costs`; the gain of a sale is against the moving average of
what the shares cost (이동평균, as the broker's statement has it).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from math import floor

from core.domain.closes import Close, step_between
from core.domain.costs import CostModel
from core.domain.instrument import Symbol, TaxType
from core.domain.outcomes import distributed_won, half_up
from core.domain.splits import split_ratio

# The raw closes of one session, by symbol.
RawCloses = Mapping[Symbol, int]


@dataclass(frozen=True, slots=True)
class Turn:
    """What became of one share before a session opened.

    It became `ratio` shares, and `paid_won` were paid on it, before tax.
    """

    ratio: Fraction = Fraction(1)
    paid_won: Fraction = Fraction(0)


def turns_of(path: Sequence[Close]) -> dict[date, Turn]:
    """Return the sessions of `path` before which a share was split or paid on, as outcomes read it."""
    found: dict[date, Turn] = {}
    for before, now in pairwise(path):
        ratio = split_ratio(step_between(before, now))
        paid = distributed_won((before, now))
        if ratio is not None:
            found[now.session] = Turn(ratio=ratio)
        elif paid:
            found[now.session] = Turn(paid_won=paid)
    return found


@dataclass(slots=True)
class _Lot:
    """Shares of one symbol and what they cost in all, without fees."""

    shares: int
    cost_won: int


@dataclass(slots=True, kw_only=True)
class Purse:
    """One course's cash and holdings. `paid_in_won` is what was paid in since the start, less out.

    `short_shares` counts the shares that were to be bought and could not be paid.
    """

    costs: CostModel
    tax_types: Mapping[Symbol, TaxType]
    cash_won: int
    paid_in_won: int = 0
    fees_won: int = 0
    tax_won: int = 0
    short_shares: int = 0
    _lots: dict[Symbol, _Lot] = field(default_factory=dict)

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """What is held."""
        return tuple(self._lots)

    def held(self, symbol: Symbol) -> int:
        """Return the shares of `symbol`."""
        lot = self._lots.get(symbol)
        return lot.shares if lot else 0

    def put(self, symbol: Symbol, shares: int, cost_won: int) -> None:
        """Add shares that were there at the start, at what they had cost."""
        lot = self._lots.setdefault(symbol, _Lot(0, 0))
        lot.shares += shares
        lot.cost_won += cost_won

    def pay_in(self, won: int) -> None:
        """Add money from outside."""
        self.cash_won += won
        self.paid_in_won += won

    def pay_out(self, won: int, closes: RawCloses) -> None:
        """Take money out: cash first, then what the largest holdings fetch at the close.

        What cannot be had is not paid, so that nothing is ever owed.
        """
        ranked = sorted(
            (symbol for symbol in self._lots if symbol in closes),
            key=lambda symbol: (-closes[symbol] * self.held(symbol), symbol),
        )
        for symbol in ranked:
            missing = won - self.cash_won
            if missing <= 0:
                break
            self.sell(symbol, self._enough(symbol, missing, closes[symbol]), closes[symbol])
        paid = min(won, self.cash_won)
        self.cash_won -= paid
        self.paid_in_won -= paid

    def _enough(self, symbol: Symbol, won: int, price: int) -> int:
        """Return how many shares leave `won` after costs, or all there are."""
        held, shares = self.held(symbol), -(-won // price)
        while shares < held and self._net(symbol, shares, price)[0] < won:
            shares += 1
        return min(shares, held)

    def take(self, symbol: Symbol, shares: int, price: Fraction) -> int:
        """Buy what was really bought, and return what was lacking for it, paid in from outside."""
        lacking = max(self._price_of(shares, price) - self.cash_won, 0)
        self.pay_in(lacking)
        self._buy(symbol, shares, price)
        return lacking

    def buy(self, symbol: Symbol, shares: int, price: Fraction | int) -> None:
        """Buy up to `shares`: as many as the cash pays with the fee."""
        # One more than the cash divides into: the amount may be rounded down.
        able = min(shares, self.cash_won // price + 1)
        while able and self._price_of(able, price) > self.cash_won:
            able -= 1
        self.short_shares += shares - able
        if able:
            self._buy(symbol, able, price)

    def sell(self, symbol: Symbol, shares: int, price: Fraction | int) -> None:
        """Sell up to `shares`: as many as are held."""
        able = min(shares, self.held(symbol))
        if not able:
            return
        net, fee, tax, cost = self._net(symbol, able, price)
        self.cash_won += net
        self.fees_won += fee
        self.tax_won += tax
        self._drop(symbol, able, cost)

    def turn(self, turns: Mapping[Symbol, Turn], closes: RawCloses) -> None:
        """Carry what is held into a session: splits, and distributions after tax.

        The part of a share that a split leaves over is paid out at the session's close.
        """
        for symbol in self.symbols:
            turn = turns.get(symbol)
            if turn is None:
                continue
            lot = self._lots[symbol]
            self._receive(floor(turn.paid_won * lot.shares))
            shares = lot.shares * turn.ratio
            rest = shares - floor(shares)
            self.cash_won += floor(rest * closes[symbol])
            lot.cost_won -= half_up(lot.cost_won * rest / shares)
            lot.shares = floor(shares)
            if not lot.shares:
                del self._lots[symbol]

    def worth(self, closes: RawCloses) -> int | None:
        """Return what is left if everything is sold at these closes; None where one is missing."""
        return None if self._lots.keys() - closes.keys() else self.sold_out(closes)

    def sold_out(self, prices: RawCloses) -> int:
        """Return what is left if everything is sold at `prices`. Raises KeyError without one."""
        return self.cash_won + sum(
            self._net(one, lot.shares, prices[one])[0] for one, lot in self._lots.items()
        )

    def market_value(self, closes: RawCloses) -> int | None:
        """Return cash and holdings as an account states them; None where a close is missing."""
        if self._lots.keys() - closes.keys():
            return None
        return self.cash_won + sum(closes[one] * lot.shares for one, lot in self._lots.items())

    def _receive(self, won: int) -> None:
        tax = self.costs.distribution_tax_won(won)
        self.cash_won += won - tax
        self.tax_won += tax

    def _price_of(self, shares: int, price: Fraction | int) -> int:
        amount = half_up(Fraction(price) * shares)
        return amount + self.costs.fee_won(amount)

    def _buy(self, symbol: Symbol, shares: int, price: Fraction | int) -> None:
        amount = half_up(Fraction(price) * shares)
        fee = self.costs.fee_won(amount)
        self.cash_won -= amount + fee
        self.fees_won += fee
        self.put(symbol, shares, amount)

    def _net(self, symbol: Symbol, shares: int, price: Fraction | int) -> tuple[int, int, int, int]:
        """Return what a sale leaves, its fee, its tax, and what the shares had cost."""
        lot = self._lots[symbol]
        amount = half_up(Fraction(price) * shares)
        cost = half_up(Fraction(lot.cost_won * shares, lot.shares))
        fee = self.costs.fee_won(amount)
        # What is not known to be exempt is taxed, as everywhere.
        tax_type = self.tax_types.get(symbol, TaxType.HOLDING_PERIOD)
        tax = self.costs.gain_tax_won(tax_type, Decimal(amount - cost))
        return amount - fee - tax, fee, tax, cost

    def _drop(self, symbol: Symbol, shares: int, cost_won: int) -> None:
        lot = self._lots[symbol]
        lot.shares -= shares
        lot.cost_won -= cost_won
        if not lot.shares:
            del self._lots[symbol]


@dataclass(slots=True, kw_only=True)
class Deposit:
    """Money in a bank: simple interest by calendar days, taxed when it is paid at the end.

    The tax is that of the costs of an ordinary account, whatever the securities are held in.
    """

    rate_bps: int
    cash_won: int
    paid_in_won: int = 0
    _earned: Fraction = Fraction(0)

    def grow(self, days: int) -> None:
        """Add the interest of some calendar days (365 to the year)."""
        self._earned += Fraction(self.cash_won * self.rate_bps * days, 10_000 * 365)

    def pay_in(self, won: int) -> None:
        """Add money from outside."""
        self.cash_won += won
        self.paid_in_won += won

    def pay_out(self, won: int) -> None:
        """Take money out, with the interest where the rest does not suffice, never more than all."""
        if won > self.cash_won:
            self.cash_won, self._earned = self.worth(), Fraction(0)
        paid = min(won, self.cash_won)
        self.cash_won -= paid
        self.paid_in_won -= paid

    def worth(self) -> int:
        """Return money and interest after tax."""
        interest = floor(self._earned)
        return self.cash_won + interest - CostModel().distribution_tax_won(interest)
