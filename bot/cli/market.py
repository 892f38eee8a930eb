"""Commands about the market: its calendar, and the prices that are stored."""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.ending import EXIT_INPUT, EXIT_UNHEALTHY, day_of, fail, ran, said
from core.domain.instrument import Symbol, symbol


class Basis(StrEnum):
    """Choices of --basis."""

    RAW = "raw"
    ADJUSTED = "adjusted"


data = typer.Typer(no_args_is_help=True, help="시세 자료를 다룹니다. / Stored prices.")
Json = Annotated[bool, typer.Option("--json", help="JSON 으로 / as JSON")]
Symbols = Annotated[str, typer.Option(help="코드를 쉼표로 / codes, comma-separated")]


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.command()(calendar)
    app.add_typer(data, name="data")


def calendar(
    start: Annotated[str, typer.Option(help="YYYY-MM-DD")],
    end: Annotated[str, typer.Option(help="YYYY-MM-DD")],
    as_json: Json = False,  # noqa: FBT002
) -> None:
    """거래일과 장 시간을 보여 줍니다(오프라인). / Show sessions and their hours, offline."""
    from bot.by_hand import calendar as calendar_by_hand

    first, last = day_of(start, "--start"), day_of(end, "--end")
    if as_json:
        typer.echo(said(partial(calendar_by_hand.sessions_json, first, last)))
        return
    said(partial(calendar_by_hand.show, first, last))


@data.command("import")
def import_prices(
    file: Annotated[Path, typer.Argument(help="CSV (.gz)")],
    basis: Annotated[Basis, typer.Option(help="원주가·수정주가 / raw or adjusted prices")],
    symbols: Symbols = "",
    refused: Annotated[
        Path | None, typer.Option(help="거부한 행을 모두 쓸 파일 / a CSV of every refused row")
    ] = None,
    replace: Annotated[bool, typer.Option(help="다르면 통째로 / replace what differs")] = False,  # noqa: FBT002
    as_of: Annotated[
        str, typer.Option(help="언제의 자료인지 YYYY-MM-DD / of when (default: the file's date)")
    ] = "",
    as_json: Json = False,  # noqa: FBT002
) -> None:
    """시세 파일을 저장하고, 고친 것과 거부한 것을 알려 줍니다. / Store a price file and report."""
    from bot.by_hand import data_import

    order = data_import.ImportOrder(
        path=file,
        adjusted=basis is Basis.ADJUSTED,
        symbols=_codes(symbols, "--symbols") or None,
        replace=replace,
        refused_to=refused,
        as_of=data_import.day_start(day_of(as_of, "--as-of")) if as_of else None,
        as_json=as_json,
    )
    if not said(lambda: ran(data_import.import_file(order))):
        raise typer.Exit(EXIT_INPUT)


@data.command()
def update(
    symbols: Symbols = "",
    sessions: Annotated[
        int | None, typer.Option(min=1, max=5_000, help="거래일 수 / how many sessions")
    ] = None,
) -> None:
    """증권사에서 모자란 시세를 받습니다. / Read what is missing from the broker."""
    from bot.by_hand import data_update

    chosen = _codes(symbols, "--symbols")
    if not said(lambda: ran(data_update.update(chosen, sessions))):
        raise typer.Exit(EXIT_UNHEALTHY)


@data.command()
def export(
    file: Annotated[Path, typer.Argument(help="CSV (.gz)")],
    basis: Annotated[Basis, typer.Option(help="원주가·수정주가 / raw or adjusted prices")],
    symbols: Symbols = "",
) -> None:
    """저장된 시세를 파일로 씁니다(백테스트용). / Write stored prices as a file, for a backtest."""
    from bot.by_hand import data_export

    chosen = _codes(symbols, "--symbols")
    said(lambda: ran(data_export.export(file, adjusted=basis is Basis.ADJUSTED, symbols=chosen)))


@data.command()
def check(as_json: Json = False) -> None:  # noqa: FBT002
    """저장된 시세에서 빠진 날, 늦은 계열, 이상한 값을 찾습니다. / Find gaps and stale series."""
    from bot.by_hand import data_check

    if not said(lambda: ran(data_check.check(as_json=as_json))):
        raise typer.Exit(EXIT_UNHEALTHY)


@data.command()
def show(
    code: Annotated[str | None, typer.Argument(help="코드 / code")] = None,
    basis: Annotated[Basis, typer.Option(help="원주가·수정주가 / raw or adjusted")] = Basis.RAW,
    last: Annotated[int, typer.Option(min=1, max=10_000, help="마지막 N일 / newest N")] = 20,
    as_json: Json = False,  # noqa: FBT002
) -> None:
    """저장된 시세를 출처와 함께 보여 줍니다. / Show what is stored, and where from."""
    from bot.by_hand import data_show

    chosen = None if code is None else _code(code, "data show")
    adjusted = basis is Basis.ADJUSTED
    said(lambda: ran(data_show.show(chosen, adjusted=adjusted, last=last, as_json=as_json)))


@data.command()
def universe(
    file: Annotated[Path | None, typer.Argument(help="CSV, TOML (기본: strategy.toml)")] = None,
) -> None:
    """종목 목록을 읽어 보고, 확인할 것을 알려 줍니다. / Read a list of instruments and judge it."""
    from bot.by_hand import universe as universe_by_hand

    if not said(partial(universe_by_hand.show, file)):
        raise typer.Exit(EXIT_UNHEALTHY)


def _codes(text: str, option: str) -> frozenset[Symbol]:
    return frozenset(_code(part.strip(), option) for part in text.split(",") if part.strip())


def _code(text: str, option: str) -> Symbol:
    """Return a code as it was typed, leading zeros or not. Raises SystemExit with a sentence."""
    try:
        return symbol(text.zfill(6) if text.isdecimal() else text)
    except ValueError:
        from bot import locales  # late: it is seldom needed

        words = locales.in_all("backtest.bad_code", option=option, found=text)
        raise fail(words, EXIT_INPUT) from None
