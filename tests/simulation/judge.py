"""Watches every commit and every post, and says what must not have happened (I1 to I18)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import httpx

from core.runtime.lease import LAPSES_AFTER
from tests.simulation import rules_armed, rules_moves, rules_standing
from tests.simulation.rows import Committed, Reader
from tests.simulation.truth import Departure, Truth

if TYPE_CHECKING:
    from tests.simulation.world import Simulation

VIOLATIONS_MAX = 5


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule."""

    rule: str
    text: str
    at: float


class Judge:
    """Remembers what was committed, and compares it with what it was and with the truth."""

    def __init__(self, world: Simulation) -> None:
        self.world = world
        self.truth = Truth(world)
        self.violations: list[Violation] = []
        self.now = Committed()
        self.states: dict[str, str] = {}
        self.head = (0, "0" * 64)
        self.versions: dict[tuple[str, int], set[str]] = {}
        self._reader: Reader | None = None
        # How long the holder of the lease had been silent when another one took it.
        self._silent = timedelta(0)

    def reads(self, path: object) -> None:
        """From now on the committed bytes are in this file."""
        if self._reader is not None:
            self._reader.close()
        self._reader = Reader(path)  # type: ignore[arg-type]

    def close(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    @property
    def revoked_stops(self) -> set[str]:
        """The entries of which people were told that their stops are revoked."""
        return self.world.people.falls.revoked

    def blame(self, rule: str, text: str) -> None:
        """Note a violation; the seed ends with the first."""
        if len(self.violations) < VIOLATIONS_MAX:
            self.world.log.tell("VIOLATION", f"{rule} {text}")
            self.violations.append(Violation(rule, text, self.world.loop.time()))
            self.world.violated.set()

    def committed(self) -> None:
        """Something was committed: judge what is new."""
        if self._reader is None:
            return
        before, now = self.now, self._reader.read(self.head[0])
        self.now = now
        if before.lease and now.lease and before.lease["epoch"] != now.lease["epoch"]:
            renewed, taken = before.lease["renewed_at"], now.lease["renewed_at"]
            self._silent = datetime.fromisoformat(taken) - datetime.fromisoformat(renewed)
        rules_moves.journal(self, now)
        rules_moves.moves(self, before, now)
        rules_moves.tickets(self, before, now)
        rules_moves.fills(self, before, now)
        rules_moves.versions(self, now)
        for order_id in now.attempts.keys() - before.attempts.keys():
            rules_armed.armed(self, now, order_id)
        for ticket_id in now.approvals.keys() - before.approvals.keys():
            if now.approvals[ticket_id]["interaction_id"] < 0:
                rules_standing.approved(self, before, now, ticket_id)
            else:
                rules_armed.approved(self, now, ticket_id)
        rules_standing.stops(self, before, now)
        rules_armed.reserved(self, now)

    def asked(self, request: httpx.Request) -> None:
        """A request is about to leave: only ever to the simulated service, by its own ids."""
        border = self.world.host.border
        if request.url.host != border.host or border.is_real(request):
            self.blame("I12", f"{request.method} {request.url} {request.headers}")

    def lease_had_lapsed(self) -> bool:
        """Whether the last to take the lease took it from one that could not renew it so long."""
        return self._silent > LAPSES_AFTER

    def keeps_secrets(self, text: str) -> None:
        """Nothing that people or files get may hold a key."""
        state = self.world.host.state
        secrets = [state.app_key, state.app_secret, state.account]
        if state.token is not None:
            secrets.append(state.token.value)
        if any(secret in text for secret in secrets):
            self.blame("I14", f"a secret is told: {text[:80]}")

    def sender_of(self, post: Departure) -> str:
        """Return which order's post this is: the one just armed with exactly these terms."""
        if self._reader is None:
            return ""
        now = self._reader.read(self.head[0])
        # A machine that stood still between arm and post may wake after another process has
        # doubted the order: its one post still explains itself, the order is UNKNOWN.
        may_send = {"SUBMITTING", "UNKNOWN"} if self.world.machines.has_rival else {"SUBMITTING"}
        found = [
            order_id
            for order_id, row in now.orders.items()
            if row["state"] in may_send
            and order_id in now.attempts
            and rules_armed.terms(row) == (post.symbol, post.side, post.quantity, post.price)
            and not self.truth.of(order_id)
        ]
        if len(found) != 1:
            self.blame("I1", f"a post that no fresh armed order explains: {post} {found}")
            return ""
        rules_armed.departed(self, now.attempts[found[0]], post)
        return found[0]

    def taken(self, post: Departure) -> None:
        """The exchange took a post: never two of one order."""
        numbers = [item.number for item in self.truth.of(post.order_id) if item.number]
        if len(numbers) > 1:
            self.blame("I1", f"{post.order_id} is {numbers} at the broker")
        row = self.now.orders.get(post.order_id)
        if row is not None and row["state"] in {"NOT_SENT", "REJECTED", "VOID", "BLOCKED"}:
            self.blame("I8", f"{post.order_id} ended {row['state']}, then the broker took it")
