"""The commands of the pages, run as a reader would: in a folder of its own, on simulated markets.

What the pages say with numbers of an example (a ticket, a thread, a file) stands in `known`.
"""

from __future__ import annotations

import asyncio
import gzip
import re
import shutil
import signal
import stat
import subprocess
import sys
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from core.domain.conversation import ChatLine, ChatSession, Role, SessionState
from core.domain.journal import JournalEntry
from core.domain.model_calls import CallState
from core.llm.dialogue import ToolDialogue
from core.ports.model import ModelMessage, ToolCall
from core.runtime.clock import SystemClock
from core.runtime.recorded_calls import inputs_text, reply_text
from sandbox.commands import broker_environment, open_world
from sandbox.world import WorldSettings, build_world
from storage.ledger import SqlLedger
from storage.model_calls import SqlModelCallArchive
from storage.opening import open_database
from storage.sessions import SqlSessionArchive
from tests.bot.backtesting.files import price_lines, written
from tests.bot.environment import child_environment
from tests.bot.forked import fork
from tests.contracts.ledger_values import MORNING, ticket
from tests.contracts.model_calls_contract import CALL
from tests.docs.commands import Command, typed
from tests.docs.pages import ROOT
from tests.fakes.model_kit import PLENTY

pytestmark = [pytest.mark.slow, pytest.mark.untraced]
SECONDS = 120
THREAD, TICKET = 1566617842613223424, "4F9KQ2ZD"
SESSIONS = 700
SERVES = re.compile(r"# \w+ http://127\.0\.0\.1:\d+|# 가상 시세")

# Not run here, and why. Each is held against its parser by test_command_lines.py.
NOT_RUN = {
    "python -m bot restore '[": "the form of the restore that docs/commands.md shows with a file",
    "make demo": "the page and the day are played in tests/sandbox/web and by `make prove`",
    "make test": "it is what runs this",
    "make run": "it is `python -m bot run`, and needs a Discord: tests/bot/test_running_on_sandbox.py",
    "make setup": "it installs packages",
    "docker compose": "no container runs here: tests/ops/test_compose.py reads the files",
    "docker volume": "as `docker compose`",
    "echo 'services": "the override file that only `docker compose` reads",
    "rm docker-compose.override.yml": "as above",
    "python -m bot init": "a person at a terminal: tests/bot/onboarding",
    "python -m bot watchdog": "it ends only by a signal: tests/bot/test_watchdog_on_sandbox.py",
    "python -m bot reconcile": "it takes an account with a past: tests/bot/by_hand/test_books.py",
    "python -m bot db copy": "a PostgreSQL: tests/storage runs the copy on a real one",
    "python -m sandbox demo": "as `make demo`",
    "tee sandbox.env": "it only keeps what the command before it prints",
}
# What ends otherwise than with 0, as its page says.
ENDS = {
    "python -m bot disarm": {2},  # only a real account has something to close
    "python -m bot whatif": {2},  # nothing to compare before a session has passed
    "python -m bot cycle --date 2026-11-21 --dry-run": {2},  # a Saturday
    "python -m bot cycle --dry-run": {0, 2},  # today may be no session
    "python -m bot cycle --retry": {0, 2},  # as above
    "python -m bot replay": {2},  # no cycle has run here: tests/bot/by_hand replays one
}
ANSWERS = {"python -m bot resume": "재개\n", "python -m bot restore": "복원\n"}


@dataclass(frozen=True, slots=True)
class Place:
    """A folder in which a bot has lived for a day, and the examples of the pages as it has them."""

    folder: Path
    known: dict[str, str]

    def words(self, command: Command) -> list[str]:
        home = f"{self.folder}/"
        return [
            self.known.get(word, home + word[2:] if word.startswith("~/") else word)
            for word in command.words
        ]


def runs(command: Command) -> bool:
    return not any(command.text.startswith(beginning) for beginning in NOT_RUN)


def unique(*beginnings: str) -> list[Command]:
    found: dict[str, Command] = {}
    for command in typed():
        if runs(command) and command.text.startswith(beginnings):
            found.setdefault(command.text, command)
    return list(found.values())


OF_THE_BOT = [one for one in unique("python -m bot") if "token revoke" not in one.text]
OF_THE_SANDBOX = unique("python -m sandbox")
BY_CURL = unique("curl ")
OF_THE_SHELL = unique("cp ", "chmod ", "sh ")
TOKENS = unique("python -m bot token revoke")


def test_each_command_is_run_or_says_why_not() -> None:
    run = {one.text for one in (*OF_THE_BOT, *OF_THE_SANDBOX, *BY_CURL, *OF_THE_SHELL, *TOKENS)}
    assert len(run) > 50
    texts = {command.text for command in typed()}
    assert {text for text in texts if text not in run} == {
        text for text in texts if text.startswith(tuple(NOT_RUN))
    }
    stale = [one for one in NOT_RUN if not any(text.startswith(one) for text in texts)]
    assert stale == []
    places = re.findall(r"tests/[\w/.]+", " ".join(NOT_RUN.values()))
    assert len(places) > 4
    assert [one for one in places if not (ROOT / one).exists()] == []
    assert [text for text in (*ENDS, *ANSWERS) if not any(t.startswith(text) for t in run)] == []


def ended(folder: Path, words: list[str], **settings: str) -> tuple[int, str, str]:
    """Run `python -m bot` with these words; nowhere a traceback."""
    environment = child_environment(HOME=str(folder), **settings)
    code, out, err = fork(folder, environment, *words).ended(SECONDS)
    assert "Traceback" not in out + err, err
    return code, out, err


async def _talk(folder: Path) -> None:
    """Keep one ticket, one conversation, and the call of a model that led to the ticket."""
    path = folder / "data" / "autotrade-sim.db"
    database = await open_database(f"sqlite:///{path}", migrate=False)
    async with SqlLedger(database).transaction() as tx:
        await tx.insert_ticket(ticket(TICKET))
        for kind in ("ticket.presented", "order.filled"):
            await tx.append_journal(
                JournalEntry(at=MORNING, kind=kind, actor="desk", subject=TICKET, facts={})
            )
    sessions = SqlSessionArchive(database)
    await sessions.open_session(
        ChatSession(
            thread_id=THREAD,
            channel_id=1,
            owner_id=42,
            title="TIGER 200 1주 팔아줘",
            state=SessionState.ARCHIVED,
            opened_at=MORNING,
            last_activity_at=MORNING,
        )
    )
    await sessions.append_line(
        ChatLine(
            line_id=0,
            thread_id=THREAD,
            at=MORNING,
            role=Role.USER,
            author="주인",
            text="TIGER 200 1주 팔아줘",
        )
    )
    asked = inputs_text((ModelMessage(role="user", text="3주 사줘"),), ToolDialogue().specs())
    call = replace(CALL, inputs=asked, prompt_version=ToolDialogue().version("session"))
    wish = ToolCall(call_id="c", name="propose_order", arguments="{}")
    calls = SqlModelCallArchive(database)
    await calls.begin(call, PLENTY)
    await calls.finish(replace(call, reply=reply_text("", [wish]), state=CallState.DONE))
    await calls.link_ticket(call.call_id, TICKET)
    await database.close()


def _files(folder: Path) -> None:
    """Write the price files, the list and the returns that the pages name."""
    made = price_lines(SESSIONS, 4)
    first = made[0].split(",")[1]
    lines = [line.replace(f",{first},", ",069500,") for line in made]
    for name in ("수정주가.csv", "실제가격.csv"):
        written(folder / name, lines)
    with gzip.open(folder / "bars.csv.gz", "wt", encoding="utf-8") as file:
        file.write((folder / "실제가격.csv").read_text(encoding="utf-8"))
    codes = sorted({line.split(",")[1] for line in lines})
    rows = [f"{code},종목 {code},국내 주식,비과세" for code in codes]
    text = "\n".join(["symbol,name,asset_class,tax_type", *rows, ""])
    (folder / "종목.csv").write_text(text, encoding="utf-8")
    returns = "\n".join(["return", *["0.01", "-0.005"] * 12, ""])
    (folder / "월수익률.csv").write_text(returns, encoding="utf-8")


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> Place:
    """A bot's folder after a first day: a database with a past, stored bars, a backup, files."""
    folder = tmp_path_factory.mktemp("lived")
    _files(folder)
    (folder / "data").mkdir(mode=0o700)
    shutil.copyfile(migrated_file, folder / "data" / "autotrade-sim.db")
    asyncio.run(_talk(folder))
    for words in (["data", "update"], ["backup"]):
        code, _, err = ended(folder, words)
        assert code == 0, err
    (backup,) = (folder / "data" / "backups").glob("*.db.gz")
    code, out, err = ended(folder, ["audit", "verify"])
    assert code == 0, err
    lines, head = re.findall(r"(\d+)줄.*해시 ([0-9a-f]+)", out.replace(",", ""))[0]
    known = {
        "data/backups/autotrade-vts-20261126-210000.db.gz": f"data/backups/{backup.name}",
        "187:9c1f0a77b2de": f"{lines}:{head}",
    }
    return Place(folder, known)


@pytest.fixture
def place(lived: Place, tmp_path: Path) -> Place:
    """The same for one command alone."""
    folder = tmp_path / "here"
    shutil.copytree(lived.folder, folder)
    (folder / "세금").mkdir()
    return replace(lived, folder=folder)


@pytest.mark.parametrize("command", OF_THE_BOT, ids=lambda one: one.text)
def test_a_command_of_the_bot_does_what_its_page_says(place: Place, command: Command) -> None:
    words = place.words(command)[3:]
    answer = next((text for one, text in ANSWERS.items() if command.text.startswith(one)), None)
    if command.text == "python -m bot health":
        assert _beside_a_running_bot(place, words) == 0
        return
    if answer is not None:
        done = subprocess.run(
            [sys.executable, "-m", "bot", *words],
            cwd=place.folder,
            env=child_environment(),
            input=answer,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        code, out, err = done.returncode, done.stdout, done.stderr
    else:
        code, out, err = ended(place.folder, words)
    assert code in ENDS.get(command.text, {0}), (code, out, err)
    assert out.strip() or err.strip()


def _beside_a_running_bot(place: Place, words: list[str]) -> int:
    running = fork(place.folder, child_environment(), "run", "--local-only")
    beat, clock = place.folder / "data" / "heartbeat.json", SystemClock()
    deadline = clock.now() + timedelta(seconds=SECONDS)
    try:
        while not beat.exists():
            assert running.poll() is None, running.said()
            assert clock.now() < deadline
            signal.sigtimedwait([], 0.05)
        return ended(place.folder, words)[0]
    finally:
        running.send_signal(signal.SIGTERM)
        running.ended(SECONDS)


@pytest.mark.parametrize("broker", ["kis", "kiwoom"])
async def test_a_token_is_given_back(tmp_path: Path, broker: str) -> None:
    (command,) = TOKENS
    async with AsyncExitStack() as stack:
        world = build_world(WorldSettings(symbols=("069500",), broker=broker))
        await open_world(world, stack)
        lines = dict(line.split("=", 1) for line in broker_environment(world, broker))
        settings = {name: value for name, value in lines.items() if "WEBSOCKET" not in name}
        for words in (["doctor"], list(command.words[3:])):
            code, out, err = await asyncio.to_thread(ended, tmp_path, words, **settings)
            assert code == 0, out + err
        server = world.kis if broker == "kis" else world.kiwoom
        assert server.token is None


@pytest.mark.parametrize("command", OF_THE_SANDBOX, ids=lambda one: one.text)
async def test_a_server_of_the_sandbox_says_where_it_is_and_ends_by_a_signal(
    command: Command,
) -> None:
    # The port that the page means may be taken on this machine.
    child = await asyncio.create_subprocess_exec(
        sys.executable, *command.words[1:], "--port", "0", cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert child.stdout is not None
    async with asyncio.timeout(SECONDS):
        first = (await child.stdout.readline()).decode()
        child.send_signal(signal.SIGTERM)
        await child.stdout.read()
        assert await child.wait() == 0
    assert SERVES.match(first), first


async def test_what_is_sent_by_curl_is_answered() -> None:
    async with AsyncExitStack() as stack:
        world = build_world(WorldSettings(symbols=("069500",)))
        await open_world(world, stack)
        known = world.addresses
        discord = known.discord_api.partition("/api/")[0]
        places = {"$KIS": known.kis, "$KIWOOM": known.kiwoom, "$D": f"{discord}/_control"}
        client = await stack.enter_async_context(httpx.AsyncClient(timeout=SECONDS))
        seen: dict[str, int] = {}
        for command in BY_CURL:
            _curl, _x, method, address, _d, body = command.words
            variable, _, path = address.partition("/")
            answer = await client.request(
                method, f"{places[variable]}/{path}", content=body.encode()
            )
            seen[path] = answer.status_code
            assert answer.json(), command
    # A key, and a message, that are only dots on the page are refused in words.
    assert seen.pop("oauth2/tokenP") == 403
    assert seen.pop("press") == 400
    assert seen.pop("slash") in {200, 400}  # no bot has told this Discord of its commands
    assert set(seen.values()) == {200}


def test_what_the_shell_does_leaves_a_file_that_the_bot_reads(tmp_path: Path) -> None:
    shutil.copy(ROOT / ".env.example", tmp_path / ".env.example")
    (tmp_path / "ops").mkdir()
    shutil.copy(ROOT / "ops" / "passwords.sh", tmp_path / "ops" / "passwords.sh")
    for command in OF_THE_SHELL:
        subprocess.run(command.words, cwd=tmp_path, check=True, timeout=SECONDS)
    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600
    assert (tmp_path / "ops" / "passwords").is_dir()
    code, out, err = ended(tmp_path, ["settings"])
    assert (code, "BROKER=sim" in out) == (0, True), err
