"""Which broker, with which prices: the one place that chooses an adapter by the settings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bot.settings import Settings
from core.domain.instrument import Instrument
from core.domain.modes import Mode
from core.errors import ConfigurationError, DataError
from core.ports.broker import BrokerAdapter
from core.ports.clock import Clock
from core.runtime.token_store import token_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Brokerage:
    """The adapter, the key its token is kept under, and what messages call its prices."""

    adapter: BrokerAdapter
    token_key: str
    prices_label: str


def open_brokerage(
    settings: Settings, clock: Clock, universe: tuple[Instrument, ...], *, kis_url: str = ""
) -> Brokerage:
    """Build the adapter that the settings name. `kis_url` replaces the host (sandbox only).

    Raises ConfigurationError; never another broker than the one named.
    """
    if settings.broker == "sim":
        return _simulated(settings, clock, universe)
    return _kis(settings, clock, kis_url)


def _kis(settings: Settings, clock: Clock, kis_url: str) -> Brokerage:
    from brokers.kis.account import KisAccount
    from brokers.kis.broker import open_kis

    vts = settings.mode is Mode.VTS
    prefix = "kis_vts" if vts else "kis_real"
    app_key = getattr(settings, f"{prefix}_app_key").get_secret_value()
    try:
        account = KisAccount(
            mode=settings.mode,
            app_key=app_key,
            app_secret=getattr(settings, f"{prefix}_app_secret").get_secret_value(),
            account_no=getattr(settings, f"{prefix}_account_no"),
            product_code=getattr(settings, f"{prefix}_acnt_prdt_cd"),
            base_url=(kis_url or getattr(settings, f"{prefix}_base_url")).rstrip("/"),
            use_hashkey=settings.kis_use_hashkey,
        )
    except ValueError as error:
        raise ConfigurationError(f"{prefix.upper()}_…: {error}") from None
    label = "KIS 모의투자" if vts else "KIS"
    return Brokerage(
        adapter=open_kis(account, clock),
        token_key=token_key(app_key, settings.mode),
        prices_label=label,
    )


def _simulated(settings: Settings, clock: Clock, universe: tuple[Instrument, ...]) -> Brokerage:
    from brokers.sim.adapter import SimBroker, SimTerms
    from brokers.sim.prices_csv import BarFile
    from brokers.sim.prices_synthetic import SyntheticMarket
    from brokers.sim.values import PriceSource

    names = {str(item.symbol): item.name for item in universe}
    prices: PriceSource
    if settings.sim_prices_file:
        adjusted = settings.sim_adjusted_file
        try:
            prices = BarFile(
                Path(settings.sim_prices_file),
                adjusted=Path(adjusted) if adjusted else None,
                names=names,
                symbols=names,
            )
        except DataError as error:
            raise ConfigurationError(f"SIM_PRICES_FILE: {error}") from error
    else:
        prices = SyntheticMarket(settings.sim_seed, names, clock.now().date())
    terms = SimTerms(
        opening_cash_won=settings.sim_cash_krw,
        commission_rate=settings.commission_percent / 100,
        taxed=frozenset(str(i.symbol) for i in universe if i.tax_type.gain_is_taxed),
    )
    adapter = SimBroker.open_account(prices, clock, settings.data_dir / "sim-account.json", terms)
    return Brokerage(
        adapter=adapter, token_key=token_key("sim", Mode.SIM), prices_label=prices.label
    )
