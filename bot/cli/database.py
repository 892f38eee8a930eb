"""`python -m bot db …`."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli.ending import finish, ran, said

db = typer.Typer(
    no_args_is_help=True,
    help="데이터베이스의 판을 보고, 올리고, 옮깁니다. / The database's revision, upgrade and move.",
)

_WITHOUT_BACKUP = "PostgreSQL: pg_dump 백업 없이 / without a backup by pg_dump"


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.add_typer(db, name="db")


@db.command()
def current() -> None:
    """데이터베이스의 판을 보여 줍니다(보기만). / Show the revision, read-only."""
    from bot.by_hand import database as database_by_hand

    typer.echo(said(lambda: ran(database_by_hand.current())))


@db.command()
def upgrade(
    without_backup: Annotated[bool, typer.Option(help=_WITHOUT_BACKUP)] = False,  # noqa: FBT002
) -> None:
    """봇이 꺼져 있을 때 데이터베이스를 올립니다. / Upgrade the database while the bot is off."""
    from bot.by_hand import database as database_by_hand

    work = database_by_hand.upgrade_now
    typer.echo(said(lambda: ran(work(with_backup=not without_backup))))


@db.command()
def copy(
    to: Annotated[str, typer.Option("--to", help="postgresql+asyncpg://user:password@host/name")],
) -> None:
    """SQLite를 PostgreSQL로 옮기고 행마다 견줍니다. / Move SQLite to PostgreSQL, compared row by row."""
    from bot.by_hand import database as database_by_hand

    finish(database_by_hand.copy(to, typer.echo))
