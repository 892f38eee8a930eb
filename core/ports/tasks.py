"""Background tasks: every one has a name and an owner."""

from __future__ import annotations

from asyncio import Task
from collections.abc import Coroutine
from typing import Protocol


class Supervisor(Protocol):
    """Owns every background task of the process (core.runtime.supervisor)."""

    def start(self, name: str, coroutine: Coroutine[object, object, None]) -> Task[None]:
        """Run `coroutine` as a task; a failure is logged and reported as an alert."""
