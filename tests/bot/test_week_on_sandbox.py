"""The weekly reflection of the whole graph before the sandbox's model, its rules judged for real."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from bot.operations.console import ConsoleSurfaces
from bot.settings import load
from bot.wiring.chat import chat_services
from bot.wiring.graph import Application, build
from core.domain.reflection import week_of
from core.domain.reflection_run import WeeklyReport
from core.domain.rule_evidence import evidence_of
from core.domain.rule_proposals import Answer, ProposalState
from core.domain.rule_wishes import SearchState
from storage.outcomes import SqlOutcomeArchive
from tests.bot.test_plan_on_sandbox import DAY, START, model, settings  # noqa: F401 - fixtures
from tests.contracts.outcomes_contract import outcome, record

WEEK = week_of(DAY)


async def looked_back(app: Application, console: Console) -> WeeklyReport:
    """Store a proposal that lost in its week, and reflect on the week in which that was measured."""
    asked = START - timedelta(days=8)
    async with app.stores.ledger.transaction() as tx:
        await tx.save_trade_record(replace(record("a"), at=asked, action="buy"))
    lost = outcome("a", measured_at=START, entry_session=asked.date(), exit_session=DAY)
    await SqlOutcomeArchive(app.stores.database).save_outcome(lost)
    surfaces = ConsoleSurfaces(console, app.world.phrases)
    app.surfaces.connect(surfaces, surfaces, surfaces)
    return await app.reflection.run(WEEK)


def asked_for_rules(model: Any) -> list[dict[str, Any]]:  # noqa: F811
    found = [one for one in model.state.requests if one.get("tools")]
    return [one for one in found if one["tools"][0]["function"]["name"] == "propose_rules"]


async def test_a_rule_is_proposed_with_its_evidence_taken_on_and_taken_back(
    settings,  # noqa: F811
    model,  # noqa: F811
) -> None:
    console = Console(record=True, width=200, file=StringIO())
    async with build(settings) as app:
        report = await looked_back(app, console)
        assert report.errors == ()
        assert report.rules is not None
        assert report.rules.state is SearchState.ASKED
        (found,) = report.rules.rules
        assert found.proposal.state is ProposalState.OPEN
        evidence = evidence_of(found.proposal.evidence)
        assert evidence is not None
        assert evidence.is_short
        services = chat_services(app)
        assert (await services.rule_proposals.adopt("P1", "7")).answer is Answer.DONE
        assert [rule.rule_id for rule in app.rules.desk.book.obeyed] == ["R1"]
        assert (await services.rule_undo.take_back("P1", "7")).answer is Answer.DONE
        assert app.rules.desk.book.obeyed == ()
    (asked,) = asked_for_rules(model)
    # The provider is told the strict schema of a rule.
    schema = json.dumps(asked["tools"][0]["function"]["parameters"])
    assert "block_entry" in schema
    said = console.export_text()
    assert "P1 새 규칙 · 답을 기다림" in said
    assert "표본 부족" in said


@pytest.mark.parametrize(("apply", "asks"), [("confirm", True), ("auto", False)])
async def test_who_applies_what_a_week_proposes_is_a_setting(
    settings,  # noqa: F811
    monkeypatch,
    apply,
    asks,
) -> None:
    monkeypatch.setenv("REFLECTION_APPLY", apply)
    async with build(load(local_only=True)) as app:
        assert app.reflection.kit.asks_first is asks
        report = await looked_back(app, Console(quiet=True))
        # Too few outcomes: by policy too it waits for a person.
        assert report.rules is not None
        assert report.rules.rules[0].proposal.state is ProposalState.OPEN


async def test_without_a_key_the_week_says_that_no_rule_is_asked_for(
    settings,  # noqa: F811
    monkeypatch,
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    async with build(load(local_only=True)) as app:
        report = await looked_back(app, Console(quiet=True))
    assert report.rules is not None
    assert report.rules.state is SearchState.OFFLINE
