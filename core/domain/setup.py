"""What owners may choose in Discord instead of in the settings: places, approvers, instruments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from core.domain.instrument import Symbol


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """Where the bot speaks, who approves, and what is not bought.

    `alert_channel_id` 0 is the main channel.
    """

    main_channel_id: int
    alert_channel_id: int
    approver_ids: frozenset[int]
    left_out: frozenset[Symbol] = frozenset()

    @property
    def alerts_go_to(self) -> int:
        """The channel that alarms are posted in."""
        return self.alert_channel_id or self.main_channel_id

    @property
    def channel_ids(self) -> frozenset[int]:
        """The channels it names."""
        return frozenset({self.main_channel_id, self.alerts_go_to})


class SetupPart(Enum):
    """One thing that can be chosen. The locale files hold a name for each (``setup.part_…``)."""

    MAIN_CHANNEL = "main_channel"
    ALERT_CHANNEL = "alert_channel"
    APPROVERS = "approvers"
    LEFT_OUT = "left_out"


class SetupRefusal(Enum):
    """Why a choice is not taken. The locale files hold a sentence for each (``setup.refused_…``)."""

    NOBODY = "nobody"
    NOT_OF_THE_SETTINGS = "not_of_the_settings"
    NOTHING_LEFT = "nothing_left"


def with_chosen(given: Setup, chosen: Mapping[SetupPart, frozenset[str]]) -> Setup:
    """Return `given` with what was chosen in its place. Raises ValueError for what is no number."""
    ids = {
        part: frozenset(int(text) for text in texts)
        for part, texts in chosen.items()
        if part is not SetupPart.LEFT_OUT
    }
    return Setup(
        main_channel_id=_only(ids.get(SetupPart.MAIN_CHANNEL), given.main_channel_id),
        alert_channel_id=_only(ids.get(SetupPart.ALERT_CHANNEL), given.alert_channel_id),
        approver_ids=ids.get(SetupPart.APPROVERS, given.approver_ids),
        left_out=frozenset(Symbol(text) for text in chosen.get(SetupPart.LEFT_OUT, given.left_out)),
    )


def _only(found: frozenset[int] | None, otherwise: int) -> int:
    """Return the one number of `found`. Raises ValueError when there are several."""
    if found is None:
        return otherwise
    (number,) = found
    return number
