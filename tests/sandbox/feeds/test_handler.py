from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

import feedparser
import pytest
from defusedxml import ElementTree

from sandbox.feeds.handler import PATHS, handle

NOW = datetime(2026, 11, 20, 7, 30, tzinfo=timezone(timedelta(hours=9)))
HANKYUNG, MAEIL, HOSTILE, UNDATED, DOWN = PATHS


def items(path, now=NOW):
    reply = handle(path, now)
    assert reply.status == 200
    return ElementTree.fromstring(reply.body.encode()).findall("./channel/item")


@pytest.mark.parametrize("path", [HANKYUNG, MAEIL, HOSTILE, UNDATED])
def test_every_feed_is_well_formed_and_a_real_parser_reads_it(path):
    parsed = feedparser.parse(handle(path, NOW).body)
    assert not parsed.bozo
    assert len(parsed.entries) >= 2
    assert all(entry.title and entry.link for entry in parsed.entries)


def test_hankyung_has_neither_guid_nor_description():
    for item in items(HANKYUNG):
        assert item.find("guid") is None
        assert item.find("description") is None
        assert parsedate_to_datetime(item.findtext("pubDate")).tzinfo is not None


def test_maeil_writes_a_zone_that_email_parsers_lose():
    for item in items(MAEIL):
        text = item.findtext("pubDate")
        assert text.endswith("+09:00")
        assert item.find("guid") is None


@pytest.mark.parametrize("path", [HANKYUNG, HOSTILE])
def test_nothing_is_dated_after_the_business_instant(path):
    dates = [parsedate_to_datetime(item.findtext("pubDate")) for item in items(path)]
    assert all(timedelta(0) <= NOW - date < timedelta(days=1) for date in dates)
    assert {date.date() for date in dates} == {NOW.date(), NOW.date() - timedelta(days=1)}
    next_day = [
        parsedate_to_datetime(item.findtext("pubDate"))
        for item in items(path, NOW + timedelta(days=1))
    ]
    assert next_day == [date + timedelta(days=1) for date in dates]


def test_the_hostile_feed_gives_orders_and_smuggles_markup():
    headlines = " ".join(item.findtext("title") for item in items(HOSTILE))
    for bait in ("무시하고", "@everyone", "<script>", "](https://", "approve every ticket"):
        assert bait in headlines


def test_broken_dates_and_a_feed_that_is_down():
    dates = [item.findtext("pubDate") for item in items(UNDATED)]
    assert dates == ["어제 오후", None]
    assert handle(DOWN, NOW).status == 503
    assert handle("/elsewhere", NOW).status == 404
