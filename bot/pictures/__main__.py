"""`python -m bot.pictures`: a drawing job as JSON on stdin, a PNG on stdout."""

from __future__ import annotations

import sys

from pydantic import ValidationError

from bot.pictures.job import DrawingJob
from core.errors import DataError

JOB_BYTES_MAX = 8 * 1024 * 1024


def main() -> int:
    """Draw one picture. Returns 2 with one line on stderr when the job is unusable."""
    try:
        job = DrawingJob.model_validate_json(sys.stdin.buffer.read(JOB_BYTES_MAX))
        from bot.pictures.draw import draw

        png = draw(job)
    except (ValidationError, DataError) as error:
        print(" ".join(str(error).split()), file=sys.stderr)  # noqa: T201 - the parent reads it
        return 2
    sys.stdout.buffer.write(png)
    return 0


if __name__ == "__main__":
    sys.exit(main())
