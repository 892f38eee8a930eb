"""The strategy file under DATA_DIR: parameters and universe, read once at start."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from core.domain.instrument import Instrument, TaxType, symbol
from core.errors import ConfigurationError
from core.strategy.parameters import AtrMethod, Parameters

FILE_NAME = "strategy.toml"
SEED_FILE = Path(__file__).parent / "defaults" / FILE_NAME
BYTES_MAX = 1_000_000
MULTIPLES = (-2, -1, 1, 2)
FEE_BPS_MAX = 500
_SECTIONS = frozenset({"parameters", "universe"})
_PARAMETERS = frozenset(field.name for field in fields(Parameters))
_INSTRUMENT_KEYS: Mapping[str, type] = {
    "symbol": str,
    "name": str,
    "asset_class": str,
    "multiple": int,
    "tax_type": str,
    "fee_bps": int,
    "index": str,
}
_REQUIRED = ("symbol", "name")


@dataclass(frozen=True, slots=True, kw_only=True)
class StrategySettings:
    """What the file says, and where it lies."""

    path: Path
    parameters: Parameters
    universe: tuple[Instrument, ...]


def load_strategy(data_dir: Path) -> StrategySettings:
    """Read ``strategy.toml`` under `data_dir`, writing the seed first when there is none.

    Raises ConfigurationError naming file, key and reason.
    """
    path = data_dir / FILE_NAME
    try:
        if not path.exists():
            data_dir.mkdir(parents=True, exist_ok=True)
            path.write_text(SEED_FILE.read_text(encoding="utf-8"), encoding="utf-8")
        if path.stat().st_size > BYTES_MAX:
            raise ConfigurationError(f"{path}: larger than {BYTES_MAX:,} bytes")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: cannot be read: {error}") from error
    return read_strategy(path, text)


def read_strategy(path: Path, text: str) -> StrategySettings:
    """Return what `text` says; `path` is named in errors. Raises ConfigurationError."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path}: not valid TOML: {error}") from error
    unknown = sorted(document.keys() - _SECTIONS)
    if unknown:
        raise ConfigurationError(f"{path}: {unknown[0]}: unknown key")
    parameters = _parameters(path, document.get("parameters", {}))
    universe = _universe(path, document.get("universe", []))
    if len(universe) > parameters.universe_max:
        raise ConfigurationError(
            f"{path}: universe: {len(universe)} symbols, at most universe_max = "
            f"{parameters.universe_max}"
        )
    return StrategySettings(path=path, parameters=parameters, universe=universe)


def instruments_of(path: Path) -> tuple[Instrument, ...]:
    """Return the universe of any file of this form, however long. Raises ConfigurationError."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"{path}: cannot be read: {error}") from error
    return _universe(path, document.get("universe", []))


def _parameters(path: Path, table: object) -> Parameters:
    if not isinstance(table, dict):
        raise ConfigurationError(f"{path}: parameters: must be a table")
    unknown = sorted(table.keys() - _PARAMETERS)
    if unknown:
        raise ConfigurationError(f"{path}: parameters.{unknown[0]}: unknown key")
    numbers = dict(table)
    method = numbers.get("atr_method")
    try:
        if isinstance(method, str):
            numbers["atr_method"] = AtrMethod(method)
    except ValueError:
        known = ", ".join(item.value for item in AtrMethod)
        raise ConfigurationError(
            f"{path}: parameters.atr_method: must be one of {known}, got {method!r}"
        ) from None
    try:
        return Parameters(**numbers)
    except ValueError as error:
        raise ConfigurationError(f"{path}: parameters.{error}") from error


def _universe(path: Path, entries: object) -> tuple[Instrument, ...]:
    if not isinstance(entries, list) or not entries:
        raise ConfigurationError(f"{path}: universe: must list at least one [[universe]] entry")
    found: dict[str, Instrument] = {}
    for number, entry in enumerate(entries, start=1):
        where = f"{path}: universe[{number}]"
        instrument = _instrument(where, entry)
        if instrument.symbol in found:
            raise ConfigurationError(f"{where}.symbol: {instrument.symbol} is listed twice")
        found[instrument.symbol] = instrument
    return tuple(found.values())


def _instrument(where: str, entry: object) -> Instrument:
    if not isinstance(entry, dict):
        raise ConfigurationError(f"{where}: must be a table")
    for key in sorted(entry.keys() - _INSTRUMENT_KEYS.keys()):
        raise ConfigurationError(f"{where}.{key}: unknown key")
    for key in _REQUIRED:
        if not entry.get(key):
            raise ConfigurationError(f"{where}.{key}: missing")
    for key, value in entry.items():
        kind = _INSTRUMENT_KEYS[key]
        if type(value) is not kind:
            raise ConfigurationError(f"{where}.{key}: must be {_words(kind)}, got {value!r}")
    if entry.get("multiple", 1) not in MULTIPLES:
        raise ConfigurationError(f"{where}.multiple: must be one of {MULTIPLES}")
    if not 0 <= entry.get("fee_bps", 0) <= FEE_BPS_MAX:
        raise ConfigurationError(f"{where}.fee_bps: must be 0 to {FEE_BPS_MAX}")
    return _made(where, entry)


def _made(where: str, entry: Mapping[str, object]) -> Instrument:
    facts = dict(entry)
    try:
        code = symbol(str(facts.pop("symbol")))
    except ValueError as error:
        raise ConfigurationError(f"{where}.symbol: {error}") from error
    tax = facts.pop("tax_type", TaxType.HOLDING_PERIOD.value)
    try:
        tax_type = TaxType(tax)
    except ValueError as error:
        known = ", ".join(item.value for item in TaxType)
        raise ConfigurationError(f"{where}.tax_type: {tax!r} is none of: {known}") from error
    return Instrument(
        symbol=code,
        name=str(facts["name"]),
        asset_class=str(facts.get("asset_class", "")),
        multiple=int(str(facts.get("multiple", 1))),
        tax_type=tax_type,
        fee_bps=int(str(facts.get("fee_bps", 0))),
        index=str(facts.get("index", "")),
    )


def _words(kind: type) -> str:
    return "text" if kind is str else "a whole number"
