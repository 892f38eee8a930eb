"""What the stream's server says: its answers, its pings, and REAL frames.

The codes of a missing field, of a frame before LOGIN, of an unknown trnm and of a refused token were
seen by users of the real server. How it refuses an unknown type or item, or a registration too many,
nobody wrote down: the class codes of REST stand in for it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

PING = '{"trnm":"PING"}'
NAMES: Mapping[str, str] = {
    "00": "주문체결",
    "04": "현물잔고",
    "0B": "주식체결",
    "0D": "주식호가잔량",
    "0G": "ETF NAV",
    "0J": "업종지수",
    "0s": "장시작시간",
}
WITHOUT_ITEM = frozenset({"00", "04", "0s"})
GROUP_MAX = 100

OK = (0, "")
MISSING = (100002, "필수 파라미터가 누락되어 있습니다")
BEFORE_LOGIN = (
    100013,
    "로그인 인증이 들어오기 전에 다른 전문이 들어왔습니다. 해당 전문은 무시됩니다",
)
UNKNOWN_TRNM = (105108, "정의되어 있지 않는 TRNM입니다")
NO_TOKEN = (805002, "인증을 체크하기 위한 Token 값이 없습니다")
DEAD_TOKEN = (
    805004,
    "토큰 인증에 실패했습니다. 접속을 종료합니다 [CODE=8005, MESSAGE=Token이 유효하지 않습니다]",
)
LOGGED_IN_ALREADY = (1, "잘못된 요청입니다")
UNKNOWN_TYPE = (2, "입력 값 오류입니다[1517:입력 값 형식이 올바르지 않습니다. 파라미터=type]")
UNKNOWN_ITEM = (2, "입력 값 오류입니다[1517:입력 값 형식이 올바르지 않습니다. 파라미터=item]")
TOO_MANY = (5, "허용된 요청 개수를 초과하였습니다[1634]")
KICKED = "동일한 App key로 접속이 되었습니다. 기존 세션은 종료가 됩니다"


def answer(trnm: str, said: tuple[int, str]) -> str:
    """Return the answer to a frame; a login that succeeded also tells of SOR."""
    document: dict[str, object] = {"trnm": trnm, "return_code": said[0], "return_msg": said[1]}
    if trnm == "LOGIN" and said is OK:
        document["sor_yn"] = "Y"
    return _text(document)


def kicked() -> str:
    """Return what a session hears that another one on the same app key ends."""
    return _text({"trnm": "SYSTEM", "code": "R10001", "message": KICKED})


def real(kind: str, item: str, rows: Sequence[Mapping[str, str]]) -> str:
    """Return one frame of data with an entry for each row."""
    data = [{"values": row, "type": kind, "name": NAMES[kind], "item": item} for row in rows]
    return _text({"data": data, "trnm": "REAL"})


def _text(document: Mapping[str, object]) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))
