"""Which account, its keys, and the limits of what may be bought with it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.onboarding.addresses import Addresses
from bot.onboarding.interview import Interview, plain_number
from core.errors import ConfigurationError, TradingError

_ACCOUNT = re.compile(r"(\d{8})-?(\d{2})?")
_LIMITS = (
    ("CAPITAL_LIMIT_KRW", "1000000"),
    ("ORDER_LIMIT_KRW", "400000"),
    ("DAY_LIMIT_KRW", "1000000"),
    ("DAY_ORDER_LIMIT", "10"),
)


@dataclass(frozen=True, slots=True)
class Account:
    """One kind of account that can be chosen. `prefix` begins the names of its keys."""

    name: str
    broker: str
    mode: str = ""

    @property
    def prefix(self) -> str:
        """How the names of its settings begin; empty where none are needed."""
        return self.mode

    @property
    def is_real(self) -> bool:
        """Whether it is a real account, even if it is only watched."""
        return self.mode.endswith("_REAL")


# The harmless ones first.
ACCOUNTS = (
    Account("sim", "sim"),
    Account("kis_vts", "kis", "KIS_VTS"),
    Account("kiwoom_vts", "kiwoom", "KIWOOM_VTS"),
    Account("kis_real", "kis", "KIS_REAL"),
    Account("kiwoom_real", "kiwoom", "KIWOOM_REAL"),
)


def ask_account(interview: Interview) -> Account:
    """Ask which account; a real one is asked for twice, and is only watched."""
    names = [interview.say(f"account_{one.name}") for one in ACCOUNTS]
    while True:
        at = interview.terminal.choose(interview.say("account_which"), names, _now(interview))
        account = ACCOUNTS[at]
        if not account.is_real:
            break
        interview.terminal.note(interview.say("real_is_watched"))
        if interview.terminal.agree(interview.say("real_sure"), default=False):
            break
    if interview.now("ENABLE_REAL_ORDER").upper() == "Y":
        interview.terminal.note(interview.say("real_closed"))
    # Nothing here opens real orders: that takes the file, by hand, and an owner in Discord.
    interview.answers["ENABLE_REAL_ORDER"] = "N"
    interview.answers["BROKER"] = account.broker
    if account.mode:
        interview.answers[f"{account.broker.upper()}_MODE"] = account.mode
    return account


def _now(interview: Interview) -> int:
    """Return where the account of today stands in the list; the first without one."""
    broker = interview.now("BROKER") or "sim"
    mode = interview.now(f"{broker.upper()}_MODE") or f"{broker.upper()}_VTS"
    for at, one in enumerate(ACCOUNTS):
        if one.broker == broker and one.mode in {"", mode}:
            return at
    return 0


def ask_keys(interview: Interview, account: Account, addresses: Addresses) -> None:
    """Ask for the keys of the account until the broker takes them, or the person goes on without."""
    if not account.prefix:
        return
    interview.terminal.note(interview.say(f"keys_{account.broker}"))
    while True:
        for part in ("APP_KEY", "APP_SECRET"):
            name = f"{account.prefix}_{part}"
            interview.secret(name, part.lower(), lambda _: None)
        _ask_number(interview, account)
        if interview.is_offline or _is_open(interview, addresses):
            return
        if not interview.terminal.agree(interview.say("keys_again"), default=True):
            return


def _ask_number(interview: Interview, account: Account) -> None:
    number, product = f"{account.prefix}_ACCOUNT_NO", f"{account.prefix}_ACNT_PRDT_CD"
    kept = interview.now(number)

    def judge(value: str) -> str | None:
        return None if _ACCOUNT.fullmatch(value) else interview.say("fault_account")

    shown = f"{kept}-{interview.now(product) or '01'}" if kept else ""
    found = _ACCOUNT.fullmatch(interview.asked(interview.say("account_no"), judge, default=shown))
    if found is not None:
        interview.answers[number] = found[1]
        interview.answers[product] = found[2] or "01"


def _is_open(interview: Interview, addresses: Addresses) -> bool:
    """Whether the broker lets these keys in and shows the account; what it said is told."""
    try:
        identity = interview.waited(
            "broker_busy", addresses.account({**interview.old, **interview.answers})
        )
    except (TradingError, ConfigurationError) as error:
        interview.terminal.bad(interview.say("broker_refused", reason=str(error)))
        interview.terminal.note(interview.say("broker_mend"))
        return False
    interview.terminal.good(interview.say("broker_open", account=identity.account_masked))
    return True


def ask_limits(interview: Interview) -> None:
    """Ask how much may be used at most; the numbers are written out, whatever the defaults are."""

    def not_above_capital(value: str) -> str | None:
        capital = int(interview.answers["CAPITAL_LIMIT_KRW"])
        return interview.say("order_above_capital") if int(value) > capital else None

    for name, default in _LIMITS:
        judge = not_above_capital if name == "ORDER_LIMIT_KRW" else None
        interview.setting(name, name.lower(), default=default, tidied=plain_number, judge=judge)
