"""What Python's garbage collector need not look at."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def start_out_of_collections() -> Iterator[None]:
    """Let the garbage collector pass over what the start has built, until the end.

    Modules and graph are some hundred thousand objects that stay: a full collection walks them all
    and holds the loop for a fifth of a second, in the middle of somebody's answer.
    """
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
