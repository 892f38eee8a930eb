"""A conversation as a Markdown file: what was said, what was looked up, and the summary."""

from __future__ import annotations

from collections.abc import Sequence

from bot.chat.text import harmless
from bot.exports.files import ExportedFile
from core.domain.conversation import ChatLine, ChatSession, Role
from core.domain.krx import KST
from core.ports.phrases import Phrases

LINES_MAX = 5_000


def transcript(session: ChatSession, lines: Sequence[ChatLine], phrases: Phrases) -> ExportedFile:
    """Return the conversation, oldest line first. What people and models wrote is data there, too."""
    say = phrases.say
    parts = [f"# {harmless(' '.join(session.title.split()))}", ""]
    parts.append(
        say(
            "exports.talk_head",
            opened=session.opened_at.astimezone(KST),
            last=session.last_activity_at.astimezone(KST),
            count=len(lines),
        )
    )
    if session.summary:
        parts += ["", f"## {say('exports.talk_summary')}", "", harmless(session.summary)]
    parts += ["", f"## {say('exports.talk_lines')}"]
    for line in lines:
        author = harmless(" ".join(line.author.split()))
        who = say("exports.talk_tool") if line.role is Role.TOOL else author
        parts += ["", f"**{who}** · {line.at.astimezone(KST):%Y-%m-%d %H:%M:%S}", ""]
        parts.append(_quoted(line.text) if line.role is Role.TOOL else harmless(line.text))
    name = f"autotrade-{session.thread_id}.md"
    return ExportedFile(name=name, content=("\n".join(parts) + "\n").encode())


def _quoted(text: str) -> str:
    """Return what a tool was asked and said as a quotation: long, and nobody's words."""
    return "\n".join(f"> {part}" for part in harmless(text).split("\n"))
