import json
from datetime import datetime, timedelta

import pytest

from core.domain.krx import KST
from core.domain.modes import Mode
from core.ports.broker import AccessToken
from core.runtime.token_store import FileTokenStore, token_key

KEY = token_key("app", Mode.VTS)
AT = datetime(2026, 11, 20, 8, tzinfo=KST)
TOKEN = AccessToken("abc.def", AT + timedelta(days=1))


def test_a_token_survives_and_only_its_owner_can_read_it(tmp_path):
    folder = tmp_path / "tokens"
    FileTokenStore(folder).save(KEY, TOKEN)
    assert FileTokenStore(folder).load(KEY) == TOKEN
    assert folder.stat().st_mode & 0o777 == 0o700
    (file,) = folder.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert "app" not in file.name


def test_modes_and_keys_do_not_share_a_file():
    keys = {token_key(app, mode) for app in ("a", "b") for mode in (Mode.VTS, Mode.REAL)}
    assert len(keys) == 4


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b'{"token": 3, "expires_at": "2026-11-21T00:00:00+09:00"}',
        b'{"token": "a", "expires_at": "2026-11-21T00:00:00"}',
        b'{"token": "a", "expires_at": "soon"}',
        b'{"token": "a\\u00e9", "expires_at": "2026-11-21T00:00:00+09:00"}',
        b"[" * 12_000,
    ],
)
def test_a_corrupt_file_is_no_token(tmp_path, content):
    (tmp_path / f"{KEY}.json").write_bytes(content)
    store = FileTokenStore(tmp_path)
    assert store.load(KEY) is None
    store.save(KEY, TOKEN)
    assert store.load(KEY) == TOKEN


def test_the_instant_of_the_issue_outlives_the_token(tmp_path):
    store = FileTokenStore(tmp_path)
    assert store.last_issue(KEY) is None
    store.note_issue(KEY, AT)
    store.save(KEY, TOKEN)
    store.delete(KEY)
    store.delete(KEY)
    assert store.load(KEY) is None
    assert store.last_issue(KEY) == AT
    store.note_issue(KEY, None)
    assert store.last_issue(KEY) is None


def test_a_draft_left_by_a_crash_is_no_obstacle(tmp_path):
    store = FileTokenStore(tmp_path)
    store.save(KEY, TOKEN)
    import os

    (tmp_path / f".{KEY}.{os.getpid()}.tmp").write_text("half")
    store.save(KEY, TOKEN)
    assert json.loads((tmp_path / f"{KEY}.json").read_text())["token"] == TOKEN.value
    assert len(list(tmp_path.iterdir())) == 1


def test_a_key_is_a_hash_and_never_a_path(tmp_path):
    with pytest.raises(ValueError, match="hash"):
        FileTokenStore(tmp_path).save("../x", TOKEN)
