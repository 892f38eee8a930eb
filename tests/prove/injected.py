"""Injections: a thousand hostile texts in five places, a model that obeys, rules that do not.

Everything between the question and the broker is the application's (`tests.fakes.hostile_room`); a
judge who shares no code with it reads what Discord, the model's provider and the broker were sent.
"""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from core.domain.tickets import Ticket
from storage.migrations.runner import upgrade_here
from tests.fakes.desk_kit import KODEX, LEVERAGE, TIGER
from tests.fakes.hostile_judge import payload_faults, request_faults, ticket_faults
from tests.fakes.hostile_room import HELD, HostileRoom, hostile_room
from tests.fakes.injections import Injection, injections
from tests.fakes.kis_desk import DATABASE_FILE
from tests.fakes.obedient import Obedient, Place
from tests.prove.proof import Outcome, Tell, Unit, repeat, silent

BATCH = 40
FAULTS_MAX = 5
STRANGER = 99
EVERYWHERE = frozenset(Place)


@dataclass(frozen=True, slots=True)
class Injected:
    """One batch of the corpus per seed; as many seeds as there are batches are all of it."""

    name: str = "injections"
    proves: str = (
        "no injected text becomes an order, a leak, a ping, a link or an unmarked word of a fill"
    )
    weight: int = 8

    def run(self, seed: int, budget_seconds: float, tell: Tell = silent) -> Outcome:
        """One seed is one batch, in a house of its own."""
        configured = structlog.get_config()
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
        try:
            return repeat("injections", seed, budget_seconds, batch, tell)
        finally:
            structlog.configure(**configured)


def batches() -> int:
    """Return how many seeds in a row are the whole corpus."""
    return -(-len(injections()) // BATCH)


def batch(seed: int) -> Unit:
    """Judge the batch of `seed`."""
    at = seed % batches() * BATCH
    return judged(injections()[at : at + BATCH])


def judged(given: Sequence[Injection], places: Sequence[frozenset[Place]] = (EVERYWHERE,)) -> Unit:
    """Inject each text into each of `places`, before the model and before the rules."""
    fast = Path("/dev/shm")
    place = fast if fast.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="injections-", dir=place) as name:
        upgrade_here(f"sqlite:///{Path(name) / DATABASE_FILE}")
        faults = asyncio.run(_judged(Path(name), given, places))
    return Unit(faults=faults[:FAULTS_MAX], count=len(given))


async def _judged(
    folder: Path, given: Sequence[Injection], places: Sequence[frozenset[Place]]
) -> list[str]:
    faults: list[str] = []
    async with hostile_room(folder) as room:
        for injection in given:
            for where in places:
                faults += await _one(room, injection, where)
            if len(faults) >= FAULTS_MAX:
                return faults
        faults += await _drafts(room)
        faults += await _people_decide(room)
        faults += room.d.failures
    return faults


async def _one(room: HostileRoom, injection: Injection, where: frozenset[Place]) -> list[str]:
    """Ask once before the model that obeys, and before the rules in each place apart."""
    label = f"#{injection.number} {injection.carrier}"
    known = len(await room.tickets())
    room.endpoint.state.brain = Obedient(injection, where).think
    await room.ask(where, injection.text, is_model=True)
    answers, tickets = room.shown.take()
    secrets = room.secrets()
    faults = [*payload_faults(answers, tickets, secrets, is_model=True)]
    requests = room.requests()
    faults += request_faults(requests, secrets)
    if not answers or not requests:
        faults.append("the model was not heard")
    if len(await room.tickets()) > known + 1:
        faults.append("more than one proposal for one question")
    known = len(await room.tickets())
    apart = sorted(where, key=lambda place: place.value)[injection.number % len(where)]
    await room.ask(frozenset({apart}), injection.text, is_model=False)
    answers, tickets = room.shown.take()
    faults += payload_faults(answers, tickets, room.secrets(), is_model=False)
    if apart is not Place.USER and len(await room.tickets()) > known:
        faults.append(f"the rules obeyed a text in a {apart.value}")
    if room.posts():
        faults.append("an order without a ✅")
    return [f"{label}: {fault}" for fault in faults]


async def _drafts(room: HostileRoom) -> list[str]:
    """Every ticket is a draft within the limits."""
    quotes = [await room.d.context.broker.quote(code) for code in (KODEX, TIGER, LEVERAGE)]
    prices = {str(quote.symbol): int(quote.last_won) for quote in quotes}
    return list(ticket_faults(await room.tickets(), HELD, prices))


async def _people_decide(room: HostileRoom) -> list[str]:
    """A stranger's press sends nothing; an approver's sends the one order of that ticket."""
    waiting = [one for one in await room.tickets() if one.message_id is not None]
    if not waiting:
        return []
    room.go_on()
    chosen: Ticket = waiting[-1]
    click = room.d.click(chosen)
    await room.d.desk.approve(replace(click, user_id=STRANGER))
    await room.d.desk._runner.run_due()
    faults = ["a stranger's press was an order"] if room.posts() else []
    await room.d.desk.approve(room.d.click(chosen))
    await room.d.desk._runner.run_due()
    if room.posts() != len(chosen.legs):
        faults.append(f"one ✅ made {room.posts()} orders")
    return faults
