"""What holds for the whole suite: who is measured, who begins first, and the empty database."""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from coverage import Coverage

from storage.migrations.runner import upgrade_here
from tests.fakes.shared_dialect import share_dialect
from tests.fakes.shared_tls import share_tls

share_dialect()
share_tls()
# Drawing a traceback with all its locals takes longer than the test that provokes it.
structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.dev.ConsoleRenderer(
            colors=False, exception_formatter=structlog.dev.plain_traceback
        ),
    ]
)

CHILDREN = "COVERAGE_PROCESS_CONFIG"
# What these test is not measured (the sandbox, the proofs), or they repeat whole what the tests
# of the parts have run line by line.
RESTING = frozenset(
    {"architecture", "benchmarks", "contracts", "prove_selftest", "sandbox", "scenarios"}
)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Let coverage rest during an `untraced` test, and in the processes that it starts.

    Tracing costs more than the code itself. A test that repeats one path thousands of times, or
    starts whole processes, adds no line to what the other tests have run.
    """
    measuring = Coverage.current()
    if measuring is None or item.get_closest_marker("untraced") is None:
        return (yield)
    measuring.stop()
    children = os.environ.pop(CHILDREN, None)
    try:
        return (yield)
    finally:
        if children is not None:
            os.environ[CHILDREN] = children
        measuring.start()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what lies in `RESTING`; put the slow first, every other one into the second half.

    `--dist worksteal` gives each of two workers one half to begin with, so that both begin with
    what is slow and share what is quick at the end.
    """
    tests = Path(__file__).parent
    for item in items:
        if item.path.relative_to(tests).parts[0] in RESTING:
            item.add_marker("untraced")
    slow = [item for item in items if item.get_closest_marker("slow")]
    quick = [item for item in items if not item.get_closest_marker("slow")]
    middle = len(items) // 2
    first, second = slow[::2], slow[1::2]
    rest = max(middle - len(first), 0)
    items[:] = [*first, *quick[:rest], *second, *quick[rest:]]


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Let the garbage collector forget the modules and thousands of tests that stay anyway."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _logs_as_before() -> Iterator[None]:
    """Undo what a command line in this process did to the logs: the next test may read them."""
    configured = structlog.get_config()
    yield
    structlog.configure(**configured)


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One migrated, empty database file; tests copy it, because migrating costs 50 ms.

    In a process of its own, as at the bot's start, it costs a second.
    """
    path = tmp_path_factory.mktemp("template") / "empty.sqlite"
    upgrade_here(f"sqlite:///{path}")
    return path


@pytest.fixture
def database_file(tmp_path: Path, migrated_file: Path) -> Path:
    """Return a migrated, empty database of this test alone."""
    path = tmp_path / "trade.sqlite"
    shutil.copyfile(migrated_file, path)
    return path


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """Write down what was measured: a worker that takes long to end is killed by xdist."""
    measuring = Coverage.current()
    if measuring is not None:
        measuring.save()
