"""Fail unless every statement and branch of the order path was run.

``python -m tests.architecture.order_path_coverage`` reads the combined coverage data of the last
run; the files are the globs ``[tool.autotrade] order_path`` of pyproject.toml.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

from coverage import Coverage
from coverage.exceptions import CoverageException

ROOT = Path(__file__).resolve().parents[2]


def order_path(root: Path) -> list[Path]:
    """Return the files of the order path. Raises ValueError for a glob that matches nothing."""
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    found: set[Path] = set()
    for pattern in settings["tool"]["autotrade"]["order_path"]:
        matched = set(root.glob(pattern))
        if not matched:
            raise ValueError(f"order_path: {pattern} matches no file")
        found |= matched
    return sorted(found)


def gaps(coverage: Coverage, files: Iterable[Path]) -> list[str]:
    """Return one line per file with statements or branches that were not run."""
    measured = coverage.get_data().measured_files()
    found: list[str] = []
    for path in files:
        # An empty file has nothing to run, and coverage does not list what was never imported.
        if str(path) not in measured and path.read_text(encoding="utf-8").strip():
            found.append(f"{path}: never imported")
            continue
        missing = coverage.analysis2(str(path))[3]
        branches = coverage.branch_stats(str(path))
        half = sorted(line for line, (ways, taken) in branches.items() if taken < ways)
        if missing or half:
            found.append(f"{path}: lines {missing or '-'}, branches at {half or '-'}")
    return found


def main(root: Path = ROOT) -> int:
    """Print what is missing; return the exit code."""
    coverage = Coverage(data_file=str(root / ".coverage"), config_file=str(root / "pyproject.toml"))
    try:
        coverage.load()
        files = order_path(root)
        found = gaps(coverage, files)
    except (CoverageException, ValueError) as error:
        sys.stdout.write(f"order path: {error}\n")
        return 1
    if not coverage.get_data().has_arcs():
        found.append("the data holds no branches: run the tests with branch coverage")
    sys.stdout.writelines(f"order path: {line}\n" for line in found)
    if not found:
        sys.stdout.write(f"order path: all statements and branches of {len(files)} files ran\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
