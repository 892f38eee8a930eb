"""The endpoint as a pure function, and the small model behind it."""

from __future__ import annotations

import json

import pytest

from sandbox.model.brain import Said, Wanted, think
from sandbox.model.handler import Fault, ModelState, Request, handle

KEY = {"authorization": "Bearer sk-x"}
TOOLS = frozenset({"portfolio", "quote", "orders", "search_instrument", "propose_order"})


def post(state, body, headers=KEY):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = Request(method="POST", path="/v1/chat/completions", headers=headers, body=raw)
    return handle(state, request, 1_700_000_000.5)


def user(text):
    return {"role": "user", "content": text}


def called(number, name, arguments, result):
    call = {"id": f"c{number}", "function": {"name": name, "arguments": json.dumps(arguments)}}
    return [
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": f"c{number}", "content": json.dumps(result)},
    ]


def said(messages, tools):
    thought = think(messages, tools)
    assert isinstance(thought, Said)
    return thought.text


FOUND = called(
    1,
    "search_instrument",
    {},
    {"status": "ok", "instruments": [{"symbol": "069500", "name": "KODEX 200", "exact": True}]},
)


def test_models_are_listed():
    request = Request(method="GET", path="/v1/models", headers=KEY)
    reply = handle(ModelState(), request, 0)
    assert [row["object"] for row in json.loads(reply.body)["data"]] == ["model", "model"]


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/v1/models", {}, 401),
        ("POST", "/v1/chat/completions", {"authorization": "Basic x"}, 401),
        ("GET", "/v1/chat/completions", KEY, 405),
        ("GET", "/v1/nothing", KEY, 404),
    ],
)
def test_wrong_requests_are_refused_in_the_wires_form(method, path, headers, status):
    reply = handle(ModelState(), Request(method=method, path=path, headers=headers), 0)
    assert reply.status == status
    assert json.loads(reply.body)["error"]["message"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", {"messages": []}, {"messages": ["x"]}, {}])
def test_unreadable_bodies_are_refused(body):
    assert post(ModelState(), body).status == 400


def test_a_whole_answer_has_choices_and_usage():
    state = ModelState()
    state.script.append(Said("안녕하세요"))
    content = json.loads(post(state, {"model": "m", "messages": [user("안녕")]}).body)
    assert content["choices"][0]["message"]["content"] == "안녕하세요"
    assert content["choices"][0]["finish_reason"] == "stop"
    usage = content["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    state.script.append(Wanted("news", {}))
    content = json.loads(post(state, {"model": "m", "messages": [user("뉴스")]}).body)
    assert content["choices"][0]["message"]["tool_calls"][0]["function"]["name"] == "news"


def test_a_stream_ends_with_done_and_carries_usage_only_on_request():
    for options, usages in (({"include_usage": True}, 1), (None, 0)):
        body = {"messages": [user("안녕")], "stream": True, "stream_options": options}
        events = post(ModelState(), body).events
        assert events[-1] == b"data: [DONE]\n\n"
        chunks = [json.loads(event.removeprefix(b"data: ")) for event in events[:-1]]
        assert sum("usage" in chunk for chunk in chunks) == usages
        assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}


@pytest.mark.parametrize(
    ("fault", "status"),
    [(Fault.UNAUTHORIZED, 401), (Fault.RATE_LIMITED, 429), (Fault.SERVER_ERROR, 500)],
)
def test_faults_come_once_and_in_order(fault, status):
    state = ModelState()
    state.faults.append(fault)
    body = {"messages": [user("안녕")]}
    assert [post(state, body).status for _ in range(2)] == [status, 200]


def test_broken_streams_are_broken():
    whole = post(ModelState(), {"messages": [user("안녕")], "stream": True}).events
    state = ModelState()
    state.faults.extend([Fault.CUT_STREAM, Fault.BROKEN_JSON, Fault.SILENCE])
    body = {"messages": [user("안녕")], "stream": True}
    cut = post(state, body)
    assert cut.cut
    assert len(cut.events) < len(whole)
    assert len(post(state, body).events) == len(whole) + 1
    assert post(state, body).silent


@pytest.mark.parametrize(
    ("messages", "thought"),
    [
        ([user("KODEX 200 3주 사줘")], Wanted("search_instrument", {"query": "KODEX 200"})),
        ([user("069500 현재가")], Wanted("search_instrument", {"query": "069500"})),
        ([user("잔고 보여줘")], Wanted("portfolio", {})),
        ([user("주문 보여줘")], Wanted("orders", {"scope": "today"})),
        ([user("KODEX 200 얼마야?"), *FOUND], Wanted("quote", {"symbol": "069500"})),
    ],
)
def test_it_reads_before_it_speaks(messages, thought):
    assert think(messages, TOOLS) == thought


@pytest.mark.parametrize(
    ("text", "side", "quantity", "limit"),
    [
        ("KODEX 200 3주 사줘", "buy", 3, None),
        ('<data kind="user">\nKODEX 200 세 주 매수\n</data>', "buy", 3, None),
        ("KODEX 200 1,000주 35,000원에 매도", "sell", 1_000, 35_000),
        ("KODEX 200 전부 팔아줘", "sell", None, None),
    ],
)
def test_it_proposes_what_was_asked(text, side, quantity, limit):
    thought = think([user(text), *FOUND], TOOLS)
    assert isinstance(thought, Wanted)
    assert thought.name == "propose_order"
    assert (thought.arguments["side"], thought.arguments["quantity"]) == (side, quantity)
    assert thought.arguments["limit_price_won"] == limit


def test_it_asks_when_it_does_not_know():
    assert "몇 주" in said([user("KODEX 200 사줘"), *FOUND], TOOLS)
    assert "어느 종목" in said([user("3주 사줘")], TOOLS)
    none = called(1, "search_instrument", {}, {"status": "ok", "instruments": []})
    assert "찾지 못했습니다" in said([user("없는것 3주 사줘"), *none], TOOLS)
    rows = [{"symbol": code, "name": code, "exact": False} for code in ("069500", "102110")]
    two = called(1, "search_instrument", {}, {"status": "ok", "instruments": rows})
    assert "069500(069500), 102110(102110)" in said([user("200 3주 사줘"), *two], TOOLS)
    assert not isinstance(think([user("KODEX 200 3주 사지 마"), *FOUND], TOOLS), Wanted)


@pytest.mark.parametrize(
    ("text", "result", "words"),
    [
        ("KODEX 200 3주 사줘", {"status": "ok"}, "✅"),
        (
            "KODEX 200 3주 사줘",
            {"status": "refused", "message": "현금이 모자랍니다"},
            "현금이 모자랍니다",
        ),
    ],
)
def test_it_words_what_came_of_a_proposal(text, result, words):
    messages = [user(text), *FOUND, *called(2, "propose_order", {}, result)]
    assert words in said(messages, TOOLS)


@pytest.mark.parametrize(
    ("text", "tool", "result", "words"),
    [
        ("잔고", "portfolio", {"status": "error", "message": "쉼"}, "쉼"),
        ("잔고", "portfolio", {"status": "ok", "orderable_won": 5_000, "positions": [{"name": "가", "quantity": 2}]}, "가 2주"),
        ("주문", "orders", {"status": "ok", "orders": []}, "없습니다"),
        ("주문", "orders", {"status": "ok", "orders": [{}]}, "1건"),
    ],
)  # fmt: skip
def test_it_words_what_it_read(text, tool, result, words):
    assert words in said([user(text), *called(1, tool, {}, result)], TOOLS)


def test_it_words_prices_and_their_absence():
    good = called(2, "quote", {}, {"status": "ok", "last_won": 35_000})
    assert "35,000원" in said([user("KODEX 200 얼마야"), *FOUND, *good], TOOLS)
    bad = called(2, "quote", {}, {"status": "error", "message": "쉼"})
    assert "쉼" in said([user("KODEX 200 얼마야"), *FOUND, *bad], TOOLS)


def test_without_tools_it_condenses_or_offers_help():
    assert said([user("첫 줄\n둘째 줄")], frozenset()) == "요약: 첫 줄"
    assert "도와드릴" in said([user("안녕")], TOOLS)
    talk = "2026-11-02 10:00:00 주인: 안녕\n2026-11-02 10:00:01 sandbox-model: 네"
    summary = said([user(talk)], frozenset())
    assert summary.splitlines()[1:] == ["- 주인: 안녕", "- 답변: 네"]
    assert think([], TOOLS) == Said("무엇을 도와드릴까요?")


def test_an_unreadable_tool_result_is_survived():
    call = called(1, "portfolio", {}, {})
    call[1]["content"] = "{"
    assert "읽을 수 없는" in said([user("잔고"), *call], TOOLS)


def test_the_same_question_gets_the_same_answer():
    body = {"messages": [user("KODEX 200 3주 사줘")], "stream": True}
    assert post(ModelState(), body) == post(ModelState(), body)
