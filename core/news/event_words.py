"""The words by which a headline tells an event, a guess, or a wish to be obeyed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from core.domain.news_facts import NewsEvent

_PATTERNS: Mapping[NewsEvent, str] = MappingProxyType(
    {
        NewsEvent.RISE: r"급등|상승|강세|반등|오름세|신고가|최고가|랠리|\b(?:surg(?:e|es|ed)|rall(?:y|ies|ied)|rises?|rose|jump(?:s|ed)?)\b",
        NewsEvent.FALL: r"급락|하락|약세|내림세|신저가|폭락|\b(?:plung(?:e|es|ed)|falls?|fell|drop(?:s|ped)?|slump(?:s|ed)?)\b",
        NewsEvent.INFLOW: r"자금.{0,6}(?:유입|몰)|순매수|순유입|\binflow",
        NewsEvent.OUTFLOW: r"자금.{0,6}(?:유출|이탈)|순매도|순유출|\boutflow",
        NewsEvent.DISTRIBUTION: r"분배금|분배락|배당금|배당락|배당\s*(?:지급|기준일)|\bdividend",
        NewsEvent.LISTING: r"(?<!비)상장(?!지수|\s*폐지|사\b|기업|법인|주식)|\blists\b",
        NewsEvent.DELISTING: r"상장\s*폐지|\bdelist",
        NewsEvent.HALT: (
            r"거래\s*(?:일시\s*)?(?:정지|중단)|서킷\s*브레이커|사이드카|CB\s*발동|\btrading halt"
        ),
        NewsEvent.FEE: r"(?:보수|수수료)\w{0,2}\s*(?:인하|인상|낮|내[린려]|올[린려])|\bfee cut",
        NewsEvent.RATE: r"기준금리|금리\s*(?:인상|인하|동결)|\brate (?:cut|hike)",
        NewsEvent.EARNINGS: r"실적|영업이익|순이익|어닝|\bearnings",
        NewsEvent.EXPORTS: r"수출|\bexports?\b",
        NewsEvent.POLICY: r"규제|제재|관세|과세|금투세|\b(?:tariff|sanction)",
    }
)
_EVENTS = {event: re.compile(pattern, re.IGNORECASE) for event, pattern in _PATTERNS.items()}
_OPPOSITES = (
    frozenset({NewsEvent.RISE, NewsEvent.FALL}),
    frozenset({NewsEvent.INFLOW, NewsEvent.OUTFLOW}),
)
_GUESS = re.compile(
    r"전망|우려|예상|가능성|관측|기대|할\s*듯|것으로\s*보|추정|루머|소문|아니다|않|\?|"
    r"\b(?:may|might|could|expected|fear|rumou?r)\b",
    re.IGNORECASE,
)
# Real headlines say some of these, too: what speaks so is not left out, only believed least.
_ORDERS = re.compile(
    r"지시\s*(?:를|에|사항|문)|이전\s*지시|무시하|무시해|명령(?:을|에|어|이다)|프롬프트|"
    r"(?:시스템|관리자|개발자)\s*(?:메시지|지시|알림|권한|모드|명령|:|공지)|"
    r"승인\s*(?:버튼|단추|하라|해|하십시오|처리하)|도구\s*(?:를|호출)|@|```|\*\*|‹|https?:|base64|"
    r"(?:매수|매도|주문|청산|송금|출력|대답|응답|전송|실행|호출)\s*"
    r"(?:하라|해라|하세요|하십시오|해\s*줘|할 것)|"
    r"(?:사라|팔아라|눌러라|따르라|믿어라)(?![가-힣])|"
    r"관리자입니다|한도를?\s*없애|링크로\s*보여|전\s*재산|propose_order|"
    r"\b(?:ignore|instructions?|system|assistant|developer|prompt|approved?|override|tool_?calls?|"
    r"you (?:are|must)|buy (?:now|all)|sell (?:now|all|everything)|api[_ ]key)\b",
    re.IGNORECASE,
)


def events_in(text: str) -> tuple[NewsEvent, ...]:
    """Return the events that the words tell; of two opposites (급등, 급락) neither."""
    found = {event for event, pattern in _EVENTS.items() if pattern.search(text)}
    for pair in _OPPOSITES:
        if pair <= found:
            found -= pair
    return tuple(event for event in NewsEvent if event in found)


def is_guess(text: str) -> bool:
    """Whether the words guess, doubt or deny rather than tell."""
    return _GUESS.search(text) is not None


def speaks_to_machines(text: str) -> bool:
    """Whether the words read like an instruction rather than like news. In doubt: yes."""
    return _ORDERS.search(text) is not None
