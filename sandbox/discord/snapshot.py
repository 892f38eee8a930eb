"""A message as HTML: on a standalone page for a picture, or live on the sandbox page.

Everything a message says is escaped before the few marks of Discord's Markdown are drawn. On a
standalone page pictures are embedded as data, so that it loads nothing from anywhere; on the live
page they are loaded from the CDN address, and buttons and menus are real.
"""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sandbox.discord.component_limits import BUTTON
from sandbox.discord.wire import EPHEMERAL, KST, LOADING, Json

Bytes = Callable[[str], bytes]
"""Gives the bytes behind a CDN address; raises LookupError when there are none."""

PHONE_WIDTH_PX: Final = 412
_COLOUR_MAX: Final = 0xFFFFFF


@dataclass(frozen=True, slots=True)
class Known:
    """What a page may look up: files by address, and names by mention (``#id`` and ``@id``)."""

    read: Bytes | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    is_live: bool = False


NOTHING: Final = Known()

MESSAGE_STYLE: Final = """
:root{--page:#313338;--text:#dbdee1;--strong:#f2f3f5;--faint:#949ba4;--line:#26272b;--card:#2b2d31;
--deep:#1e1f22;--link:#00a8fc;--plain:#4e5058;--plain-text:#fff;--at:#3c4270;--at-text:#c9cdfb}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);font:16px/1.375 "gg sans","Noto Sans KR",
"Apple SD Gothic Neo","NanumGothic",sans-serif;-webkit-text-size-adjust:100%}
article{display:flex;gap:12px;margin-top:16px}
.face{flex:none;width:40px;height:40px;border-radius:50%;background:#5865f2;color:#fff;
display:flex;align-items:center;justify-content:center;font-weight:700}
.body{min-width:0;flex:1;overflow-wrap:anywhere}
.who{color:var(--strong);font-weight:600}
.app{background:#5865f2;color:#fff;border-radius:4px;font-size:10px;font-weight:600;
padding:1px 5px;margin-left:4px;vertical-align:2px}
.when{color:var(--faint);font-size:12px;margin-left:6px}
.text{white-space:pre-wrap}
.embed{background:var(--card);border-left:4px solid var(--deep);border-radius:4px;
padding:10px 14px 14px;margin-top:6px}
.embed h1{font-size:16px;margin:4px 0 6px;color:var(--strong)}
.embed .text,.fields{font-size:14px}
.by{font-size:13px;font-weight:600;color:var(--strong)}
.fields{display:grid;grid-template-columns:repeat(6,1fr);gap:8px;margin-top:10px}
.field{grid-column:span 6;min-width:0}
.field.inline{grid-column:span 3}
.field b{display:block;color:var(--strong)}
.embed img,.file img{max-width:100%;border-radius:4px;margin-top:10px;display:block}
.foot{color:var(--faint);font-size:12px;margin-top:10px}
.file{margin-top:6px}
.file a{display:block;background:var(--card);border:1px solid var(--deep);border-radius:8px;
padding:10px;color:var(--link)}
.row{display:flex;flex-wrap:wrap;gap:8px;margin-top:8px}
.button{background:var(--plain);color:var(--plain-text);border:0;border-radius:8px;
padding:7px 14px;font:inherit;font-size:14px;font-weight:500}
.s1{background:#5865f2;color:#fff}.s3{background:#248046;color:#fff}.s4{background:#da373c;color:#fff}
.off{opacity:.5}
.choice{flex:1;background:var(--deep);border:0;border-radius:8px;padding:9px 12px;
color:var(--faint);font:inherit;font-size:14px}
.at{background:var(--at);color:var(--at-text);border:0;border-radius:3px;padding:0 2px;font:inherit}
.link{color:var(--link)}
.note{color:var(--faint);font-size:12px;margin-top:6px}
code{background:var(--deep);border-radius:4px;padding:1px 4px;font-size:85%;
font-family:ui-monospace,monospace,NanumGothic,"Noto Sans KR","Apple SD Gothic Neo"}
pre{background:var(--deep);border-radius:4px;padding:8px;overflow-x:auto;margin:6px 0;font-size:85%}
"""
"""How messages look, in the colours of the page's ``:root``."""

_PAGE_STYLE: Final = """
main{width:412px;padding:12px 12px 20px}
header{font-weight:600;color:var(--strong);padding:4px 0 12px;border-bottom:1px solid var(--line)}
"""

_MARKS: Final = (
    (re.compile(r"\*\*(.+?)\*\*", re.DOTALL), r"<strong>\1</strong>"),
    (re.compile(r"__(.+?)__", re.DOTALL), r"<u>\1</u>"),
    (re.compile(r"~~(.+?)~~", re.DOTALL), r"<s>\1</s>"),
    (re.compile(r"(?<![\w*])\*([^*\n]+?)\*(?![\w*])"), r"<em>\1</em>"),
)
# A named link, as Discord draws one: with or without the brackets that keep a preview away.
_LINK = re.compile(
    r"\[([^\[\]\n]{1,200})\]\((?:&lt;)?(https?://(?:(?!&[lg]t;)[^\s()]){1,500})(?:&gt;)?\)"
)
_ESCAPED = re.compile(r"\\([\\*_~`|>#\-\[\]()])")
# An escaped mark is matched first and passed over, so that \` opens no code.
_CODE = re.compile(rf"{_ESCAPED.pattern}|```(?:\w+\n)?\n?(.*?)```|`([^`\n]+)`", re.DOTALL)
_TIME = re.compile(r"&lt;t:(-?\d{1,10})(?::(\w))?&gt;")
_TIME_FORMS: Final = {"R": "%H:%M", "t": "%H:%M", "T": "%H:%M:%S", "d": "%Y-%m-%d", "D": "%Y-%m-%d"}
_MENTION = re.compile(r"&lt;([#@])!?(\d{1,20})&gt;")


def render_page(messages: Sequence[Json], channel: str, known: Known = NOTHING) -> str:
    """Return a whole HTML page showing `messages`, oldest first, below the channel's name."""
    shown = "\n".join(render_message(one, known) for one in messages)
    return (
        '<!doctype html>\n<html lang="ko"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width={PHONE_WIDTH_PX}">'
        f"<title>{html.escape(channel)}</title><style>{MESSAGE_STYLE}{_PAGE_STYLE}</style></head>"
        f"<body><main><header># {html.escape(channel)}</header>\n{shown}\n</main></body></html>\n"
    )


def render_message(message: Json, known: Known = NOTHING) -> str:
    """Return one message as an HTML ``article``."""
    author = message["author"]
    name = str(author.get("global_name") or author["username"])
    badge = '<span class="app">앱</span>' if author.get("bot") else ""
    at = datetime.fromisoformat(message["timestamp"]).astimezone(KST)
    parts = [
        f'<span class="who">{html.escape(name)}</span>{badge}',
        f'<span class="when">{at:%Y-%m-%d %H:%M}</span>',
    ]
    if message.get("content"):
        edited = ' <span class="when">(수정됨)</span>' if message.get("edited_timestamp") else ""
        parts.append(f'<div class="text">{marked(message["content"], known)}{edited}</div>')
    parts += [_embed(one, known) for one in message.get("embeds") or ()]
    parts += [_file(one, known) for one in message.get("attachments") or ()]
    parts += [_row(one, known) for one in message.get("components") or ()]
    flags = message.get("flags", 0)
    if flags & LOADING:
        parts.append('<div class="note">생각하는 중…</div>')
    if flags & EPHEMERAL:
        parts.append('<div class="note">나만 볼 수 있는 메시지예요</div>')
    face = html.escape(name[:1].upper())
    number = html.escape(str(message["id"]))
    return (
        f'<article data-id="{number}"><div class="face" aria-hidden="true">{face}</div>'
        f'<div class="body">{"".join(parts)}</div></article>'
    )


def marked(text: str, known: Known = NOTHING) -> str:
    """Return text escaped for HTML with Discord's bold, italics, code, links, times and mentions drawn."""
    pieces: list[str] = []
    end = 0
    for found in _CODE.finditer(text):
        block, span = found.group(2), found.group(3)
        if block is None and span is None:
            continue
        pieces.append(_inline(text[end : found.start()], known))
        pieces.append(
            f"<pre>{html.escape(block)}</pre>"
            if block is not None
            else f"<code>{html.escape(span)}</code>"
        )
        end = found.end()
    pieces.append(_inline(text[end:], known))
    return "".join(pieces)


def _inline(text: str, known: Known) -> str:
    # A backslashed mark is hidden as a numeric entity, so that no rule below can see it.
    hidden = _ESCAPED.sub(lambda found: f"\0{ord(found[1])};", text.replace("\0", ""))
    shown = _LINK.sub(_link, html.escape(hidden))
    for pattern, replacement in _MARKS:
        shown = pattern.sub(replacement, shown)
    shown = _TIME.sub(_clock, shown)
    shown = _MENTION.sub(lambda found: _mention(found, known), shown)
    return shown.replace("\0", "&#")


def _link(found: re.Match[str]) -> str:
    """Return a link by its name, its address on pointing at it: nobody leaves a page of play."""
    address = re.sub(r"[*_~]", lambda mark: f"&#{ord(mark[0])};", found[2])
    return f'<span class="link" title="{address}">{found[1]}</span>'


def _clock(found: re.Match[str]) -> str:
    at = datetime.fromtimestamp(int(found[1]), KST)
    return f"<code>{at:{_TIME_FORMS.get(found[2] or '', '%Y-%m-%d %H:%M')}}</code>"


def _mention(found: re.Match[str], known: Known) -> str:
    """Return the mention by name; one that nobody knows stays as it was written."""
    mark, number = found[1], found[2]
    name = known.names.get(f"{mark}{number}")
    if name is None:
        return found[0]
    shown = f"{mark}{html.escape(name)}"
    if known.is_live and mark == "#":
        return f'<button type="button" class="at" data-go="{number}">{shown}</button>'
    return f'<span class="at">{shown}</span>'


def _embed(embed: Json, known: Known) -> str:
    colour = embed.get("color")
    bar = ""
    if isinstance(colour, int):
        shown = f"#{colour & _COLOUR_MAX:06x}"
        # The live page's policy takes no style attribute; its script gives the bar its colour.
        bar = f' data-colour="{shown}"' if known.is_live else f' style="border-left-color:{shown}"'
    parts = []
    author = (embed.get("author") or {}).get("name")
    if author:
        parts.append(f'<div class="by">{html.escape(author)}</div>')
    if embed.get("title"):
        parts.append(f"<h1>{marked(embed['title'], known)}</h1>")
    if embed.get("description"):
        parts.append(f'<div class="text">{marked(embed["description"], known)}</div>')
    fields = "".join(_field(one, known) for one in embed.get("fields") or ())
    if fields:
        parts.append(f'<div class="fields">{fields}</div>')
    picture = (embed.get("image") or {}).get("url")
    if picture:
        parts.append(_picture(picture, known))
    foot = (embed.get("footer") or {}).get("text")
    if foot:
        parts.append(f'<div class="foot">{html.escape(foot)}</div>')
    return f'<div class="embed"{bar}>{"".join(parts)}</div>'


def _field(shown: Json, known: Known) -> str:
    kind = "field inline" if shown.get("inline") else "field"
    value = f'<div class="text">{marked(shown["value"], known)}</div>'
    return f'<div class="{kind}"><b>{marked(shown["name"], known)}</b>{value}</div>'


def _picture(url: str, known: Known, alt: str = "") -> str:
    if known.is_live:
        shown = f'<img alt="{html.escape(alt)}" loading="lazy" src="{html.escape(url)}">'
        name = "" if alt else ' aria-label="그림"'
        return f'<button type="button" class="picture" data-picture{name}>{shown}</button>'
    if known.read is None:
        return '<div class="note">[그림]</div>'
    try:
        data = known.read(url)
    except LookupError:
        return '<div class="note">[그림 없음]</div>'
    kind = "image/png" if data.startswith(b"\x89PNG") else "image/jpeg"
    source = f"data:{kind};base64,{base64.b64encode(data).decode()}"
    return f'<img alt="{html.escape(alt)}" src="{source}">'


def _file(attachment: Json, known: Known) -> str:
    if str(attachment.get("content_type") or "").startswith("image/"):
        alt = str(attachment.get("description") or "")
        return f'<div class="file">{_picture(attachment["url"], known, alt)}</div>'
    name, size = html.escape(attachment["filename"]), int(attachment["size"])
    # In a tab of its own: a file that opened here would take the page away.
    target = 'target="_blank" rel="noreferrer noopener"'
    place = f' href="{html.escape(attachment["url"])}" {target}' if known.is_live else ""
    return f'<div class="file"><a{place}>📄 {name} <span class="when">{size:,} B</span></a></div>'


def _row(row: Json, known: Known) -> str:
    draw = _live_component if known.is_live else _component
    drawn = "".join(draw(one) for one in row.get("components") or ())
    return f'<div class="row">{drawn}</div>'


def _label(one: Json) -> str:
    emoji, label = _mark_and_word(one)
    return f"{emoji}{' ' if emoji and label else ''}{label}"


def _spoken_label(one: Json) -> str:
    """Return the label as a screen reader says it: the word, and a mark only where it is alone."""
    emoji, label = _mark_and_word(one)
    return f'<span aria-hidden="true">{emoji}</span> {label}' if emoji and label else emoji or label


def _mark_and_word(one: Json) -> tuple[str, str]:
    emoji = html.escape(str((one.get("emoji") or {}).get("name") or ""))
    return emoji, html.escape(str(one.get("label") or ""))


def _component(one: Json) -> str:
    off = " off" if one.get("disabled") else ""
    if one.get("type") == BUTTON:
        return f'<span class="button s{int(one.get("style", 2))}{off}">{_label(one)}</span>'
    hint = html.escape(str(one.get("placeholder") or "선택하기"))
    return f'<span class="choice{off}">{hint} ▾</span>'


def _live_component(one: Json) -> str:
    off = " disabled" if one.get("disabled") else ""
    name = html.escape(str(one.get("custom_id") or ""))
    if one.get("type") == BUTTON:
        style = f"button s{int(one.get('style', 2))}{' off' if off else ''}"
        return f'<button type="button" class="{style}" data-press="{name}"{off}>{_spoken_label(one)}</button>'
    hint = html.escape(str(one.get("placeholder") or "선택하기"))
    offered = list(one.get("options") or ())
    # A list of several is shown closed, with its hint: the page's choice is one value.
    single = int(one.get("max_values", 1)) == 1
    chosen = next((it["value"] for it in offered if it.get("default")), "") if single else ""
    options = "".join(
        f'<option value="{html.escape(str(it["value"]))}"{_selected(it["value"], chosen)}>'
        f"{html.escape(it['label'])}</option>"
        for it in offered
    )
    return (
        f'<select class="choice" data-select="{name}" aria-label="{hint}"{off}>'
        f'<option value=""{_selected("", chosen)}>{hint}</option>{options}</select>'
    )


def _selected(value: str, chosen: str) -> str:
    return " selected" if value == chosen else ""
