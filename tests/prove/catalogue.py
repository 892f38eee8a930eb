"""Every proof there is."""

from __future__ import annotations

from tests.prove.clicks import Clicks
from tests.prove.crash_points import CrashPoints
from tests.prove.days import Day, RealBars, SameDayTwice
from tests.prove.fuzz import Fuzz
from tests.prove.hostile import Hostile
from tests.prove.injected import Injected
from tests.prove.kills import Kills
from tests.prove.machine import Machine
from tests.prove.proof import Proof
from tests.prove.sabotage import Sabotage
from tests.prove.sigkill import SigKill
from tests.prove.simulated import Simulated
from tests.scenarios.crash_stop import StopPlay

PROOFS: tuple[Proof, ...] = (
    Sabotage(),
    Day(),
    SameDayTwice(),
    RealBars(),
    SigKill(),
    Kills(),
    Kills(name="kills_kiwoom", weight=6, broker="kiwoom"),
    CrashPoints(),
    CrashPoints(name="crash_points_kis", weight=10, broker="kis"),
    CrashPoints(name="crash_points_kiwoom", weight=10, broker="kiwoom"),
    CrashPoints(name="crash_points_stop", weight=4, scene=StopPlay),
    Machine(),
    Fuzz(),
    Hostile(),
    Injected(),
    Clicks(),
    Simulated(name="simulation_kiwoom", weight=10, broker="kiwoom"),
    # Last: it takes the time that the others leave.
    Simulated(),
)
