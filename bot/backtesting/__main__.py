"""`python -m bot.backtesting`: a job as JSON on stdin, its figures as JSON on stdout.

A rule to replay, or the wish for what the strategy would have bought without any.
"""

from __future__ import annotations

import sys

from pydantic import ValidationError

from bot import locales
from bot.backtesting.rule_job import ANY_JOB, PastJob
from bot.files.strategy import load_strategy
from bot.operations.logs import configure
from bot.settings import load
from bot.settings.redaction import secrets_of
from core.domain.rule_evidence import replay_text
from core.domain.rule_reach_text import past_text
from core.errors import TradingError

JOB_BYTES_MAX = 64 * 1024


def main() -> int:
    """Do one job. Returns 2 with one line on stderr when that cannot be done."""
    configure("WARNING")  # standard output is for the figures alone
    try:
        job = ANY_JOB.validate_json(sys.stdin.buffer.read(JOB_BYTES_MAX))
        settings = load(local_only=True)
        configure("WARNING", secrets=secrets_of(settings))
        strategy, phrases = load_strategy(settings.data_dir), locales.load(settings.locale)
        from bot.backtesting.rule_market import bought, replayed  # late: a wrong job needs no numpy

        if isinstance(job, PastJob):
            told = past_text(bought(settings, strategy, phrases))
        else:
            told = replay_text(replayed(job, settings, strategy, phrases))
    except (ValidationError, TradingError) as error:
        print(" ".join(str(error).split()), file=sys.stderr)  # noqa: T201 - the parent reads it
        return 2
    sys.stdout.write(told)
    return 0


if __name__ == "__main__":
    sys.exit(main())
