"""What may go wrong, by name; a seed chooses which of it, how often, and until when."""

from __future__ import annotations

import random
from collections import Counter

POST_FAULTS = (
    "post_request_lost",
    "post_reply_lost",
    "post_accepted_late",
    "post_truncated",
    "post_html",
    "post_invalid_json",
    "post_number_repeated",
    "post_number_empty",
    "post_500_after",
    "post_500_before",
    "post_unknown_code",
    "post_egw00201",
    "post_token_rejected",
    "post_connect_error",
    "post_connect_timeout",
    "post_reset_before",
    "post_reset_after",
    "post_slow",
)
CANCEL_FAULTS = (
    "cancel_request_lost",
    "cancel_reply_lost",
    "cancel_500_after",
    "cancel_late",
    "cancel_connect_error",
)
READ_FAULTS = (
    "read_lost",
    "read_slow",
    "read_stale_connection",
    "read_connect_error",
    "read_connect_timeout",
    "read_500",
    "read_egw00201",
    "read_html",
    "read_invalid_json",
    "read_empty_body",
    "read_blank_outage",
)
LIST_FAULTS = (
    "page_two_fails",
    "pages_truncated",
    "list_empty",
    "rows_repeated",
    "numbers_unpadded",
    "quantity_fell",
    "fill_after_cancel",
)
TOKEN_FAULTS = ("token_issue_fails", "token_killed")
LEDGER_FAULTS = ("history_lag", "balance_lag", "rejected_after_accept")
HOST_FAULTS = (
    "broker_restart",
    "database_busy",
    "discord_down",
    "discord_reply_lost",
    "message_deleted",
)
# Between the gate's last look and the arm; see `ambush.py`.
GATE_FAULTS = (
    "stall_at_the_gate",
    "halt_at_the_gate",
    "stop_entry_at_the_gate",
    "takeover_at_the_gate",
)
REQUEST_FAULTS = (
    *POST_FAULTS,
    *CANCEL_FAULTS,
    *READ_FAULTS,
    *LIST_FAULTS,
    *TOKEN_FAULTS,
    *LEDGER_FAULTS,
    *HOST_FAULTS,
)


# An order needs a dozen reads, and a new token takes a minute: nothing would ever be sent.
_RARER = {**dict.fromkeys((*READ_FAULTS, *LIST_FAULTS), 5), "token_killed": 15}


# After the close the lists are read twice and believed: what may be wrong with them is said.
EVENING_FAULTS = (
    "read_lost",
    "read_connect_error",
    "read_500",
    "read_html",
    "read_invalid_json",
    "read_empty_body",
    "page_two_fails",
    "pages_truncated",
)
_EVENING_RATE = 0.85


class Weather:
    """The faults of one seed. Every one that strikes is counted."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self.counts: Counter[str] = Counter()
        self.is_calm = False
        self.rates = _rates(dice)

    def rough_evening(self) -> None:
        """Let reads fail once more, so often that a list hardly comes whole."""
        self.is_calm = False
        self.rates = dict.fromkeys(EVENING_FAULTS, _EVENING_RATE)

    def strikes(self, name: str) -> bool:
        """Whether the fault happens now."""
        if self.is_calm or self._dice.random() >= self.rates.get(name, 0.0):
            return False
        self.counts[name] += 1
        return True

    def one_of(self, names: tuple[str, ...]) -> str:
        """Return the one of `names` that happens now, or ""."""
        chosen = [name for name in names if name in self.rates]
        if self.is_calm or not chosen:
            return ""
        name = self._dice.choice(chosen)
        return name if self.strikes(name) else ""

    def between(self, low: float, high: float) -> float:
        """Return a number between both."""
        return low + (high - low) * self._dice.random()


def _rates(dice: random.Random) -> dict[str, float]:
    """Choose the seed's faults: few of them often, or many of them now and then; sometimes none."""
    mood = dice.random()
    if mood < 0.08:
        return {}
    share, most = (0.25, 0.35) if mood < 0.6 else (0.6, 0.1)
    rates = {name: most * dice.random() for name in REQUEST_FAULTS if dice.random() < share}
    for name, divisor in _RARER.items():
        if name in rates:
            rates[name] /= divisor
    for name in GATE_FAULTS:
        # Once or twice a day: there are some forty quotes in it.
        if dice.random() < 0.12:
            rates[name] = 0.15
    # What hits the post hits the one thing that must not go wrong: often.
    often = dice.choice((0.4, 0.7, 0.95))
    for name in POST_FAULTS:
        rates.pop(name, None)
        if dice.random() < 0.4:
            rates[name] = often
    for name in CANCEL_FAULTS:
        if name in rates:
            rates[name] = often
    return rates
