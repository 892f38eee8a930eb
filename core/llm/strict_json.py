"""Reading what a model wrote into a tool call: one JSON value, no key twice, no NaN."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TypeVar

from pydantic import ValidationError

from core.errors import ModelError
from core.ports.model import ToolCall

T = TypeVar("T")


def read_strictly(call: ToolCall, read: Callable[[object], T]) -> T:
    """Return what `read` makes of a call's arguments.

    Raises ModelError, with reasons that a model can repair from, when they are no JSON, repeat a
    key, or `read` raises ModelError or ValidationError.
    """
    try:
        content = json.loads(
            call.arguments or "{}", object_pairs_hook=_unique, parse_constant=_refuse_constant
        )
        return read(content)
    except ModelError as error:
        raise ModelError(f"{call.name}: {error}") from error
    except ValidationError as error:
        raise ModelError(f"{call.name}: {_reasons(error)}") from error
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{call.name}: not valid JSON: {str(error)[:120]}") from error


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key appears twice")
    return result


def _refuse_constant(text: str) -> object:
    raise ValueError(f"{text} is not a number")


def _reasons(error: ValidationError) -> str:
    problems = error.errors(include_url=False, include_input=False, include_context=False)
    return "; ".join(
        f"{'.'.join(str(part) for part in problem['loc']) or 'arguments'}: {problem['msg']}"
        for problem in problems[:5]
    )
