"""Names of well-known Korean ETFs, and which of them are leveraged or inverse.

Facts of the market (issuers rename funds: KBSTAR is RISE, ARIRANG is PLUS, KOSEF is KIWOOM), so
everything is keyed by the six-character code.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

PLAIN: Mapping[str, str] = MappingProxyType(
    {
        "069500": "KODEX 200",
        "069660": "KIWOOM 200",
        "091160": "KODEX 반도체",
        "091170": "KODEX 은행",
        "091180": "KODEX 자동차",
        "091220": "TIGER 은행",
        "091230": "TIGER 반도체",
        "102110": "TIGER 200",
        "102780": "KODEX 삼성그룹",
        "102960": "KODEX 기계장비",
        "102970": "KODEX 증권",
        "105190": "ACE 200",
        "114260": "KODEX 국고채3년",
        "117460": "KODEX 에너지화학",
        "117680": "KODEX 철강",
        "117700": "KODEX 건설",
        "132030": "KODEX 골드선물(H)",
        "133690": "TIGER 미국나스닥100",
        "139220": "TIGER 200 건설",
        "139230": "TIGER 200 중공업",
        "139260": "TIGER 200 IT",
        "139270": "TIGER 200 금융",
        "140700": "KODEX 보험",
        "140710": "KODEX 운송",
        "143850": "TIGER 미국S&P500선물(H)",
        "143860": "TIGER 헬스케어",
        "148020": "RISE 200",
        "148070": "KIWOOM 국고채10년",
        "152100": "PLUS 200",
        "153130": "KODEX 단기채권",
        "157490": "TIGER 소프트웨어",
        "157500": "TIGER 증권",
        "161510": "PLUS 고배당주",
        "195930": "TIGER 유로스탁스50(합성 H)",
        "211560": "TIGER 배당성장",
        "226490": "KODEX 코스피",
        "228790": "TIGER 화장품",
        "228810": "TIGER 미디어컨텐츠",
        "229200": "KODEX 코스닥150",
        "232080": "TIGER 코스닥150",
        "241180": "TIGER 일본니케이225",
        "244580": "KODEX 바이오",
        "261220": "KODEX WTI원유선물(H)",
        "261240": "KODEX 미국달러선물",
        "266360": "KODEX K콘텐츠",
        "266420": "KODEX 헬스케어",
        "273130": "KODEX 종합채권(AA-이상)액티브",
        "276990": "KODEX 글로벌로봇(합성)",
        "278530": "KODEX 200TR",
        "292150": "TIGER 코리아TOP10",
        "293180": "HANARO 200",
        "294400": "KIWOOM 200TR",
        "305540": "TIGER 2차전지테마",
        "305720": "KODEX 2차전지산업",
        "310970": "TIGER MSCI Korea TR",
        "329200": "TIGER 리츠부동산인프라",
        "357870": "TIGER CD금리투자KIS(합성)",
        "360750": "TIGER 미국S&P500",
        "364980": "TIGER KRX2차전지K-뉴딜",
        "371460": "TIGER 차이나전기차SOLACTIVE",
        "379800": "KODEX 미국S&P500",
        "379810": "KODEX 미국나스닥100",
        "381170": "TIGER 미국테크TOP10 INDXX",
        "381180": "TIGER 미국필라델피아반도체나스닥",
        "411060": "ACE KRX금현물",
        "449450": "PLUS K방산",
        "459580": "KODEX CD금리액티브(합성)",
        "458730": "TIGER 미국배당다우존스",
    }
)
"""Code → Korean name of funds that follow their index once."""

GEARED: Mapping[str, tuple[str, int]] = MappingProxyType(
    {
        "114800": ("KODEX 인버스", -1),
        "122630": ("KODEX 레버리지", 2),
        "123310": ("TIGER 인버스", -1),
        "123320": ("TIGER 레버리지", 2),
        "233740": ("KODEX 코스닥150레버리지", 2),
        "233160": ("TIGER 코스닥150 레버리지", 2),
        "243880": ("TIGER 200IT레버리지", 2),
        "250780": ("TIGER 코스닥150선물인버스", -1),
        "251340": ("KODEX 코스닥150선물인버스", -1),
        "252670": ("KODEX 200선물인버스2X", -2),
        "252710": ("TIGER 200선물인버스2X", -2),
        "261250": ("KODEX 미국달러선물레버리지", 2),
        "261260": ("KODEX 미국달러선물인버스2X", -2),
        "267770": ("TIGER 200선물레버리지", 2),
        "271050": ("KODEX WTI원유선물인버스(H)", -1),
        "409820": ("KODEX 미국나스닥100레버리지(합성 H)", 2),
        "412570": ("TIGER 2차전지TOP10레버리지", 2),
        "462330": ("KODEX 2차전지산업레버리지", 2),
    }
)
"""Code → (Korean name, index multiple) of leveraged and inverse funds."""

# What a synthetic market lists: liquid plain funds of different kinds, few enough to read.
SYNTHETIC_UNIVERSE: tuple[str, ...] = (
    "069500", "102110", "091160", "091180", "091230", "102970", "133690", "139230",
    "139260", "148020", "152100", "161510", "226490", "228790", "229200", "276990",
    "292150", "305540", "305720", "360750", "381170", "091170", "244580", "278530",
    "329200", "261240", "132030", "148070", "114260", "143850",
)  # fmt: skip


def name_of(code: str) -> str:
    """Return the Korean name, or the code when none is known."""
    geared = GEARED.get(code)
    return geared[0] if geared else PLAIN.get(code, code)


def multiple_of(code: str) -> int:
    """Return the index multiple: 1 unless the fund is known as leveraged or inverse."""
    geared = GEARED.get(code)
    return geared[1] if geared else 1


def is_geared(code: str) -> bool:
    """Whether the fund is known as leveraged or inverse."""
    return code in GEARED


def all_names() -> dict[str, str]:
    """Return code → name of everything known."""
    return {**PLAIN, **{code: name for code, (name, _multiple) in GEARED.items()}}


def synthetic_symbols() -> dict[str, str]:
    """Return code → name of what the synthetic market lists."""
    return {code: PLAIN[code] for code in SYNTHETIC_UNIVERSE}


# Domestic passive equity funds: gains are not taxed (비과세). Others count as taxed, the careful side.
TAX_FREE = frozenset(
    [
        "069500",
        "069660",
        "091160",
        "091170",
        "091180",
        "091220",
        "091230",
        "102110",
        "102780",
        "102960",
        "102970",
        "105190",
        "117460",
        "117680",
        "117700",
        "139220",
        "139230",
        "139260",
        "139270",
        "140700",
        "140710",
        "143860",
        "148020",
        "152100",
        "157490",
        "157500",
        "161510",
        "211560",
        "226490",
        "228790",
        "228810",
        "229200",
        "232080",
        "244580",
        "266360",
        "266420",
        "292150",
        "305540",
        "305720",
    ]
)
