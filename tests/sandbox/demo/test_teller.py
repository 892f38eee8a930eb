import io
import json
from datetime import date, datetime

import pytest
from rich.console import Console

from sandbox.clock import KST
from sandbox.demo.teller import Teller
from sandbox.discord.desk import DiscordDesk
from sandbox.discord.events import DiscordEvent
from sandbox.discord.house import House
from sandbox.discord.state import MAIN_CHANNEL_ID
from sandbox.world import WorldSettings, build_world

AT = datetime(2026, 11, 2, 10, 0, tzinfo=KST)


@pytest.fixture
def told(tmp_path):
    world = build_world(WorldSettings(seed=3, day=date(2026, 11, 2), rate=0))
    world.discord = DiscordDesk(House(world.clock))
    screen = io.StringIO()
    teller = Teller(world, Console(file=screen, width=100), tmp_path / "t.jsonl")

    def tell(*events):
        for event in events:
            teller.discord(event)
        teller.close()
        lines = (tmp_path / "t.jsonl").read_text(encoding="utf-8").splitlines()
        return screen.getvalue(), [json.loads(line) for line in lines]

    yield tell
    teller.close()


def said(text, kind="message_posted"):
    message = {"id": "1", "type": 0, "content": text, "embeds": []}
    return DiscordEvent(
        number=1, at=AT, kind=kind, actor="autotrade", channel="매매", message=message
    )


def did(detail):
    return DiscordEvent(
        number=1, at=AT, kind="interaction", actor="owner", channel="매매", detail=detail
    )


def test_a_pipe_gets_whole_lines(told):
    screen, _ = told(said("가" * 300))
    assert "가" * 300 in screen


def test_half_an_answer_is_kept_but_not_shown(told):
    screen, kept = told(
        said("확인 티켓을  ▌"), said("확인 티켓을 띄웠습니다.", kind="message_edited")
    )
    assert "▌" not in screen
    assert "확인 티켓을 띄웠습니다." in screen
    assert [line["text"] for line in kept] == ["확인 티켓을  ▌", "확인 티켓을 띄웠습니다."]


def test_acts_are_told_in_words(told):
    screen, kept = told(did("/trade"), did("대화 시작"), did("t1:ok:abc"), did("x1:page:2"))
    assert [line["text"] for line in kept] == [
        "/trade 명령을 씁니다",
        "'대화 시작' 창을 채워 보냅니다",
        "✅ 를 누릅니다",
        "메시지의 단추(x1:page:2)를 누릅니다",
    ]
    assert "을(를)" not in screen


def test_times_and_places_are_told_by_name_and_unknown_ones_as_they_are(told):
    _, kept = told(said(f"<t:99999999999999999999:R> <t:0:R> <#1> <#{MAIN_CHANNEL_ID}>"))
    assert kept[0]["text"] == "<t:99999999999999999999:R> 09:00 <#1> #매매"
