"""The real-money interlock at work: it says no until everything is there, and remembers why.

Three walls stand one behind the other. The arm transaction asks `refusal`. The broker that the
services see (`InterlockedBroker`) posts nothing while `is_complete` is not true, whoever asks. And
in mode observe the adapter itself sends nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from core.domain.interlock import (
    ARMED_FOR,
    SETTING_REAL_ARMING,
    Arming,
    Evidence,
    Point,
    Switches,
    arming_text,
    is_typed,
    missing,
    missing_before_arming,
    read_arming,
)
from core.domain.journal import JournalEntry
from core.errors import TradingError
from core.ports.clock import Clock
from core.ports.ledger import BooksReading, Ledger, LedgerTransaction
from core.ports.phrases import Phrases

_LOG = structlog.get_logger(__name__)
EXAMINE_AGAIN_SECONDS = 300.0
_SUBJECT = "interlock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Examiners:
    """How evidence is found. Each may raise a TradingError, which counts as not found.

    `probe` proves that URL, key and account belong together; `vts_days` counts trading days
    without incident in 모의투자; `doctor` returns what it found wrong, in sentences.
    """

    probe: Callable[[], Awaitable[None]]
    vts_days: Callable[[], Awaitable[int]]
    doctor: Callable[[], Awaitable[tuple[str, ...]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What an arming is for: the settings, the build and the account, as of this start."""

    switches: Switches
    fingerprint: str
    account_no: str
    owner_ids: frozenset[int]
    days_needed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where the interlock stands, for people. `missing` is in words, one sentence per point.

    `to_type` is what an owner types to arm; it is empty while something else is missing first.
    """

    is_complete: bool
    missing: tuple[str, ...]
    to_type: str
    arming: Arming | None


class OpenInterlock:
    """Implements `core.ports.safety.Interlock` where no order can reach a real account."""

    is_complete = True

    async def refusal(self, tx: BooksReading) -> str | None:
        """Return None: there is nothing to protect."""
        del tx
        return None


class RealInterlock:
    """Implements `core.ports.safety.Interlock` for a real account, watched or traded.

    What it knows comes from three sides. The settings, in `claim`, stand for the whole process. The
    arming is a row that every question reads anew. The evidence is what `examine` last found.
    """

    def __init__(
        self, ledger: Ledger, clock: Clock, phrases: Phrases, claim: Claim, examiners: Examiners
    ) -> None:
        """Start with nothing proven."""
        self._ledger = ledger
        self._clock = clock
        self._phrases = phrases
        self._claim = claim
        self._examiners = examiners
        self._arming: Arming | None = None
        # `doctor_green` is the doctor's own word; see `_evidence_now`.
        self._evidence = Evidence()
        self._doctor_said: tuple[str, ...] = ()

    # May a real order leave?

    @property
    def is_complete(self) -> bool:
        """Whether everything is there, by what was last read and by the clock as of now."""
        return not self._missing(self._evidence_now())

    async def refusal(self, tx: BooksReading) -> str | None:
        """Return a sentence naming what is missing, or None."""
        self._arming = await _stored(tx)
        found = self._missing(self._evidence_now())
        if not found:
            return None
        return self._phrases.say("interlock.refused", points=" · ".join(self._words(found)))

    def _evidence_now(self) -> Evidence:
        """Return the evidence for sending; for arming, the doctor must speak for itself.

        An arming could be stored only beside a green doctor. One for these settings and this build
        stands for that word, so that neither a restart nor somebody who looks closes what is armed.
        """
        arming = self._arming
        if arming is not None and arming.fingerprint == self._claim.fingerprint:
            return replace(self._evidence, doctor_green=True)
        return self._evidence

    def _missing(self, evidence: Evidence) -> tuple[Point, ...]:
        claim = self._claim
        return missing(
            claim.switches,
            evidence,
            claim.days_needed,
            self._arming,
            claim.fingerprint,
            self._clock.now(),
        )

    # Finding evidence.

    async def run(self) -> None:
        """Examine whenever the probe has not succeeded: at the start, and after a failed `standing`.

        A broker that did not answer once must not need another start, nor a person.
        """
        while True:
            if not self._evidence.probed:
                await self.examine()
            if not self._claim.switches.reach_real_orders:
                return
            await self._clock.sleep(EXAMINE_AGAIN_SECONDS)

    async def examine(self) -> None:
        """Read the stored arming and the 모의투자 record, and probe the account."""
        async with self._ledger.transaction() as tx:
            self._arming = await _stored(tx)
        days = await self._vts_days()
        probed = await self._probe()
        # Replaced only now: what another examination found meanwhile stays found.
        self._evidence = replace(self._evidence, vts_days=days, probed=probed)

    async def _vts_days(self) -> int:
        try:
            return await self._examiners.vts_days()
        except TradingError as error:
            _LOG.warning("the record of 모의투자 cannot be read", error=str(error))
            return 0

    async def _probe(self) -> bool:
        if not self._claim.switches.reach_real_orders:
            return False
        try:
            await self._examiners.probe()
        except TradingError as error:
            _LOG.warning("the real account cannot be probed", error=str(error))
            return False
        return True

    async def _ask_doctor(self) -> None:
        try:
            self._doctor_said = await self._examiners.doctor()
        except TradingError as error:
            self._doctor_said = (str(error),)
        self._evidence = replace(self._evidence, doctor_green=not self._doctor_said)

    # Telling people where it stands.

    async def standing(self) -> Standing:
        """Examine everything anew and say where it stands; as slow as `arm`."""
        await self.examine()
        await self._ask_doctor()
        return self._standing()

    def _standing(self) -> Standing:
        # The doctor was asked just now: here its own word counts, also beside an arming.
        found = self._missing(self._evidence)
        last_step = not self._missing_before_arming()
        digits = self._claim.account_no[-4:]
        return Standing(
            is_complete=not found,
            missing=self._words(found),
            to_type=self._phrases.say("interlock.to_type", digits=digits) if last_step else "",
            arming=self._arming,
        )

    def _missing_before_arming(self) -> tuple[Point, ...]:
        claim = self._claim
        return missing_before_arming(claim.switches, self._evidence, claim.days_needed)

    def _words(self, found: tuple[Point, ...]) -> tuple[str, ...]:
        return tuple(
            self._phrases.say(
                f"interlock.point_{point.value}",
                days=self._evidence.vts_days,
                needed=self._claim.days_needed,
                found=" / ".join(self._doctor_said) or "-",
            )
            for point in found
        )

    # Arming and disarming: owners only, every try is journalled.

    async def arm(self, owner_id: int, typed_text: str) -> Standing:
        """Arm if everything else is there, an owner asks and the text is right; say what came of it.

        Examines everything anew, so it takes as long as a token and a read of the account.
        """
        if owner_id not in self._claim.owner_ids:
            await self._note("interlock.refused", owner_id, {"why": "not an owner"})
            return replace(self._standing(), to_type="")
        standing = await self.standing()
        if not is_typed(typed_text, self._claim.account_no):
            await self._note("interlock.refused", owner_id, {"why": "typed text"})
            return standing
        before = self._missing_before_arming()
        if before:
            points = [point.value for point in before]
            await self._note("interlock.refused", owner_id, {"missing": points})
            return standing
        self._arming = await self._store_arming(owner_id)
        return self._standing()

    async def _store_arming(self, owner_id: int) -> Arming:
        now = self._clock.now()
        arming = Arming(
            owner_id=owner_id,
            armed_at=now,
            expires_at=now + ARMED_FOR,
            fingerprint=self._claim.fingerprint,
        )
        facts = {"until": arming.expires_at.isoformat(), "fingerprint": arming.fingerprint}
        async with self._ledger.transaction() as tx:
            await tx.put_setting(SETTING_REAL_ARMING, arming_text(arming))
            await tx.append_journal(self._entry("interlock.armed", owner_id, facts))
        return arming

    async def disarm(self, owner_id: int) -> bool:
        """Take the arming back; return whether it is gone, or was never there.

        From the commit on no arm transaction lets an order through. Raises StorageError when it
        cannot be stored: then it stands.
        """
        if owner_id not in self._claim.owner_ids:
            await self._note("interlock.refused", owner_id, {"why": "not an owner"})
            return False
        async with self._ledger.transaction() as tx:
            await take_back(tx, self._clock.now(), str(owner_id))
        self._arming = None
        return True

    async def _note(self, kind: str, actor_id: int, facts: Mapping[str, object]) -> None:
        async with self._ledger.transaction() as tx:
            await tx.append_journal(self._entry(kind, actor_id, facts))

    def _entry(self, kind: str, actor_id: int, facts: Mapping[str, object]) -> JournalEntry:
        return JournalEntry(
            at=self._clock.now(), kind=kind, actor=str(actor_id), subject=_SUBJECT, facts=facts
        )


async def take_back(tx: LedgerTransaction, at: datetime, actor: str) -> bool:
    """Store that nothing is armed, and who says so; return whether something was."""
    was_armed = await _stored(tx) is not None
    await tx.put_setting(SETTING_REAL_ARMING, "")
    facts = {"was_armed": was_armed}
    await tx.append_journal(
        JournalEntry(at=at, kind="interlock.disarmed", actor=actor, subject=_SUBJECT, facts=facts)
    )
    return was_armed


async def _stored(tx: BooksReading | LedgerTransaction) -> Arming | None:
    return read_arming(await tx.setting(SETTING_REAL_ARMING))
