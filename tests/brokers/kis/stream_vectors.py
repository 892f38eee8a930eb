"""Messages of the KIS stream, written down from the fact sheet field by field."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from core.domain.krx import KST

AT = datetime(2026, 11, 26, 13, 15, 10, tzinfo=KST)
FRAMES = Path(__file__).parents[3] / ".." / "shared" / "data" / "payloads" / "kis" / "ws"

# H0STCNT0, 46 fields: code, hour, price, sign, change, rate, weighted, open, high, low, ask, bid,
# volume of the trade, of the day, amount, counts ×3, strength, sums ×2, kind, rate, rate, open hour
# and change ×2, high ×3, low ×3, day, phase, halted, four quantities, turnover, two of yesterday,
# hour class, end class, VI price.
TRADE = (
    "069500^131509^35150^5^-300^-0.85^35211.41^35400^35500^35100^35155^35150^125^9694968"
    "^340878273600^25807^15918^-9889^93.01^4614191^4291558^1^0.45^63.03^090013^5^-250^090646^5"
    "^-350^100741^2^50^20261126^20^N^71292^244009^2795345^2044512^0.16^5367918^180.61^0^^35450"
)
TRADE_FIELDS = 46
# H0STASP0, 59 fields; since 2025 three more: the middle price, its quantity and its side.
BOOK_59 = (
    "069500^131509^0"
    "^35155^35160^35165^35170^35175^35180^35185^35190^35195^35200"
    "^35150^35145^35140^35135^35130^35125^35120^35115^35110^35105"
    "^101^102^103^104^105^106^107^108^109^110"
    "^201^202^203^204^205^206^207^208^209^210"
    "^1055^2055^0^0^0^0^211181^-35450^5^-100.00^9694968^-10^20^0^0^0"
)
BOOK_62 = BOOK_59 + "^35150^927^2"
NAV = "069500^35171.23^5^-288.10^-0.81^35390.00^35499.55^35111.07"
# H0STMKO0, 11 fields; absent texts come as the literal (null).
STATE = "069500^N^(null)^20^(null)^0^(null)^55^Y^N^1"

KEY, IV = "abcdefghijklmnopqrstuvwxyzabcdef", "0123456789abcdef"
# H0STCNI0 as it was until March 2025 (23 fields), and as it is (26).
NOTICE_23 = (
    "myhts^5011223301^0000012345^0000012344^01^2^00^0^114800^3^4100^101112^1^1^1^00950^3^홍길동"
    "^KODEX 인버스^10^^0^4100"
)
NOTICE_26 = (
    "myhts^5011223301^0000012345^^02^0^00^0^069500^7^35150^131509^0^2^1^00950^10^홍길동^0^1^N^^10^"
    "^KODEX 200^35200"
)
# The same two by `openssl enc -aes-256-cbc -base64` with KEY and IV.
SEALED_23 = (
    "D4v7kJ2rAEqK/DpkgfRVGUCjuAVqgxcDdJ3CYmGR12mRA/fUDltvnzhBrAyV0U39Ld9otN3nvHusUbyLkyMYDzuOhpVV"
    "U7EimsazHy8LoZQAO1yaSQev0cHsWyiYoXbJoqXe5IC9vMCa3qrcLW1hhjq/StPK14w3HHx6S+P57Lc="
)
SEALED_26 = (
    "D4v7kJ2rAEqK/DpkgfRVGWJiiZxlVfUv+FiONbGFCJVn+tfQ+peTucZXamPyHMXpo8I71m1g49M1DDCb3G4c9wGkKF88"
    "bqQZAzRJnlzTuma2u5bhhNBajyH0pS3AAPK4OsBBU6f3NEY+4XCKlLvIDR4bLMSroBExv/9SXHR/pGE="
)
PING = '{"header":{"tr_id":"PINGPONG","datetime":"20261126131510"}}'


def answer(
    code: str, text: str = "", *, tr_id: str = "H0STCNT0", tr_key: str | None = "069500"
) -> str:
    """Return an answer to a registration as the server writes it."""
    ok = code in {"OPSP0000", "OPSP0001", "OPSP0002"}
    output = f',"output":{{"iv":"{IV}","key":"{KEY}"}}' if code == "OPSP0000" else ""
    key = f'"tr_key":"{tr_key}",' if tr_key is not None else ""
    return (
        f'{{"header":{{"tr_id":"{tr_id}",{key}"encrypt":"N"}},"body":{{"rt_cd":"{int(not ok)}",'
        f'"msg_cd":"{code}","msg1":"{text}"{output}}}}}'
    )


def captured(name: str) -> str:
    """Return a captured message, or skip."""
    path = FRAMES / f"{name}.txt"
    if not path.exists():
        pytest.skip("captured messages are not beside this checkout")
    return path.read_text("utf-8").strip()
