"""How the offline analyst puts tool results into sentences."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core.domain.orders import Side
from core.ports.phrases import Phrases

ROWS_MAX = 10
CANDIDATES_MAX = 5
MEMORY_CHARACTERS = 160

Result = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class AnalystWords:
    """One language of the analyst."""

    phrases: Phrases

    def say(self, key: str, **values: object) -> str:
        """Return one sentence of the analyst's own section."""
        return self.phrases.say(f"analyst.{key}", **values)

    def rows(self, result: Result, key: str) -> list[Mapping[str, object]]:
        """Return the rows of a result, at most `ROWS_MAX`."""
        return self._every(result, key)[:ROWS_MAX]

    def failure(self, result: Result) -> str:
        """Say that a read did not work."""
        return self.say("failed", message=result.get("message", "")).strip()

    def candidates(self, rows: list[Mapping[str, object]]) -> str:
        """List instruments to choose from."""
        return "\n".join(
            self.say("candidate", name=row["name"], symbol=row["symbol"])
            for row in rows[:CANDIDATES_MAX]
        )

    def found(self, result: Result, query: str) -> str:
        """Word the answer of a search that was the request itself."""
        if result.get("status") != "ok":
            return self.failure(result)
        rows = self.rows(result, "instruments")
        if not rows:
            return self.say("not_found", query=query)
        return self.say("search_line", candidates=self.candidates(rows))

    def proposed(self, result: Result, name: str, side: str, quantity: int | None) -> str:
        """Say what came of a proposal: a ticket, or why there is none."""
        if result.get("status") != "ok":
            return self.say("refused", message=result.get("message", "")).strip()
        side_word = self.say(f"side_{side}")
        if quantity is None:
            return self.say("ticket_shown_all", name=name, side=side_word)
        return self.say("ticket_shown", name=name, side=side_word, quantity=quantity)

    def price_of(self, quote: Result, side: Side) -> int | None:
        """Return the price an order would meet: the opposite side of the book, else the last."""
        if quote.get("status") != "ok":
            return None
        best = quote.get("best_ask_won" if side is Side.BUY else "best_bid_won")
        price = best if isinstance(best, int) and best > 0 else quote.get("last_won")
        return price if isinstance(price, int) and price > 0 else None

    def result(self, tool: str, result: Result) -> str:
        """Word the result of a tool that only reads."""
        if result.get("status") != "ok":
            return self.failure(result)
        words: Mapping[str, Callable[[Result], str]] = {
            "portfolio": self._portfolio,
            "quote": self._quote,
            "bars": self._bars,
            "orders": self._orders,
            "news": self._news,
            "calendar": self._calendar,
            "memory_search": self._memory,
            "order_book": self._book,
            "etf": self._etf,
            "risk_limits": self._limits,
            "rules": self._rules,
            "backtest": self._trial,
        }
        return words[tool](result)

    def _portfolio(self, result: Result) -> str:
        lines = [self.say("balance", **result)]
        rows = self.rows(result, "positions")
        lines += [self.say("balance_line", **row) for row in rows]
        return "\n".join(lines if rows else [*lines, self.say("balance_empty")])

    def _quote(self, result: Result) -> str:
        text = self.say("price", **result)
        return f"{text}\n{self.say('price_halted')}" if result.get("halted") else text

    def _bars(self, result: Result) -> str:
        text = self.say("chart", **result)
        return text if result.get("chart_shown") else f"{text}\n{self.say('chart_missing')}"

    def _orders(self, result: Result) -> str:
        rows = self.rows(result, "orders")
        lines = [
            self.say(
                "orders_line",
                name=row["name"],
                side=self.say(f"side_{row['side']}"),
                quantity=row["quantity"],
                filled=row["filled"],
                state=self.say(f"state_{row['state']}"),
            )
            for row in rows
        ]
        none = "orders_none_open" if result.get("scope") == "open" else "orders_none"
        return "\n".join(lines) or self.say(none)

    def _news(self, result: Result) -> str:
        rows = self.rows(result, "headlines")
        found = result.get("facts")
        facts = [f"- {line}" for line in found] if isinstance(found, list) else []
        if not rows and not facts:
            return self.say("news_none")
        lines = [self.say("news_line", title=row["title"], source=row["source"]) for row in rows]
        told = [self.say("news_head"), *lines] if lines else []
        return "\n".join([*told, *([self.say("news_facts"), *facts] if facts else [])])

    def _calendar(self, result: Result) -> str:
        return self.say(
            "calendar_open" if result.get("is_session") else "calendar_closed", **result
        )

    def _memory(self, result: Result) -> str:
        rows = self.rows(result, "notes")
        limitation = result.get("limitation")
        lines = [
            self.say("memory_line", day=row["day"], text=str(row["text"])[:MEMORY_CHARACTERS])
            for row in rows
        ]
        told = lines or [self.say("memory_none")]
        return "\n".join([*told, *([str(limitation)] if limitation else [])])

    def _book(self, result: Result) -> str:
        def side(key: str) -> list[str]:
            return [
                self.say(f"book_{key}", price=price, quantity=quantity)
                for price, quantity in self._items(result, key)
            ]

        lines = [*reversed(side("asks")), *side("bids")]
        text = self.say("book", **result)
        return "\n".join([text, *lines] if lines else [text, self.say("book_empty")])

    def _etf(self, result: Result) -> str:
        text = self.say("etf", **result)
        if not result.get("has_nav") or result.get("nav_won") is None:
            return f"{text}\n{self.say('etf_no_nav')}"
        disparity = result.get("disparity_percent")
        shown = "-" if disparity is None else disparity
        return f"{text}\n{self.say('etf_nav', nav_won=result['nav_won'], disparity=shown)}"

    def _limits(self, result: Result) -> str:
        lines = [self.say("limits")]
        for row in self._every(result, "limits"):
            key = "limits_line" if row["left"] is None else "limits_left"
            limit, left = self._amount(row, "limit"), self._amount(row, "left")
            lines.append(self.say(key, name=row["name"], limit=limit, left=left))
        return "\n".join(lines)

    def _amount(self, row: Mapping[str, object], key: str) -> str:
        if row[key] is None:
            return ""
        return self.phrases.say(f"limits.unit_{row['unit']}", number=row[key])

    def _rules(self, result: Result) -> str:
        lines = [self.say("rules_exits", **result)]
        lines += [self.say("rules_own", **row) for row in self._every(result, "own_rules")]
        lines += [
            self.say(
                "rules_alert",
                name=row["name"] or self.say("rules_all"),
                kind=self.phrases.say(f"watch.kind_{row['kind']}"),
                threshold=row["threshold"],
                unit=self.say(f"rules_unit_{row['unit']}"),
            )
            for row in self.rows(result, "alerts")
        ]
        if watched := self._items(result, "watched")[:ROWS_MAX]:
            names = ", ".join(str(name) for name in watched)
            lines.append(self.say("rules_watched", names=names))
        return "\n".join(lines)

    def _trial(self, result: Result) -> str:
        lines = [self.say("trial", first=result["first"], last=result["last"])]
        for key in ("strategy", "benchmark"):
            figures = result.get(key)
            if isinstance(figures, dict):
                lines.append(self.say(f"trial_{key}", **figures))
        lines.append(self.say("trial_costs", **result))
        lines += [str(text) for text in self._items(result, "warnings")]
        return "\n".join([*lines, self.say("trial_caution")])

    def _every(self, result: Result, key: str) -> list[Mapping[str, object]]:
        return [row for row in self._items(result, key) if isinstance(row, dict)]

    def _items(self, result: Result, key: str) -> list[Any]:
        found = result.get(key)
        return found if isinstance(found, list) else []
