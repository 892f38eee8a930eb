"""Commands that write what was done into files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.ending import ran, said
from bot.exports.asked import ExportKind
from core.domain.period import PeriodKind


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.command()(export)


def export(
    period: Annotated[PeriodKind, typer.Option(help="기간 / period")] = PeriodKind.MONTH,
    kind: Annotated[ExportKind, typer.Option(help="무엇을 / what")] = ExportKind.ALL,
    csv: Annotated[bool, typer.Option("--csv", help="XLSX 대신 CSV / CSV instead")] = False,  # noqa: FBT002
    out: Annotated[Path, typer.Option("--out", help="폴더 / folder")] = Path(),
) -> None:
    """거래·체결·세금·순자산을 파일로 씁니다(보기만). / Write trades, fills, tax and NAV as files."""
    from bot.by_hand import export as export_by_hand
    from bot.exports.files import FileKind

    form = FileKind.CSV if csv else FileKind.XLSX
    typer.echo(said(lambda: ran(export_by_hand.export(period, kind, form, out))))
