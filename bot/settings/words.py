"""Wrong settings in our own words: the key, and what is wanted of it."""

from __future__ import annotations

from collections.abc import Mapping

_WANTED = {
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "must be a shorter whole number",
    "int_from_float": "must be a whole number",
    "decimal_type": "must be a number",
    "decimal_parsing": "must be a number",
    "finite_number": "must be a finite number",
}
_NAMED = {"KIS_HTS_ID": "must be the id of your HTS login: at most 40 characters, no blanks"}
_LIMITS = {
    "greater_than": ("above", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than_equal": ("at most", "le"),
}


def fault_text(item: Mapping[str, object]) -> str:
    """Return `NAME: what it must be` for one of pydantic's faults; never what was given."""
    location = item.get("loc")
    name = str(location[0]).upper() if isinstance(location, tuple) and location else "setting"
    return f"{name}: {_wanted(str(item.get('type')), name, item)}"


def _wanted(kind: str, name: str, item: Mapping[str, object]) -> str:
    """Return what the setting must be, in our words: pydantic's name types, not settings."""
    given = item.get("ctx")
    limits: Mapping[str, object] = given if isinstance(given, dict) else {}
    fixed = _NAMED.get(name)
    if fixed is None and name.endswith(("_ID", "_IDS")):
        fixed = "must be a number above 0 (copied by 'Copy ID' in Discord)"
    fixed = fixed or _WANTED.get(kind)
    if fixed is not None:
        return fixed
    if kind in _LIMITS:
        word, key = _LIMITS[kind]
        return f"must be {word} {limits.get(key)}"
    if kind == "literal_error":
        return f"must be {limits.get('expected')}"
    if kind == "string_pattern_mismatch":
        digits = "8" if name.endswith("_ACCOUNT_NO") else "2"
        return f"must be {digits} digits"
    return str(item.get("msg")).removeprefix("Value error, ")
