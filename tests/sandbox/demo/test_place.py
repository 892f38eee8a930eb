import pytest

from sandbox.demo.__main__ import main
from sandbox.demo.place import DATA_FOLDER, MARKER, PlaceTaken, prepare


def test_it_clears_only_what_it_made(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "ledger.db").write_text("money")
    (tmp_path / ".env").write_text("KEY=1")
    (tmp_path / "bot.log").write_text("mine")
    data = prepare(tmp_path)
    (data / "sim.db").write_text("old day")
    assert prepare(tmp_path) == data
    assert [one.name for one in data.iterdir()] == [MARKER]
    assert (tmp_path / "data" / "ledger.db").read_text() == "money"
    assert (tmp_path / "bot.log").read_text() == "mine"
    assert (tmp_path / ".env").exists()


def test_a_folder_without_its_marker_is_left_alone(tmp_path):
    data = tmp_path / DATA_FOLDER
    data.mkdir()
    assert prepare(tmp_path) == data  # empty: nothing to lose
    (data / MARKER).unlink()
    (data / "ledger.db").write_text("money")
    with pytest.raises(PlaceTaken, match=r"지우지 않습니다 · .*nothing was deleted"):
        prepare(tmp_path)
    assert (data / "ledger.db").read_text() == "money"


def test_a_link_is_not_followed(tmp_path):
    real = tmp_path / "real"
    real.mkdir()
    (real / MARKER).write_text("")
    (real / "ledger.db").write_text("money")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / DATA_FOLDER).symlink_to(real)
    with pytest.raises(PlaceTaken):
        prepare(tmp_path / "out")
    assert (real / "ledger.db").exists()


@pytest.mark.parametrize(
    ("out", "transcript"),
    [
        ("file", "t.jsonl"),
        ("file/below", "t.jsonl"),
        ("taken", "t.jsonl"),
        ("out", "folder"),
        ("out", "missing/t.jsonl"),
    ],
)
def test_a_place_that_cannot_be_had_is_one_sentence_and_status_two(
    tmp_path, capsys, out, transcript
):
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    (tmp_path / "taken" / DATA_FOLDER).mkdir(parents=True)
    (tmp_path / "taken" / DATA_FOLDER / "ledger.db").write_text("money")
    paths = ["--out", str(tmp_path / out), "--transcript", str(tmp_path / transcript)]
    assert main(["--once", *paths]) == 2
    said = capsys.readouterr()
    assert said.err.count("\n") == 1
    assert "기록을 둘 수 없습니다" in said.err
    assert not said.out
    assert (tmp_path / "taken" / DATA_FOLDER / "ledger.db").exists()


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (["--seed", "-1"], "0 or more"),
        (["--adjusted", "bars.csv"], "--adjusted needs --prices"),
        (["--date", "2026-11-01"], "not a trading day"),
    ],
)
def test_settings_that_make_no_sense_are_refused(given, reason, capsys):
    assert main(["--once", *given]) == 2
    said = capsys.readouterr().err
    assert reason in said
    assert said.count("\n") == 1
