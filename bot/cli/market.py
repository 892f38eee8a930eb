"""Commands about the market: its calendar."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from bot.cli.ending import day_of, said


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.command()(calendar)


def calendar(
    start: Annotated[str, typer.Option(help="YYYY-MM-DD")],
    end: Annotated[str, typer.Option(help="YYYY-MM-DD")],
    as_json: Annotated[bool, typer.Option("--json", help="JSON 으로 / as JSON")] = False,  # noqa: FBT002
) -> None:
    """거래일과 장 시간을 보여 줍니다(오프라인). / Show sessions and their hours, offline."""
    from bot import calendar_by_hand

    first, last = day_of(start, "--start"), day_of(end, "--end")
    if as_json:
        typer.echo(said(partial(calendar_by_hand.sessions_json, first, last)))
        return
    said(partial(calendar_by_hand.show, first, last))
