"""`python -m bot.backtesting`: a rule to replay as JSON on stdin, its figures as JSON on stdout."""

from __future__ import annotations

import sys

from pydantic import ValidationError

from bot import locales
from bot.backtesting.rule_job import RuleJob
from bot.files.strategy import load_strategy
from bot.settings import load
from core.domain.rule_evidence import replay_text
from core.errors import TradingError

JOB_BYTES_MAX = 64 * 1024


def main() -> int:
    """Replay one rule. Returns 2 with one line on stderr when that cannot be done."""
    try:
        job = RuleJob.model_validate_json(sys.stdin.buffer.read(JOB_BYTES_MAX))
        settings = load(local_only=True)
        strategy = load_strategy(settings.data_dir)
        from bot.backtesting.rule_market import replayed  # late: a wrong job needs no numpy

        found = replayed(job, settings, strategy, locales.load(settings.locale))
    except (ValidationError, TradingError) as error:
        print(" ".join(str(error).split()), file=sys.stderr)  # noqa: T201 - the parent reads it
        return 2
    sys.stdout.write(replay_text(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
