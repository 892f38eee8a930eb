from __future__ import annotations

import hashlib
from dataclasses import replace

from core.services.memory.ranking import joined
from core.services.memory.service import Forgotten
from tests.core.services.memory.conftest import OTHER, OWNER, THREAD, note


async def test_what_holds_every_word_comes_before_what_is_alike(attic) -> None:
    await attic.service.remember(
        note("환율 금리 전망"), note("금리는 그대로"), note("환율만 오른다"), note("반도체")
    )
    found = await attic.service.recall("환율 금리", 2)
    assert [item.text for item in found] == ["환율 금리 전망", "환율만 오른다"]
    # No note has both words, yet what is alike is recalled.
    assert {item.text for item in await attic.service.recall("금리 배당", 9)} == {
        "환율 금리 전망",
        "금리는 그대로",
    }
    assert await attic.service.recall("?!", 9) == ()


async def test_a_thread_recalls_what_is_shared_and_what_is_its_owners(attic) -> None:
    await attic.open_thread(THREAD, OWNER)
    await attic.open_thread(THREAD + 1, OTHER)
    await attic.service.remember(note("환율 모두"), note("환율 비밀", owner_id=OWNER))
    for thread_id, expected in (
        (THREAD, {"환율 모두", "환율 비밀"}),
        (THREAD + 1, {"환율 모두"}),
        (404, {"환율 모두"}),
        (None, {"환율 모두"}),
    ):
        found = await attic.service.recall("환율", 9, thread_id=thread_id)
        assert {item.text for item in found} == expected


async def test_looking(attic) -> None:
    await attic.service.remember(note("환율"), note("금리", owner_id=OWNER))
    assert (await attic.service.look(OWNER, "  ", limit=9)).total == 2
    assert (await attic.service.look(OTHER, "", limit=9)).total == 1
    page = await attic.service.look(OWNER, "", limit=1, skipped=1)
    assert [item.text for item in page.notes] == ["환율"]
    assert (await attic.service.look(OWNER, "금리", limit=9)).total == 1


async def test_everybody_forgets_their_own_and_owners_what_is_shared(attic) -> None:
    await attic.service.remember(note("환율"), note("금리", owner_id=OWNER))
    shared, own = (await attic.service.look(OWNER, "", limit=9)).notes[::-1]
    forget = attic.service.forget
    assert await forget(OTHER, own.note_id, may_forget_shared=True) is Forgotten.NOT_THERE
    assert await forget(OTHER, shared.note_id, may_forget_shared=False) is Forgotten.NOT_YOURS
    assert await forget(OWNER, own.note_id, may_forget_shared=False) is Forgotten.DONE
    assert await forget(OWNER, own.note_id, may_forget_shared=False) is Forgotten.NOT_THERE
    assert await forget(OTHER, shared.note_id, may_forget_shared=True) is Forgotten.DONE
    assert (await attic.service.look(OWNER, "", limit=9)).total == 0
    async with attic.ledger.transaction() as tx:
        (line,) = await tx.journal_of(f"memory:{own.note_id}")
    assert (line.kind, line.actor) == ("memory.forgotten", str(OWNER))
    # The journal never forgets, so it must not know the text.
    assert line.facts == {
        "kind": "briefing",
        "source": "s:금리",
        "day": "2023-03-02",
        "text_sha256": hashlib.sha256("금리".encode()).hexdigest(),
    }


def test_rankings_are_joined_by_rank() -> None:
    first, second, third = (replace(note(str(n)), note_id=n) for n in (1, 2, 3))
    assert joined(((first, second), (third, second)), 9) == (second, third, first)
    assert joined(((first,), (second,)), 9) == (second, first)
    assert joined(((first, second),), 1) == (first,)
    assert joined((), 9) == ()
