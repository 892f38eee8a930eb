"""Surfaces for a run without Discord: everything is printed, nothing can be approved."""

from __future__ import annotations

from rich.console import Console

from bot.letter_words import lead, sections
from bot.order_counts import order_counts
from bot.week_words import number_lines, report_lines
from core.domain.briefing import Briefing, ClosingReport
from core.domain.outbox import OutboxMessage
from core.domain.reflection_run import WeeklyReport
from core.ports.letters import MonthlyLetter
from core.ports.phrases import Phrases
from core.ports.surface import TicketView


class ConsoleSurfaces:
    """Implements TicketSurface, AlarmChannel and ReportSurface on a terminal."""

    def __init__(self, console: Console, phrases: Phrases) -> None:
        """Print to `console` in the language of `phrases`."""
        self._console = console
        self._phrases = phrases

    async def show_ticket(self, view: TicketView) -> tuple[int, int]:
        """Print the ticket's legs and state; there is no button, so it can only expire."""
        ticket = view.ticket
        self._print(
            self._phrases.say("console.ticket", id=ticket.ticket_id, state=ticket.state.value)
        )
        for leg in ticket.legs:
            self._print(
                self._phrases.say(
                    "console.leg",
                    name=leg.name,
                    symbol=leg.envelope.symbol,
                    side=self._phrases.say(f"console.{leg.envelope.side.value}"),
                    quantity=leg.quantity,
                    price=leg.price_won or 0,
                )
            )
        return 0, 0

    async def post(self, message: OutboxMessage) -> bool:
        """Print an alarm."""
        self._print(f"! {message.title}: {message.text}")
        return True

    async def show_briefing(self, briefing: Briefing, chart_png: bytes | None) -> None:
        """Print the briefing's essentials."""
        del chart_png
        plan = briefing.plan
        self._print(
            self._phrases.say(
                "console.briefing",
                day=briefing.day,
                nav=briefing.portfolio.account.nav_won if briefing.portfolio else 0,
                actions=len(plan.actions) if plan else 0,
            )
        )
        for line in (plan.why_nothing if plan else "", briefing.comment, *briefing.warnings):
            if line:
                self._print(f"  {line}")

    async def show_closing(self, report: ClosingReport, chart_png: bytes | None) -> None:
        """Print the closing report's essentials."""
        del chart_png
        self._print(
            self._phrases.say(
                "console.closing",
                day=report.day,
                orders=self._orders(report),
            )
        )

    async def amend_week(self, report: WeeklyReport) -> None:
        """Leave what was printed as it is."""

    async def show_week(self, report: WeeklyReport, chart_png: bytes | None) -> None:
        """Print the week."""
        del chart_png
        if report.numbers is not None:
            for line in number_lines(report.numbers, self._phrases):
                self._print(line)
        for line in report_lines(report, self._phrases):
            self._print(line)

    async def show_letter(self, letter: MonthlyLetter, chart_png: bytes | None) -> None:
        """Print the letter of a month."""
        del chart_png
        self._print(self._phrases.say("letter.title", month=letter.month.first_day))
        self._print(lead(letter, self._phrases).replace("**", ""))
        for name, text in sections(letter, self._phrases):
            self._print(f"{name}: {text}")

    async def has_letter(self, letter: MonthlyLetter) -> bool:
        """Say no: what an earlier process printed cannot be read back."""
        del letter
        return False

    def _orders(self, report: ClosingReport) -> str:
        if not report.orders:
            return self._phrases.say("embeds.closing_none")
        return self._phrases.say(
            "embeds.orders_count",
            count=len(report.orders),
            counts=order_counts(report.orders, self._phrases),
        )

    def _print(self, text: str) -> None:
        # Text may come from news or a model: never markup.
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)
