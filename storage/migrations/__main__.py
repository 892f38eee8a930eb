"""The child process of `storage.migrations.upgrade`: reads one URL from standard input.

Exit status 0 done, 2 refused (one sentence on standard error), 1 failed.
"""

from __future__ import annotations

import sys

from core.errors import ConfigurationError, StorageError
from storage.migrations import EXIT_REFUSED
from storage.migrations.runner import upgrade_here


def main() -> int:
    """Upgrade and return the exit status."""
    try:
        upgrade_here(sys.stdin.readline().strip())
    except ConfigurationError as exc:
        sys.stderr.write(f"{exc}\n")
        return EXIT_REFUSED
    except StorageError as exc:
        sys.stderr.write(f"{exc}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
