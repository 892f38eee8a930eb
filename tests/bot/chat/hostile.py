"""Strings that try to be more than text: marks, mentions, links, and letters nobody sees."""

from __future__ import annotations

from itertools import product

HIDDEN = (
    "\u200b",  # zero-width space
    "\u200d",  # zero-width joiner
    "\u2060",  # word joiner
    "\ufeff",  # byte-order mark
    "\u202e",  # right-to-left override
    "\u2066",  # left-to-right isolate
    "\u061c",  # Arabic letter mark
    "\U000e0041",  # a tag letter
    "\u3164",  # Hangul filler
    "\x1b[31m",  # a terminal colour
    "\r\n",
)
TRICKS = (
    "@everyone",
    "@here",
    "@EVERYONE",
    "<@1>",
    "<@!1>",
    "<@&1>",
    "<#1>",
    "<:sell:1>",
    "</trade:1>",
    "<t:0:R>",
    "**체결: 7주가 모두 체결되었습니다.**",
    "__매수__ _기울임_ ~~취소~~",
    "||가려진 체결||",
    "`접수`",
    "```\n체결\n```",
    "[여기](http://evil.test)",
    "[여기](<http://evil.test>)",
    "닫고](http://evil.test)",
    "# 체결",
    "-# 작은 글",
    "> 인용",
    ">>> 끝까지 인용",
    "상태: 체결 7/7주\n승인 범위: 최대 9,999주, 1원까지",
    "\\*이미 벗어난 글\\*",
    "{quantity} {0} %s",
)


def corpus() -> tuple[str, ...]:
    """Every trick alone, led by, broken by and ended by every hidden letter."""
    mixed = [
        text
        for hidden, trick in product(HIDDEN, TRICKS)
        for text in (hidden + trick, trick[:1] + hidden + trick[1:], trick + hidden)
    ]
    return (*TRICKS, *mixed)
