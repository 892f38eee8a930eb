"""Keys: access token, its revocation, WebSocket approval key, hash key."""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta

from .answers import JSON_HEADERS, auth_error, gateway_error
from .state import KisState, Token
from .wire import Reply, Request

ISSUE_GAP = timedelta(minutes=1)
SAME_TOKEN_FOR = timedelta(hours=6)
VALID_FOR = timedelta(hours=24)


def issue_token(state: KisState, request: Request, now: datetime) -> Reply:
    """POST /oauth2/tokenP: once a minute; within 6 h the same token again."""
    refused = _wrong_keys(state, request, secret_field="appsecret")  # noqa: S106 - a field's name
    if refused is not None:
        return refused
    if state.last_issue is not None and now - state.last_issue < ISSUE_GAP:
        return auth_error("EGW00133", "접근토큰 발급 잠시 후 다시 시도하세요(1분당 1회)")
    state.last_issue = now
    if state.token is None or now - state.token.issued_at >= SAME_TOKEN_FOR:
        state.issued += 1
        state.token = Token(_jwt(state, now), now, now + VALID_FOR)
    token = state.token
    return Reply(
        200,
        {
            "access_token": token.value,
            "access_token_token_expired": token.expires_at.strftime("%Y-%m-%d %H:%M:%S"),
            "token_type": "Bearer",
            "expires_in": int((token.expires_at - now).total_seconds()),
        },
        JSON_HEADERS,
    )


def revoke_token(state: KisState, request: Request, _now: datetime) -> Reply:
    """POST /oauth2/revokeP."""
    refused = _wrong_keys(state, request, secret_field="appsecret", grant=False)  # noqa: S106
    if refused is not None:
        return refused
    body = read_body(request) or {}
    if state.token is None or body.get("token") != state.token.value:
        return auth_error("EGW00121", "유효하지 않은 token 입니다.")
    state.dead_tokens.add(state.token.value)
    state.token = None
    return Reply(200, {"code": 200, "message": "접근토큰 폐기에 성공하였습니다"}, JSON_HEADERS)


def approve_socket(state: KisState, request: Request, _now: datetime) -> Reply:
    """POST /oauth2/Approval: the secret's field is `secretkey` here."""
    refused = _wrong_keys(state, request, secret_field="secretkey")  # noqa: S106 - a field's name
    if refused is not None:
        return refused
    return Reply(200, {"approval_key": approval_key(state)}, JSON_HEADERS)


def approval_key(state: KisState) -> str:
    """Return the key that opens the stream: one per app key, for as long as the server runs."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"approval:{state.app_key}"))


def hash_key(state: KisState, request: Request, _now: datetime) -> Reply:
    """POST /uapi/hashkey: a digest of the order that a client may send along."""
    refused = _wrong_headers(state, request)
    if refused is not None:
        return refused
    body = read_body(request)
    if body is None:
        return gateway_error("EGW00132", "유효하지 않은 Content-Type 또는 body 입니다.")
    return Reply(200, {"BODY": dict(body), "HASH": digest(body)}, JSON_HEADERS)


def digest(body: Mapping[str, object]) -> str:
    """Return the hash key of an order."""
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def check_credentials(state: KisState, request: Request, now: datetime) -> Reply | None:
    """Return the refusal of a business call's headers, or None when they are in order."""
    refused = _wrong_headers(state, request)
    if refused is not None:
        return refused
    scheme, _, value = request.header("authorization").partition(" ")
    if scheme != "Bearer" or not value:
        return gateway_error("EGW00205", "credentials_type이 유효하지 않습니다.(Bearer)")
    if request.header("custtype") not in {"", "P", "B"}:
        return gateway_error("EGW00208", "유효하지 않은 custtype 입니다.")
    token = state.token
    if token is None or value != token.value or value in state.dead_tokens:
        return gateway_error("EGW00121", "유효하지 않은 token 입니다.")
    if now >= token.expires_at:
        return gateway_error("EGW00123", "기간이 만료된 token 입니다.")
    return None


def read_body(request: Request) -> Mapping[str, object] | None:
    """Return the JSON object of the body, or None when it is not one."""
    try:
        body = json.loads(request.body)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _wrong_headers(state: KisState, request: Request) -> Reply | None:
    """Refuse wrong keys. A call that is not about keys says so in the usual envelope."""
    if request.header("appkey") != state.app_key:
        return gateway_error("EGW00103", "유효하지 않은 AppKey입니다.")
    if request.header("appsecret") != state.app_secret:
        return gateway_error("EGW00304", "고객식별키가 유효하지 않습니다.")
    stated = request.header("content-type").partition(";")[0].strip().lower()
    if request.method == "POST" and stated not in {"", "application/json"}:
        return gateway_error("EGW00132", "유효하지 않은 Content-Type 입니다.")
    return None


def _wrong_keys(
    state: KisState, request: Request, *, secret_field: str, grant: bool = True
) -> Reply | None:
    body = read_body(request)
    if body is None:
        return auth_error("EGW00101", "유효하지 않은 요청입니다.")
    if grant and body.get("grant_type") != "client_credentials":
        missing = "grant_type" not in body
        return auth_error("EGW00115" if missing else "EGW00116", "grant_type이 유효하지 않습니다.")
    for name, code, title in (
        ("appkey", "EGW00102", "AppKey"),
        (secret_field, "EGW00104", "AppSecret"),
    ):
        if not body.get(name):
            return auth_error(code, f"{title}는 필수입니다.")
    if body.get("appkey") != state.app_key:
        return auth_error("EGW00103", "유효하지 않은 AppKey입니다.")
    if body.get(secret_field) != state.app_secret:
        return auth_error("EGW00105", "유효하지 않은 AppSecret입니다.")
    return None


def _jwt(state: KisState, now: datetime) -> str:
    """Return a token that looks like the real one: a JWT whose `jti` is the app key."""
    head = {"typ": "JWT", "alg": "HS512"}
    payload = {
        "sub": "token",
        "aud": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{state.app_key}:{state.issued}")),
        "iss": "unogw",
        "exp": int((now + VALID_FOR).timestamp()),
        "iat": int(now.timestamp()),
        "jti": state.app_key,
    }
    parts = [_part(json.dumps(part, separators=(",", ":")).encode()) for part in (head, payload)]
    parts.append(_part(hashlib.sha512(".".join(parts).encode()).digest()))
    return ".".join(parts)


def _part(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
