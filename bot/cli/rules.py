"""`rules`: the rules that are kept, one in full, one tried on a day."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli.ending import EXIT_INPUT, day_of, fail, ran, said
from core.domain.instrument import symbol

rules = typer.Typer(
    invoke_without_command=True,
    help="지키는 규칙을 봅니다(보기만). / The rules in force, read-only.",
)
Id = Annotated[str, typer.Argument(metavar="ID", help="규칙 번호, 예: S3 / id of a rule")]


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.add_typer(rules, name="rules")


@rules.callback()
def show(context: typer.Context) -> None:
    """지키는 규칙을 한 줄씩 보여 줍니다(보기만). / The rules in force, a line each, read-only."""
    if context.invoked_subcommand is not None:
        return
    from bot.by_hand import rules as rules_by_hand

    typer.echo("\n".join(said(lambda: ran(rules_by_hand.show()))))


@rules.command()
def explain(rule: Id) -> None:
    """규칙 하나를 자세히 보여 줍니다. / Show one rule in full."""
    from bot.by_hand import rules as rules_by_hand

    typer.echo("\n".join(said(lambda: ran(rules_by_hand.explain(rule)))))


@rules.command("test")
def try_on(
    rule: Id,
    code: Annotated[str, typer.Argument(metavar="SYMBOL", help="종목 코드 / code")],
    day: Annotated[
        str | None, typer.Option("--date", help="YYYY-MM-DD (생략: 오늘 / today)")
    ] = None,
) -> None:
    """그날 열리기 전 저장된 시세로 규칙을 시험합니다. / Try a rule on stored prices before a day."""
    from bot.by_hand import rules as rules_by_hand

    try:
        wanted = symbol(code)
    except ValueError as error:
        raise fail(str(error), EXIT_INPUT) from None
    chosen = None if day is None else day_of(day, "--date")
    typer.echo("\n".join(said(lambda: ran(rules_by_hand.try_on(rule, wanted, chosen)))))
