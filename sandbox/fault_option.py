"""`--faults FILE|SEED`: what goes wrong at a broker's server from its first request on.

A number is the seed of two coins: one answer in twenty and one data message in a hundred goes
wrong, in any way. A file is a JSON object of the bodies that the control paths take:

    {"faults": [{"path": "order-cash", "faults": ["accept_then_drop", {"delay": 3}]},
                {"seed": 7, "rate": 0.05, "kinds": ["egw00215"]}],
     "stream": [{"faults": ["drop"]}]}
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from core.errors import DataError

from . import steering, stream_faults
from .kis.faults import AFTER, BEFORE
from .world import World

REST_RATE = 0.05
STREAM_RATE = 0.01
DELAY_SECONDS = 1

_DELAY = {"delay": DELAY_SECONDS}
_ACTS: dict[str, Callable[[World, dict[str, object]], dict[str, object]]] = {
    "faults": steering.faults,
    "stream": steering.stream,
}


def plan(world: World, given: str) -> None:
    """Plan the faults that `given`, a file's name or a seed, asks for.

    Raises DataError for a file of another form, and ValueError for a fault that is none.
    """
    if given.isascii() and given.isdigit():
        _by_seed(world, int(given))
        return
    document = _read(Path(given))
    for name, bodies in document.items():
        if name not in _ACTS:
            raise ValueError(f"{given}: {name!r} is none of {sorted(_ACTS)}")
        if not isinstance(bodies, list):
            raise DataError(f"{given}: {name} is a list")
        for body in bodies:
            _ACTS[name](world, steering.as_object(body))


def _by_seed(world: World, seed: int) -> None:
    world.kis.faults.seed(seed, REST_RATE, [*sorted((BEFORE | AFTER) - {"delay"}), _DELAY])
    world.stream.faults.seed(seed, STREAM_RATE, [*sorted(stream_faults.KINDS - {"delay"}), _DELAY])


def _read(path: Path) -> dict[str, object]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: no JSON ({error})") from error
    if not isinstance(document, dict):
        raise DataError(f"{path}: a JSON object is expected")
    return document
