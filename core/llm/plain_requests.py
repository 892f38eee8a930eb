"""Plain requests in Korean and English, read by rules: text → what is wanted.

The rule of rules: a trade is read only when every word of the sentence is understood. Whatever is
left over, doubled, negated or conditional becomes a question back, never a guess.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import Enum

from core.domain.late_patterns import LatePattern, late
from core.domain.orders import Side
from core.llm.plain_numbers import ENGLISH_NUMBER, HANGUL_NUMBER, count_of, won_of
from core.llm.schemas import QUANTITY_MAX

TEXT_CHARACTERS_MAX = 300
_I = re.IGNORECASE
_UNSEEN = frozenset({"Cf", "Cc"})
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}


class Topic(Enum):
    """What a request without a trade is about."""

    HELP = "help"
    PORTFOLIO = "portfolio"
    ORDERS = "orders"
    NEWS = "news"
    CHART = "chart"
    PRICE = "price"
    CALENDAR = "calendar"
    MEMORY = "memory"
    SEARCH = "search"
    OPEN_ORDERS = "open_orders"
    ORDER_BOOK = "order_book"
    ETF = "etf"
    LIMITS = "limits"
    RULES = "rules"
    TRIAL = "trial"


class Doubt(Enum):
    """Why a request is answered with a question. The locale files hold one sentence per member."""

    NEGATED = "negated"
    QUESTION = "question"
    CONDITION = "condition"
    BOTH_SIDES = "both_sides"
    SEVERAL = "several"
    QUANTITY_MISSING = "quantity_missing"
    QUANTITY_INVALID = "quantity_invalid"
    QUANTITY_SEVERAL = "quantity_several"
    MARKET_ORDER = "market_order"
    SYMBOL_MISSING = "symbol_missing"
    TOO_LONG = "too_long"
    NOT_UNDERSTOOD = "not_understood"


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeWish:
    """One order. Exactly one of `quantity`, `amount_won` and `everything` is set."""

    side: Side
    query: str
    quantity: int | None = None
    amount_won: int | None = None
    everything: bool = False
    limit_won: int | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A request for information; `query` names the instrument or subject, if any."""

    topic: Topic
    query: str = ""


Wish = TradeWish | Question | Doubt

# A unit touches its number ("50만"), because "KODEX 200 50만원" holds a name before the amount.
_MONEY = r"(?<![0-9.,])((?:[0-9][0-9,]*[억만천백]\s?)+(?:[0-9][0-9,]*)?|[0-9][0-9,]*)\s*원"
_AMOUNT = late(
    _MONEY + r"\s*(?:어치|치|만큼|정도)(?:를|만)?"
    r"|(?<![0-9.,])([0-9][0-9,]*)\s*(?:won|krw)\s*(?:worth(?:\s*of)?|of)\b"
    r"|worth\s*([0-9][0-9,]*)\s*(?:won|krw)\b",
    _I,
)
_LIMIT = late(
    r"(?:지정가(?:로)?\s*)?" + _MONEY + r"\s*(?:에|으로|이하로|이하에|이상에|지정가로?)(?![가-힣])"
    r"|지정가(?:로)?\s*([0-9][0-9,]*)(?![0-9,])(?:\s*원)?"
    r"|(?:\bat|@)\s*(?:a\s+limit\s+of\s+)?₩?\s*([0-9][0-9,]*)(?:\s*(?:won|krw)\b)?",
    _I,
)
_UNIT = r"(?:주|개|좌|shares?\b|units?\b)"
_QUANTITY_BAD = late(
    rf"[-−]\s*[0-9][0-9,]*\s*{_UNIT}"
    rf"|[0-9]+\.[0-9]+\s*{_UNIT}"
    # 1e9주, 1/2주, 3~5주, 3*5주, 3–5 shares: a number in a form that is no plain count.
    rf"|[0-9][0-9,.]*\s*(?:e\s*[-+]?|[/~∼〜×*^+:–—-]\s*)[0-9][0-9,.]*\s*{_UNIT}"
    rf"|[½⅓⅔¼¾⅛]\s*{_UNIT}"
    r"|반\s*(?:만|주)|절반|\bhalf\b|몇\s*주",
    _I,
)
_QUANTITY = late(
    r"(?<![0-9.,])([0-9][0-9,]*)\s*(?:주|개|좌)(?:씩|만|를|을)?(?![가-힣])"
    r"|(?<![0-9.,])([0-9][0-9,]*)\s*(?:주|개|좌)(?=사|매|팔|만|담)"
    rf"|(?<![가-힣])({HANGUL_NUMBER})\s*(?:주|개|좌)(?:씩|만|를|을)?(?=\s|사|매|팔|담|$)"
    rf"|(?<![0-9A-Za-z.,])([0-9][0-9,]*|{ENGLISH_NUMBER})\s*(?:shares?|units?)\b(?:\s*of\b)?"
    rf"|(?<=buy|ell)\s+([0-9]{{1,5}}|{ENGLISH_NUMBER})(?=\s)(?:\s*of\b)?"
    r"|\bx\s*([0-9][0-9,]*)\b",
    _I,
)
_EVERYTHING = late(
    r"전부\s*다|전부|전량|모두\s*다|모두|몽땅|(?<![가-힣])다(?=\s*팔)|\ball(?:\s+of)?\b|\beverything\b",
    _I,
)
_BUY = late(
    r"(?<!순)매수(?!\s*(?:가능|호가|내역|주문\s*(?:내역|목록|현황|상태)))|구매|(?:(?<![가-힣])|(?<=[주개좌치에로량부두을를]))사\s*"
    r"(?:줘요?|주세요|주라|달라|라|자|요|고\s*싶\S*|볼래|놔|둬|도\s*될까\S*|도\s*돼\S*|면|지)?"
    r"(?=[\s.!?~]|$|지)|(?<![가-힣])(?:살래|살게|살까|사야)\S*|담아\s*(?:줘|주세요)?"
    r"|\b(?:buy|purchase)\b",
    _I,
)
_SELL = late(
    r"(?<!순)매도(?!\s*(?:가능|호가|내역|주문\s*(?:내역|목록|현황|상태)))|팔(?:아\s*(?:줘요?|주세요|주라|라)?|자|래|게|고\s*싶\S*|까|지|면|아야)|처분|\b(?:sell|liquidate)\b",
    _I,
)
_NEGATED = late(
    r"지\s*마|지\s*말|지\s*않|말아|말고|(?<![가-힣])안\s*(?:사|팔|살|매)|취소|금지"
    r"|\bdon['’]?t\b|\bdo\s+not\b|\bnever\b|\bnot\b|\bcancel\b|\bwithout\b|\bstop\b",
    _I,
)
_ADVICE = late(
    r"될까|할까|살까|팔까|돼\?|되나|어때|좋을까|괜찮|사야|팔아야|추천|\bshould\b|\bshall\b|\brecommend\b"
    r"|샀|팔았|\bbought\b|\bsold\b",
    _I,
)
_CONDITION = late(
    r"(?:오르|내리|떨어지|되|하|넘으|빠지|이)면|(?:사|팔)면|때\s|\bif\b|\bwhen\b|\bonce\b|내일|다음\s*주|나중|\btomorrow\b|\blater\b|\bnext\b",
    _I,
)
_MARKET = late(r"시장가|\bmarket\s+(?:order|price)\b|\bat\s+market\b", _I)
_SEVERAL = late(
    r"[가-힣0-9A-Z](?:이랑|랑|하고)\s|(?:^|\s)(?:그리고|및|또)\s|[팔사]고(?!\s*싶)|\s(?:and|then|plus)\s|[;\n]|,\s|각각|씩",
    _I,
)
_CODE = late(r"(?<![0-9A-Za-z])([0-9][0-9A-Z]{5})(?![0-9A-Za-z])", _I)
_LINK_OR_QUOTE = late(r"https?://|[\"“”‘`<>{}\[\]]|\bignore\b|무시", _I)

_POLITE = late(
    r"(?<![가-힣])(?:좀|더|추가로?|제발|지금|오늘|바로|당장|제|내|나|저|주식|종목|주문|부탁\S*|해\s*줘요?|해\s*주세요|하자|할래\S*|할게\S*"
    r"|해|해라|하고\s*싶\S*|합니다|주세요|줘요?|만|의|에|을|를|은|는|으로|로|(?:보여|알려)\S*(?:\s*(?:줘|주)\S*)?|볼래|보고\s*싶\S*"
    r"|어떻게|되나요?|돼\S*|야|이야|예요|인가요|요|있어\S*|뭐\S*|좀요|가진\s*거|가지고\s*있는\s*거)(?=[\s.!?~]|$)"
    r"|\b(?:please|for\s+me|me|my|the|some|of|shares?|units?|now|today|i|want|would|like|to|can|could|you"
    r"|order|an?|i['’]d|show|tell|give|what|what's|is|are|how|get|see|check|on|about|does|do|cost|let|let's)\b"
    r"|[.!?~]+(?=\s|$)",
    _I,
)
_PARTICLE = late(r"(?<=\S)(?:을|를|는|가|의)$|(?<=[0-9A-Za-z])(?:은|이|도)$|(?<=[가-힣]{2})은$")

_TOPICS: tuple[tuple[Topic, LatePattern], ...] = (
    (Topic.TRIAL, late(r"백\s*테스트(?:를|을)?|\bback\s*-?test\b", _I)),
    (Topic.ORDER_BOOK, late(r"호가\s*(?:창|잔량)|\border\s+book\b|\bdepth\b", _I)),
    (
        Topic.ETF,
        late(
            r"\bi?NAV\b|괴리율|순자산\s*가치|(?:운용|총)\s*보수|기초\s*지수|(?:종목|ETF)\s*정보"
            r"|\bexpense\s+ratio\b|\bpremium\b",
            _I,
        ),
    ),
    (Topic.OPEN_ORDERS, late(r"미체결(?:\s*주문)?|\bopen\s+orders?\b", _I)),
    (Topic.LIMITS, late(r"한도|\b(?:risk\s+)?limits?\b|\bheadroom\b", _I)),
    (
        Topic.RULES,
        late(
            r"(?:손절|익절)\s*(?:선|규칙|기준)|규칙|알림|관심\s*종목|\brules?\b|\balerts?\b|\bwatch\s*list\b",
            _I,
        ),
    ),
    (Topic.NEWS, late(r"뉴스|소식|헤드라인|\bnews\b|\bheadlines?\b", _I)),
    (Topic.CHART, late(r"차트|그래프|추이|\bcharts?\b|\bgraph\b", _I)),
    (
        Topic.ORDERS,
        late(
            r"주문\s*(?:내역|목록|현황|상태|보여|뭐)|체결\s*(?:내역|현황|됐\S*|되었\S*)"
            r"|(?:my|today'?s?)\s+orders?|order\s+(?:history|status|list)|^orders?$|^주문$",
            _I,
        ),
    ),
    (
        Topic.PORTFOLIO,
        late(
            r"(?:매수|주문)\s*가능|잔고|잔액|포트폴리오|보유|계좌|예수금|현금|수익률|내\s*주식|가진\s*거"
            r"|\bbalance\b|\bportfolio\b|\bholdings?\b|\bpositions?\b|\baccount\b|\bcash\b",
            _I,
        ),
    ),
    (
        Topic.PRICE,
        late(r"얼마|시세|현재가|가격|호가|\bprice\b|\bquote\b|\bhow\s+much\b|\bcost\b|\btrading\s+at\b", _I),
    ),
    (
        Topic.CALENDAR,
        late(r"휴장|개장|거래일|장\s*(?:열|여|시작|하나)|휴일|\bmarket\s+open\b|\btrading\s+day\b|\bholiday\b", _I),
    ),
    (Topic.MEMORY, late(r"지난번|기억|예전에|전에\s*말|\bremember\b|\blast\s+time\b", _I)),
    (Topic.SEARCH, late(r"찾아|검색|종목\s*코드|\bsearch\b|\bfind\b|\blook\s*up\b", _I)),
    (Topic.HELP, late(r"도움|사용법|뭘?\s*할\s*수|안녕|\bhelp\b|\bwhat\s+can\s+you\b|^(?:hi|hello)\b|\bcommands?\b", _I)),
)  # fmt: skip


def normalise(text: str) -> str:
    """Return `text` as typed on any keyboard: composed, full-width forms folded, single spaces.

    Zero-width and control characters are dropped: nobody sees them, so nobody meant them.

    Not NFKC, which would turn ㅋㄷㅅ into letters that match nothing.
    """
    seen = "".join(one for one in text if one in "\n\t" or unicodedata.category(one) not in _UNSEEN)
    folded = unicodedata.normalize("NFC", seen).translate(_FULL_WIDTH)
    return re.sub(r"[ \t]+", " ", folded).strip()


def language_of(text: str, fallback: str) -> str:
    """Return ``ko`` for Hangul, ``en`` for English words, else `fallback`."""
    if re.search(r"[가-힣ㄱ-ㅎ]", text):
        return "ko"
    return "en" if re.search(r"\b[a-z]{2,}\b", text) else fallback


def read_request(text: str) -> Wish:
    """Return what `text` wants."""
    plain = normalise(text)
    if len(plain) > TEXT_CHARACTERS_MAX:
        return Doubt.TOO_LONG
    buys, sells = _BUY().search(plain) is not None, _SELL().search(plain) is not None
    if buys or sells:
        return _doubt(plain, both=buys and sells) or _trade(plain, Side.BUY if buys else Side.SELL)
    return _question(plain)


def _doubt(plain: str, *, both: bool) -> Doubt | None:
    checks = (
        (Doubt.NOT_UNDERSTOOD, _LINK_OR_QUOTE().search(plain) is not None),
        (Doubt.NEGATED, _NEGATED().search(plain) is not None),
        (Doubt.QUESTION, _ADVICE().search(plain) is not None),
        (Doubt.CONDITION, _CONDITION().search(plain) is not None),
        (Doubt.BOTH_SIDES, both),
        (Doubt.MARKET_ORDER, _MARKET().search(plain) is not None),
        (Doubt.QUANTITY_INVALID, _QUANTITY_BAD().search(plain) is not None),
        (Doubt.SEVERAL, _SEVERAL().search(plain) is not None),
    )
    return next((doubt for doubt, holds in checks if holds), None)


def _trade(plain: str, side: Side) -> TradeWish | Doubt:
    rest, amounts = _take(_AMOUNT(), plain)
    rest, limits = _take(_LIMIT(), rest)
    rest, counts = _take(_QUANTITY(), rest)
    everything = _EVERYTHING().search(rest) is not None
    rest = _EVERYTHING().sub(" ", rest)
    rest = (_BUY if side is Side.BUY else _SELL)().sub(" ", rest)
    if len(limits) > 1 or len(amounts) + len(counts) + everything > 1:
        return Doubt.QUANTITY_SEVERAL
    query = _subject(rest)
    if isinstance(query, Doubt):
        return query
    if not (amounts or counts or (everything and side is Side.SELL)):
        return Doubt.QUANTITY_MISSING
    quantity = count_of(counts[0]) if counts else None
    amount = won_of(amounts[0]) if amounts else None
    limit = won_of(limits[0]) if limits else None
    too_many = quantity is not None and quantity > QUANTITY_MAX
    if too_many or not (quantity or amount or everything) or (limits and not limit):
        return Doubt.QUANTITY_INVALID
    return TradeWish(
        side=side,
        query=query,
        quantity=quantity,
        amount_won=amount,
        everything=everything,
        limit_won=limit,
    )


def _take(pattern: re.Pattern[str], text: str) -> tuple[str, list[str]]:
    found = [next(group for group in match.groups() if group) for match in pattern.finditer(text)]
    return pattern.sub(" ", text), found


def _subject(rest: str) -> str | Doubt:
    """Return the code, or the name that is left once everything understood is taken away."""
    codes = _CODE().findall(rest)
    if len(codes) > 1:
        return Doubt.SEVERAL
    name = _name(_CODE().sub(" ", rest))
    if not codes:
        return name or Doubt.SYMBOL_MISSING
    # "KODEX 200 (069500)" names one thing twice; the register decides whether both agree.
    return f"{codes[0].upper()} {name}".strip()


def _name(rest: str) -> str:
    text = re.sub(r"[()]", " ", rest)
    previous = None
    while previous != text:
        previous = text
        text = _POLITE().sub(" ", text)
        text = _PARTICLE().sub("", " ".join(text.split()))
    return text.strip(" ,.!?~")


def _question(plain: str) -> Question | Doubt:
    for topic, pattern in _TOPICS:
        if pattern().search(plain):
            return Question(topic, _question_subject(pattern().sub(" ", plain)))
    return Doubt.NOT_UNDERSTOOD


def _question_subject(rest: str) -> str:
    code = _CODE().search(rest)
    return code[1].upper() if code else _name(rest)
