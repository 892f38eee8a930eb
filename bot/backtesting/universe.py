"""Who may be bought: from --symbols, or from a universe file (TOML of the strategy, or CSV)."""

from __future__ import annotations

import csv
from decimal import Decimal, InvalidOperation
from pathlib import Path

from bot.strategy_file import SEED_FILE, instruments_of
from core.domain.instrument import Instrument, Symbol, TaxType, symbol
from core.errors import ConfigurationError, DataError

_CODES = ("code", "symbol", "종목코드", "단축코드")
# The KRX list writes the index multiple in words.
_UNCONFIRMED = "(미확인"
_MULTIPLES = {"": 1, "일반": 1}


def symbols_of(text: str) -> tuple[Symbol, ...]:
    """Return the codes of a comma-separated list; lost leading zeros come back.

    Raises ConfigurationError for what is no KRX code and for an empty list.
    """
    found: dict[Symbol, None] = {}
    for part in text.split(","):
        code = part.strip()
        if not code:
            continue
        try:
            found[symbol(code.zfill(6) if code.isdecimal() else code)] = None
        except ValueError as error:
            raise ConfigurationError(f"--symbols: {error}") from None
    if not found:
        raise ConfigurationError("--symbols: no code given")
    return tuple(found)


def known_instruments() -> tuple[Instrument, ...]:
    """Return the universe that the bot ships with: what is known of well-known codes."""
    return instruments_of(SEED_FILE)


def read_universe(path: Path) -> tuple[Instrument, ...]:
    """Return the instruments of a file, leveraged and inverse ones included.

    Raises ConfigurationError or DataError with file, place and reason.
    """
    if path.suffix == ".toml":
        return instruments_of(path)
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: cannot be read: {error}") from error
    found = {}
    for line, row in enumerate(rows, start=2):
        item = _instrument(
            path, line, {str(key).strip(): value or "" for key, value in row.items()}
        )
        if item.symbol in found:
            raise DataError(f"{path}, line {line}: {item.symbol} is listed twice")
        found[item.symbol] = item
    if not found:
        raise DataError(f"{path}: lists no instrument")
    return tuple(found.values())


def _instrument(path: Path, line: int, row: dict[str, str]) -> Instrument:
    code = next((row[name] for name in _CODES if row.get(name)), "").strip()
    try:
        return Instrument(
            symbol=symbol(code.zfill(6) if code.isdecimal() else code),
            name=row.get("name", "").strip() or code,
            asset_class=row.get("underlying_asset", "").strip(),
            multiple=_multiple(row.get("multiple", "").strip()),
            tax_type=_tax_type(row.get("tax_type", "")),
            fee_bps=round(Decimal(row.get("fee_pct", "").strip() or 0) * 100),
        )
    except (ValueError, InvalidOperation) as error:
        raise DataError(f"{path}, line {line}: {error}") from None


def _tax_type(text: str) -> TaxType:
    """Return the type without a note that it is not confirmed; unknown is taxed."""
    plain = text.split(_UNCONFIRMED, maxsplit=1)[0].strip()
    return TaxType(plain) if plain else TaxType.HOLDING_PERIOD


def _multiple(text: str) -> int:
    if text in _MULTIPLES:
        return _MULTIPLES[text]
    if "인버스" in text:
        return -2 if "2" in text else -1
    if "레버리지" in text:
        return 2
    return int(text)
