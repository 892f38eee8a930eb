"""The strategy file under DATA_DIR: parameters and universe, read once at start."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from bot import locales
from bot.files.universe import Universe, read_universe, text_of, universe_of
from core.domain.instrument import Instrument
from core.errors import ConfigurationError
from core.strategy.parameters import RANGES, AtrMethod, Parameters

FILE_NAME = "strategy.toml"
SEED_FILE = Path(__file__).parents[1] / "defaults" / FILE_NAME
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
    except OSError as error:
        raise _error(str(path), "unwritable", error=error.strerror or error) from error
    return read_strategy(path, text_of(path))


def read_strategy(path: Path, text: str) -> StrategySettings:
    """Return what `text` says; `path` is named in errors. Raises ConfigurationError."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _error(str(path), "not_toml", error=error) from error
    unknown = sorted(document.keys() - _SECTIONS)
    if unknown:
        raise _error(f"{path}: {unknown[0]}", "unknown_key")
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
    where = f"{path}: parameters"
    if not isinstance(table, dict):
        raise _error(where, "no_table")
    unknown = sorted(table.keys() - _PARAMETERS)
    if unknown:
        raise _error(f"{where}.{unknown[0]}", "unknown_key")
    numbers = dict(table)
    method = numbers.pop("atr_method", None)
    if method is not None:
        numbers["atr_method"] = _method(f"{where}.atr_method", method)
    for name, (low, high) in RANGES.items():
        value = numbers.get(name, low)
        if type(value) is not int:
            raise _error(f"{where}.{name}", "no_number", value=repr(value))
        if not low <= value <= high:
            raise _error(f"{where}.{name}", "range", low=low, high=high, value=value)
    try:
        return Parameters(**numbers)
    except ValueError as error:  # each number is in its range: what is left is skip and formation
        raise _error(f"{where}.skip", "skip") from error


def _method(where: str, written: object) -> AtrMethod:
    known = {item.value: item for item in AtrMethod}
    if not isinstance(written, str) or written not in known:
        raise _error(where, "method", known=", ".join(known), value=repr(written))
    return known[written]


def _error(where: str, what: str, /, **values: object) -> ConfigurationError:
    return ConfigurationError(locales.in_all(f"strategy_file.{what}", where=where, **values))
