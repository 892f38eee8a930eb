"""What a planner is shown: plan, account, market, memory, rules and news, each as data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal

from core.domain.account import Portfolio
from core.domain.market_analysis import Movers
from core.domain.plan import TradingPlan
from core.domain.plan_review import is_locked
from core.flows.kit import CycleKit
from core.flows.text_budget import within_tokens
from core.flows.values import CollectedNews, MarketState, Recollection
from core.services.sessions.fact_words import fact_lines

OWN_RULES_MAX = 20
_TOKENS_MAX: Mapping[str, int] = {"memory": 1_500, "news": 1_000}


def sections_of(
    kit: CycleKit,
    plan: TradingPlan,
    market: MarketState,
    memory: Recollection | None,
    news: CollectedNews | None,
) -> tuple[tuple[str, str], ...]:
    """Return what the planner is shown, by kind. Every text in it is data."""
    told = news or CollectedNews(lines=())
    facts = fact_lines(told.facts, kit.outlets.phrases, kit.desk.market)
    headlines = [f"{line.source}: {line.title}" for line in told.lines]
    texts = (
        ("plan", _plan_text(plan)),
        ("portfolio", _portfolio_text(market.portfolio)),
        ("market", _market_text(market)),
        ("memory", memory.text if memory else ""),
        ("rules", _rules_text(kit)),
        ("news", "\n".join((*facts, *headlines))),
    )
    return tuple(
        (kind, within_tokens(text, _TOKENS_MAX[kind]) if kind in _TOKENS_MAX else text)
        for kind, text in texts
        if text
    )


def _plan_text(plan: TradingPlan) -> str:
    return _json(
        {
            "day": plan.day.isoformat(),
            "decided_on": plan.decided_on.isoformat(),
            "is_rebalance": plan.is_rebalance,
            "actions": [
                {
                    "symbol": action.symbol,
                    "name": action.name,
                    "side": action.side.value,
                    "quantity": action.quantity,
                    "price_won": action.price_won,
                    "amount_won": action.price_won * action.quantity,
                    "reason": action.justification,
                    "locked": is_locked(action),
                }
                for action in plan.actions
            ],
            "why_nothing": plan.why_nothing,
            "risk_assessment": plan.risk_assessment,
            "expected_outcome": plan.expected_outcome,
        }
    )


def _market_text(market: MarketState) -> str:
    """Return the analysis in percent, because people and models speak in percent."""
    seen = market.analysis
    if seen is None:
        return _json({"breadth": market.regime})
    return _json(
        {
            "session": seen.session.isoformat(),
            "breadth": market.regime,
            "kospi": None
            if seen.kospi is None
            else {
                "level": str(seen.kospi.level),
                "change_percent": str(seen.kospi.change_percent),
            },
            "sentiment": seen.sentiment.value,
            "rising": seen.rising,
            "of": seen.known,
            "volatility_percent": None
            if seen.volatility_bps is None
            else _percent(seen.volatility_bps),
            "strength_percent": {item.symbol: str(item.percent) for item in seen.strengths},
            "by_volume": _movers(seen.by_volume),
            "decliners": _movers(seen.decliners),
        }
    )


def _movers(movers: Movers) -> dict[str, object]:
    return {
        "source": movers.source.value,
        "rows": [
            {
                "symbol": item.symbol,
                "name": item.name,
                "price_won": item.price_won,
                "change_percent": _percent(item.change_bps),
                "volume_shares": item.volume_shares,
            }
            for item in movers.rows
        ],
    }


def _percent(bps: int) -> str:
    return f"{Decimal(bps) / 100:.2f}"


def _portfolio_text(portfolio: Portfolio) -> str:
    account = portfolio.account
    return _json(
        {
            "nav_won": account.nav_won,
            "orderable_won": portfolio.orderable_won,
            "positions": [
                {
                    "symbol": item.symbol,
                    "name": item.name,
                    "quantity": item.quantity,
                    "average_cost_won": str(item.average_cost_won),
                    "price_won": item.price_won,
                    "value_won": item.value_won,
                    "profit_won": item.profit_won,
                }
                for item in account.positions
            ],
        }
    )


def _rules_text(kit: CycleKit) -> str:
    return _json(
        {
            "limits": asdict(kit.rules.limits.current),
            "strategy": asdict(kit.rules.parameters),
            "own_rules": [
                {"rule_id": name, "says": says}
                for name, says in kit.rules.in_words()[:OWN_RULES_MAX]
            ],
        }
    )


def _json(content: object) -> str:
    return json.dumps(content, ensure_ascii=False)
