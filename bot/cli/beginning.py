"""The command with which everything begins."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from bot.cli.ending import EXIT_INTERRUPTED, fail, said


def register(app: typer.Typer) -> None:
    """Add it to the application."""
    app.command()(init)


def init(
    offline: Annotated[bool, typer.Option(help="확인 없이 묻기만 / check nothing")] = False,  # noqa: FBT002
    pin: Annotated[bool, typer.Option(help="고정 권한도 초대에 / invite with pinning")] = False,  # noqa: FBT002
) -> None:
    """묻고 확인해 .env 를 만듭니다. / Ask, check, and write .env."""
    from bot.by_hand import init as init_by_hand

    try:
        said(partial(init_by_hand.init, is_offline=offline, pin=pin))
    except init_by_hand.Left as left:
        raise fail(str(left), EXIT_INTERRUPTED) from None
