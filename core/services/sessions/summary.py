"""Condensing a session: by the model, or by rules that only choose from what was said."""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.domain.conversation import ChatLine, ChatSession, Role
from core.domain.krx import KST
from core.ports.phrases import Phrases
from core.services.sessions.recording import ARROW, good_result_of

QUESTIONS_MAX = 5
LINE_CHARACTERS = 160
SUMMARY_CHARACTERS_MAX = 1_500
SYMBOLS_MAX = 20
_SYMBOL = re.compile(r'"symbol": "([0-9][0-9A-Z]{5})"')


def plain_summary(session: ChatSession, lines: Sequence[ChatLine], phrases: Phrases) -> str:
    """Return what was asked, how many tickets were proposed, and the last answer."""
    opened = session.opened_at.astimezone(KST).strftime("%Y-%m-%d %H:%M")
    parts = [phrases.say("sessions.summary_head", opened=opened, title=_one_line(session.title))]
    asked = [line for line in lines if line.role is Role.USER]
    answers = [line for line in lines if line.role is Role.ASSISTANT]
    parts += [
        phrases.say("sessions.summary_question", text=_one_line(line.text))
        for line in asked[-QUESTIONS_MAX:]
    ]
    tickets = sum(1 for line in lines if _has_ticket(line))
    if tickets:
        parts.append(phrases.say("sessions.summary_tickets", count=tickets))
    if answers:
        parts.append(phrases.say("sessions.summary_answer", text=_one_line(answers[-1].text)))
    if not asked and not answers:
        parts.append(phrases.say("sessions.summary_empty"))
    return "\n".join(parts)[:SUMMARY_CHARACTERS_MAX]


def _has_ticket(line: ChatLine) -> bool:
    is_proposal = line.role is Role.TOOL and line.text.startswith("propose_order(")
    return is_proposal and bool(good_result_of(line.text))


def symbols_of(lines: Sequence[ChatLine]) -> tuple[str, ...]:
    """Return the symbols that tools were asked about or proposed, in order of appearance."""
    found: dict[str, None] = {}
    for line in lines:
        if line.role is Role.TOOL:
            call = line.text.partition(ARROW)[0]
            found.update(dict.fromkeys(_SYMBOL.findall(call)))
    return tuple(found)[:SYMBOLS_MAX]


def transcript_lines(lines: Sequence[ChatLine], phrases: Phrases) -> list[str]:
    """Return one printable text per line, oldest first, in KST."""
    return [
        phrases.say(
            "sessions.transcript_line",
            at=line.at.astimezone(KST).strftime("%Y-%m-%d %H:%M:%S"),
            author=line.author,
            text=line.text,
        )
        for line in lines
    ]


def _one_line(text: str) -> str:
    joined = " ".join(text.split())
    return joined if len(joined) <= LINE_CHARACTERS else f"{joined[: LINE_CHARACTERS - 1]}…"
