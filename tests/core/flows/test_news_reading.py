"""What a briefing says about the news: read by the model and checked, or by rules and said so."""

from __future__ import annotations

import json
from dataclasses import replace

from core.domain.news_facts import Confidence, NewsEvent, ReadBy
from core.errors import ModelError, ModelFault, StorageError
from core.flows.gathering import crawl
from core.flows.values import CollectedNews, decoded, encoded
from core.ports.news import Headline, NewsDigest
from tests.core.flows.world import DAY, RISING, World
from tests.fakes.fake_cycle_desk import FakeFlashModel

LINK = "https://www.yna.co.kr/1"


def headline(world: World, title: str, *, link: str = LINK, named: bool = True) -> Headline:
    return Headline(
        source="연합",
        title=title,
        link=link,
        published_at=world.clock.now(),
        symbols=(RISING,) if named else (),
    )


def told(text: str = "KODEX 200이 3.2% 올랐고 999억이 들어왔다") -> str:
    fact = {
        "item": 1,
        "symbol": RISING,
        "event": "rise",
        "day": DAY.isoformat(),
        "quote": "KODEX 200 급등",
        "confidence": "high",
    }
    invented = {**fact, "quote": "KODEX 200 상장폐지", "event": "delisting"}
    summary = [{"text": text, "items": [1]}]
    return json.dumps({"facts": [fact, invented], "summary": summary}, ensure_ascii=False)


def world_of(model: FakeFlashModel | None) -> World:
    world = World(model=model)
    items = (headline(world, "KODEX 200 급등, 3.2% 올라"), headline(world, "비", named=False))
    world.news.digest = NewsDigest(headlines=items, failures=())
    return world


async def test_without_a_model_rules_read_the_titles_and_it_is_said() -> None:
    world = world_of(None)
    found = await crawl(world.kit(), dry_run=False)
    (fact,) = found.facts
    assert (fact.event, fact.confidence, fact.read_by) == (
        NewsEvent.RISE,
        Confidence.MEDIUM,
        ReadBy.RULES,
    )
    assert found.summary == ()
    assert "언어 모델 없이" in found.read_note
    assert world.facts.kept == [fact]
    assert decoded(CollectedNews, encoded(found)) == found


async def test_what_a_model_read_is_checked_marked_and_kept() -> None:
    world = world_of(FakeFlashModel(text=told()))
    found = await crawl(world.kit(), dry_run=False)
    assert [(fact.event, fact.read_by) for fact in found.facts] == [(NewsEvent.RISE, ReadBy.MODEL)]
    (line,) = found.summary
    assert line.text == "KODEX 200이 3.2% 올랐고 999억(근거 없음)이 들어왔다"
    assert [(source.name, source.link) for source in line.sources] == [("연합", LINK)]
    assert "버린 것 1건" in found.read_note
    assert world.facts.kept == list(found.facts)
    assert world.model is not None
    system, user = world.model.prompts[0]
    assert "KODEX 200" in system.text
    assert "{universe}" not in system.text
    assert "급등" in user.text
    assert "급등" not in system.text


async def test_a_link_never_comes_from_a_model_nor_from_an_unlisted_host() -> None:
    world = world_of(FakeFlashModel(text=told("오름 evil.test/x discord://a 참고")))
    first = replace(world.news.digest.headlines[0], link="https://evil.test/a")
    world.news.digest = NewsDigest(headlines=(first,), failures=())
    found = await crawl(world.kit(), dry_run=False)
    assert found.summary[0].text.count("(링크 삭제)") == 2
    assert [source.link for source in found.summary[0].sources] == [""]
    assert [fact.link for fact in found.facts] == [""]


async def test_a_silent_model_or_one_that_babbles_leaves_the_rules() -> None:
    quota = FakeFlashModel(failure=ModelError("quota", ModelFault.QUOTA))
    for model, words in ((quota, "한도나 잔액"), (FakeFlashModel(text="네!"), "읽을 수 없어")):
        found = await crawl(world_of(model).kit(), dry_run=False)
        assert [fact.read_by for fact in found.facts] == [ReadBy.RULES]
        assert words in found.read_note


async def test_facts_that_cannot_be_stored_are_shown_and_it_is_said() -> None:
    world = world_of(None)
    world.facts.failure = StorageError("full")
    found = await crawl(world.kit(), dry_run=False)
    assert found.facts
    assert "저장하지 못해" in found.read_note


async def test_a_dry_run_keeps_nothing_and_no_news_asks_nobody() -> None:
    world = world_of(None)
    assert (await crawl(world.kit(), dry_run=True)).facts
    assert world.facts.kept == []
    quiet = World(model=FakeFlashModel())
    assert await crawl(quiet.kit(), dry_run=False) == CollectedNews(lines=())
    assert quiet.model is not None
    assert quiet.model.prompts == []


async def test_the_briefing_and_its_memory_tell_summary_and_facts() -> None:
    world = world_of(FakeFlashModel(text=told()))
    briefing = await world.daily().run(DAY)
    assert [line.text for line in briefing.news_summary]
    assert briefing.news_facts == (f"KODEX 200: 상승 · {DAY} · 연합 · 믿음 보통",)
    remembered = [note for note in world.memory.notes.values() if note.kind == "briefing"]
    assert "KODEX 200: 상승" in remembered[0].text
