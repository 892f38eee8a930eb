from __future__ import annotations

import asyncio
import io
import json
import logging
import os
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import pytest
import structlog

from bot.operations.logs import MASKED, configure


@pytest.fixture
def out():
    handlers, level = logging.root.handlers[:], logging.root.level
    configured = structlog.get_config()
    stream = io.StringIO()
    configure("INFO", stream)
    yield stream
    structlog.configure(**configured)
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


def line(out: io.StringIO) -> dict[str, object]:
    (text,) = out.getvalue().splitlines()
    found: dict[str, object] = json.loads(text)
    return found


def test_one_event_is_one_line_and_below_the_level_nothing(out: io.StringIO) -> None:
    log = structlog.get_logger("x")
    log.debug("quiet")
    log.info("주문", symbol="069500")
    found = line(out)
    assert (found["event"], found["symbol"], found["level"]) == ("주문", "069500", "info")


async def test_a_line_says_which_process_and_which_task_wrote_it(out: io.StringIO) -> None:
    async def said() -> None:
        structlog.get_logger("x").info("e")

    await asyncio.create_task(said(), name="tracker")
    found = line(out)
    assert (found["process"], found["task"]) == (os.getpid(), "tracker")


def test_a_library_writes_the_same_kind_of_line(out: io.StringIO) -> None:
    try:
        _fails("x")
    except ValueError:
        logging.getLogger("library").exception("said %d things", 2)
    found = line(out)
    assert (found["logger"], found["event"], found["level"]) == (
        "library",
        "said 2 things",
        "error",
    )
    assert found["process"] == os.getpid()
    assert "in _fails" in str(found["exception"])
    assert "task" not in found


@pytest.mark.parametrize("words", ["%s and %d", "%(name)s", Path("x")])
def test_values_that_do_not_fit_a_librarys_words_are_left_out(
    out: io.StringIO, capsys: pytest.CaptureFixture[str], words: object
) -> None:
    configure("INFO", out)  # alone: the handlers of the test's own runner raise
    logging.getLogger("library").warning(words, "sk-canary-5b1f0c77e2a94d")
    assert str(line(out)["event"]).endswith("(not filled in: TypeError)")
    assert "canary" not in out.getvalue() + "".join(capsys.readouterr())


def test_secrets_are_masked_wherever_they_stand() -> None:
    key, odd = "sk-canary-5b1f0c77e2a94d", 'pass"word\\1'
    stream = io.StringIO()
    configured, handlers = structlog.get_config(), logging.root.handlers[:]
    try:
        configure("INFO", stream, secrets={key, odd, "sandbox"})
        log = structlog.get_logger("x")
        told = f"with {key}"
        log.info(told, header={"Authorization": [f"Bearer {key}"]}, error=OSError(odd))
        logging.getLogger("library").warning("GET https://host/?key=%s", key)
        try:
            int(key)
        except ValueError:
            log.exception("failed in the sandbox")
    finally:
        structlog.configure(**configured)
        logging.root.handlers[:] = handlers
    lines = [json.loads(text) for text in stream.getvalue().splitlines()]
    assert key not in stream.getvalue()
    assert lines[0]["header"] == {"Authorization": ["Bearer ••••"]}
    assert lines[0]["error"] == "••••"
    assert lines[1]["event"] == "GET https://host/?key=••••"
    assert lines[2]["exception"].endswith("with base 10: '••••'")
    assert lines[2]["event"] == "failed in the sandbox"


ODD = "pa\\ss'wo\"rd-열쇠/17"


@pytest.mark.parametrize(
    "shown",
    [
        ODD,
        {"password": ODD},
        ODD.encode(),
        OSError(ODD),
        repr(OSError(ODD)),
        [OSError(f"after {OSError(ODD)!r}")],
        quote(ODD, safe=""),
    ],
    ids=["text", "value", "bytes", "error", "its repr", "in another error", "address"],
)
def test_a_secret_is_masked_however_python_writes_it(out: io.StringIO, shown: object) -> None:
    configure("INFO", out, secrets={ODD})
    structlog.get_logger("x").warning("failed", shown=shown)
    logging.getLogger("library").warning("said %r and %s", shown, shown)
    for text in out.getvalue().splitlines():
        assert MASKED in text
        assert not any(part in text for part in ("열쇠", "rd-", "\\xec"))


@pytest.mark.parametrize("secret", ["pass'word\\1", 'pass"word\\1'])
def test_the_quotes_of_a_repr_do_not_hide_a_secret(out: io.StringIO, secret: str) -> None:
    configure("INFO", out, secrets={secret})
    for shown in (secret, f"{secret}'", f'{secret}"', f"{secret}'\""):
        structlog.get_logger("x").warning("failed", error=repr([shown]))
    assert out.getvalue().count(MASKED) == 4
    assert "word" not in out.getvalue()


def test_control_characters_do_not_reach_the_terminal(out: io.StringIO) -> None:
    nasty = "a\x1b[2Jb\x9b31mc\x7f\u202ed"
    structlog.get_logger("x").warning(nasty, text=nasty, deep={"k": [nasty]})
    found = line(out)
    assert found["text"] == "a [2Jb 31mc  d"
    assert found["deep"] == {"k": ["a [2Jb 31mc  d"]}
    structlog.get_logger("x").warning("failed", error=OSError(nasty), raw=[ValueError(nasty)])
    last = json.loads(out.getvalue().splitlines()[-1])
    assert (last["error"], last["raw"]) == ("a [2Jb 31mc  d", ["a [2Jb 31mc  d"])
    logging.getLogger("library").warning("said %s", nasty)
    assert not {"\x1b", "\x9b", "\x7f", "\u202e"} & set(out.getvalue())


def _fails(token: str) -> None:
    account_number = "50123456"
    raise ValueError(f"broken after {len(token) + len(account_number)} characters")


def test_a_traceback_shows_where_and_no_local_variable(out: io.StringIO) -> None:
    try:
        _fails("nekot-terces"[::-1])
    except ValueError:
        structlog.get_logger("x").exception("failed")
    text = str(line(out)["exception"])
    assert "in _fails" in text
    assert "broken after 20 characters" in text
    assert "secret-token" not in text


def test_what_json_does_not_know_is_written_as_text(out: io.StringIO) -> None:
    structlog.get_logger("x").info("e", error=OSError("gone"), numbers={1})
    assert line(out)["error"] == "gone"
    assert line(out)["numbers"] == [1]


@pytest.mark.usefixtures("out")
def test_a_log_on_a_full_disk_loses_lines_and_ends_nobody() -> None:
    full = Path("/dev/full").open("w", encoding="utf-8")  # noqa: SIM115 - closing it raises
    configure("INFO", full)
    try:
        for _ in range(3):
            structlog.get_logger("test").info("a line", filler="x" * 10_000)
        logging.getLogger("library").warning("another")
        with pytest.raises(OSError, match="No space left"):
            full.flush()
    finally:
        with suppress(OSError):
            full.close()
    structlog.get_logger("test").info("after the end of the stream")
