"""The mode in the title of whatever the bot shows."""

from __future__ import annotations

import pytest

from bot.chat.budget import GREY, TITLE_MAX, FittedEmbed
from bot.chat.modes import ModePhrases
from bot.chat.text import units
from bot.locales import LOCALES, load
from core.domain.modes import Mode
from tests.architecture.source import calls, modules


def title_of(phrases, title: str = "한도", mode: Mode | None = None) -> str:
    made = FittedEmbed(phrases=phrases, title=title, description="", colour=GREY, mode=mode)
    return str(made.embed.title)


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("mode", list(Mode))
def test_a_title_begins_with_the_mode_of_now(locale, mode):
    phrases = load(locale)
    word = phrases.say(f"embeds.mode_{mode.value}")
    spoken = ModePhrases(phrases, lambda: mode)
    assert spoken.locale == locale
    assert title_of(spoken) == f"[{word}] 한도"
    # What has a mode of its own, a ticket of yesterday, keeps it.
    assert title_of(ModePhrases(phrases, lambda: Mode.SIM), mode=mode) == f"[{word}] 한도"
    assert units(title_of(spoken, "한" * 999)) <= TITLE_MAX


def test_the_mode_is_asked_for_each_time():
    now = [Mode.OBSERVE, Mode.REAL]
    phrases = ModePhrases(load("ko"), lambda: now.pop(0))
    assert [title_of(phrases), title_of(phrases)] == ["[관찰] 한도", "[실전] 한도"]


def test_who_does_not_know_the_mode_says_so():
    assert title_of(load("ko")) == "[모드를 모름] 한도"


def test_embeds_are_made_in_one_place():
    places = {one.name for one in modules("bot", "core") if any(calls(one.tree, "Embed"))}
    assert places == {"bot/chat/budget.py"}
