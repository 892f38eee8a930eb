"""Every fault the application raises, one type per *reaction* (not per cause).

    TradingError
    ├── ConfigurationError      start is refused; one clear sentence; exit code 2
    ├── BrokerError             something about the broker call failed
    │   ├── BrokerUnavailable   nobody answered; reads may retry, orders never
    │   │   └── BrokerUnreachable   no connection was made; the broker counted nothing
    │   ├── RateLimited         the broker said "too fast"; reads back off
    │   │   └── LedgerLimited   only what its ledger answers came too fast
    │   ├── TokenRejected       drop the cached token, issue one, try the read once more
    │   ├── BrokerRefused       a parsed business refusal of a read (code and text kept)
    │   ├── BrokerProtocolError an answer that cannot be read; never taken for "nothing there"
    │   └── NotOfferedHere      the call does not exist in this mode (모의투자); use the fallback
    ├── StorageError            the database cannot be trusted or reached
    │   ├── StaleState          compare-and-set lost; somebody else was first
    │   └── JournalAltered      the chain of hashes is broken: somebody changed the past
    ├── LeaseLost               another process trades this ledger; this one ends; exit code 5
    ├── DeliveryRefused         who shows messages answered, and refuses one; people hear it elsewhere
    ├── ModelError              the language model failed, refused or answered nonsense
    ├── DataError               an input file or feed is unusable (file, line, reason)
    │   └── FeedError           a feed of news is refused or cannot be read; the others go on
    └── InvariantBroken         our own rule is violated; trading halts

Expected refusals (a denied ticket, a rejected order) are *values*, not exceptions.
"""

from __future__ import annotations

from enum import Enum


class TradingError(Exception):
    """Root of every fault that this application raises on purpose."""


class ConfigurationError(TradingError):
    """Settings are wrong, missing, unknown or contradict one another."""


class BrokerError(TradingError):
    """A broker call failed."""


class BrokerUnavailable(BrokerError):
    """No answer arrived: connection refused, timed out or dropped."""


class BrokerUnreachable(BrokerUnavailable):
    """No connection was made, so no byte left this machine and no request was counted."""


class RateLimited(BrokerError):
    """The broker refused because calls came too fast (EGW00201, HTTP 429)."""


class LedgerLimited(RateLimited):
    """The ledger behind the gateway refused by its own count (EGW00215); quotes go on."""


class TokenRejected(BrokerError):
    """The broker does not accept the access token (EGW00121, EGW00122, EGW00123)."""


class BrokerRefused(BrokerError):
    """The broker answered a read with a business refusal.

    `code` is the broker's own message code (for example ``OPSQ2001``).
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code} {text}".strip())
        self.code = code
        self.text = text


class BrokerProtocolError(BrokerError):
    """The answer cannot be read: empty body, invalid JSON, a missing required field."""


class NotOfferedHere(BrokerError):
    """This broker mode does not offer the call; the caller takes the documented fallback."""


class StorageError(TradingError):
    """The database cannot be reached or its content cannot be trusted."""


class StaleState(StorageError):
    """A compare-and-set did not find the expected state: somebody else was first."""


class JournalAltered(StorageError):
    """A line of the journal does not hold; `line` is the first such."""

    def __init__(self, line: int) -> None:
        super().__init__(f"the journal was altered at line {line}")
        self.line = line


class LeaseLost(TradingError):
    """Another process holds the lease: this one must not trade and ends."""


class DeliveryRefused(TradingError):
    """The place that shows a message answered and does not take it: to try again may not help."""


class ModelFault(Enum):
    """What was wrong with a call of the language model; each has a sentence in `model.toml`."""

    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    KEY = "key"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    QUOTA = "quota"
    BUSY = "busy"
    PROVIDER = "provider"
    TOO_LONG = "too_long"
    BAD_REQUEST = "bad_request"
    REFUSED = "refused"
    FILTERED = "filtered"
    CUT_OFF = "cut_off"
    REPLY_TOO_LONG = "reply_too_long"
    UNREADABLE = "unreadable"
    OUT_OF_BOUNDS = "out_of_bounds"
    USER_BUDGET = "user_budget"
    DAY_BUDGET = "day_budget"
    RESTING = "resting"

    @property
    def was_asked(self) -> bool:
        """Whether the provider was asked at all: our own limits refuse before that."""
        return self not in {ModelFault.USER_BUDGET, ModelFault.DAY_BUDGET, ModelFault.RESTING}


class ModelError(TradingError):
    """The language model failed, timed out, refused or broke its schema.

    The text is for the log; people are told the sentence of `fault`.
    """

    def __init__(self, text: str, fault: ModelFault = ModelFault.UNREADABLE) -> None:
        super().__init__(text)
        self.fault = fault


class DataError(TradingError):
    """An input file or feed is unusable; the message names file, line and reason."""


class FeedFault(Enum):
    """Why a feed of news was not read; each has a sentence in `news.toml`."""

    SLOW = "slow"
    UNREACHABLE = "unreachable"
    HUNG_UP = "hung_up"
    BAD_ADDRESS = "bad_address"
    UNKNOWN_HOST = "unknown_host"
    OUR_NETWORK = "our_network"
    NOT_HTTPS = "not_https"
    UNLISTED = "unlisted"
    REDIRECTS = "redirects"
    STATUS = "status"
    PACKING = "packing"
    TOO_LARGE = "too_large"
    BOMB = "bomb"
    CUT_OFF = "cut_off"
    NOT_UNPACKED = "not_unpacked"
    ENCODING = "encoding"
    NOT_TEXT = "not_text"
    FORBIDDEN_XML = "forbidden_xml"
    NOT_XML = "not_xml"
    NOT_JSON = "not_json"
    NO_LIST = "no_list"
    UNREADABLE = "unreadable"
    # What the broker's own wire may answer beside these.
    BUSY = "busy"
    REFUSED = "refused"


class FeedError(DataError):
    """A feed is refused or cannot be read.

    `figure` is the number that the sentence of `fault` names: seconds, bytes, an HTTP status.
    `detail` is foreign text for the log; people are told the sentence alone.
    """

    def __init__(self, fault: FeedFault, figure: int = 0, *, detail: str = "") -> None:
        super().__init__(f"{fault.value} {figure} {detail!r}")
        self.fault = fault
        self.figure = figure
        self.detail = detail


class InvariantBroken(TradingError):
    """One of our own rules does not hold; trading stops until a person looks."""
