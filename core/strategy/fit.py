"""What whole shares leave undone: money that stays cash, and funds that the money cannot buy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.domain.instrument import Instrument, Symbol
from core.strategy.situation import Reason, Situation


@dataclass(frozen=True, slots=True, kw_only=True)
class TooDear:
    """A fund of which not one share was bought, and a cheaper one on the same index, if known."""

    symbol: Symbol
    target_won: int
    price_won: int
    instead: Symbol | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """How near whole shares came to the targets, all in won at the closes decided on."""

    wanted_won: int
    placed_won: int
    too_dear: tuple[TooDear, ...] = ()

    @property
    def drag_won(self) -> int:
        """What should be invested and stays cash. Overshooting by part of a share is no drag."""
        return max(self.wanted_won - self.placed_won, 0)

    @property
    def drag_percent(self) -> float:
        """The drag as a part of what should be invested."""
        return 100 * self.drag_won / self.wanted_won if self.wanted_won else 0.0


def fit_of(
    situation: Situation, targets: Mapping[Symbol, int], quantities: Mapping[Symbol, int]
) -> Fit:
    """Compare `targets` in won with the shares that will be held of them."""
    closes = situation.closes
    dear = tuple(
        TooDear(
            symbol=symbol,
            target_won=target,
            price_won=closes[symbol],
            instead=_cheaper(situation, symbol),
        )
        for symbol, target in targets.items()
        if target > 0 and quantities.get(symbol, 0) == 0 and closes[symbol] > target
    )
    return Fit(
        wanted_won=sum(targets.values()),
        placed_won=sum(closes[symbol] * count for symbol, count in quantities.items()),
        too_dear=dear,
    )


def _cheaper(situation: Situation, symbol: Symbol) -> Symbol | None:
    """Return the fund with the cheapest share on the same index, if it is cheaper at all."""
    known = {item.symbol: item for item in situation.instruments}
    dear = known.get(symbol)
    if dear is None or not dear.index:
        return None
    found = [item.symbol for item in known.values() if _stands_in(item, dear, situation)]
    return min(found, key=lambda code: (situation.closes[code], code), default=None)


def _stands_in(item: Instrument, dear: Instrument, situation: Situation) -> bool:
    price = situation.closes.get(item.symbol, 0)
    alike = item.index == dear.index and item.multiple == dear.multiple
    return alike and 0 < price < situation.closes[dear.symbol]


def fit_reasons(fit: Fit, situation: Situation) -> tuple[Reason, ...]:
    """Return the sentences that a person should read about a fit; none where all is placed."""
    found = []
    if fit.drag_won:
        values = {
            "wanted": fit.wanted_won,
            "left": fit.drag_won,
            "percent": fit.drag_percent,
        }
        found.append(Reason("fit_drag", values))
    for item in fit.too_dear:
        found.append(
            Reason(
                "fit_too_dear",
                {"symbol": item.symbol, "price": item.price_won, "target": item.target_won},
            )
        )
        if item.instead is not None:
            price = situation.closes[item.instead]
            found.append(Reason("fit_instead", {"symbol": item.instead, "price": price}))
    return tuple(found)
