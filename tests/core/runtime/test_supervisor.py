from __future__ import annotations

import asyncio

import pytest

from core.runtime import supervisor as module
from core.runtime.supervisor import TaskSupervisor


async def for_ever():
    await asyncio.Event().wait()


async def fails():
    raise ValueError("broken")


async def test_tasks_have_names_and_leave_when_done():
    supervisor = TaskSupervisor()
    task = supervisor.start("b", for_ever())
    supervisor.start("a", for_ever())
    assert supervisor.names() == ("a", "b")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert supervisor.names() == ("a",)
    await supervisor.aclose()
    await asyncio.sleep(0)
    assert supervisor.names() == ()


async def test_a_failure_is_told_once_with_its_name():
    told = []

    async def tell(name, error):
        told.append((name, str(error)))

    supervisor = TaskSupervisor()
    supervisor.report_to(tell)
    await supervisor.start("poller", fails())
    assert told == [("poller", "broken")]


async def test_nobody_to_tell_or_somebody_broken_ends_the_task_quietly():
    async def broken(name, error):
        raise RuntimeError("deaf")

    await TaskSupervisor().start("poller", fails())
    await TaskSupervisor(broken).start("poller", fails())


async def test_a_task_cancelled_before_its_first_step_leaves_nothing_unawaited():
    supervisor = TaskSupervisor()
    task = supervisor.start("early", for_ever())
    task.cancel()
    await supervisor.aclose()
    assert task.cancelled()


async def test_closing_is_bounded_and_spares_the_caller(monkeypatch):
    monkeypatch.setattr(module, "STOP_SECONDS", 0.01)
    release = asyncio.Event()
    supervisor = TaskSupervisor()
    ended = []

    async def stubborn():
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue

    async def closer():
        await asyncio.sleep(0)
        await supervisor.aclose()
        ended.append("closer")

    late = supervisor.start("stubborn", stubborn())
    await supervisor.start("closer", closer())
    assert ended == ["closer"]
    release.set()
    await late
    await supervisor.aclose()


async def test_closing_with_nothing_to_close():
    await TaskSupervisor().aclose()
