"""The one home of background tasks: named, owned, and never silently dead."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine

import structlog

_LOG = structlog.get_logger(__name__)
STOP_SECONDS = 10.0

FailureHook = Callable[[str, BaseException], Awaitable[None]]


class TaskSupervisor:
    """Starts tasks, keeps them referenced, reports failures, and ends them in bounded time."""

    def __init__(self, on_failure: FailureHook | None = None) -> None:
        """`on_failure` is told (task name, exception) once per failed task."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._on_failure = on_failure

    def report_to(self, on_failure: FailureHook) -> None:
        """Set who is told about failures (the alert surface exists later than the supervisor)."""
        self._on_failure = on_failure

    def start(self, name: str, coroutine: Coroutine[object, object, None]) -> asyncio.Task[None]:
        """Run `coroutine` as a task named `name`."""
        task = asyncio.get_running_loop().create_task(self._guard(name, coroutine), name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        # A task that is cancelled before its first step never awaits what it was given.
        task.add_done_callback(lambda _task: coroutine.close())
        return task

    async def _guard(self, name: str, coroutine: Coroutine[object, object, None]) -> None:
        try:
            await coroutine
        except asyncio.CancelledError:
            raise
        except Exception as error:  # the one place where a task's failure is given a consequence
            _LOG.exception("task failed", task=name)
            await self._tell(name, error)

    async def _tell(self, name: str, error: Exception) -> None:
        if self._on_failure is None:
            return
        try:
            await self._on_failure(name, error)
        except Exception:  # whoever is told may be broken too; the log has it
            _LOG.exception("failure could not be told", task=name)

    def names(self) -> tuple[str, ...]:
        """Return the names of running tasks, sorted."""
        return tuple(sorted(task.get_name() for task in self._tasks))

    async def aclose(self) -> None:
        """Cancel every task and wait up to `STOP_SECONDS` for them to end."""
        tasks = [task for task in self._tasks if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        if tasks:
            _done, late = await asyncio.wait(tasks, timeout=STOP_SECONDS)
            for task in late:
                _LOG.error("task did not stop", task=task.get_name())
