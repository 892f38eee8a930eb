"""The pure handlers, without sockets: limits, interactions' codes, faults, gateway codes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.discord import bits, interactions
from sandbox.discord.component_limits import message_component_flaws, modal_flaws
from sandbox.discord.events import Turn
from sandbox.discord.house import House
from sandbox.discord.interactions import Ask
from sandbox.discord.limits import FILE_BYTES_MAX, Flaw, embed_flaws, refuse
from sandbox.discord.state import (
    APPLICATION_ID,
    GUILD_ID,
    MAIN_CHANNEL_ID,
    OWNER_ID,
    Interaction,
)
from sandbox.discord.wire import Json, Refusal, Reply, Request, Upload
from tests.sandbox.discord.conftest import HandClock

MESSAGES = f"/channels/{MAIN_CHANNEL_ID}/messages"


@pytest.fixture
def house(clock: HandClock) -> House:
    return House(clock)


def call(house: House, method: str, path: str, body: Any = None, **more: Any) -> Reply:
    token = f"Bot {house.state.bot_token}"
    return house.answer(Request(method, path, authorization=token, body=body, **more))


def asked(house: House, kind: int = 2, message: Json | None = None) -> Interaction:
    ask = Ask(
        type=kind,
        user_id=OWNER_ID,
        channel_id=MAIN_CHANNEL_ID,
        data={},
        locale="ko",
        token=f"token{len(house.state.interactions)}",
        message=message,
    )
    return house.run(lambda turn: interactions.open_interaction(turn, ask))


def answer(house: House, one: Interaction, kind: int, data: Json | None = None) -> Reply:
    path = f"/interactions/{one.id}/{one.token}/callback"
    return house.answer(
        Request("POST", path, {"with_response": "1"}, body={"type": kind, "data": data})
    )


def button(custom_id: str | None = "a", **more: Any) -> Json:
    return {"type": 2, "style": 1, "label": "x", "custom_id": custom_id, **more}


def row(*children: Json) -> Json:
    return {"type": 1, "components": list(children)}


def paths(flaws: list[Flaw]) -> set[str]:
    return {".".join(one.path) for one in flaws}


@pytest.mark.parametrize(
    ("components", "expected"),
    [
        ([row(button())], set()),
        ([row(button("x" * 100))], set()),
        ([row(button("x" * 101))], {"components.0.components.0.custom_id"}),
        ([row(button(label="x" * 81))], {"components.0.components.0.label"}),
        ([row(button(label=""))], {"components.0.components.0.label"}),
        ([row(button(custom_id=None))], {"components.0.components.0.custom_id"}),
        ([row(button(), button())], {"components"}),
        ([row(*(button(str(n)) for n in range(6)))], {"components.0.components"}),
        ([row(button(str(n))) for n in range(6)], {"components"}),
        ([row({"type": 2, "style": 5, "label": "x", "url": "https://e.x"})], set()),
        (
            [row({"type": 3, "custom_id": "s", "options": []})],
            {"components.0.components.0.options"},
        ),
        (
            [
                row(
                    {
                        "type": 3,
                        "custom_id": "s",
                        "placeholder": "x" * 151,
                        "options": [{"label": "", "value": "v"}],
                    }
                )
            ],
            {"components.0.components.0.placeholder", "components.0.components.0.options.0.label"},
        ),
        ([row({"type": 5, "custom_id": "s"}, button())], {"components.0.components"}),
        ([button()], {"components.0.type"}),
    ],
)
def test_component_limits(components, expected):
    assert paths(message_component_flaws(components, layout=False)) == expected


def test_layout_limits():
    text = {"type": 10, "content": "x" * 2001}
    assert paths(message_component_flaws([text, text], layout=True)) == {"components"}
    many = [{"type": 17, "components": [{"type": 10, "content": "x"}] * 40}]
    assert paths(message_component_flaws(many, layout=True)) == {"components"}
    assert not message_component_flaws([{"type": 17, "components": [text]}], layout=True)


def test_modal_limits():
    field = {"type": 18, "label": "l", "component": {"type": 4, "custom_id": "c"}}
    assert not modal_flaws({"title": "t", "custom_id": "m", "components": [field]})
    wrong = modal_flaws({"title": "t" * 46, "custom_id": "m" * 101, "components": [field] * 6})
    assert {"data.title", "data.custom_id", "data.components"} <= paths(wrong)


def test_embed_limits():
    field = {"name": "n", "value": "v"}
    assert not embed_flaws([{"title": "x" * 256, "fields": [field] * 25}])
    assert paths(embed_flaws([{"fields": [field] * 26}])) == {"embeds.0.fields"}
    assert paths(embed_flaws([{"description": "x" * 3001}] * 2)) == {"embeds"}
    assert paths(embed_flaws([{}] * 11)) == {"embeds"}
    long = {"footer": {"text": "x" * 2049}, "author": {"name": "x" * 257}}
    assert paths(embed_flaws([long])) == {"embeds.0.footer.text", "embeds.0.author.name"}


def test_all_flaws_are_told_in_one_tree():
    with pytest.raises(Refusal) as caught:
        refuse([Flaw(("a", "0"), "C", "t"), Flaw(("b",), "D", "u")])
    assert caught.value.body()["errors"] == {
        "a": {"0": {"_errors": [{"code": "C", "message": "t"}]}},
        "b": {"_errors": [{"code": "D", "message": "u"}]},
    }
    refuse([])


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ([{"name": "매매", "description": "d", "name_localizations": {"en-US": "trade"}}], 200),
        ([{"name": "Trade", "description": "d"}], 400),
        ([{"name": "x" * 33, "description": "d"}], 400),
        ([{"name": "t", "description": ""}], 400),
        ([{"name": "t", "description": "d"}] * 2, 400),
        ([{"name": f"t{n}", "description": "d"} for n in range(101)], 400),
        (
            [
                {
                    "name": "t",
                    "description": "d",
                    "options": [
                        {"type": 3, "name": "a", "description": "d"},
                        {"type": 3, "name": "b", "description": "d", "required": True},
                    ],
                }
            ],
            400,
        ),
        (
            [
                {
                    "name": "t",
                    "description": "d",
                    "options": [
                        {
                            "type": 3,
                            "name": f"o{n}",
                            "description": "d" * 100,
                            "choices": [{"name": "c" * 100, "value": "v" * 100}] * 4,
                        }
                        for n in range(10)
                    ],
                }
            ],
            400,
        ),
    ],
)
def test_command_limits(house, body, status):
    path = f"/applications/{APPLICATION_ID}/guilds/{GUILD_ID}/commands"
    assert call(house, "PUT", path, body).status == status


def test_commands_one_by_one(house):
    path = f"/applications/{APPLICATION_ID}/commands"
    made = call(house, "POST", path, {"name": "t", "description": "d"})
    again = call(house, "POST", path, {"name": "t", "description": "e"})
    assert (made.status, again.status) == (201, 200)
    one = f"{path}/{made.body['id']}"
    assert call(house, "PATCH", one, {"description": "f"}).body["description"] == "f"
    assert call(house, "GET", one).body["id"] == again.body["id"]
    assert len(call(house, "GET", path).body) == 1
    assert call(house, "DELETE", one).status == 204
    assert call(house, "GET", one).body["code"] == 10063


def test_token_routes_and_methods(house):
    assert house.answer(Request("GET", "/users/@me")).status == 401
    assert call(house, "GET", "/nowhere").status == 404
    assert call(house, "PATCH", "/users/@me").status == 405
    for path in ("/gateway/bot", "/applications/@me", f"/guilds/{GUILD_ID}", f"/users/{OWNER_ID}"):
        assert call(house, "GET", path).status == 200
    for tail in ("channels", "roles", "members", f"members/{OWNER_ID}", "threads/active"):
        assert call(house, "GET", f"/guilds/{GUILD_ID}/{tail}").status == 200
    assert call(house, "GET", "/guilds/1").body["code"] == 10004
    assert call(house, "GET", "/channels/1").body["code"] == 10003


def test_rate_limit_headers_and_429(house):
    house.state.bucket_limit, house.state.bucket_seconds = 2, 60.0
    left = [
        call(house, "POST", MESSAGES, {"content": "x"}).headers["X-RateLimit-Remaining"]
        for _ in "ab"
    ]
    assert left == ["1", "0"]
    refused = call(house, "POST", MESSAGES, {"content": "x"})
    assert refused.status == 429
    assert refused.headers["Via"]
    assert refused.headers["X-RateLimit-Scope"] == "user"
    assert 0 < refused.body["retry_after"] <= 60
    assert len(house.state.messages) == 2


def test_global_limit_exempts_interactions(house):
    house.state.bucket_limit = 1000
    statuses = [call(house, "GET", "/users/@me").status for _ in range(51)]
    assert statuses.count(429) == 1
    assert answer(house, asked(house), 4, {"content": "x"}).status == 200


def test_files_too_large_or_too_many(house):
    large = Upload(0, "a.bin", b"\0" * (FILE_BYTES_MAX + 1))
    assert call(house, "POST", MESSAGES, {}, files=(large,)).body["code"] == 40005
    many = tuple(Upload(n, f"{n}", b"x") for n in range(11))
    assert call(house, "POST", MESSAGES, {}, files=many).body["code"] == 50035
    assert not house.state.messages


def test_a_message_calls_whom_it_may_and_its_silence_cannot_be_changed(house):
    text = f"<@{OWNER_ID}>"
    for users, called in (([int(OWNER_ID)], [OWNER_ID]), ([OWNER_ID], [OWNER_ID]), ([], [])):
        body = {"content": text, "allowed_mentions": {"parse": [], "users": users}}
        made = call(house, "POST", MESSAGES, body).body
        assert [one["id"] for one in made["mentions"]] == called
    silent = call(house, "POST", MESSAGES, {"content": "x", "flags": 1 << 12}).body
    assert silent["flags"] == 1 << 12
    loud = call(house, "POST", MESSAGES, {"content": "x"}).body
    edited = call(house, "PATCH", f"{MESSAGES}/{loud['id']}", {"flags": 1 << 12}).body
    assert edited["flags"] == 0


def test_edit_keeps_or_drops_attachments(house):
    files = (Upload(0, "a.txt", b"a"), Upload(1, "b.txt", b"b"))
    sent = call(house, "POST", MESSAGES, {}, files=files).body
    keep = sent["attachments"][1]["id"]
    path = f"{MESSAGES}/{sent['id']}"
    body = {"attachments": [{"id": keep}, {"id": 0, "filename": "c.txt"}]}
    edited = call(house, "PATCH", path, body, files=(Upload(0, "raw", b"c"),)).body
    assert [one["filename"] for one in edited["attachments"]] == ["b.txt", "c.txt"]
    assert edited["edited_timestamp"]
    assert call(house, "PATCH", path, {"attachments": [], "content": ""}).body["code"] == 50006


def test_second_answer_and_unknown_token(house):
    one = asked(house)
    assert answer(house, one, 4, {"content": "x"}).body["resource"]["message"]["content"] == "x"
    assert answer(house, one, 4, {"content": "y"}).body["code"] == 40060
    hook = f"/webhooks/{APPLICATION_ID}/nothing"
    assert house.answer(Request("POST", hook, body={"content": "x"})).body["code"] == 10015
    fresh = asked(house)
    hook = f"/webhooks/{APPLICATION_ID}/{fresh.token}"
    assert house.answer(Request("POST", hook, body={"content": "x"})).body["code"] == 10015


def test_token_dies_after_fifteen_business_minutes(house, clock):
    one = asked(house)
    answer(house, one, 5)
    path = f"/webhooks/{APPLICATION_ID}/{one.token}/messages/@original"
    clock.advance(minutes=14)
    assert house.answer(Request("PATCH", path, body={"content": "x"})).status == 200
    clock.advance(minutes=2)
    refused = house.answer(Request("PATCH", path, body={"content": "y"}))
    assert (refused.status, refused.body["code"]) == (401, 50027)


@pytest.mark.parametrize(
    ("kind", "answer_type", "status"),
    [(5, 9, 400), (2, 8, 400), (4, 4, 400), (2, 7, 400), (2, 6, 400), (4, 8, 200), (2, 9, 400)],
)
def test_answers_that_do_not_fit(house, kind, answer_type, status):
    assert answer(house, asked(house, kind), answer_type, {"choices": []}).status == status


def test_update_and_defer_update_of_a_component(house):
    sent = call(house, "POST", MESSAGES, {"content": "x", "components": [row(button())]}).body
    message = house.state.messages[sent["id"]]
    deferred = asked(house, 3, message)
    assert answer(house, deferred, 6).status == 200
    path = f"/webhooks/{APPLICATION_ID}/{deferred.token}/messages/@original"
    assert house.answer(Request("GET", path)).body["id"] == sent["id"]
    updated = answer(house, asked(house, 3, message), 7, {"content": "y", "components": []})
    assert updated.body["resource"]["message"]["content"] == "y"
    assert message["components"] == []


def test_ephemeral_messages_are_unknown_to_channel_routes(house):
    one = asked(house)
    shown = answer(house, one, 4, {"content": "x", "flags": 64}).body["resource"]["message"]
    assert call(house, "PATCH", f"{MESSAGES}/{shown['id']}", {"content": "y"}).body["code"] == 10008
    assert call(house, "GET", MESSAGES).body == []
    hook = f"/webhooks/{APPLICATION_ID}/{one.token}/messages/{shown['id']}"
    assert house.answer(Request("DELETE", hook)).status == 204


def test_modal_with_a_long_title_is_refused_and_may_be_answered_again(house):
    one = asked(house)
    field = row({"type": 4, "custom_id": "c", "label": "l", "style": 1})
    modal = {"title": "t" * 46, "custom_id": "m", "components": [field]}
    refused = answer(house, one, 9, modal)
    assert "title" in refused.body["errors"]["data"]
    assert answer(house, one, 9, {**modal, "title": "t"}).status == 200


@pytest.mark.parametrize(
    ("kind", "status", "fate"),
    [
        ("500", 500, "answer"),
        ("503", 503, "answer"),
        ("429_shared", 429, "answer"),
        ("hang", 0, "hang"),
    ],
)
def test_faults_come_once_and_change_nothing(house, kind, status, fate):
    from sandbox.discord.desk import DiscordDesk

    DiscordDesk(house).fault("POST /channels/*/messages", kind)
    reply = call(house, "POST", MESSAGES, {"content": "x"})
    assert (reply.status, reply.fate) == (status, fate)
    assert not house.state.messages
    assert call(house, "POST", MESSAGES, {"content": "x"}).status == 200


def test_snowflakes_carry_business_time_and_rise(house, clock):
    first = int(house.state.snowflake(clock.now()))
    second = int(house.state.snowflake(clock.now()))
    assert second == first + 1
    assert (first >> 22) + 1_420_070_400_000 == int(clock.now().timestamp() * 1000)


class Tape:
    """A link that remembers."""

    def __init__(self) -> None:
        self.frames: list[Json] = []
        self.code: int | None = None

    def send(self, payload: str) -> None:
        self.frames.append(json.loads(payload))

    def close(self, code: int) -> None:
        self.code = code


def hello(house: House) -> Tape:
    tape = Tape()
    house.connect(tape)
    return tape


def identify(house: House, tape: Tape, **more: Any) -> None:
    data = {"token": house.state.bot_token, "intents": bits.ALL_INTENTS, **more}
    house.receive(tape, json.dumps({"op": 2, "d": data}))


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("not json", 4002),
        ('{"op": 99}', 4001),
        ('{"op": 3, "d": {}}', 4003),
        ('{"op": 2, "d": {"token": "x", "intents": 1}}', 4004),
        ('{"op": 6, "d": {"token": "x"}}', 4004),
        ('{"op": 2, "d": 7}', 4002),
    ],
)
def test_gateway_close_codes(house, frame, code):
    tape = hello(house)
    house.receive(tape, frame)
    assert tape.code == code


def test_gateway_identify_twice_wrong_intents_and_flood(house):
    tape = hello(house)
    identify(house, tape)
    assert [one["t"] for one in tape.frames] == [None, "READY", "GUILD_CREATE"]
    identify(house, tape)
    assert tape.code == 4005
    wrong = hello(house)
    identify(house, wrong, intents=1 << 40)
    assert wrong.code == 4013
    flood = hello(house)
    for _ in range(121):
        house.receive(flood, '{"op": 1, "d": null}')
    assert flood.code == 4008


def test_gateway_members_chunk_and_resume_refusals(house):
    tape = hello(house)
    identify(house, tape)
    house.receive(tape, '{"op": 8, "d": {"nonce": "n"}}')
    assert tape.frames[-1]["d"]["nonce"] == "n"
    house.disconnect(tape, 1006)
    resume = {"token": house.state.bot_token, "session_id": "session000001", "seq": 99}
    ahead = hello(house)
    house.receive(ahead, json.dumps({"op": 6, "d": resume}))
    assert ahead.code == 4007
    lost = hello(house)
    house.receive(lost, json.dumps({"op": 6, "d": {**resume, "session_id": "?"}}))
    assert lost.frames[-1] == {"op": 9, "d": False, "s": None, "t": None}
    back = hello(house)
    house.receive(back, json.dumps({"op": 6, "d": {**resume, "seq": 1}}))
    assert [one["t"] for one in back.frames[1:]] == [
        "GUILD_CREATE",
        "GUILD_MEMBERS_CHUNK",
        "RESUMED",
    ]


def test_session_ended_by_the_client_is_gone(house):
    tape = hello(house)
    identify(house, tape)
    house.disconnect(tape, 1000)
    assert house.gateway.sessions == {}
    assert isinstance(house.run(lambda turn: turn), Turn)


def contents(reply: Reply) -> list[str]:
    return [one["content"] for one in reply.body]


def test_history_pages_and_bulk_delete(house):
    sent = [call(house, "POST", MESSAGES, {"content": str(n)}).body for n in range(5)]
    third = sent[2]["id"]

    def page(**query: str) -> Reply:
        return call(house, "GET", MESSAGES, query=query)

    assert contents(page(before=third)) == ["1", "0"]
    assert contents(page(after=third, limit="1")) == ["3"]
    assert contents(page(around=third, limit="3")) == ["3", "2", "1"]
    assert page(limit="0").body["code"] == 50035
    wanted = [one["id"] for one in sent[:2]]
    assert call(house, "POST", f"{MESSAGES}/bulk-delete", {"messages": wanted}).status == 204
    refused = call(house, "POST", f"{MESSAGES}/bulk-delete", {"messages": wanted[:1]})
    assert refused.body["code"] == 50016
    assert contents(page()) == ["4", "3", "2"]
    assert call(house, "POST", MESSAGES, {"content": "  "}).body["code"] == 50006


def test_thread_names_members_and_archive_list(house):
    path = f"/channels/{MAIN_CHANNEL_ID}/threads"
    assert call(house, "POST", path, {"name": "x" * 101, "type": 11}).body["code"] == 50035
    wrong = {"name": "x", "type": 11, "auto_archive_duration": 5}
    assert "auto_archive_duration" in call(house, "POST", path, wrong).body["errors"]
    thread = call(house, "POST", path, {"name": "t", "type": 11}).body
    own = f"/channels/{thread['id']}"
    assert call(house, "POST", f"{own}/threads", {"name": "t", "type": 11}).body["code"] == 50024
    assert call(house, "PUT", f"{own}/thread-members/{OWNER_ID}").status == 204
    assert len(call(house, "GET", f"{own}/thread-members").body) == 2
    assert call(house, "DELETE", f"{own}/thread-members/{OWNER_ID}").status == 204
    assert call(house, "PUT", f"{own}/thread-members/1").body["code"] == 10013
    assert call(house, "PATCH", own, {"archived": True}).body["thread_metadata"]["archived"]
    assert call(house, "PATCH", own, {"name": "n"}).body["code"] == 50083
    assert call(house, "PUT", f"{own}/thread-members/{OWNER_ID}").body["code"] == 50083
    (listed,) = call(house, "GET", f"{path}/archived/public").body["threads"]
    assert listed["id"] == thread["id"]
    again = call(house, "PATCH", own, {"archived": False, "name": "n", "auto_archive_duration": 60})
    assert (again.body["name"], again.body["thread_metadata"]["archived"]) == ("n", False)
    assert call(house, "DELETE", f"/channels/{MAIN_CHANNEL_ID}").body["code"] == 50013
    assert call(house, "PATCH", f"/channels/{MAIN_CHANNEL_ID}", {"name": "x"}).body["code"] == 50013


def test_direct_channel_is_the_same_each_time(house):
    opened = [call(house, "POST", "/users/@me/channels", {"recipient_id": OWNER_ID}) for _ in "ab"]
    assert opened[0].body["id"] == opened[1].body["id"]
    wrong = call(house, "POST", "/users/@me/channels", {"recipient_id": "1"})
    assert wrong.body["code"] == 50033
