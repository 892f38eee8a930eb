"""`python -m bot cycle`: one day's cycle by hand, shown on the terminal."""

from __future__ import annotations

from datetime import date

from rich.console import Console

from bot.by_hand.loading import loaded
from bot.operations.console import ConsoleSurfaces
from bot.wiring.graph import build
from core.domain.krx import KST
from core.domain.plan import TradingPlan


async def cycle(day: date | None, *, dry_run: bool, retry: bool) -> None:
    """Run one day's cycle; tickets are shown by the bot when it runs next.

    Raises ConfigurationError while the bot itself runs (one process per data folder).
    """
    settings = loaded()
    async with build(settings) as app:
        surfaces = ConsoleSurfaces(Console(), app.world.phrases)
        # Tickets stay unshown until the bot itself can put a button under them.
        app.surfaces.connect(surfaces, surfaces, surfaces)
        chosen = day or app.world.clock.now().astimezone(KST).date()
        briefing = await app.cycle.run(chosen, dry_run=dry_run, retry=retry)
        if dry_run:
            await surfaces.show_briefing(briefing, None)
        # Printing tells this person only: the bot still delivers them where it runs next.
        for alarm in await app.outbox.waiting():
            await surfaces.post(alarm)
        _print_plan(briefing.plan)


def _print_plan(plan: TradingPlan | None) -> None:
    console = Console()
    for action in plan.actions if plan else ():
        text = (
            f"{action.side.value:4} {action.symbol} {action.name} "
            f"{action.quantity} × {action.price_won:,}  {action.justification}"
        )
        console.print(text, markup=False, highlight=False, soft_wrap=True)
