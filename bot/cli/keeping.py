"""Commands that keep the database: backups, and what comes of them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.ending import finish, ran, said

File = Annotated[
    Path | None, typer.Argument(help="백업 파일(생략: 가장 새것) / a backup (default: the newest)")
]


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    for command in (watchdog, backup, verify, restore):
        app.command()(command)


def watchdog() -> None:
    """봇이 대답하는지 밖에서 지켜봅니다. / Watch from outside whether the bot answers."""
    from bot.by_hand import watchdog as watchdog_by_hand

    finish(watchdog_by_hand.watch())


def backup() -> None:
    """데이터베이스를 백업하고 확인합니다(실행 중에도). / Back the database up, also while it is in use."""
    from bot.by_hand import backup as backup_by_hand

    typer.echo(said(lambda: ran(backup_by_hand.backup())))


def verify(file: File = None) -> None:
    """백업이 온전한지 확인합니다(보기만). / Prove that a backup is whole, read-only."""
    from bot.by_hand import backup as backup_by_hand

    typer.echo(said(lambda: ran(backup_by_hand.verify(file))))


def restore(file: File = None) -> None:
    """봇이 꺼져 있을 때 백업을 되살립니다. / Put a backup in place while the bot is off."""
    from bot.by_hand import restore as restore_by_hand

    def ask(text: str) -> str:
        typer.echo(f"{text}: ", nl=False)
        return sys.stdin.readline()

    finish(restore_by_hand.restore(file, typer.echo, ask))
