"""The full state × event matrix: what becomes of an order in every state, whatever happens to it.

The tables are literal. They are not computed from `TRANSITIONS`, so that a wrong table there is
seen here. In a cell: the next state, `.` for none, `!` for an incident in the journal.
"""

from __future__ import annotations

import asyncio

import pytest
import pytest_asyncio

from core.domain.orders import OrderState
from core.errors import InvariantBroken
from core.services.orders.transitions import Step, move, with_state
from tests.scenarios import matrix_evidence
from tests.scenarios.matrix_events import EVENTS
from tests.scenarios.matrix_scene import stage_in

S = OrderState
STATES = {
    "CR": S.CREATED,
    "GA": S.GATED,
    "SU": S.SUBMITTING,
    "WO": S.WORKING,
    "PA": S.PARTIAL,
    "FI": S.FILLED,
    "BL": S.BLOCKED,
    "EX": S.EXPIRED,
    "NS": S.NOT_SENT,
    "RJ": S.REJECTED,
    "CA": S.CANCELLED,
    "PC": S.PARTIAL_CANCELLED,
    "VO": S.VOID,
    "UK": S.UNKNOWN,
    "OH": S.OPERATOR_HOLD,
    "CP": S.CANCEL_PENDING,
}
CODES = {state: code for code, state in STATES.items()}

MATRIX = """
                             CR  GA  SU  WO  PA  FI  BL  EX  NS  RJ  CA  PC  VO  UK  OH  CP
run_accepted                 WO  WO  UK  .   .   .   .   .   .   .   .   .   .   .   .   .
run_refused                  RJ  RJ  UK  .   .   .   .   .   .   .   .   .   .   .   .   .
run_not_sent                 NS  NS  UK  .   .   .   .   .   .   .   .   .   .   .   .   .
run_silent_taken             UK  UK  UK  .   .   .   .   .   .   .   .   .   .   .   .   .
run_silent_lost              UK  UK  UK  .   .   .   .   .   .   .   .   .   .   .   .   .
run_adapter_raises           UK  UK  UK  .   .   .   .   .   .   .   .   .   .   .   .   .
run_defect                   UK  UK  UK  .   .   .   .   .   .   .   .   .   .   .   .   .
gate_list_unreadable         .   .   UK  .   .   .   .   .   .   .   .   .   .   .   .   .
gate_quote_unreadable        .   .   UK  .   .   .   .   .   .   .   .   .   .   .   .   .
gate_cash_unreadable         .   .   UK  .   .   .   .   .   .   .   .   .   .   .   .   .
gate_account_unreadable      .   .   UK  .   .   .   .   .   .   .   .   .   .   .   .   .
gate_quote_old               .   .   UK  .   .   .   .   .   .   .   .   .   .   .   .   .
gate_named_price_rests       WO  WO  UK  .   .   .   .   .   .   .   .   .   .   .   .   .
gate_outside_the_envelope    BL  BL  UK  .   .   .   .   .   .   .   .   .   .   .   .   .
gate_over_a_limit            BL  BL  UK  .   .   .   .   .   .   .   .   .   .   .   .   .
gate_no_cash                 BL  BL  UK  .   .   .   .   .   .   .   .   .   .   .   .   .
gate_instrument_halted       BL  BL  UK  .   .   .   .   .   .   .   .   .   .   .   .   .
gate_halted                  BL  BL  UK  .   .   .   .   .   .   .   .   .   .   .   .   .
gate_reduce_only             BL  BL  UK  .   .   .   .   .   .   .   .   .   .   .   .   .
gate_after_the_window        EX  EX  UK  .   .   .   .   .   .   .   .   .   .   .   .   .
gate_next_day                EX  EX  UK  .   .   .   .   .   .   .   .   .   .   .   .   .
arm_halted                   BL  BL  UK  .   .   .   .   .   .   .   .   .   .   .   .   .
arm_reduce_only              BL  BL  UK  .   .   .   .   .   .   .   .   .   .   .   .   .
arm_day_stopped              BL  BL  UK  .   .   .   .   .   .   .   .   .   .   .   .   .
arm_ticket_withdrawn         BL  BL  UK  .   .   .   .   .   .   .   .   .   .   .   .   .
arm_quote_aged               GA  .   UK  .   .   .   .   .   .   .   .   .   .   .   .   .
arm_time_ran_out             BL  BL  UK  .   .   .   .   .   .   .   .   .   .   .   .   .
arm_other_order_in_doubt     BL  BL  UK  .   .   .   .   .   .   .   .   .   .   .   .   .
arm_dropped_meanwhile        BL  BL  UK  .   .   .   .   .   .   .   .   .   .   .   .   .
arm_already_attempted        BL  BL  UK  .   .   .   .   .   .   .   .   .   .   .   .   .
arm_lease_lost               .   .   UK  .   .   .   .   .   .   .   .   .   .   .   .   .
arm_interlocked              BL  BL  UK  .   .   .   .   .   .   .   .   .   .   .   .   .
arm_symbol_held              BL  BL  UK  .   .   .   .   .   .   .   .   .   .   .   .   .
listed_working_once          .   .   .   .   .!  .!  .   .   .   .   WO! .!  .   .   .   .
listed_working_twice         .   .   .   .   .!  .!  .   .   WO! WO! WO! .!  WO! WO  .   .
listed_partial_once          .   .   .   PA  .   .!  .   .   .   .   PA! PA! .   .   .   .
listed_partial_twice         .   .   .   PA  .   .!  .   .   PA! PA! PA! PA! PA! PA  .   .
listed_filled_once           .   .   .   FI  FI  .   .   .   .   .   FI! FI! .   .   .   FI
listed_filled_twice          .   .   .   FI  FI  .   .   .   FI! FI! FI! FI! FI! FI  .   FI
listed_cancelled_once        .   .   .   CA  .!  .!  .   .   .   .   .   .!  .   .   .   CA
listed_cancelled_twice       .   .   .   CA  .!  .!  .   .   CA! CA! .   .!  CA! CA  .   CA
listed_part_cancelled_once   .   .   .   PC  PC  .!  .   .   .   .   PC! .   .   .   .   PC
listed_part_cancelled_twice  .   .   .   PC  PC  .!  .   .   PC! PC! PC! .   PC! PC  .   PC
listed_refused_once          .   .   .   RJ  .!  .!  .   .   .   .   .   .!  .   .   .   CA
listed_refused_twice         .   .   .   RJ  .!  .!  .   .   RJ! .   .   .!  RJ! RJ  .   CA
listed_part_refused_once     .   .   .   PC  PC  .!  .   .   .   .   PC! .   .   .   .   PC
listed_part_refused_twice    .   .   .   PC  PC  .!  .   .   PC! PC! PC! .   PC! PC  .   PC
listed_nothing               .   .   .   .   .   .   .   .   .   .   .   .   .   .   .   .
list_unreadable              .   .   .   .   .   .   .   .   .   .   .   .   .   .   .   .
listed_two_alike             .   .   .   .   .   .   .   .   WO! WO! .   .   WO! WO  .   .
listed_on_a_shared_account   .   .   .   .   .   .   .   .   .!  .!  .   .   .!  OH  .   .
listed_a_known_number        .   .   .   .   .   .   .   .   .   .   .   .   .   .   .   .
listed_from_before_the_arm   .   .   .   .   .   .   .   .   .   .   .   .   .   .   .   .
listed_too_late_to_be_ours   .   .   .   .   .   .   .   .   .   .   .   .   .   .   .   .
listed_with_other_terms      .   .   .   .   .   .   .   .   .   .   .   .   .   .   .   .
listed_only_as_a_cancel_row  .   .   .   .   .   .   .   .   .   .   .   .   .   .   .   .
cancel_accepted              BL  BL  .   CP  CP  .   .   .   .   .   .   .   .   .   .   .
cancel_refused               BL  BL  .   .   .   .   .   .   .   .   .   .   .   .   .   WO
cancel_not_sent              BL  BL  .   .   .   .   .   .   .   .   .   .   .   .   .   WO
cancel_silent                BL  BL  .   CP  CP  .   .   .   .   .   .   .   .   .   .   .
cancel_adapter_raises        BL  BL  .   CP  CP  .   .   .   .   .   .   .   .   .   .   .
cancel_by_a_stranger         .   .   .   .   .   .   .   .   .   .   .   .   .   .   .   .
time_is_over                 .   .   .   CP  CP  .   .   .   .   .   .   .   .   .   .   .
decide_adopt                 .   .   .   .   .   .   .   .   .   .   .   .   .   WO  WO  .
decide_adopt_an_unlisted_number .   .   .   .   .   .   .   .   .   .   .   .   .   .   .   .
decide_void                  .   .   .   .   .   .   .   .   .   .   .   .   .   VO  VO  .
decide_void_while_it_is_shown .   .   .   .   .   .   .   .   .   .   .   .   .   .   .   .
decide_void_without_typing   .   .   .   .   .   .   .   .   .   .   .   .   .   .   .   .
decide_void_by_a_stranger    .   .   .   .   .   .   .   .   .   .   .   .   .   .   .   .
close_out_as_listed          .   .   .   CA  PC  .   .   .   .   .   .   .   .   VO  .   CA
close_out_not_listed         .   .   .   .   .   .   .   .   .   .   .   .   .   VO  .   .
close_out_candidate_shown    .   .   .   CA  PC  .   .   .   CA! CA! .   .   CA! CA  .   CA
close_out_unreadable         .   .   .   .   .   .   .   .   .   .   .   .   .   .   .   .
close_out_before_the_close   .   .   .   .   .   .   .   .   .   .   .   .   .   .   .   .
crash_and_recovery           .   .   UK  .   .   .   .   .   .   .   .   .   .   .   .   .
late_accepted                .!  .!  WO  .!  .!  .!  .!  .!  .!  .!  .!  .!  .!  WO  WO  .!
late_refused                 .!  .!  RJ  .!  .!  .!  .!  .!  .!  .!  .!  .!  .!  .!  .!  .!
late_not_sent                .!  .!  NS  .!  .!  .!  .!  .!  .!  .!  .!  .!  .!  .!  .!  .!
late_silent                  .!  .!  UK  .!  .!  .!  .!  .!  .!  .!  .!  .!  .!  .!  .!  .!
"""

# Every move from the row's state to the column's: m legal, r only on higher broker evidence.
MOVES = """
   CR GA SU WO PA FI BL EX NS RJ CA PC VO UK OH CP
CR .  m  .  .  .  .  m  m  .  .  .  .  .  .  .  .
GA .  .  m  .  .  .  m  m  .  .  .  .  .  .  .  .
SU .  .  .  m  .  .  .  .  m  m  .  .  .  m  .  .
WO .  .  .  .  m  m  .  .  .  m  m  m  .  m  .  m
PA .  .  .  .  .  m  .  .  .  .  .  m  .  .  .  m
FI .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .
BL .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .
EX .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .
NS .  .  .  r  r  r  .  .  .  r  r  r  .  .  .  .
RJ .  .  .  r  r  r  .  .  .  .  r  r  .  .  .  .
CA .  .  .  r  r  r  .  .  .  .  .  r  .  .  .  .
PC .  .  .  .  r  r  .  .  .  .  .  .  .  .  .  .
VO .  .  .  r  r  r  .  .  .  r  r  r  .  .  .  .
UK .  .  .  m  m  m  .  .  .  m  m  m  m  .  m  .
OH .  .  .  m  m  m  .  .  .  m  m  m  m  .  .  .
CP .  .  .  m  m  m  .  .  .  .  m  m  .  .  .  .
"""


def rows_of(table: str) -> dict[str, dict[OrderState, str]]:
    head, *lines = table.strip("\n").splitlines()
    columns = [STATES[code] for code in head.split()]
    rows = {line.split()[0]: line.split()[1:] for line in lines}
    assert len(rows) == len(lines)
    return {name: dict(zip(columns, cells, strict=True)) for name, cells in rows.items()}


CELLS = rows_of(MATRIX)


async def test_the_matrix_has_every_event_and_every_state():
    assert list(CELLS) == list(EVENTS), matrix_evidence.__doc__
    assert all(set(cells) == set(OrderState) for cells in CELLS.values())
    assert set(rows_of(MOVES)) == set(STATES)
    assert set(STATES.values()) == set(OrderState)


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory):
    async with stage_in(tmp_path_factory.mktemp("matrix")) as opened:
        yield opened


async def cell(name, state, stage):
    scene = await stage.scene(state)
    await EVENTS[name](scene)
    after = (await scene.now()).state
    incident = "!" if await scene.incidents() else ""
    return ("." if after is state else CODES[after]) + incident


@pytest.mark.parametrize("name", EVENTS)
async def test_every_state_meets_the_event_as_written(name, stage):
    found = await asyncio.gather(*(cell(name, state, stage) for state in OrderState))
    assert dict(zip(OrderState, found, strict=True)) == CELLS[name]


class Undone(Exception):
    """Ends a transaction without a trace."""


@pytest.mark.parametrize("code", STATES)
async def test_every_move_is_made_or_refused_as_written(code, stage):
    old = STATES[code]
    scene = await stage.scene(old)
    for new, how in rows_of(MOVES)[code].items():
        for on_evidence in (False, True):
            legal = old is new or how == "m" or (how == "r" and on_evidence)
            assert await is_made(scene, new, on_evidence=on_evidence) is legal


async def is_made(scene, new, *, on_evidence):
    step = Step(at=scene.kit.clock.now(), actor="test", facts={})
    order = scene.order
    try:
        async with scene.kit.ledger.transaction() as tx:
            await move(tx, order, with_state(order, new), step, on_evidence=on_evidence)
            stored = await tx.order(order.order_id)
            raise Undone(stored.state)  # noqa: TRY301 - nothing of it may stay
    except Undone as undone:
        return undone.args == (new,)
    except InvariantBroken:
        return False
