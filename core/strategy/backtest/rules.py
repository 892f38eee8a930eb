"""The rules of one backtest, with the range of every number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from core.domain.costs import AccountKind
from core.domain.instrument import Symbol, TaxType
from core.strategy.parameters import AtrMethod

# Of a sweep, which runs each of them.
COMBINATIONS_MAX = 500

RANGES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "cash_won": (1, 10**15),
        "top_k": (1, 100),
        "atr_period": (1, 504),
        "formation": (1, 2520),
        "skip": (0, 504),
        "invested": (0.01, 1.0),
        "commission": (0.0, 0.05),
        "weight_cap": (0.01, 1.0),
    }
)


class Fill(StrEnum):
    """At which price of the session after the decision an order is filled.

    `LIMIT` is the close that was decided on: a buy fills when the low reaches it, at the open where
    that is better, a sale likewise with the high. What is not reached stays undone.
    """

    OPEN = "open"
    CLOSE = "close"
    LIMIT = "limit"


class Protection(StrEnum):
    """Which exits are simulated between rebalances.

    `CLOSE`: decided on a close and filled in the next session, as the daily cycle proposes them.
    `TOUCH`: filled when the price touches them, as with standing approvals. `NONE`: none.
    """

    NONE = "none"
    CLOSE = "close"
    TOUCH = "touch"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxRules:
    """Which funds' gains are taxed. A fund that is not named is taxed: the conservative bound.

    Nothing is withheld unless it `applies` and the account is of a kind that withholds.
    """

    applies: bool = False
    account: AccountKind = AccountKind.GENERAL
    types: Mapping[Symbol, TaxType] = field(default_factory=dict)

    @property
    def withholds(self) -> bool:
        """Whether anything is withheld. Distributions are then taxed for every fund."""
        return self.applies and self.account.withholds

    def taxed(self, symbol: Symbol) -> bool:
        """Whether 15.4 % is withheld on the gain of a sale of `symbol`."""
        if not self.withholds:
            return False
        return self.types.get(symbol, TaxType.HOLDING_PERIOD).gain_is_taxed


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Monthly momentum with floor sizing. Raises ValueError, naming the field, outside `RANGES`.

    `invested` is the share of the net asset value that targets may take, `commission` a rate of
    every traded amount, `weight_cap` the most one symbol may take of what is invested.
    """

    cash_won: int
    top_k: int = 4
    atr_period: int = 20
    atr_method: AtrMethod = AtrMethod.SMA
    formation: int = 252
    skip: int = 21
    invested: float = 0.97
    commission: float = 0.00015
    weight_cap: float = 1.0
    fill: Fill = Fill.OPEN
    tax: TaxRules = field(default_factory=TaxRules)

    def __post_init__(self) -> None:
        for name, (low, high) in RANGES.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"{name}: must be {low} to {high}, got {value}")
        if self.skip >= self.formation:
            raise ValueError(f"skip: must be below formation ({self.formation}), got {self.skip}")

    @property
    def sessions_needed(self) -> int:
        """Sessions a symbol needs before it can be ranked, the one decided on included."""
        return max(self.formation, self.atr_period) + 1
