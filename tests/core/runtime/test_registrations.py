from __future__ import annotations

from core.domain.instrument import Symbol
from core.domain.ticks import Channel, Priority, Registration, Wish
from core.runtime.registrations import share_out

EVERYTHING = frozenset(Channel)
A, B, C = Symbol("000001"), Symbol("000002"), Symbol("000003")


def wish(symbol: Symbol, priority: Priority, *channels: Channel) -> Wish:
    return Wish(symbol=symbol, priority=priority, channels=frozenset(channels or {Channel.TRADE}))


def test_holdings_come_before_open_orders_before_the_watchlist():
    shares = share_out(
        [wish(A, Priority.WATCHLIST), wish(B, Priority.OPEN_ORDER), wish(C, Priority.HOLDING)],
        EVERYTHING,
        2,
    )
    assert [one.symbol for one in shares.kept] == [C, B]
    assert shares.left_out == (wish(A, Priority.WATCHLIST),)


def test_a_price_for_everybody_comes_before_more_for_anybody():
    shares = share_out(
        [
            wish(A, Priority.HOLDING, Channel.TRADE, Channel.NAV, Channel.BOOK),
            wish(B, Priority.WATCHLIST, Channel.TRADE, Channel.NAV),
        ],
        EVERYTHING,
        3,
    )
    assert shares.kept == (
        Registration(A, Channel.TRADE),
        Registration(B, Channel.TRADE),
        Registration(A, Channel.NAV),
    )
    assert shares.left_out == (
        wish(A, Priority.HOLDING, Channel.BOOK),
        wish(B, Priority.WATCHLIST, Channel.NAV),
    )


def test_what_several_want_is_one_registration_with_the_most_urgent_priority():
    shares = share_out(
        [
            wish(A, Priority.WATCHLIST, Channel.TRADE),
            wish(B, Priority.OPEN_ORDER),
            wish(A, Priority.HOLDING, Channel.NAV),
        ],
        EVERYTHING,
        41,
    )
    assert shares.kept == (
        Registration(A, Channel.TRADE),
        Registration(B, Channel.TRADE),
        Registration(A, Channel.NAV),
    )
    assert shares.left_out == ()


def test_channels_that_the_source_lacks_are_passed_over():
    shares = share_out(
        [wish(A, Priority.HOLDING, Channel.TRADE, Channel.NAV)], frozenset({Channel.TRADE}), 1
    )
    assert shares.kept == (Registration(A, Channel.TRADE),)
    assert shares.left_out == ()


def test_among_equals_the_first_comes_first():
    wishes = [wish(Symbol(f"{number:06d}"), Priority.WATCHLIST) for number in range(50)]
    shares = share_out(wishes, EVERYTHING, 41)
    assert [one.symbol for one in shares.kept] == [one.symbol for one in wishes[:41]]
    assert shares.left_out == tuple(wishes[41:])
