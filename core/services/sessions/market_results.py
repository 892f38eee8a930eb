"""What the tools about one instrument and about past prices answer, as JSON."""

from __future__ import annotations

from decimal import Decimal

from core.domain.etf import EtfState
from core.domain.instrument import Instrument
from core.domain.order_book import OrderBook
from core.ports.backtests import BacktestAnswer, BacktestFigures
from core.ports.phrases import Phrases
from core.services.sessions.results import ToolOutcome, ok
from core.services.sessions.values import AnswerChart

LEVELS = 5
WARNINGS_MAX = 5


def order_book_result(book: OrderBook, instrument: Instrument) -> ToolOutcome:
    """Return the best levels of both sides and all that waits."""
    return ok(
        symbol=book.symbol,
        name=instrument.name,
        asks=[[level.price_won, level.quantity] for level in book.asks[:LEVELS]],
        bids=[[level.price_won, level.quantity] for level in book.bids[:LEVELS]],
        ask_shares=book.ask_shares,
        bid_shares=book.bid_shares,
        expected_won=book.expected_won,
        in_volatility_interruption=book.in_volatility_interruption,
        received_at=book.received_at.isoformat(timespec="seconds"),
    )


def etf_result(instrument: Instrument, state: EtfState | None, phrases: Phrases) -> ToolOutcome:
    """Return the facts of the universe, and beside them what the source tells (None: nothing)."""
    facts: dict[str, object] = {
        "symbol": instrument.symbol,
        "name": instrument.name,
        "index": instrument.index,
        "asset_class": instrument.asset_class,
        "multiple": instrument.multiple,
        "fee_percent": f"{Decimal(instrument.fee_bps) / 100:.2f}",
        "tax": instrument.tax_type.value,
        "has_nav": state is not None,
    }
    if state is None:
        return ok(**facts, note=phrases.say("sessions.no_nav"))
    return ok(
        **facts,
        last_won=state.last_won,
        nav_won=_text(state.nav_won),
        disparity_percent=_text(state.disparity_percent),
        tracking_error_percent=_text(state.tracking_error_percent),
        net_assets_won=state.net_assets_won,
        holdings=state.holdings,
        issuer=state.issuer,
        tracked_index=state.index_name,
        listed_on=state.listed_on.isoformat() if state.listed_on else None,
        in_volatility_interruption=state.in_volatility_interruption,
        received_at=state.received_at.isoformat(timespec="seconds"),
    )


def trial_result(answer: BacktestAnswer, cash_won: int, chart: AnswerChart) -> ToolOutcome:
    """Return the figures of a backtest beside the benchmark's, and the picture."""
    content = ok(
        first=answer.first.isoformat(),
        last=answer.last.isoformat(),
        cash_won=cash_won,
        strategy=_figures(answer.ours),
        benchmark=_figures(answer.benchmark),
        orders=answer.orders,
        fees_won=answer.fees_won,
        taxes_won=answer.taxes_won,
        warnings=list(answer.warnings[:WARNINGS_MAX]),
        chart_shown=True,
    ).content
    return ToolOutcome(content=content, charts=(chart,))


def _figures(found: BacktestFigures) -> dict[str, object]:
    return {
        "final_won": found.final_won,
        "total_return_percent": _percent(found.total_return),
        "year_return_percent": _percent(found.cagr),
        "worst_fall_percent": _percent(found.max_drawdown),
        "sharpe": None if found.sharpe is None else f"{found.sharpe:.2f}",
    }


def _percent(ratio: float) -> str:
    return f"{ratio * 100:+.1f}"


def _text(number: Decimal | None) -> str | None:
    return None if number is None else f"{number}"
