"""The spreadsheet's settings: a key file that others may read, or that is none, refuses the start."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.settings import Settings, load
from bot.settings.redaction import redacted, secrets_of
from core.errors import ConfigurationError
from tests.bot.environment import only

KEY = "1A-spreadsheet_key-of-the-address"
ACCOUNT = {
    "type": "service_account",
    "client_email": "a@b.iam.gserviceaccount.com",
    "private_key": "SECRET",
    "token_uri": "https://oauth2.googleapis.com/token",
}


@pytest.fixture
def given(monkeypatch, tmp_path: Path):
    only(monkeypatch, tmp_path)
    monkeypatch.setattr("bot.settings.sheets.find_spec", lambda name: name)

    def put(text: str | None, key: str = KEY, mode: int = 0o600) -> None:
        monkeypatch.setenv("GOOGLE_SHEET_KEY", key)
        if text is not None:
            file = tmp_path / "account.json"
            file.write_text(text, encoding="utf-8")
            file.chmod(mode)
            monkeypatch.setenv("GOOGLE_SERVICE_ACCOUNT_FILE", "account.json")

    return put


def refusal() -> str:
    with pytest.raises(ConfigurationError) as refused:
        load(local_only=True)
    text = str(refused.value)
    assert "SECRET" not in text
    assert KEY not in text
    return text


def test_both_are_taken_and_the_key_is_a_secret(given) -> None:
    given(json.dumps(ACCOUNT))
    settings = load(local_only=True)
    assert settings.google_sheet_key.get_secret_value() == KEY
    assert settings.service_account() == ACCOUNT
    assert redacted(settings)["google_sheet_key"] == "set"
    assert KEY in secrets_of(settings)
    assert KEY not in repr(settings)


def test_what_is_in_the_key_file_is_masked_in_logs_line_by_line(given) -> None:
    lines = ["-----BEGIN PRIVATE KEY-----", "MIIEvQIBADANBgkq", "-----END PRIVATE KEY-----"]
    given(json.dumps({**ACCOUNT, "private_key": "\n".join(lines)}))
    assert secrets_of(load(local_only=True)) >= set(lines)


def test_without_either_there_is_none(given) -> None:
    assert redacted(Settings.model_validate({}))["google_sheet_key"] == "-"
    assert Settings.model_validate({}).sheet_problems() == []


def test_one_without_the_other_is_half(given) -> None:
    given(None)
    assert refusal() == "GOOGLE_SHEET_KEY needs GOOGLE_SERVICE_ACCOUNT_FILE"
    given(json.dumps(ACCOUNT), key="")
    assert refusal() == "GOOGLE_SERVICE_ACCOUNT_FILE needs GOOGLE_SHEET_KEY"


@pytest.mark.parametrize(
    "key", ["short", "https://docs.google.com/spreadsheets/d/x/edit", "가" * 30]
)
def test_a_key_that_is_none_is_refused(given, key) -> None:
    given(json.dumps(ACCOUNT), key=key)
    text = refusal()
    assert text.startswith("GOOGLE_SHEET_KEY: must be what stands between /d/ and /edit")
    assert key not in text


def test_a_file_that_others_may_read_is_refused(given) -> None:
    given(json.dumps(ACCOUNT), mode=0o640)
    assert "GOOGLE_SERVICE_ACCOUNT_FILE: others can read" in refusal()
    assert "chmod 600" in refusal()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("SECRET {", "must be the JSON key of a service account"),
        ("[]", "must be the JSON key of a service account"),
        (json.dumps(ACCOUNT | {"type": "authorized_user"}), "must be the JSON key"),
        (json.dumps(ACCOUNT | {"private_key": 1}), "must be the JSON key"),
        (json.dumps(ACCOUNT | {"token_uri": "http://example.com/token"}), "token_uri must begin"),
        (json.dumps(ACCOUNT | {"token_uri": "http://[x/token"}), "token_uri must begin"),
    ],
)
def test_a_file_that_is_no_key_is_refused(given, text, said) -> None:
    given(text)
    assert said in refusal()


def test_a_token_endpoint_on_loopback_is_for_tests(given) -> None:
    given(json.dumps(ACCOUNT | {"token_uri": "http://127.0.0.1:9/token"}))
    assert load(local_only=True).service_account()["client_email"] == ACCOUNT["client_email"]


def test_a_missing_file_and_a_missing_package_are_said(given, monkeypatch) -> None:
    given(None)
    monkeypatch.setenv("GOOGLE_SERVICE_ACCOUNT_FILE", "nowhere.json")
    monkeypatch.setattr("bot.settings.sheets.find_spec", lambda name: None)
    text = refusal()
    assert "nowhere.json cannot be read" in text
    assert "needs the extra 'sheets' (gspread): pip install 'gspread>=6.2'" in text


def test_a_name_that_is_nearly_ours_is_told(given, monkeypatch) -> None:
    given(json.dumps(ACCOUNT))
    monkeypatch.setenv("GOOGLE_SHEET_KEYS", "x")
    assert "did you mean GOOGLE_SHEET_KEY?" in refusal()
    # Another program's.
    monkeypatch.delenv("GOOGLE_SHEET_KEYS")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "x.json")
    load(local_only=True)
