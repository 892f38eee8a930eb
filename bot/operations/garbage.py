"""What Python's garbage collector need not look at."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collections_put_off() -> Iterator[None]:
    """Collect nothing before `start_out_of_collections`, or before the end of the block.

    A start builds what stays; walking it again and again as it grows takes a twelfth of the start.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextmanager
def start_out_of_collections() -> Iterator[None]:
    """Let the garbage collector pass over what the start has built, until the end.

    Modules and graph are some hundred thousand objects that stay: a full collection walks them all
    and holds the loop for a fifth of a second, in the middle of somebody's answer. From here on
    garbage is collected, also where that was put off.
    """
    gc.collect()
    gc.freeze()
    gc.enable()
    try:
        yield
    finally:
        gc.unfreeze()
