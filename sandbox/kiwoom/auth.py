"""au10001 and au10002: one token per validity, the same one when asked again."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timedelta

from sandbox.kis.wire import Reply, Request

from .answers import DONE, JSON_HEADERS, Refused, unauthorised
from .state import KiwoomState, Token

VALID_FOR = timedelta(hours=24)


def issue_token(state: KiwoomState, request: Request, now: datetime) -> Reply:
    """POST /oauth2/token."""
    body = read_body(request)
    if body.get("grant_type") != "client_credentials":
        code = "8011" if "grant_type" not in body else "8012"
        raise unauthorised(code, "grant_type이 맞지 않습니다")
    _check_keys(state, body)
    if state.token is None or now >= state.token.expires_at:
        state.issued += 1
        state.token = Token(_value(state), now + VALID_FOR)
    fields = {
        "expires_dt": state.token.expires_at.strftime("%Y%m%d%H%M%S"),
        "return_msg": DONE,
        "token_type": "bearer",
        "return_code": 0,
        "token": state.token.value,
    }
    return Reply(200, fields, JSON_HEADERS)


def revoke_token(state: KiwoomState, request: Request, _now: datetime) -> Reply:
    """POST /oauth2/revoke."""
    body = read_body(request)
    _check_keys(state, body)
    if not body.get("token"):
        raise unauthorised("8016", "토큰이 들어오지 않았습니다")
    if state.token is None or body["token"] != state.token.value:
        raise unauthorised("8015", "토큰 폐기에 실패하였습니다")
    state.token = None
    return Reply(200, {"return_code": 0, "return_msg": DONE}, JSON_HEADERS)


def check_token(state: KiwoomState, request: Request, now: datetime) -> None:
    """Refuse a call whose authorization is missing, malformed or dead."""
    given = request.header("authorization")
    if not given:
        raise Refused(2, "입력 값 오류입니다[1513:HTTP Header에 authorization 필드가 없습니다]")
    scheme, _, value = given.partition(" ")
    if scheme.lower() != "bearer":
        raise Refused(2, "입력 값 오류입니다[1515:authorization의 Grant Type이 맞지 않습니다]")
    if not value.strip():
        raise Refused(2, "입력 값 오류입니다[1516:authorization에 Token이 없습니다]")
    token = state.token
    if token is None or value != token.value or now >= token.expires_at:
        raise unauthorised("8005", "Token이 유효하지 않습니다")


def read_body(request: Request) -> Mapping[str, object]:
    """Return the JSON object of the body. Raises Refused when it is not one."""
    try:
        body = json.loads(request.body)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Refused(2, "입력 값 오류입니다[1517:입력 값 형식이 올바르지 않습니다. Body]")
    return body


def _check_keys(state: KiwoomState, body: Mapping[str, object]) -> None:
    if not body.get("appkey") or not body.get("secretkey"):
        # The one answer of this kind that was seen has another beginning.
        raise Refused(
            3, "인증 실패[8020:입력파라미터로 appkey 또는 secretkey가 들어오지 않았습니다.]"
        )
    if body["appkey"] != state.app_key:
        raise unauthorised("8001", "App Key와 Secret Key 검증에 실패했습니다")
    if body["secretkey"] != state.app_secret:
        raise unauthorised("8002", "App Key와 Secret Key 검증에 실패했습니다. [사유: Secret Key]")


def _value(state: KiwoomState) -> str:
    seed = f"{state.app_key}:{state.issued}".encode()
    return base64.urlsafe_b64encode(hashlib.sha512(seed).digest()).decode().rstrip("=")
