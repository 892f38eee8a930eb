"""One loopback Korea: a market, an exchange with one account, a broker before it, and one clock."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path

from brokers.sim.exchange import Exchange
from brokers.sim.prices_csv import BarFile
from brokers.sim.prices_synthetic import SyntheticMarket
from brokers.sim.values import PriceSource
from core.errors import DataError
from sandbox.discord.desk import DiscordDesk

from .clock import KST, BusinessClock
from .kis.faults import FaultPlan
from .kis.profiles import PROFILES
from .kis.state import KisState
from .kis.stream import StreamHub
from .kiwoom.state import PROFILES as KIWOOM_PROFILES
from .kiwoom.state import KiwoomState
from .kiwoom.stream import StreamHub as KiwoomStreamHub
from .names import GEARED, all_names, synthetic_symbols

OPENING_CASH_WON = 1_000_000
UNIVERSE_MAX = 30
SESSIONS_MIN = 253
HISTORY = timedelta(days=800)
BROKERS = ("kis", "kiwoom")


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldSettings:
    """What a world is made of.

    `broker` (kis or kiwoom) is the one that a bot of this world is told to use.
    With `prices` a CSV of daily bars is replayed from `day`; without, `seed` makes the market.
    `start` None runs the clock in real time from now (or from `day`, 08:50, in a replay).
    """

    prices: Path | None = None
    adjusted: Path | None = None
    day: date | None = None
    seed: int = 7
    profile: str = "vts"
    broker: str = "kis"
    start: datetime | None = None
    rate: float = 1.0
    opening_cash_won: int = OPENING_CASH_WON
    requests_per_second: int = 0
    ledger_per_second: int = 0
    accepts_old: bool = False
    adds_fields: bool = False
    symbols: Collection[str] | None = None


@dataclass(slots=True)
class Addresses:
    """Where the servers of this world listen; "" for those that are not up."""

    kis: str = ""
    kis_stream: str = ""
    kiwoom: str = ""
    kiwoom_stream: str = ""
    discord_api: str = ""
    discord_gateway: str = ""
    model: str = ""
    feeds: tuple[str, ...] = ()


@dataclass(slots=True)
class World:
    """Everything that the servers share."""

    clock: BusinessClock
    prices: PriceSource
    exchange: Exchange
    kis: KisState
    kiwoom: KiwoomState
    universe: tuple[str, ...]
    """The symbols that a strategy may look at: at most 30, none leveraged or inverse."""
    broker: str = "kis"
    addresses: Addresses = field(default_factory=Addresses)
    discord: DiscordDesk | None = None
    """People's hands and eyes, once the Discord server is up."""
    headlines: list[tuple[datetime, str]] = field(default_factory=list)
    """What somebody at the control side has put into the breaking feed, and when."""
    stream: StreamHub = field(init=False)
    kiwoom_stream: KiwoomStreamHub = field(init=False)

    def __post_init__(self) -> None:
        """Put the streams before the same brokers, with the same faults."""
        self.stream = StreamHub(self.kis)
        self.kiwoom_stream = KiwoomStreamHub(self.kiwoom, faults=self.stream.faults)

    @property
    def mode(self) -> str:
        """`vts` or `real`: which of the broker's two services is played."""
        return self.kis.profile.mode


def build_world(settings: WorldSettings) -> World:
    """Build a world. Raises DataError for a bad price file and ValueError for bad settings."""
    if settings.profile not in PROFILES:
        raise ValueError(f"profile is one of {sorted(PROFILES)}, not {settings.profile!r}")
    if settings.broker not in BROKERS:
        raise ValueError(f"broker is one of {BROKERS}, not {settings.broker!r}")
    if settings.seed < 0:
        raise ValueError(f"--seed는 0 이상입니다 · the seed is 0 or more, not {settings.seed}")
    if settings.adjusted is not None and settings.prices is None:
        raise ValueError("--adjusted에는 --prices가 필요합니다 · --adjusted needs --prices")
    prices, start, universe = _market(settings)
    clock = BusinessClock(start, rate=settings.rate)
    multiples = {code: multiple for code, (_, multiple) in GEARED.items()}
    exchange = Exchange(prices, opening_cash_won=settings.opening_cash_won, multiples=multiples)
    faults = FaultPlan()
    kis = KisState(
        exchange,
        prices,
        PROFILES[settings.profile],
        requests_per_second=settings.requests_per_second,
        ledger_per_second=settings.ledger_per_second,
        accepts_old=settings.accepts_old,
        adds_fields=settings.adds_fields,
        faults=faults,
    )
    kiwoom = KiwoomState(
        exchange,
        prices,
        KIWOOM_PROFILES[settings.profile],
        requests_per_second=settings.requests_per_second,
        faults=faults,
        disparities=kis.disparities,
    )
    return World(clock, prices, exchange, kis, kiwoom, universe, settings.broker)


def _market(settings: WorldSettings) -> tuple[PriceSource, datetime | None, tuple[str, ...]]:
    if settings.prices is not None:
        return _replay(settings, settings.prices)
    start = settings.start or (_morning(settings.day) if settings.day else None)
    first = start.date() if start else datetime.now(KST).date()
    names = synthetic_symbols()
    if settings.symbols is not None:
        known = all_names()
        names = {code: known.get(code, code) for code in settings.symbols}
    return SyntheticMarket(settings.seed, names, first), start, tuple(names)[:UNIVERSE_MAX]


def _replay(
    settings: WorldSettings, path: Path
) -> tuple[PriceSource, datetime | None, tuple[str, ...]]:
    day = settings.day or (settings.start.date() if settings.start else None)
    if day is None:
        raise ValueError("a replay needs the day to start from (--date)")
    bars = BarFile(
        path,
        adjusted=settings.adjusted,
        names=all_names(),
        symbols=settings.symbols,
        start=max(day, date.min + HISTORY) - HISTORY,
        seed=settings.seed,
    )
    if not bars.is_session(day):
        raise DataError(f"{path}: {day} is not a session of this file{_hint(bars, day)}")
    geared = frozenset(GEARED)
    # Too early in a file nothing has a year of history: the day still runs, and the briefing says
    # why nothing can be bought.
    universe = bars.most_traded(day, UNIVERSE_MAX, SESSIONS_MIN, geared) or bars.most_traded(
        day, UNIVERSE_MAX, 1, geared
    )
    if not universe:
        raise DataError(f"{path}: no symbol has a session before {day}{_hint(bars, day)}")
    return bars, settings.start or _morning(day), universe


def _hint(bars: BarFile, day: date) -> str:
    later = [session for session in bars.sessions() if session > day][:1]
    earlier = [session for session in bars.sessions() if session < day][-1:]
    near = ", ".join(str(session) for session in (*earlier, *later))
    return f" (nearest: {near})" if near else " (it has no session near it)"


def _morning(day: date) -> datetime:
    """Return ten minutes before a usual open, when a trader sits down."""
    return datetime.combine(day, time(8, 50), KST)
