import asyncio
import signal
import socket
import sys

import pytest

from sandbox.__main__ import main


def test_bad_rows_end_with_file_line_and_status_two(tmp_path, capsys):
    path = tmp_path / "bars.csv"
    path.write_text("date,symbol,open,high,low,close,volume\n2024-01-02,069500,1,1,1,a,1\n")
    assert main(["kis", "--prices", str(path), "--date", "2024-01-02"]) == 2
    said = capsys.readouterr().err
    assert "bars.csv" in said
    assert "2" in said
    assert said.count("\n") == 1


def test_a_missing_file_and_a_replay_without_a_day(tmp_path, capsys):
    missing = str(tmp_path / "none.csv")
    assert main(["up", "--prices", missing, "--date", "2024-01-02"]) == 2
    assert "none.csv" in capsys.readouterr().err
    assert main(["up", "--prices", missing]) == 2
    assert "--date" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["up", "--date", "yesterday"],
        ["up", "--rate", "21"],
        ["up", "--rate", "fast"],
        ["up", "--at", "noon"],
        ["up", "--port", "70000"],
        ["nothing"],
        [],
    ],
)
def test_unreadable_arguments_are_status_two(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert capsys.readouterr().err


def test_help_is_in_both_languages(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["up", "--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert "일봉" in said
    assert "daily bars" in said


def test_a_port_in_use_is_one_line_and_status_two(capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["kis", "--port", str(port), "--date", "2026-11-20"]) == 2
        assert main(["discord", "--port", str(port), "--date", "2026-11-20"]) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 2
    assert all(str(port) in line for line in said)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_serves_until_a_signal_and_ends_with_status_zero(number):
    arguments = ["-m", "sandbox", "kis", "--at", "2026-11-20T10:00"]
    child = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, stdout=asyncio.subprocess.PIPE
    )
    assert child.stdout is not None
    async with asyncio.timeout(30):
        first = (await child.stdout.readline()).decode()
        assert first.startswith("# kis http://127.0.0.1:")
        child.send_signal(number)
        rest = (await child.stdout.read()).decode()
        assert await child.wait() == 0
    assert "KIS_VTS_APP_KEY=" in rest
