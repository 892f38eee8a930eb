"""What databases and token files of a running bot are stamped with, written out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from brokers.kis.account import KisAccount
from brokers.kiwoom.account import KiwoomAccount
from brokers.wire.account import BrokerAccount
from brokers.wire.clients import Timeouts
from core.domain.modes import Mode
from core.runtime.token_store import token_key

KIS_VTS = "a2539c5fb30d406fc405b7e2946492da6a29624a5a5d32e0d7f300e683bae988"
KIS_REAL = "924affc1d70887f5f199e29c7965fdecdbd969a114fd3923e2564ded411a2d92"
KIWOOM_VTS = "d7f33497d0b86acfec322484e46b066bd1915c35c61dc99066db84df974a0f91"
KIWOOM_REAL = "d1d3e8a32e3f5f72110ee053bd52fe8b61105a763facbce480b34e3c09615d19"
KINDS: list[type[BrokerAccount]] = [KisAccount, KiwoomAccount]


def account(kind: type[BrokerAccount], mode: Mode = Mode.VTS, **changes: str) -> BrokerAccount:
    values: dict[str, Any] = {
        "app_key": "A" * 36,
        "app_secret": "S" * 180,
        "account_no": "12345678",
        "product_code": "01",
        "base_url": "http://127.0.0.1:9",
    }
    return kind(mode=mode, **(values | changes))


@pytest.mark.parametrize(
    ("kind", "mode", "account_hash"),
    [
        (KisAccount, Mode.VTS, KIS_VTS),
        (KisAccount, Mode.REAL, KIS_REAL),
        (KisAccount, Mode.OBSERVE, KIS_REAL),
        (KiwoomAccount, Mode.VTS, KIWOOM_VTS),
        (KiwoomAccount, Mode.REAL, KIWOOM_REAL),
        (KiwoomAccount, Mode.OBSERVE, KIWOOM_REAL),
    ],
)
def test_the_hash_that_stamps_a_database_never_changes(
    kind: type[BrokerAccount], mode: Mode, account_hash: str
) -> None:
    identity = account(kind, mode).identity
    assert identity.account_hash == account_hash
    assert identity.account_masked == "******78-01"
    assert (identity.broker, identity.mode) == (kind.__module__.split(".")[1], mode)


@pytest.mark.parametrize("kind", KINDS)
def test_the_name_of_a_token_file_never_changes(kind: type[BrokerAccount]) -> None:
    one = account(kind)
    assert token_key(one.app_key, one.mode) == "d7099c7b9b3848f594912cf323ab5569"


@pytest.mark.parametrize("kind", KINDS)
def test_no_secret_shows_in_a_repr(kind: type[BrokerAccount]) -> None:
    one = account(kind, app_key="K" * 36, app_secret="Z" * 180)
    text = repr(one) + repr(one.identity)
    assert not any(secret in text for secret in ("KKK", "ZZZ", "12345678"))
    assert one.secrets == ("12345678", "K" * 36, "Z" * 180)


def test_errors_name_the_broker() -> None:
    assert [kind.vendor for kind in KINDS] == ["KIS", "Kiwoom"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("mode", "change", "said"),
    [
        (Mode.SIM, {}, "NAME has no mode sim"),
        (Mode.VTS, {"account_no": "123"}, "a NAME account number has 8 digits"),
        (Mode.VTS, {"account_no": "1234567801"}, "a NAME account number has 8 digits"),
        (Mode.VTS, {"product_code": "1"}, "a NAME product code has 2 digits"),
        (Mode.VTS, {"base_url": "ftp://x"}, "base URL must be http"),
        (Mode.VTS, {"base_url": "http://x/path"}, "base URL must be http"),
        (Mode.VTS, {"app_key": "k y"}, "the app key must be plain ASCII"),
        (Mode.VTS, {"app_secret": "비밀"}, "the app secret must be plain ASCII"),
    ],
)
def test_what_no_broker_could_accept_is_refused_early(
    kind: type[BrokerAccount], mode: Mode, change: dict[str, str], said: str
) -> None:
    with pytest.raises(ValueError, match="^" + said.replace("NAME", kind.vendor)):
        account(kind, mode, **change)


@pytest.mark.parametrize("kind", KINDS)
def test_timeouts_follow_the_mode(kind: type[BrokerAccount]) -> None:
    asked = Timeouts(connect=1, order_total=2, read_total=3)
    assert account(kind).allowed.order_total == 15
    assert account(kind, Mode.REAL).allowed.order_total == 7
    assert replace(account(kind), timeouts=asked).allowed is asked
