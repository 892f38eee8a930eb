"""The account of the simulated exchange: cash that settles two sessions later, and holdings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal

from brokers.sim import rules
from core.errors import InvariantBroken

GAIN_TAX_RATE = Decimal("0.154")
_COST_STEP = Decimal("0.0001")
# No market stays shut this long: whatever is older has settled.
_SETTLED_AFTER = timedelta(days=40)
_DAY = timedelta(days=1)


def commission(amount: int, rate: Decimal) -> int:
    """Return the commission on `amount` in won, cut to whole won."""
    return int((amount * rate).to_integral_value(ROUND_DOWN))


def gain_tax(cost: Decimal, price: int, quantity: int) -> int:
    """Return what is withheld when `quantity` bought at `cost` each sell at `price`."""
    gain = (price - cost) * quantity
    return int((gain * GAIN_TAX_RATE).to_integral_value(ROUND_DOWN)) if gain > 0 else 0


@dataclass(slots=True)
class Lot:
    """Shares of one symbol at their average cost (fees excluded)."""

    quantity: int = 0
    average_cost: Decimal = Decimal(0)
    bought_today: int = 0
    sold_today: int = 0

    def buy(self, quantity: int, amount: int) -> None:
        """Add shares paid with `amount` won in all."""
        total = self.average_cost * self.quantity + amount
        self.quantity += quantity
        self.average_cost = (total / self.quantity).quantize(_COST_STEP)

    def sell(self, quantity: int) -> None:
        """Take shares away. Raises InvariantBroken when they are not there."""
        if quantity > self.quantity:
            raise InvariantBroken(f"{quantity} shares sold of {self.quantity} held")
        self.quantity -= quantity


@dataclass(slots=True)
class Books:
    """Cash and lots. `unsettled` is (trade day, signed won) per execution, oldest first."""

    settled: int
    unsettled: list[tuple[date, int]] = field(default_factory=list)
    lots: dict[str, Lot] = field(default_factory=dict)
    buys_today: int = 0
    sells_today: int = 0
    fees_today: int = 0
    taxes_today: int = 0

    @property
    def total(self) -> int:
        """Cash after every known settlement (d2)."""
        return self.settled + sum(amount for _, amount in self.unsettled)

    def lot(self, symbol: str) -> Lot:
        """Return the lot of a symbol, empty when nothing is held."""
        return self.lots.setdefault(symbol, Lot())

    def bought(self, day: date, symbol: str, quantity: int, amount: int, fee: int) -> None:
        """Book a purchase."""
        lot = self.lot(symbol)
        lot.buy(quantity, amount)
        lot.bought_today += quantity
        self.buys_today += amount
        self._cash(day, -amount - fee, fee, 0)

    def sold(
        self, day: date, symbol: str, quantity: int, price: int, *, fee: int, taxed: bool
    ) -> None:
        """Book a sale; the tax on a gain is withheld from the proceeds."""
        lot = self.lot(symbol)
        tax = gain_tax(lot.average_cost, price, quantity) if taxed else 0
        lot.sell(quantity)
        lot.sold_today += quantity
        self.sells_today += quantity * price
        self._cash(day, quantity * price - fee - tax, fee, tax)

    def balance(self, today: date, ahead: int, is_session: Callable[[date], bool]) -> int:
        """Return the cash settled `ahead` sessions after `today` (0 = settled today)."""
        due = rules.SETTLEMENT_SESSIONS - ahead
        ages = {day: _sessions_after(day, today, is_session) for day, _ in self.unsettled}
        return self.settled + sum(won for day, won in self.unsettled if ages[day] >= due)

    def start_day(self, today: date, is_session: Callable[[date], bool]) -> None:
        """Settle what is due and begin the day's sums anew."""
        due = rules.SETTLEMENT_SESSIONS
        ages = {day: _sessions_after(day, today, is_session) for day, _ in self.unsettled}
        self.settled += sum(won for day, won in self.unsettled if ages[day] >= due)
        self.unsettled = [(day, won) for day, won in self.unsettled if ages[day] < due]
        self.buys_today = self.sells_today = self.fees_today = self.taxes_today = 0
        self.lots = {code: lot for code, lot in self.lots.items() if lot.quantity}
        for lot in self.lots.values():
            lot.bought_today = lot.sold_today = 0

    def _cash(self, day: date, change: int, fee: int, tax: int) -> None:
        self.unsettled.append((day, change))
        self.fees_today += fee
        self.taxes_today += tax
        if self.total < 0:
            raise InvariantBroken(f"cash of the simulated account fell to {self.total}")


def _sessions_after(day: date, today: date, is_session: Callable[[date], bool]) -> int:
    """Count the sessions after `day` up to `today`, as far as settlement needs it."""
    if today - day > _SETTLED_AFTER:
        return rules.SETTLEMENT_SESSIONS
    count, probe = 0, day
    while probe < today and count < rules.SETTLEMENT_SESSIONS:
        probe += _DAY
        count += is_session(probe)
    return count
