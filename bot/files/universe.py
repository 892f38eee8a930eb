"""The instruments to trade, from a file: ``[[universe]]`` entries of a TOML, or a CSV.

The CSV may be one's own (``code,name,asset_class,multiple,tax_type,fee_pct,index``) or the list that
KRX offers for download (단축코드, 한글종목약명, 추적배수, …, in CP949). Whatever is wrong is said with
file, place and reason, in every language.
"""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from enum import Enum
from pathlib import Path

from bot import locales
from core.domain.instrument import Instrument, Symbol, TaxType, symbol
from core.errors import ConfigurationError
from storage.price_files.fault import FileFault, fault_of

BYTES_MAX = 1_000_000
MULTIPLES = (-2, -1, 1, 2)
FEE_BPS_MAX = 500
_TOML_KEYS: Mapping[str, type] = {
    "symbol": str,
    "name": str,
    "asset_class": str,
    "multiple": int,
    "tax_type": str,
    "fee_bps": int,
    "index": str,
}
_REQUIRED = ("symbol", "name")
# What the columns of a CSV are called: ours, the public lists', and KRX's own.
_TITLES: Mapping[str, tuple[str, ...]] = {
    "symbol": ("code", "symbol", "종목코드", "단축코드"),
    "name": ("name", "한글종목약명", "종목명", "한글종목명"),
    "market": ("underlying_market", "기초시장분류"),
    "asset_class": ("asset_class", "underlying_asset", "기초자산분류"),
    "multiple": ("multiple", "추적배수"),
    "tax_type": ("tax_type", "과세유형"),
    "fee_pct": ("fee_pct", "총보수"),
    "index": ("index", "기초지수명"),
}
_MULTIPLE_WORDS = re.compile(r"(?P<size>[12])?X?\s*(?P<kind>레버리지|인버스)(\s*\(-?[12]\))?")
# A note of whoever made a list that the type follows from a rule and was not read.
_UNCONFIRMED = "(미확인"
# Where tomllib says that it stumbled.
_TOML_LINE = re.compile(r"at line (?P<line>\d+)")
_GEARED_NAME = re.compile(r"레버리지|인버스|2X")
# Their gain is taxed although what they hold is Korean equity.
_TAXED_NAME = re.compile(r"액티브|커버드콜|TR\b")


class Doubt(Enum):
    """What may be wrong though it can be read. The locale files hold a sentence per member."""

    TAX_UNCONFIRMED = "tax_unconfirmed"
    TAX_UNKNOWN = "tax_unknown"
    TAX_UNLIKELY = "tax_unlikely"


@dataclass(frozen=True, slots=True)
class Universe:
    """What a file lists. `excluded` are leveraged and inverse ones: they are never ranked."""

    path: Path
    instruments: tuple[Instrument, ...]
    doubts: tuple[tuple[Symbol, Doubt], ...] = ()

    @property
    def plain(self) -> tuple[Instrument, ...]:
        """The instruments that a strategy may buy."""
        return tuple(item for item in self.instruments if item.is_plain)

    @property
    def excluded(self) -> tuple[Instrument, ...]:
        """Leveraged and inverse instruments."""
        return tuple(item for item in self.instruments if not item.is_plain)


def read_universe(path: Path) -> Universe:
    """Read a ``.toml`` with ``[[universe]]`` entries, or a CSV. Raises ConfigurationError."""
    text = text_of(path)
    if path.suffix.lower() != ".toml":
        return _collected(path, _rows(path, text))
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = _TOML_LINE.search(str(error))
        where = f"{path}:{line['line']}" if line else str(path)
        raise _error(where, "not_toml", error=error) from error
    return universe_of(path, document.get("universe", []))


def universe_of(path: Path, entries: object) -> Universe:
    """Return the universe of parsed ``[[universe]]`` entries. Raises ConfigurationError."""
    if not isinstance(entries, list) or not entries:
        raise _error(f"{path}: universe", "empty")
    return _collected(path, _entries(path, entries))


_OPENING: Mapping[FileFault, str] = {
    FileFault.ABSENT: "absent",
    FileFault.FOLDER: "folder",
    FileFault.FORBIDDEN: "forbidden",
}


def text_of(path: Path) -> str:
    """Return the text of a file, with or without a byte order mark, UTF-8 or CP949.

    Raises ConfigurationError in every language.
    """
    try:
        if path.stat().st_size > BYTES_MAX:
            raise _error(str(path), "too_large", limit=BYTES_MAX)
        raw = path.read_bytes()
    except OSError as error:
        fault = fault_of(error)
        what = _OPENING.get(fault, "unreadable")
        raise _error(str(path), what, error=error.strerror or error) from error
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass  # KRX's downloads are CP949
    try:
        return raw.decode("cp949")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise _error(f"{path}:{line}", "encoding") from error


Found = tuple[str, Instrument, tuple[Doubt, ...]]


def _collected(path: Path, found: Iterator[Found]) -> Universe:
    items: dict[Symbol, Instrument] = {}
    doubts: list[tuple[Symbol, Doubt]] = []
    for where, item, open_points in found:
        if item.symbol in items:
            raise _error(f"{where}.symbol", "twice", symbol=item.symbol)
        items[item.symbol] = item
        doubts += [(item.symbol, doubt) for doubt in open_points]
    if not items:
        raise _error(str(path), "empty")
    return Universe(path, tuple(items.values()), tuple(doubts))


def _entries(path: Path, entries: list[object]) -> Iterator[Found]:
    for number, entry in enumerate(entries, start=1):
        where = f"{path}: universe[{number}]"
        if not isinstance(entry, dict):
            raise _error(where, "no_table")
        for key in sorted(entry.keys() - _TOML_KEYS.keys()):
            raise _error(f"{where}.{key}", "unknown_key")
        for key in _REQUIRED:
            if not entry.get(key):
                raise _error(f"{where}.{key}", "missing")
        for key, value in entry.items():
            if type(value) is not _TOML_KEYS[key]:
                wanted = "text" if _TOML_KEYS[key] is str else "number"
                raise _error(f"{where}.{key}", f"no_{wanted}", value=repr(value))
        if entry.get("multiple", 1) not in MULTIPLES:
            raise _error(f"{where}.multiple", "multiple", value=entry["multiple"])
        fee = entry.get("fee_bps", 0)
        if not 0 <= fee <= FEE_BPS_MAX:
            raise _error(f"{where}.fee_bps", "fee_bps", limit=FEE_BPS_MAX, value=fee)
        yield _made(where, {**entry, "multiple": entry.get("multiple", 1), "fee_bps": fee})


def _rows(path: Path, text: str) -> Iterator[Found]:
    lines = _lines(path, text)
    _, titles_row = next(lines, (0, list[str]()))
    header = [title.strip().lower() for title in titles_row]
    places = {
        key: header.index(title)
        for key, titles in _TITLES.items()
        if (title := next((one for one in titles if one in header), None)) is not None
    }
    if "symbol" not in places:
        known = ", ".join(_TITLES["symbol"])
        raise _error(str(path), "no_code_column", known=known)
    for number, row in lines:
        where = f"{path}:{number}"
        if not any(field.strip() for field in row):
            continue
        if len(row) != len(header):
            raise _error(where, "columns", wanted=len(header), found=len(row))
        yield _made(where, _facts(where, {key: row[at].strip() for key, at in places.items()}))


def _lines(path: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a CSV with the number of their last line."""
    reader = csv.reader(text.splitlines())
    try:
        for row in reader:
            yield reader.line_num, row
    except csv.Error as error:
        raise _error(f"{path}:{reader.line_num}", "not_csv", error=error) from error


def _facts(where: str, row: Mapping[str, str]) -> dict[str, object]:
    """Return a CSV row as the facts of a TOML entry."""
    code = row["symbol"]
    classes = (row.get("market", ""), row.get("asset_class", ""))
    return {
        # Spreadsheets lose leading zeros; a code of digits alone has six of them.
        "symbol": code.zfill(6) if code.isascii() and code.isdecimal() else code,
        "name": row.get("name") or code,
        "asset_class": " ".join(part for part in classes if part),
        "multiple": _multiple(where, row.get("multiple", "")),
        "tax_type": row.get("tax_type", ""),
        "fee_bps": _fee_bps(where, row.get("fee_pct", "")),
        "index": row.get("index", ""),
    }


def _multiple(where: str, text: str) -> int:
    """Read the index multiple as KRX writes it (``2X 레버리지``, ``1X 인버스 (-1)``) or as a number."""
    if text in {"", "일반"} or text.startswith("일반"):
        return 1
    words = _MULTIPLE_WORDS.fullmatch(text)
    if words is not None:
        if words["kind"] == "레버리지":
            return 2
        return -int(words["size"] or 1)
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number not in MULTIPLES:
        raise _error(f"{where}.multiple", "multiple", value=text)
    return number


def _fee_bps(where: str, text: str) -> int:
    """Read a yearly fee in per cent as whole basis points, halves up."""
    try:
        exact = Decimal(text.removesuffix("%") or 0) * 100
        bps = int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))
    except (InvalidOperation, ValueError, OverflowError):
        raise _error(f"{where}.fee_pct", "fee_pct", value=text) from None
    if not 0 <= bps <= FEE_BPS_MAX:
        raise _error(f"{where}.fee_pct", "fee_pct", value=text)
    return bps


def _made(where: str, facts: Mapping[str, object]) -> Found:
    try:
        code = symbol(str(facts["symbol"]))
    except ValueError:
        raise _error(f"{where}.symbol", "code", value=facts["symbol"]) from None
    name, multiple = str(facts["name"]), int(str(facts["multiple"]))
    if multiple == 1 and _GEARED_NAME.search(name):
        # A leveraged fund among plain ones would be bought: better to ask.
        raise _error(f"{where}.multiple", "geared_name", name=name)
    written = str(facts.get("tax_type", ""))
    tax_type = _tax_type(where, written)
    item = Instrument(
        symbol=code,
        name=name,
        asset_class=str(facts.get("asset_class", "")),
        multiple=multiple,
        tax_type=tax_type,
        fee_bps=int(str(facts["fee_bps"])),
        index=str(facts.get("index", "")),
    )
    return where, item, tuple(_doubts(item, written))


def _tax_type(where: str, written: str) -> TaxType:
    """Return the tax type; where none is given the gain counts as taxed, the dearer assumption."""
    plain = written.split(_UNCONFIRMED, maxsplit=1)[0].strip()
    if not plain:
        return TaxType.HOLDING_PERIOD
    try:
        return TaxType(plain)
    except ValueError:
        known = ", ".join(item.value for item in TaxType)
        raise _error(f"{where}.tax_type", "tax_type", value=repr(plain), known=known) from None


def _doubts(item: Instrument, written: str) -> Iterator[Doubt]:
    if not written:
        yield Doubt.TAX_UNKNOWN
    if _UNCONFIRMED in written:
        yield Doubt.TAX_UNCONFIRMED
    if not item.tax_type.gain_is_taxed and _TAXED_NAME.search(item.name):
        yield Doubt.TAX_UNLIKELY


def _error(where: str, what: str, /, **values: object) -> ConfigurationError:
    return ConfigurationError(locales.in_all(f"universe.{what}", where=where, **values))
