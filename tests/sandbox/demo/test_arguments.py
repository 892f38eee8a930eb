from __future__ import annotations

import socket

import pytest

from sandbox.demo.__main__ import main


@pytest.mark.parametrize("wrong", [["--port", "70000"], ["--port", "x"], ["--date", "tomorrow"]])
def test_what_is_no_port_and_no_day_is_said(capsys, wrong):
    with pytest.raises(SystemExit) as ended:
        main(wrong)
    assert ended.value.code == 2
    assert wrong[1] in capsys.readouterr().err


def test_a_port_that_is_taken_is_said_and_nothing_is_left_running(tmp_path, capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert main(["--port", port, "--out", str(tmp_path)]) == 2
    told = capsys.readouterr()
    assert port in told.err
    assert "중단" in told.out
