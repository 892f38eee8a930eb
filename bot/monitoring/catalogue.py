"""Every figure that /metrics shows: name, labels, and what it says. docs/operations.md holds the same list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

PREFIX = "autotrade_"


@dataclass(frozen=True, slots=True)
class Figure:
    """One gauge, read when it is asked for."""

    about: str
    labels: tuple[str, ...] = ()


# By name, without the prefix.
GAUGES: Mapping[str, Figure] = MappingProxyType(
    {
        "info": Figure("1; broker, mode and build are in the labels.", ("broker", "mode", "build")),
        "database_up": Figure("1 when the database could be read for this answer, else 0."),
        "orders_today": Figure("Orders created today (KST), by state.", ("state",)),
        "orders_in_doubt": Figure("Orders of any day that are not proven, by state.", ("state",)),
        "tickets_waiting": Figure("Tickets that wait for a press."),
        "alarms_waiting": Figure("Alarms that nobody has seen yet."),
        "alarms_failing_seconds": Figure("For how long the alert channel has taken nothing."),
        "broker_calls_remembered": Figure("Calls of the window the error breaker looks at."),
        "broker_errors_remembered": Figure("Failed calls of that window."),
        "limiter_waiting": Figure("Requests that wait for their turn now."),
        "limiter_rate": Figure("Requests a second at present.", ("bucket",)),
        "token_seconds_left": Figure("Life left of the broker's token; absent without one."),
        "token_failing": Figure("1 when the last issue of a token failed."),
        "feed_live": Figure("1 when live prices may be believed."),
        "feed_age_seconds": Figure("Since the feed was last heard of; absent while it is off."),
        "feed_registrations": Figure("Registrations that the feed is asked for."),
        "feed_left_out": Figure("Symbols that the registrations could not hold."),
        "feed_restarts": Figure("Connections after the first."),
        "model_calls_today": Figure(
            "Calls of the language model today.", ("model", "purpose", "state")
        ),
        "model_tokens_today": Figure("Tokens of those calls.", ("model", "purpose", "kind")),
        "model_cost_won_today": Figure("What they cost, in won.", ("model", "purpose")),
        "cycle_step_seconds": Figure("How long a step of today's cycle took.", ("step",)),
        "cycle_step_outcome": Figure("1 for what became of a step today.", ("step", "outcome")),
        "nav_won": Figure("Net asset value, as last read."),
        "cash_won": Figure("Deposit after settlement, as last read."),
        "account_age_seconds": Figure("Since NAV and cash were read."),
        "day_result_won": Figure("What trading brought today, after fee and tax."),
        "day_loss_left_won": Figure("What may still be lost today before only sells are allowed."),
        "risk_left": Figure("What is left of a limit today.", ("limit",)),
        "trading": Figure("1 for the state of trading in force.", ("state",)),
        "breaker_out": Figure("1 for each breaker that is out.", ("breaker",)),
        "database_bytes": Figure("Size of the database."),
        "disk_free_bytes": Figure("Free room where the data is."),
        "backup_age_seconds": Figure("Since the last proved backup; absent before the first."),
        "heartbeat_age_seconds": Figure("Since the last heartbeat."),
    }
)
