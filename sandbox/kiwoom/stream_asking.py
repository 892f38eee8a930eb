"""REG and REMOVE frames: how they are read, and whether they may be taken."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from . import indices
from . import stream_texts as texts
from .state import KiwoomState

_GROUP_CHARS_MAX = 4


class Topic(NamedTuple):
    """One registration: its group, its type, and its item ("" where the type takes none)."""

    group: str
    kind: str
    item: str


class Asking(NamedTuple):
    """What a frame asks for."""

    trnm: str
    group: str = ""
    drops_others: bool = False
    topics: tuple[Topic, ...] = ()


def read_asking(trnm: str, document: Mapping[str, object]) -> Asking | None:
    """Read a REG or REMOVE frame; None when something is missing or of another kind."""
    group, data = document.get("grp_no"), document.get("data")
    refresh = document.get("refresh", "1")
    if not isinstance(group, str) or not 0 < len(group) <= _GROUP_CHARS_MAX:
        return None
    if refresh not in ("0", "1") or not isinstance(data, list) or not data:
        return None
    topics: list[Topic] = []
    for one in data:
        found = list(_topics(group, one))
        if not found:
            return None
        topics += found
    return Asking(trnm, group, refresh == "0", tuple(topics))


def judged(
    state: KiwoomState, asking: Asking, registered_after: int, now: datetime
) -> tuple[int, str]:
    """Return what a frame that can be read is answered with. It is taken whole or not at all."""
    for topic in asking.topics:
        if topic.kind not in texts.NAMES:
            return texts.UNKNOWN_TYPE
        if asking.trnm == "REG" and not _is_known(state, topic, now):
            return texts.UNKNOWN_ITEM
    if asking.trnm == "REG" and registered_after > texts.GROUP_MAX:
        return texts.TOO_MANY
    return texts.OK


def symbol_of(item: str) -> str:
    """Return the plain code: _NX and _AL name other venues of the same stock."""
    return item.partition("_")[0]


def _topics(group: str, one: object) -> Iterator[Topic]:
    """Yield every pair of type and item; nothing when either is no list of texts."""
    if not isinstance(one, Mapping):
        return
    items, kinds = one.get("item"), one.get("type")
    if not isinstance(items, list) or not isinstance(kinds, list):
        return
    if not all(isinstance(text, str) for text in (*items, *kinds)):
        return
    for kind in kinds:
        for item in ("",) if kind in texts.WITHOUT_ITEM else items:
            yield Topic(group, kind, item)


def _is_known(state: KiwoomState, topic: Topic, now: datetime) -> bool:
    if topic.kind in texts.WITHOUT_ITEM:
        return True
    if topic.kind == "0J":
        return topic.item in indices.FOLLOWED
    symbol, _, venue = topic.item.partition("_")
    is_venue = not venue or (venue in {"NX", "AL"} and not state.profile.is_vts)
    return is_venue and state.exchange.market(now, symbol) is not None
