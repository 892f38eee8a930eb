"""A spreadsheet of Google's, written by gspread in a thread of its own.

Cells are data: they are written RAW, so that a name that begins with = stays a name. Nothing that
stands in the spreadsheet is ever read; only the titles of its worksheets are.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from http import HTTPStatus
from typing import Any

import structlog

from bot.alerting.in_thread import in_thread
from bot.exports.sheet_pages import SheetPage
from core.errors import TradingError

_LOG = structlog.get_logger(__name__)
GOOGLE_API = "https://sheets.googleapis.com"
SHEET_SECONDS = 60.0
# Of one call: connecting, and each silence.
_CALL_SECONDS = (10.0, 20.0)
_SCOPES = ("https://www.googleapis.com/auth/spreadsheets",)
# A worksheet whose every row is frozen is refused.
_ROWS_MIN = 2


class SheetFault(Enum):
    """Why nothing was written. The locale files hold words for each (``sheets.fault_…``)."""

    PACKAGE = "package"
    KEY = "key"
    FORBIDDEN = "forbidden"
    ABSENT = "absent"
    BUSY = "busy"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    SLOW = "slow"
    ODD = "odd"


class SheetFailed(TradingError):
    """The spreadsheet was not written, or not wholly. The next time writes all of it anew."""

    def __init__(self, fault: SheetFault) -> None:
        """`fault` is said in the reader's words; Google's own may name what nobody should read."""
        super().__init__(f"the spreadsheet was not written: {fault.value}")
        self.fault = fault


class GoogleSheet:
    """One spreadsheet. Its state: whether a call hangs, which keeps a second one from starting."""

    def __init__(
        self,
        key: str,
        account: Mapping[str, Any],
        *,
        api: str = GOOGLE_API,
        seconds: float = SHEET_SECONDS,
    ) -> None:
        """`account` is the service account's key, `api` where Google's Sheets answer."""
        self._key = key
        self._account = dict(account)
        self._api = api
        self._seconds = seconds
        self._turn = asyncio.Lock()
        self._under_way = 0

    @property
    def writes_as(self) -> str:
        """The address with which the spreadsheet must be shared."""
        return str(self._account["client_email"])

    async def write(self, pages: Sequence[SheetPage]) -> None:
        """Put the pages in place of what their worksheets held; missing ones are made.

        Raises SheetFailed. After SLOW it may still be written: a thread cannot be ended.
        """
        await self._do(lambda book: _write(book, pages))

    async def look(self) -> str:
        """Return the spreadsheet's title, and change nothing. Raises SheetFailed."""
        seen: list[str] = []
        await self._do(lambda book: seen.append(str(book.title)))
        return seen[0]

    async def _do(self, work: Callable[[Any], None]) -> None:
        async with self._turn:
            if self._under_way:
                raise SheetFailed(SheetFault.SLOW)
            faults: list[SheetFault] = []

            def run() -> bool:
                try:
                    fault = self._fault_of(work)
                    if fault is not None:
                        faults.append(fault)
                    return fault is None
                finally:
                    self._under_way -= 1

            self._under_way += 1
            try:
                done = await in_thread(run, "google-sheet", self._seconds)
            except TimeoutError:
                _LOG.warning("the spreadsheet hangs")
                raise SheetFailed(SheetFault.SLOW) from None
            if not done:
                raise SheetFailed(faults[0] if faults else SheetFault.ODD)

    def _fault_of(self, work: Callable[[Any], None]) -> SheetFault | None:
        """Open the spreadsheet, work on it, and return what went wrong. Runs in the thread."""
        for name in ("google", "gspread", "urllib3", "requests"):
            # Their lines name addresses, and the spreadsheet's is a secret.
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        try:
            import gspread
            from google.auth.exceptions import GoogleAuthError
            from requests import RequestException
        except ImportError:
            return SheetFault.PACKAGE
        known = (gspread.exceptions.GSpreadException, GoogleAuthError, RequestException)
        try:
            self._work(work)
        except (*known, PermissionError) as error:
            fault = _fault_in(error)
            # Kinds only: the texts name addresses.
            _LOG.warning("the spreadsheet failed", fault=fault.value, error=type(error).__name__)
            return fault
        return None

    def _work(self, work: Callable[[Any], None]) -> None:
        """Open the spreadsheet for `work`, and let the connections go after it."""
        import gspread
        from google.auth.exceptions import MalformedError
        from google.auth.transport.requests import AuthorizedSession, Request
        from google.oauth2.service_account import Credentials
        from requests import Session

        try:
            credentials = Credentials.from_service_account_info(self._account, scopes=_SCOPES)
        except ValueError:
            # Without its cause: what a library says of a key may quote it.
            raise MalformedError("the key cannot be read") from None
        with Session() as asking:
            authorized = AuthorizedSession(
                credentials, refresh_timeout=_CALL_SECONDS[1], auth_request=Request(asking)
            )
            with authorized:
                # As everywhere here: no proxy and no password out of the environment.
                asking.trust_env = authorized.trust_env = False
                client = gspread.Client(
                    auth=credentials, session=authorized, http_client=_client_at(self._api)
                )
                client.set_timeout(_CALL_SECONDS)
                work(client.open_by_key(self._key))


def _fault_in(error: Exception) -> SheetFault:
    """Return which fault of ours one of the libraries' is."""
    import gspread
    from google.auth.exceptions import GoogleAuthError, TransportError
    from requests import JSONDecodeError

    if isinstance(error, gspread.exceptions.APIError):
        status = int(error.response.status_code)
        fault = SheetFault.BUSY if status >= HTTPStatus.INTERNAL_SERVER_ERROR else None
        return fault or _ANSWERS.get(status, SheetFault.REFUSED)
    if isinstance(error, GoogleAuthError) and not isinstance(error, TransportError):
        return SheetFault.BUSY if error.retryable else SheetFault.KEY
    # What is left is the connection. gspread raises two of these for answers of the server's.
    kinds = (
        (gspread.SpreadsheetNotFound, SheetFault.ABSENT),
        (PermissionError, SheetFault.FORBIDDEN),
        (gspread.exceptions.GSpreadException, SheetFault.ODD),
        (JSONDecodeError, SheetFault.ODD),
    )
    return next((one for kind, one in kinds if isinstance(error, kind)), SheetFault.UNREACHABLE)


_ANSWERS: dict[int, SheetFault] = {
    HTTPStatus.UNAUTHORIZED: SheetFault.KEY,
    HTTPStatus.FORBIDDEN: SheetFault.FORBIDDEN,
    HTTPStatus.NOT_FOUND: SheetFault.ABSENT,
    HTTPStatus.TOO_MANY_REQUESTS: SheetFault.BUSY,
}


def _client_at(api: str) -> Any:
    """Return gspread's client, asking `api`. A class, because gspread makes its own."""
    import gspread

    class _ClientAt(gspread.HTTPClient):  # type: ignore[misc]  # imported late, so untyped here
        def request(self, method: str, endpoint: str, *given: Any, **named: Any) -> Any:
            place = endpoint.replace(GOOGLE_API, api, 1)
            return super().request(method, place, *given, **named)

    return _ClientAt


def _write(book: Any, pages: Sequence[SheetPage]) -> None:
    """Give each worksheet the size of its page, then all cells their values in one call.

    What was beyond that size goes with the rows; a call that fails in between leaves old rows, and
    the next time writes all anew.
    """
    there = {one.title: one.id for one in book.worksheets()}
    missing = [page.title for page in pages if page.title not in there]
    if missing:
        made = book.batch_update(
            {"requests": [{"addSheet": {"properties": {"title": title}}} for title in missing]}
        )
        for answer in made["replies"]:
            properties = answer["addSheet"]["properties"]
            there[properties["title"]] = properties["sheetId"]
    book.batch_update({"requests": [_sized(there[page.title], page) for page in pages]})
    book.values_batch_update(
        {
            "valueInputOption": "RAW",
            "data": [
                {
                    "range": f"'{page.title}'!A1",
                    "majorDimension": "ROWS",
                    "values": [list(row) for row in _filled(page)],
                }
                for page in pages
            ],
        }
    )


def _sized(number: int, page: SheetPage) -> dict[str, Any]:
    """Return the request that makes a worksheet as large as its page, its head kept in sight."""
    return {
        "updateSheetProperties": {
            "properties": {
                "sheetId": number,
                "gridProperties": {
                    "rowCount": max(len(page.rows), _ROWS_MIN),
                    "columnCount": len(page.rows[0]),
                    "frozenRowCount": 1,
                    "frozenColumnCount": 0,
                },
            },
            "fields": "gridProperties(rowCount,columnCount,frozenRowCount,frozenColumnCount)",
        }
    }


def _filled(page: SheetPage) -> Sequence[Sequence[object]]:
    """Return the rows of the whole worksheet: one that is left over from before is emptied."""
    short = _ROWS_MIN - len(page.rows)
    return [*page.rows, *[[""] * len(page.rows[0])] * max(short, 0)]
