"""One answer held against its setting: what is wrong with it, in the person's language."""

from __future__ import annotations

from pydantic import ValidationError

from bot.settings import Settings
from core.ports.phrases import Phrases

_KEYS = {
    "greater_than": "init.fault_above",
    "greater_than_equal": "init.fault_least",
    "less_than_equal": "init.fault_most",
}
_BOUNDS = ("gt", "ge", "le")


def fault_of(name: str, value: str, phrases: Phrases) -> str | None:
    """Return why `value` cannot be the setting `name`, or None when it can."""
    field = name.lower()
    try:
        Settings.model_validate({field: value})
    except ValidationError as error:
        found = [one for one in error.errors(include_url=False) if one["loc"][:1] == (field,)]
        if not found:
            return None
        return _worded(str(found[0]["type"]), field, found[0].get("ctx") or {}, phrases)
    return None


def _worded(kind: str, field: str, context: dict[str, object], phrases: Phrases) -> str:
    if field.endswith(("_id", "_ids")) and field.startswith("discord_"):
        return phrases.say("init.fault_id")
    if field.endswith("_account_no"):
        return phrases.say("init.fault_account")
    if kind in _KEYS:
        bound = next(context[one] for one in _BOUNDS if one in context)
        return phrases.say(_KEYS[kind], bound=bound)
    if field.endswith(("_krw", "_limit")):
        return phrases.say("init.fault_whole")
    return phrases.say("init.fault_other")
