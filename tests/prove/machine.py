"""The Hypothesis state machine of the order path, with a new seed per batch."""

from __future__ import annotations

from dataclasses import dataclass

import hypothesis
import structlog
from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.fakes.kept_greenlets import kept_greenlets
from tests.prove.proof import Outcome, Tell, Unit, repeat, silent
from tests.scenarios.order_machine import OrderMachine, Theatre

EXAMPLES = 20
STEPS = 100


@dataclass(frozen=True, slots=True)
class Machine:
    """Twenty histories of up to a hundred steps per seed."""

    name: str = "machine"
    proves: str = "after every step of any history our books and the broker's agree"
    weight: int = 14
    examples: int = EXAMPLES
    steps: int = STEPS

    def run(self, seed: int, budget_seconds: float, tell: Tell = silent) -> Outcome:
        """One seed is one batch of histories."""
        theatre = OrderMachine.theatre = Theatre()
        configured = structlog.get_config()
        structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
        try:
            with kept_greenlets():
                return repeat("histories", seed, budget_seconds, self._batch, tell)
        finally:
            structlog.configure(**configured)
            theatre.close()

    def _batch(self, seed: int) -> Unit:
        machine = hypothesis.seed(seed)(type("Seeded", (OrderMachine,), {}))
        try:
            run_state_machine_as_test(
                machine,
                settings=settings(
                    max_examples=self.examples,
                    stateful_step_count=self.steps,
                    deadline=None,
                    phases=(Phase.generate,),
                    database=None,
                    suppress_health_check=list(HealthCheck),
                    verbosity=Verbosity.quiet,
                    print_blob=False,
                ),
            )
        except AssertionError as error:
            return Unit([str(error)[:500]], count=self.examples)
        return Unit(count=self.examples)
