"""Which faults bring a saboteur's defect to light at once, not once in some hundred seeds."""

from __future__ import annotations

from collections.abc import Mapping

_SILENCE = {"post_reply_lost": 0.7}
_LOST = {"post_request_lost": 0.7}
_LAG = {"history_lag": 0.8, "post_reply_lost": 0.6}

# Entries that a person approves with their stops, and hardly anything else.
_STOPS = {"stops": 1.0, "grant": 1.0, "sells": 0.1, "revoke": 0.1}

WEATHER: Mapping[str, Mapping[str, float]] = {
    "leg_is_taken_out_of_the_shown_ticket": {"toggle": 1.0},
    "replaced_ticket_stays_open": {"toggle": 1.0},
    "retry_on_time_out": _SILENCE,
    "retry_on_refusal": {"post_egw00201": 0.7},
    "retry_by_the_http_client": {"post_reset_after": 0.7},
    "server_fault_is_a_refusal": {"post_500_after": 0.7},
    "unknown_code_is_a_refusal": {"post_unknown_code": 0.7},
    "unreadable_is_a_refusal": {"post_html": 0.5, "post_invalid_json": 0.7},
    "accepted_without_a_number": {"post_number_empty": 0.8},
    "silence_is_not_sent": _SILENCE,
    "broken_connection_is_not_sent": {"post_reset_after": 0.7},
    "silence_is_rejected": _SILENCE,
    "silence_is_working": _SILENCE,
    "refused_is_working": {"post_egw00201": 0.7},
    "answers_number_is_believed": {"post_number_repeated": 0.8},
    "reservation_released_in_finally": _SILENCE,
    "outcome_is_not_stored": _SILENCE,
    "doubt_ignored": _LOST,
    "page_error_is_an_empty_list": {"post_reply_lost": 0.8},
    "baseline_skipped": _LOST,
    "first_page_only": _SILENCE,
    "not_found_is_never_placed": _LAG,
    "first_of_two_is_adopted": {"post_accepted_late": 0.7, "external_twin": 1.0},
    "adopts_on_one_sighting": {"post_reply_lost": 0.8},
    "adopts_on_a_shared_account": _LOST,
    "known_numbers_ignored": _LOST,
    "price_is_no_part_of_the_signature": _LOST,
    "quantity_may_fall": {"quantity_fell": 0.7},
    "refused_remainder_is_working": {"rejected_after_accept": 0.9},
    "cancel_pending_is_never_asked_again": {"cancel_request_lost": 0.8},
    "interrupted_is_not_sent": {"post_slow": 0.5},
    "nobody_is_told_of_a_doubt": _LOST,
    "token_asked_at_every_start": {"token_killed": 0.3},
    "failed_message_counts_as_shown": {"discord_down": 0.5},
    "doubt_is_shown_as_refused": _LOST,
    "late_fills_are_ignored": {"fill_after_cancel": 0.5},
    "cancel_is_cancelled": {"cancel_late": 0.6, "cancel_request_lost": 0.4},
    "lease_is_not_compared": {"takeover_at_the_gate": 0.6},
    "halt_is_not_looked_at_again": {"halt_at_the_gate": 0.4},
    "age_of_the_quote_ignored": {"stall_at_the_gate": 0.4},
    "halt_ignored": {"halt": 1.0, "stop entry": 0.3},
    "reduce_only_buys": {"stop entry": 1.0},
    "revoked_stop_still_sells": _STOPS | {"revoke": 0.9},
    "stop_sells_twice": _STOPS,
    "stop_sells_more_than_was_bought": _STOPS,
    "stop_outlives_a_sale": _STOPS | {"sells some": 1.0},
}
