"""`rules`: the rules that are kept, and those that are proposed; a person decides."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.ending import EXIT_INPUT, day_of, fail, ran, said
from core.domain.instrument import symbol

rules = typer.Typer(
    invoke_without_command=True,
    help="지키는 규칙과 규칙 제안. / The rules in force, and proposals of rules.",
)
Id = Annotated[str, typer.Argument(metavar="ID", help="규칙 번호, 예: S3 / id of a rule")]
ProposalId = Annotated[
    str, typer.Argument(metavar="ID", help="제안 번호, 예: P3 / id of a proposal")
]


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


@rules.command()
def propose(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="[[rule]]가 있는 TOML / TOML file")],
) -> None:
    """파일의 규칙을 근거와 함께 제안합니다. 아직 지키지 않습니다. / Propose the rules of a file."""
    from bot.by_hand import rule_proposals

    typer.echo("\n".join(said(lambda: ran(rule_proposals.propose(file)))))


@rules.command()
def end(
    rule: Id,
    because: Annotated[str, typer.Option("--because", help="까닭, 400자까지 / why")],
) -> None:
    """규칙을 끝내자고 제안합니다. 받기 전에는 지킵니다. / Propose to end a rule."""
    from bot.by_hand import rule_proposals

    typer.echo("\n".join(said(lambda: ran(rule_proposals.propose_end(rule, because)))))


@rules.command()
def evidence(proposal: ProposalId) -> None:
    """제안 하나와 그 근거를 보여 줍니다(보기만). / Show a proposal and its evidence, read-only."""
    from bot.by_hand import rule_proposals

    typer.echo("\n".join(said(lambda: ran(rule_proposals.evidence(proposal)))))


@rules.command()
def adopt(proposal: ProposalId) -> None:
    """제안을 받습니다. 실행 중인 봇도 곧바로 지킵니다. / Accept a proposal, at once."""
    from bot.by_hand import rule_proposals

    typer.echo(said(lambda: ran(rule_proposals.decide(proposal, is_adopted=True))))


@rules.command()
def decline(proposal: ProposalId) -> None:
    """제안을 거절합니다. / Decline a proposal."""
    from bot.by_hand import rule_proposals

    typer.echo(said(lambda: ran(rule_proposals.decide(proposal, is_adopted=False))))
