"""The strategy file under DATA_DIR: parameters and universe, read once at start."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from bot import locales
from bot.universe_file import Universe, read_universe, universe_of
from core.domain.instrument import Instrument
from core.errors import ConfigurationError
from core.strategy.parameters import AtrMethod, Parameters

FILE_NAME = "strategy.toml"
SEED_FILE = Path(__file__).parent / "defaults" / FILE_NAME
BYTES_MAX = 1_000_000
_SECTIONS = frozenset({"parameters", "universe", "universe_file"})
_PARAMETERS = frozenset(field.name for field in fields(Parameters))


@dataclass(frozen=True, slots=True, kw_only=True)
class StrategySettings:
    """What the file says, and where it lies."""

    path: Path
    parameters: Parameters
    listed: Universe

    @property
    def universe(self) -> tuple[Instrument, ...]:
        """Every instrument that is listed, leveraged and inverse ones too; those are never ranked."""
        return self.listed.instruments


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
    listed = _listed(path, document)
    if len(listed.instruments) > parameters.universe_max:
        raise ConfigurationError(
            locales.in_all(
                "universe.too_many",
                where=f"{path}: universe",
                count=len(listed.instruments),
                limit=parameters.universe_max,
            )
        )
    return StrategySettings(path=path, parameters=parameters, listed=listed)


def _listed(path: Path, document: Mapping[str, object]) -> Universe:
    """Return the entries of the file, or of the file that it names (beside it, or anywhere)."""
    named = document.get("universe_file")
    if named is None:
        return universe_of(path, document.get("universe", []))
    if "universe" in document:
        raise ConfigurationError(locales.in_all("universe.both", where=path))
    if not isinstance(named, str) or not named:
        where = f"{path}: universe_file"
        raise ConfigurationError(locales.in_all("universe.no_text", where=where, value=repr(named)))
    return read_universe(path.parent / named)


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
