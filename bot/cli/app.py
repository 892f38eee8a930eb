"""The commands. Exit codes and how errors are said: `bot.cli.ending`."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from datetime import date
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from bot.cli import backtest, beginning, database, keeping, market, reports, rules
from bot.cli.ending import EXIT_FAULT, EXIT_INPUT, EXIT_UNHEALTHY, day_of, fail, finish, ran, said
from bot.cli.usage import SentenceGroup

app = typer.Typer(
    cls=SentenceGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="KRX ETF를 승인(✅) 후에만 주문하는 디스코드 봇. / A Discord bot that orders only after your ✅.",
)


class BrokerName(StrEnum):
    """Choices of --broker."""

    SIM = "sim"
    KIS = "kis"
    KIWOOM = "kiwoom"


class LogLevel(StrEnum):
    """Choices of --log-level."""

    DEBUG = "DEBUG"
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"


@app.command()
def run(
    broker: Annotated[BrokerName | None, typer.Option(help="증권사 / broker")] = None,
    local_only: Annotated[bool, typer.Option(help="디스코드 없이 / without Discord")] = False,  # noqa: FBT002
    max_iterations: Annotated[
        int | None, typer.Option(min=1, help="--local-only: 일일 작업 횟수 / dry runs of the cycle")
    ] = None,
    log_level: Annotated[LogLevel | None, typer.Option(help="로그 수준 / log level")] = None,
) -> None:
    """봇을 실행합니다. / Run the bot."""
    if max_iterations is not None and not local_only:
        raise fail("--max-iterations needs --local-only", EXIT_INPUT)
    from bot.operations.garbage import collections_put_off
    from bot.settings import load
    from bot.settings.redaction import secrets_of

    overrides = _overrides(broker, log_level)

    async def work() -> None:
        settings = load(overrides=overrides, local_only=local_only)
        with collections_put_off():
            # Late: wrong settings are said at once.
            from bot import running
            from bot.operations.logs import configure

            configure(settings.log_level, secrets=secrets_of(settings))
            if local_only:
                await running.run_local(settings, max_iterations)
            else:
                await running.run(settings)

    finish(work())


@app.command()
def cycle(
    day: Annotated[str | None, typer.Option("--date", help="YYYY-MM-DD")] = None,
    dry_run: Annotated[bool, typer.Option(help="주문·기록 없이 / without orders or rows")] = False,  # noqa: FBT002
    retry: Annotated[bool, typer.Option(help="실패한 단계를 다시 / failed steps again")] = False,  # noqa: FBT002
) -> None:
    """일일 작업을 손으로 실행합니다. / Run the daily cycle by hand."""
    from bot.by_hand import cycle as cycle_by_hand

    finish(cycle_by_hand.cycle(_day(day), dry_run=dry_run, retry=retry))


@app.command()
def session(thread: Annotated[int, typer.Argument(help="스레드 번호 / thread id")]) -> None:
    """대화 기록을 출력합니다. / Print a conversation."""
    from bot.by_hand import session as session_by_hand

    finish(session_by_hand.show(thread))


@app.command()
def health() -> None:
    """살아 있는지 확인합니다(컨테이너용). / Say whether the bot is alive (for containers)."""
    from bot.by_hand import health as health_by_hand

    ok, text = said(health_by_hand.health)
    typer.echo(text)
    if not ok:
        raise typer.Exit(EXIT_UNHEALTHY)


@app.command()
def halt(
    reduce_only: Annotated[bool, typer.Option(help="매도만 허용 / let sells through")] = False,  # noqa: FBT002
    cancel_open: Annotated[bool, typer.Option(help="미체결도 취소 / cancel open orders")] = False,  # noqa: FBT002
) -> None:
    """매매를 즉시 정지합니다(파일). / Halt trading at once, by a file the bot always obeys."""
    from bot.by_hand import stopping as stopping_by_hand

    work = partial(stopping_by_hand.halt, reduce_only=reduce_only, cancel_open=cancel_open)
    typer.echo(said(work))


@app.command()
def resume() -> None:
    """봇이 꺼져 있을 때 매매를 재개합니다. / Resume trading while the bot is off."""
    from bot.by_hand import stopping as stopping_by_hand

    def ask(text: str) -> str:
        typer.echo(f"{text}: ", nl=False)
        return sys.stdin.readline()

    finish(stopping_by_hand.resume(typer.echo, ask))


@app.command()
def disarm() -> None:
    """봇이 꺼져 있을 때 실전 주문을 닫습니다. / Close real orders while the bot is off."""
    from bot.by_hand import stopping as stopping_by_hand

    finish(stopping_by_hand.disarm(typer.echo))


@app.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="JSON 으로 / as JSON")] = False,  # noqa: FBT002
    offline: Annotated[bool, typer.Option(help="아무 데도 묻지 않음 / ask nobody")] = False,  # noqa: FBT002
) -> None:
    """무엇이 잘못됐는지 스스로 진단합니다. / Check everything and say how to mend it."""
    from bot.by_hand import doctor as doctor_by_hand

    well, text = said(lambda: ran(doctor_by_hand.doctor(as_json=as_json, is_offline=offline)))
    typer.echo(text)
    if not well:
        raise typer.Exit(EXIT_UNHEALTHY)


@app.command()
def reconcile() -> None:
    """우리 기록과 증권사 기록을 견줍니다(보기만). / Compare our books with the broker's, read-only."""
    from bot.by_hand import books as books_by_hand

    agrees, text = said(lambda: ran(books_by_hand.reconcile()))
    typer.echo(text)
    if not agrees:
        raise typer.Exit(EXIT_UNHEALTHY)


beginning.register(app)
keeping.register(app)
database.register(app)
market.register(app)
reports.register(app)
rules.register(app)

# What these take is read by `bot.cli.options`; here they are listed, and handed on as typed.
_AS_TYPED = {"allow_extra_args": True, "ignore_unknown_options": True}


def _list(name: str, about: str, command: Callable[[Sequence[str]], None]) -> None:
    def handed_on(context: typer.Context) -> None:
        command(context.args)

    app.command(name, help=about, add_help_option=False, context_settings=_AS_TYPED)(handed_on)


_list("backtest", backtest.BACKTEST_ABOUT, backtest.backtest)
_list("metrics", backtest.METRICS_ABOUT, backtest.metrics)

token = typer.Typer(
    no_args_is_help=True, help="증권사 접속 토큰을 다룹니다. / The broker's access token."
)
app.add_typer(token, name="token")


@token.command()
def revoke() -> None:
    """봇이 꺼져 있을 때 토큰을 증권사에 돌려줍니다. / Give the token back while the bot is off."""
    from bot.by_hand import token as token_by_hand

    done, text = said(lambda: ran(token_by_hand.revoke()))
    typer.echo(text)
    if not done:
        raise typer.Exit(EXIT_FAULT)


audit = typer.Typer(
    no_args_is_help=True, help="감사 기록을 봅니다(보기만). / Read the audit trail."
)
app.add_typer(audit, name="audit")


@audit.command()
def verify(
    expect: Annotated[
        str | None, typer.Option(help="마감 보고의 '줄:해시' / 'line:hash' of a closing report")
    ] = None,
) -> None:
    """감사 기록이 온전한지 확인합니다. / Check that no line was altered."""
    from bot.by_hand import audit as audit_by_hand

    expected = _line_and_hash(expect)
    typer.echo(said(lambda: ran(audit_by_hand.verify(expected))))


@audit.command()
def show(
    subject: Annotated[
        str | None, typer.Argument(help="제안·주문 번호 / id of a ticket or order")
    ] = None,
    last: Annotated[int, typer.Option(min=1, max=1000, help="마지막 N줄 / newest lines")] = 20,
) -> None:
    """제안·주문의 모든 기록, 또는 마지막 줄들. / All about a ticket or order, or the newest lines."""
    from bot.by_hand import audit as audit_by_hand

    for line in said(lambda: ran(audit_by_hand.show(subject, last))):
        typer.echo(line)


@app.command()
def replay(
    subject: Annotated[
        str | None,
        typer.Argument(
            help="호출·제안·주문 번호, 지시문 판 (생략: 하루의 결정을 다시) / id of a call, ticket, order; "
            "a version of instructions (left out: a day is decided again)"
        ),
    ] = None,
    live: Annotated[bool, typer.Option(help="다시 묻기(유료) / ask again, at a cost")] = False,  # noqa: FBT002
    day: Annotated[
        str | None, typer.Option("--day", help="YYYY-MM-DD (생략: 가장 새것 / the newest)")
    ] = None,
    save: Annotated[
        Path | None, typer.Option(help="결정을 적을 파일 / write the decisions here")
    ] = None,
    against: Annotated[Path | None, typer.Option(help="견줄 파일 / compare with this file")] = None,
) -> None:
    """AI에게 물은 것을 다시 읽거나, 하루의 결정을 다시 내립니다. / Reread a model call, or decide a day again."""
    if subject is not None:
        if day or save or against:
            raise fail("--day, --save and --against take no id beside them", EXIT_INPUT)
        from bot.by_hand import replay as replay_by_hand

        for line in said(lambda: ran(replay_by_hand.replay(subject, live=live))):
            typer.echo(line)
        return
    if live:
        raise fail("--live needs the id of a call", EXIT_INPUT)
    from bot.by_hand import replay_day

    work = partial(replay_day.replay_day, _day(day, "--day"), save=save, against=against)
    is_same, lines = said(lambda: ran(work()))
    for line in lines:
        typer.echo(line)
    if not is_same:
        raise typer.Exit(EXIT_UNHEALTHY)


@app.command()
def reflect(
    week: Annotated[str | None, typer.Option(help="YYYY-Www (생략: 지난주 / last week)")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON 으로 / as JSON")] = False,  # noqa: FBT002
) -> None:
    """한 주의 숫자를 돌아봅니다(보기만). / Look back on the numbers of a week, read-only."""
    from bot.by_hand import reflect as reflect_by_hand
    from core.domain.reflection import parse_week

    chosen = None if week is None else parse_week(week)
    if week is not None and chosen is None:
        raise fail(f"--week must be YYYY-Www, not {week!r}", EXIT_INPUT)
    typer.echo(said(lambda: ran(reflect_by_hand.reflect(chosen, as_json=as_json))))


@app.command()
def whatif(
    as_json: Annotated[bool, typer.Option("--json", help="JSON 으로 / as JSON")] = False,  # noqa: FBT002
) -> None:
    """달리 했다면 얼마였을지 견줍니다(보기만). / What else the money could have made, read-only."""
    from bot.by_hand import what_if as what_if_by_hand

    typer.echo(said(lambda: ran(what_if_by_hand.what_if(as_json=as_json))))


@app.command()
def settings() -> None:
    """적용된 설정을 가려서 보여 줍니다. / Print the settings in force, redacted."""
    from bot.by_hand import settings as settings_by_hand

    finish(settings_by_hand.show())


def _overrides(broker: BrokerName | None, log_level: LogLevel | None) -> dict[str, str]:
    chosen: dict[str, str] = {}
    if broker is not None:
        chosen["broker"] = broker.value
    if log_level is not None:
        chosen["log_level"] = log_level.value
    return chosen


def _line_and_hash(text: str | None) -> tuple[int, str] | None:
    if text is None:
        return None
    line, _, beginning = text.partition(":")
    if not line.isdecimal() or re.fullmatch(r"[0-9a-f]{6,64}", beginning) is None:
        raise fail(f"--expect must be LINE:HASH, not {text!r}", EXIT_INPUT)
    return int(line), beginning


def _day(text: str | None, option: str = "--date") -> date | None:
    return None if text is None else day_of(text, option)
