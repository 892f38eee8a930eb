"""Whether a process is there no more."""

from __future__ import annotations

import os
import subprocess
import time


def is_gone(number: int) -> bool:
    """Whether a process has ended, waiting a little for it."""
    for _ in range(200):
        try:
            os.kill(number, 0)
        except ProcessLookupError:
            return True
        if (
            "Z"
            in subprocess.run(
                ["ps", "-o", "stat=", "-p", str(number)],
                capture_output=True,
                text=True,
                check=False,
            ).stdout
        ):
            return True  # dead, and not yet collected by whoever adopted it
        time.sleep(0.01)
    return False
