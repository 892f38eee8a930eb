"""Pages of an account inquiry: `tr_cont` F/M/D and the two padded cursors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from .answers import Visit, cursor, invalid

Row = TypeVar("Row")

_SEPARATOR = "!^"


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """One page. `cont` is the response header: F first of many, M a middle one, D the last."""

    rows: Sequence[Row]
    cont: str
    echo: str
    following: str

    @property
    def is_last(self) -> bool:
        """Whether nothing follows."""
        return self.cont == "D"

    @property
    def cursors(self) -> dict[str, str]:
        """The two body keys that the next call echoes in upper case."""
        return {"ctx_area_fk100": cursor(self.echo), "ctx_area_nk100": cursor(self.following)}


def page_of(
    visit: Visit, rows: Sequence[Row], size: int, *, key: Callable[[Row], str], echo: Sequence[str]
) -> Page[Row]:
    """Cut the page that the request's cursor asks for.

    The cursor names the last row seen, so rows that arrive meanwhile neither repeat nor hide one.
    Raises InputRefused when the cursor fields are missing or name no row.
    """
    visit.need("CTX_AREA_FK100")
    last_seen = visit.need("CTX_AREA_NK100").strip()
    goes_on = visit.request.header("tr_cont") == "N" and bool(last_seen)
    start = _after(rows, last_seen, key) if goes_on else 0
    chosen = rows[start : start + size]
    more = start + size < len(rows)
    cont = ("M" if goes_on else "F") if more else "D"
    following = key(chosen[-1]) if more else ""
    text = _SEPARATOR.join((*echo, "")) if rows else ""
    return Page(chosen, cont, text, following)


def _after(rows: Sequence[Row], last_seen: str, key: Callable[[Row], str]) -> int:
    for index, row in enumerate(rows):
        if key(row) == last_seen:
            return index + 1
    raise invalid("CTX_AREA_NK100")
