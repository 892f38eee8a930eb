"""The KIS adapter: frozen, without memory. It performs calls; tokens come in as arguments."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import httpx

from brokers.kis import endpoints, ledger, market, posts
from brokers.kis.account import KisAccount
from brokers.kis.endpoints import Endpoint
from brokers.kis.errors import fault_of
from brokers.kis.fields import (
    ApprovalAnswer,
    BuyingPowerRow,
    CashRow,
    HashkeyAnswer,
    HoldingRow,
    HolidayRow,
    OrderRow,
    PriceRow,
    RevokeAnswer,
    SellableRow,
    TokenAnswer,
)
from brokers.kis.pages import DayPage, NextRequest, read_all, read_days
from brokers.kis.wire import KisWire
from brokers.wire.bodies import encode, recorded, redacted_request
from brokers.wire.clients import RawAnswer, order_client, read_client
from brokers.wire.fields import read_output, read_row, read_rows, read_table
from core.domain.account import AccountSnapshot, BuyingPower
from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.market import Bar, BarSeries, Quote
from core.domain.money import Won
from core.domain.orders import (
    BrokerOrderRef,
    NotSent,
    OrderHistory,
    OrderRequest,
    OrderType,
    Side,
    SubmitOutcome,
)
from core.domain.unsent import Unsent
from core.errors import BrokerError, BrokerProtocolError
from core.ports.broker import AccessToken, BrokerIdentity
from core.ports.clock import Clock

# One list has the last three months, the other what is older, and neither tells of the rest: it is
# empty. Three months are 89 to 92 days, and how the server counts them is not published.
_SURELY_RECENT, _SURELY_OLD = timedelta(days=88), timedelta(days=93)
_DAY_FORMAT = "%Y%m%d"


async def _at_once() -> None:
    """Send the next request of a call without a pause; `paced` replaces this."""


@dataclass(frozen=True, slots=True)
class KisBroker:
    """Implements `core.ports.broker.BrokerAdapter` for one KIS account in one mode."""

    account_settings: KisAccount
    wire: KisWire
    clock: Clock
    next_request: NextRequest = _at_once

    @property
    def identity(self) -> BrokerIdentity:
        """Say which account on which host this is."""
        return self.account_settings.identity

    def paced(self, next_request: NextRequest) -> KisBroker:
        """Return a copy that awaits `next_request` before each request of a call but the first."""
        return replace(self, next_request=next_request)

    def fault_of(self, code: str) -> type[BrokerError] | None:
        """Return which fault stands behind the code of a Rejected."""
        return fault_of(code)

    async def issue_token(self) -> AccessToken:
        """Ask for a token. Raises RateLimited within a minute of the last, BrokerRefused for keys."""
        document = self._credentials("appsecret")
        body = await self.wire.post_auth(endpoints.TOKEN_PATH, document)
        row = read_row(TokenAnswer, body, "tokenP")
        return AccessToken(row.access_token, self._expiry(row))

    async def revoke_token(self, token: AccessToken) -> None:
        """Give the token back: nobody can use it afterwards. Raises BrokerError."""
        document = {
            "appkey": self._account.app_key,
            "appsecret": self._account.app_secret,
            "token": token.value,
        }
        body = await self.wire.post_auth(endpoints.REVOKE_PATH, document)
        code = read_row(RevokeAnswer, body, "revokeP").code
        if code != httpx.codes.OK:
            raise BrokerProtocolError(f"revokeP: code {code}")

    async def issue_approval_key(self) -> str:
        """Ask for the key that opens the WebSocket. Raises BrokerError."""
        document = self._credentials("secretkey")
        body = await self.wire.post_auth(endpoints.APPROVAL_PATH, document)
        return read_row(ApprovalAnswer, body, "Approval").approval_key

    async def place_order(self, token: AccessToken, request: OrderRequest) -> SubmitOutcome:
        """Send exactly one POST and classify the answer."""
        endpoint = endpoints.BUY if request.side is Side.BUY else endpoints.SELL
        return await self._post(endpoint, token, posts.order_document(self._account, request))

    async def cancel_order(self, token: AccessToken, ref: BrokerOrderRef) -> SubmitOutcome:
        """Ask to cancel all that remains. The answer is a number, not the cancellation."""
        document = posts.cancel_document(self._account, ref)
        return await self._post(endpoints.CANCEL, token, document)

    async def order_history(self, token: AccessToken, day: date) -> OrderHistory:
        """Read every order of `day`, all pages, oldest first."""
        params = self._account.account_fields | {
            "INQR_STRT_DT": day.strftime(_DAY_FORMAT),
            "INQR_END_DT": day.strftime(_DAY_FORMAT),
            "SLL_BUY_DVSN_CD": "00",
            "INQR_DVSN": "01",  # oldest first: what is placed while we read comes at the end
            "PDNO": "",
            "CCLD_DVSN": "00",
            "ORD_GNO_BRNO": "",
            "ODNO": "",
            "INQR_DVSN_3": "00",
            "INQR_DVSN_1": "",
            "EXCG_ID_DVSN_CD": "KRX" if self._account.is_vts else "ALL",
        }
        read_at = self.clock.now()  # the list is at least as new as this
        rows: list[OrderRow] = []
        ahead: timedelta | None = None
        for number, endpoint in enumerate(_lists_of(day, read_at.date())):
            if number:
                await self.next_request()
            listing = await read_all(self.wire, endpoint, token, params, self.next_request)
            rows += read_table(OrderRow, listing.rows, f"{endpoint.name} output1")
            ahead = listing.server_ahead
        return ledger.order_history(rows, day, read_at, ahead)

    async def account(self, token: AccessToken) -> AccountSnapshot:
        """Read cash and holdings, all pages."""
        endpoint = endpoints.BALANCE
        params = self._account.account_fields | {
            "AFHR_FLPR_YN": "N",
            "OFL_YN": "",
            "INQR_DVSN": "01",  # 02 is refused since 2026-02-10
            "UNPR_DVSN": "01",
            "FUND_STTL_ICLD_YN": "N",
            "FNCG_AMT_AUTO_RDPT_YN": "N",
            "PRCS_DVSN": "00",
        }
        taken_at = self.clock.now()
        listing = await read_all(self.wire, endpoint, token, params, self.next_request)
        cash = read_output(listing.last, "output2", endpoint.name)
        if isinstance(cash, list):
            cash = cash[0] if len(cash) == 1 else None
        rows = read_table(HoldingRow, listing.rows, f"{endpoint.name} output1")
        return ledger.account(rows, read_row(CashRow, cash, f"{endpoint.name} output2"), taken_at)

    async def buying_power(
        self, token: AccessToken, symbol: Symbol, price_won: Won, order_type: OrderType
    ) -> BuyingPower:
        """Read what may be bought without 미수, asked with the order type that will be sent."""
        endpoint = endpoints.BUYING_POWER
        params = self._account.account_fields | {
            "PDNO": symbol,
            "ORD_UNPR": str(price_won),
            "ORD_DVSN": posts.order_type_code(order_type),
            "CMA_EVLU_AMT_ICLD_YN": "N",
            "OVRS_ICLD_YN": "N",
        }
        answer = await self.wire.get(endpoint, token, params)
        output = read_output(answer.body, "output", endpoint.name)
        return ledger.buying_power(read_row(BuyingPowerRow, output, endpoint.name))

    async def sellable(self, token: AccessToken, symbol: Symbol) -> int:
        """Read how many shares may be sold now; 모의투자 says it in its balance only."""
        if self._account.is_vts:
            position = (await self.account(token)).position(symbol)
            return position.sellable if position is not None else 0
        endpoint = endpoints.SELLABLE
        params = self._account.account_fields | {"PDNO": symbol}
        answer = await self.wire.get(endpoint, token, params)
        output = read_output(answer.body, "output", endpoint.name)
        return read_row(SellableRow, output, endpoint.name).ord_psbl_qty

    async def quote(self, token: AccessToken, symbol: Symbol) -> Quote:
        """Read the newest price on KRX.

        It is dated when it was asked for: a price in an answer that took long is not a young one.
        """
        endpoint = endpoints.PRICE
        params = {"FID_COND_MRKT_DIV_CODE": "J", "FID_INPUT_ISCD": symbol}
        asked_at = self.clock.now()
        answer = await self.wire.get(endpoint, token, params)
        output = read_output(answer.body, "output", endpoint.name)
        return market.quote(read_row(PriceRow, output, endpoint.name), symbol, asked_at)

    async def daily_bars(
        self, token: AccessToken, symbol: Symbol, start: date, end: date, *, adjusted: bool
    ) -> BarSeries:
        """Read daily bars, oldest first; pages by moving the end date before the oldest bar."""
        endpoint = endpoints.DAILY_BARS

        async def page_of(last: date) -> DayPage[Bar]:
            params = {
                "FID_COND_MRKT_DIV_CODE": "J",
                "FID_INPUT_ISCD": symbol,
                "FID_INPUT_DATE_1": start.strftime(_DAY_FORMAT),
                "FID_INPUT_DATE_2": last.strftime(_DAY_FORMAT),
                "FID_PERIOD_DIV_CODE": "D",
                # The sister call says it the other way.
                "FID_ORG_ADJ_PRC": "0" if adjusted else "1",
            }
            answer = await self.wire.get(endpoint, token, params)
            rows = read_rows(answer.body, "output2", endpoint.name)
            bars = market.bars_of(rows, symbol, endpoint.name)
            is_full = len(rows) >= endpoint.rows(is_vts=self._account.is_vts)
            return DayPage([(bar.session, bar) for bar in bars], is_full)

        found = await read_days(page_of, (start, end), endpoint.name, self.next_request)
        bars = tuple(found)
        return BarSeries(symbol=symbol, adjusted=adjusted, source=market.BAR_SOURCE, bars=bars)

    async def is_open_day(self, token: AccessToken, day: date) -> bool:
        """Ask whether the exchange opens on `day`. Raises NotOfferedHere in 모의투자, uncalled."""
        endpoint = endpoints.HOLIDAYS
        params = {"BASS_DT": day.strftime(_DAY_FORMAT), "CTX_AREA_NK": "", "CTX_AREA_FK": ""}
        answer = await self.wire.get(endpoint, token, params)
        rows = read_rows(answer.body, "output", endpoint.name)
        return market.opens_on(read_table(HolidayRow, rows, f"{endpoint.name} output"), day)

    async def close(self) -> None:
        """Close connections."""
        await self.wire.reads.aclose()
        await self.wire.orders.aclose()

    @property
    def _account(self) -> KisAccount:
        return self.account_settings

    def _credentials(self, secret_name: str) -> dict[str, str]:
        return {
            "grant_type": "client_credentials",
            "appkey": self._account.app_key,
            secret_name: self._account.app_secret,
        }

    def _expiry(self, row: TokenAnswer) -> datetime:
        """Take the earlier of both statements; a token whose end is not stated is not usable."""
        stated: list[datetime] = []
        if row.access_token_token_expired is not None:
            stated.append(row.access_token_token_expired.replace(tzinfo=KST))
        if row.expires_in is not None:
            stated.append(self.clock.now() + timedelta(seconds=row.expires_in))
        if not stated:
            raise BrokerProtocolError("tokenP: access_token_token_expired missing")
        return min(stated)

    async def _post(
        self, endpoint: Endpoint, token: AccessToken, document: dict[str, str]
    ) -> SubmitOutcome:
        if not self._account.mode.may_send_orders:
            return NotSent(reason="mode observe sends no orders", cause=Unsent.LOCKED)
        content = encode(document)
        hashkey = ""
        if self._account.use_hashkey:
            try:
                hashkey = await self._hashkey(document)
                await self.next_request()
            except BrokerError as error:
                return NotSent(reason=f"no hashkey: {error}", cause=Unsent.NO_HASHKEY)
        answer = await self.wire.post_order(endpoint, token, content, hashkey)

        def classify(raw: RawAnswer) -> SubmitOutcome:
            return posts.classify(raw, self.clock.now().date())

        asked = redacted_request(endpoint.path, posts.shown(self._account, document))
        return recorded(answer, asked, classify, (token.value, *self._account.secrets))

    async def _hashkey(self, document: dict[str, str]) -> str:
        keys = {"appkey": self._account.app_key, "appsecret": self._account.app_secret}
        body = await self.wire.post_auth(endpoints.HASHKEY_PATH, document, keys)
        return read_row(HashkeyAnswer, body, "hashkey").HASH


def _lists_of(day: date, today: date) -> tuple[Endpoint, ...]:
    """Return the lists that may have the orders of `day`: near three months back, both."""
    age = today - day
    if age <= _SURELY_RECENT:
        return (endpoints.ORDERS,)
    if age >= _SURELY_OLD:
        return (endpoints.ORDERS_OLD,)
    return endpoints.ORDERS, endpoints.ORDERS_OLD


def open_kis(account: KisAccount, clock: Clock) -> KisBroker:
    """Return the adapter with its two clients, which share one TLS context. Nothing is called."""
    context = httpx.create_ssl_context(trust_env=False)
    wire = KisWire(
        account,
        reads=read_client(account.allowed, context),
        orders=order_client(account.allowed, context),
        clock=clock,
    )
    return KisBroker(account, wire, clock)
