"""What stored bars tell about themselves: corporate actions, and days no exchange would allow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum

from core.domain.krx import PRICE_BAND_PERCENT
from core.domain.market import Bar

# A split or merger moves the ratio of adjusted and raw prices at once by much; a distribution by
# at most a few per cent.
SPLIT_PARTS = 10
# Both prices are rounded to a won, so a ratio moves by itself; below these parts it is noise.
NOISE_PARTS = 1_000
# Prices are rounded to ticks, and a base price may be set anew by a tick or two.
BAND_SLACK_PERCENT = 1


class ActionKind(Enum):
    """What happened to a share. The locale files hold a name per member."""

    SPLIT = "split"
    DISTRIBUTION = "distribution"


@dataclass(frozen=True, slots=True)
class CorporateAction:
    """On `day` one old share became `numerator / denominator` of its price before, by the ratio.

    `drop_bps` is by how much the raw price fell on that account, in basis points (negative for a
    merger).
    """

    day: date
    kind: ActionKind
    drop_bps: int


def corporate_actions(raw: Sequence[Bar], adjusted: Sequence[Bar]) -> tuple[CorporateAction, ...]:
    """Return where the two series of one symbol part: splits, mergers, distributions.

    Both oldest first. A day that only one of them has is passed over.
    """
    theirs = {bar.session: bar.close_won for bar in adjusted}
    found: list[CorporateAction] = []
    before: tuple[int, int] | None = None
    for bar in raw:
        close = theirs.get(bar.session)
        if not close or not bar.close_won:
            continue
        if before is not None:
            action = _action(bar.session, before, (close, bar.close_won))
            if action is not None:
                found.append(action)
        before = (close, bar.close_won)
    return tuple(found)


def beyond_limits(raw: Sequence[Bar], multiple: int = 1) -> tuple[date, ...]:
    """Return the days on which a raw price lies beyond the price limits of the close before.

    No ordinary day can do that: a split, a listing anew, or a wrong row. Days without trades and
    the first day are passed over.
    """
    width = (PRICE_BAND_PERCENT * abs(multiple)) + BAND_SLACK_PERCENT
    found: list[date] = []
    close = 0
    for bar in raw:
        if bar.volume_shares == 0 and bar.high_won == bar.low_won:
            continue
        if close and not (
            close * (100 - width) <= bar.low_won * 100
            and bar.high_won * 100 <= close * (100 + width)
        ):
            found.append(bar.session)
        close = bar.close_won
    return tuple(found)


def _action(day: date, before: tuple[int, int], after: tuple[int, int]) -> CorporateAction | None:
    """Compare adjusted / raw of two days, in whole numbers."""
    old, new = before[0] * after[1], after[0] * before[1]  # old ratio : new ratio
    # One won of rounding on either side moves the ratio by 1/price.
    noise = max(new // NOISE_PARTS, new // min(*before, *after) * 2)
    if abs(new - old) <= noise:
        return None
    kind = ActionKind.SPLIT if abs(new - old) * SPLIT_PARTS > new else ActionKind.DISTRIBUTION
    return CorporateAction(day, kind, (new - old) * 10_000 // new)
