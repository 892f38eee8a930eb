"""Which broker, with which prices: the one place that chooses an adapter by the settings."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from bot import locales
from bot.settings import Settings
from brokers.from_lists import StatementsFromLists
from brokers.unoffered import UnofferedMarketData
from core.domain.instrument import Instrument
from core.domain.modes import Mode
from core.errors import ConfigurationError
from core.ports.broker import AccessToken, AccessTokens, BrokerAdapter
from core.ports.clock import Clock
from core.ports.feed import TickSource
from core.ports.market_data import MarketDataAdapter
from core.ports.statements import StatementsAdapter
from core.runtime.identifiers import SystemIdentifiers
from core.runtime.token_store import token_key

if TYPE_CHECKING:
    from brokers.sim.adapter import SimTerms
    from brokers.sim.bar_fault import BarFileFault
    from brokers.wire.account import BrokerAccount

# Quotes need no account; KIS keys without one still have to be well formed.
NO_ACCOUNT = "00000000"

_Account = TypeVar("_Account", bound="BrokerAccount")


@dataclass(frozen=True, slots=True, kw_only=True)
class Brokerage:
    """The adapter, the key its token is kept under, and what messages call its prices.

    `pace` is the mode, and `paces_of` the broker, whose limits hold for its calls: simulated fills on
    KIS quotes keep to KIS's. `market_data` and `statements` are asked with the adapter's own tokens,
    at that pace. `stream` makes the source of ticks, which may log in with the account's tokens; None
    where ticks come by asking for quotes. `revoke` gives a token back; None where none is given.
    """

    adapter: BrokerAdapter
    statements: StatementsAdapter
    token_key: str
    prices_label: str
    pace: Mode
    market_data: MarketDataAdapter = field(default_factory=UnofferedMarketData)
    paces_of: str = "kis"
    stream: Callable[[AccessTokens], TickSource] | None = None
    revoke: Callable[[AccessToken], Awaitable[None]] | None = None


def open_brokerage(
    settings: Settings,
    clock: Clock,
    universe: tuple[Instrument, ...],
    *,
    kis_url: str = "",
    kiwoom_url: str = "",
    kis_stream_url: str = "",
    kiwoom_stream_url: str = "",
) -> Brokerage:
    """Build the adapter that the settings name. The addresses replace the hosts (sandbox only).

    The addresses of the streams are replaced with them.

    Raises ConfigurationError; never another broker than the one named.
    """
    if settings.broker == "kiwoom":
        return _kiwoom(settings, clock, kiwoom_url, kiwoom_stream_url)
    if settings.broker == "kis":
        made = _kis(settings, settings.mode, clock, kis_url)
        url = kis_stream_url if kis_url else _websocket_url(settings)
        return replace(made, stream=_stream(settings, made.adapter, clock, url))
    if settings.has_kis_quotes:
        return _simulated_on_quotes(settings, clock, universe, kis_url)
    return _simulated(settings, clock, universe)


def _kis(settings: Settings, mode: Mode, clock: Clock, kis_url: str) -> Brokerage:
    from brokers.kis.account import KisAccount
    from brokers.kis.broker import open_kis
    from brokers.kis.market_data import KisMarketData
    from brokers.kis.master import MASTER_FOLDER, MASTER_URL
    from brokers.kis.statements import KisStatements

    account = _account(
        KisAccount,
        settings,
        mode,
        kis_url,
        no_number=NO_ACCOUNT,
        use_hashkey=settings.kis_use_hashkey,
    )
    broker = open_kis(account, clock)
    master_url = kis_url.rstrip("/") + MASTER_FOLDER if kis_url else MASTER_URL
    return Brokerage(
        adapter=broker,
        statements=KisStatements(broker),
        market_data=KisMarketData(broker, master_url),
        token_key=token_key(account.app_key, mode),
        prices_label=_prices("kis_vts" if account.is_vts else "kis", settings),
        pace=mode,
        revoke=broker.revoke_token,
    )


def _kiwoom(settings: Settings, clock: Clock, url: str, stream_url: str) -> Brokerage:
    from bot.brokerage_kiwoom import kiwoom_stream
    from brokers.kiwoom.account import KiwoomAccount
    from brokers.kiwoom.broker import open_kiwoom
    from brokers.kiwoom.market_data import KiwoomMarketData
    from brokers.kiwoom.statements import KiwoomStatements

    account = _account(
        KiwoomAccount, settings, settings.mode, url, sign_requests=settings.kiwoom_sign_requests
    )
    broker = open_kiwoom(account, clock)
    return Brokerage(
        adapter=broker,
        statements=KiwoomStatements(broker, clock),
        market_data=KiwoomMarketData(broker),
        # A token is believed for the account it was issued under: another account, another token.
        token_key=token_key(f"{account.app_key}:{account.account_no}", settings.mode),
        prices_label=_prices("kiwoom_vts" if account.is_vts else "kiwoom", settings),
        pace=settings.mode,
        paces_of="kiwoom",
        stream=kiwoom_stream(settings, clock, stream_url if url else None),
        revoke=broker.revoke_token,
    )


def _account(
    kind: type[_Account],
    settings: Settings,
    mode: Mode,
    url: str,
    *,
    no_number: str = "",
    **own: Any,
) -> _Account:
    """Return the account whose keys the settings name; `url` replaces the host (sandbox only).

    `no_number` stands in for an account number that is not given. Raises ConfigurationError.
    """
    prefix = f"{kind.broker}_{'vts' if mode is Mode.VTS else 'real'}"

    def given(name: str) -> Any:
        return getattr(settings, f"{prefix}_{name}")

    try:
        return kind(
            mode=mode,
            app_key=given("app_key").get_secret_value(),
            app_secret=given("app_secret").get_secret_value(),
            account_no=given("account_no") or no_number,
            product_code=given("acnt_prdt_cd"),
            base_url=(url or given("base_url")).rstrip("/"),
            **own,
        )
    except ValueError as error:
        raise ConfigurationError(f"{prefix.upper()}_…: {error}") from None


def _websocket_url(settings: Settings) -> str:
    vts = settings.mode is Mode.VTS
    return settings.kis_vts_websocket_url if vts else settings.kis_real_websocket_url


def _stream(
    settings: Settings, adapter: BrokerAdapter, clock: Clock, url: str
) -> Callable[[AccessTokens], TickSource] | None:
    from brokers.kis.broker import KisBroker
    from brokers.kis.stream import KisStream, StreamTerms

    if not (settings.kis_stream and url and isinstance(adapter, KisBroker)):
        return None
    account = adapter.account_settings
    terms = StreamTerms(
        url=url,
        is_vts=account.is_vts,
        account=account.account_no + account.product_code,
        hts_id=settings.kis_hts_id,
        custtype=account.custtype,
    )
    approval = adapter.issue_approval_key
    return lambda _tokens: KisStream(terms, approval, clock, SystemIdentifiers())


def _simulated_on_quotes(
    settings: Settings, clock: Clock, universe: tuple[Instrument, ...], kis_url: str
) -> Brokerage:
    """Real prices from KIS, simulated fills: nothing is ordered at KIS."""
    from brokers.sim.adapter import SimBroker
    from brokers.sim.quoted import QuotedSimBroker
    from brokers.sim.quoted_prices import QuotedPrices

    quoting = _kis(settings, settings.quoting_mode, clock, kis_url)
    names = {str(item.symbol): item.name for item in universe}
    prices = QuotedPrices("KIS 시세", names)
    path = settings.data_dir / "sim-account-kis.json"
    sim = SimBroker.open_account(prices, clock, path, _terms(settings, universe))
    adapter = QuotedSimBroker(sim, prices, quoting.adapter)
    return Brokerage(
        adapter=adapter,
        statements=StatementsFromLists(adapter, clock),
        market_data=quoting.market_data,
        token_key=quoting.token_key,
        prices_label=_prices("kis_quotes", settings),
        pace=quoting.pace,
        revoke=quoting.revoke,
    )


def _simulated(settings: Settings, clock: Clock, universe: tuple[Instrument, ...]) -> Brokerage:
    from brokers.sim.adapter import SimBroker
    from brokers.sim.bar_fault import BarFileFault
    from brokers.sim.market_data import SimMarketData
    from brokers.sim.prices_csv import BarFile
    from brokers.sim.prices_synthetic import SyntheticMarket
    from brokers.sim.values import PriceSource

    names = {str(item.symbol): item.name for item in universe}
    prices: PriceSource
    label = _prices("invented", settings, seed=settings.sim_seed)
    if settings.sim_prices_file:
        adjusted = settings.sim_adjusted_file
        try:
            prices = BarFile(
                Path(settings.sim_prices_file),
                adjusted=Path(adjusted) if adjusted else None,
                names=names,
                symbols=names,
            )
        except BarFileFault as fault:
            raise ConfigurationError(_in_words(fault, settings.locale)) from fault
        kind = "replay" if adjusted else "replay_one"
        label = _prices(kind, settings, file=Path(settings.sim_prices_file).name)
    else:
        prices = SyntheticMarket(settings.sim_seed, names, clock.now().date())
    path = settings.data_dir / "sim-account.json"
    adapter = SimBroker.open_account(prices, clock, path, _terms(settings, universe))
    return Brokerage(
        adapter=adapter,
        statements=StatementsFromLists(adapter, clock),
        market_data=SimMarketData(adapter),
        token_key=token_key("sim", Mode.SIM),
        prices_label=label,
        pace=Mode.SIM,
    )


def _prices(kind: str, settings: Settings, **values: object) -> str:
    """Return what messages call the prices; a source's own label is kept in files and never worded."""
    return locales.load(settings.locale).say(f"status.prices_{kind}", **values)


def _in_words(fault: BarFileFault, locale: str) -> str:
    phrases = locales.load(locale)
    reason = phrases.say(f"data.replay_{fault.fault.name.lower()}", found=fault.found)
    key = "data.replay_at" if fault.line else "data.replay"
    return phrases.say(key, path=fault.path, line=fault.line, reason=reason)


def _terms(settings: Settings, universe: tuple[Instrument, ...]) -> SimTerms:
    from brokers.sim.adapter import SimTerms

    return SimTerms(
        opening_cash_won=settings.sim_cash_krw,
        commission_rate=settings.commission_percent / 100,
        taxed=frozenset(str(i.symbol) for i in universe if i.tax_type.gain_is_taxed),
    )
