"""The Kiwoom adapter: frozen, without memory. It performs calls; tokens come in as arguments."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import httpx

from brokers.kiwoom import calls, ledger, market, posts
from brokers.kiwoom.account import KiwoomAccount
from brokers.kiwoom.calls import Call
from brokers.kiwoom.errors import NO_ORDERABLE_CODE, fault_of
from brokers.kiwoom.fields import (
    AccountNumberRow,
    DepositRow,
    HoldingRow,
    OrderableRow,
    OrderRow,
    StateRow,
    TokenAnswer,
    ValuationRow,
    ValuationSum,
)
from brokers.kiwoom.pages import Listing, each_page, read_all
from brokers.kiwoom.wire import KiwoomWire, Turn
from brokers.wire.bodies import encode, recorded, redacted_request
from brokers.wire.clients import RawAnswer, order_client, read_client
from brokers.wire.fields import read_row, read_rows, read_table
from core.domain.account import AccountSnapshot, BuyingPower
from core.domain.instrument import Symbol
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
from core.errors import (
    BrokerError,
    BrokerProtocolError,
    BrokerRefused,
    BrokerUnavailable,
    BrokerUnreachable,
    NotOfferedHere,
)
from core.ports.broker import AccessToken, BrokerIdentity
from core.ports.clock import Clock

_DAY_FORMAT = "%Y%m%d"
# How long a token is used whose end is not stated.
_UNSTATED_LIFE = timedelta(minutes=10)
_BARS = "stk_dt_pole_chart_qry"


@dataclass(frozen=True, slots=True)
class KiwoomBroker:
    """Implements `core.ports.broker.BrokerAdapter` for one Kiwoom account in one mode."""

    account_settings: KiwoomAccount
    wire: KiwoomWire
    clock: Clock

    @property
    def identity(self) -> BrokerIdentity:
        """Say which account on which host this is."""
        return self.account_settings.identity

    def taking_turns(self, turn: Turn) -> KiwoomBroker:
        """Return a copy that awaits `turn` with the api-id before every read."""
        return replace(self, wire=replace(self.wire, turn=turn))

    def fault_of(self, code: str) -> type[BrokerError] | None:
        """Return which fault stands behind the code of a Rejected."""
        return fault_of(code)

    async def issue_token(self) -> AccessToken:
        """Ask for a token, and for whose account it is.

        Raises BrokerRefused for keys that are refused or that belong to another account: no
        request names the account, so nothing later would notice.
        """
        document = {"grant_type": "client_credentials", **self._keys}
        body = await self.wire.post_auth(calls.TOKEN_PATH, document)
        row = read_row(TokenAnswer, body, "au10001")
        value = row.token or row.access_token
        if not value:
            raise BrokerProtocolError("au10001: token missing")
        token = AccessToken(value, self._expiry(row))
        try:
            answer = await self.wire.read(calls.ACCOUNT_NUMBER, token, {})
        except BrokerUnreachable as error:
            # A token was asked for all the same: the next one has to wait.
            raise BrokerUnavailable(f"a token, but not whose: {error}") from error
        number = read_row(AccountNumberRow, answer.body, calls.ACCOUNT_NUMBER.api_id).number
        if not number.startswith(self.account_settings.account_no):
            raise BrokerRefused("OTHER_ACCOUNT", "the keys belong to another account")
        return token

    async def revoke_token(self, token: AccessToken) -> None:
        """Give a token back. Raises BrokerError."""
        await self.wire.post_auth(calls.REVOKE_PATH, {**self._keys, "token": token.value})

    async def place_order(self, token: AccessToken, request: OrderRequest) -> SubmitOutcome:
        """Send exactly one POST and classify the answer."""
        call = calls.BUY if request.side is Side.BUY else calls.SELL
        return await self._post(call, token, posts.order_document(request), request.symbol)

    async def cancel_order(self, token: AccessToken, ref: BrokerOrderRef) -> SubmitOutcome:
        """Ask to cancel all that remains. The answer is a number, not the cancellation."""
        if not ref.branch:
            return NotSent(reason=f"no stock code is known for order {ref.number}")
        return await self._post(calls.CANCEL, token, posts.cancel_document(ref), ref.branch)

    async def order_history(self, token: AccessToken, day: date) -> OrderHistory:
        """Read every order of `day`, all pages."""
        document = {
            "ord_dt": day.strftime(_DAY_FORMAT),
            "qry_tp": "1",  # in the order of their numbers: what is placed meanwhile comes last
            "stk_bond_tp": "1",
            "sell_tp": "0",
            "stk_cd": "",
            "fr_ord_no": "",
            "dmst_stex_tp": "KRX" if self.account_settings.is_vts else "%",
        }
        read_at = self.clock.now()  # the list is at least as new as this
        listing = await self._list(calls.ORDERS, token, document, "acnt_ord_cntr_prps_dtl")
        rows = read_table(OrderRow, listing.rows, "kt00007")
        return ledger.order_history(rows, day, read_at, listing.server_ahead)

    async def account(self, token: AccessToken) -> AccountSnapshot:
        """Read cash and holdings, all pages."""
        taken_at = self.clock.now()
        document = {"qry_tp": "0", "dmst_stex_tp": posts.EXCHANGE}
        listing = await self._list(calls.VALUATION, token, document, "stk_acnt_evlt_prst")
        rows = read_table(ValuationRow, listing.rows, "kt00004")
        cash = read_row(ValuationSum, listing.last, "kt00004")
        return ledger.account(rows, cash, await self._holdings(token), taken_at)

    async def buying_power(
        self, token: AccessToken, symbol: Symbol, price_won: Won, order_type: OrderType
    ) -> BuyingPower:
        """Read what may be bought without 미수 at `price_won`; Kiwoom asks no order type.

        Where 모의투자 does not answer kt00010, its deposit statement names the same amount.
        """
        del order_type
        document = {
            "io_amt": "",
            "stk_cd": symbol,
            "trde_tp": "2",
            "trde_qty": "",
            "uv": str(price_won),
            "exp_buy_unp": "",
        }
        try:
            answer = await self.wire.read(calls.ORDERABLE, token, document)
        except BrokerRefused as refused:
            if refused.code != NO_ORDERABLE_CODE:
                raise
            answer = await self.wire.read(calls.DEPOSIT, token, {"qry_tp": "2"})
            row = read_row(DepositRow, answer.body, calls.DEPOSIT.api_id)
            return ledger.buying_power_of_deposit(row, price_won)
        return ledger.buying_power(
            read_row(OrderableRow, answer.body, calls.ORDERABLE.api_id), price_won
        )

    async def sellable(self, token: AccessToken, symbol: Symbol) -> int:
        """Read how many shares may be sold now."""
        return ledger.sellable(await self._holdings(token), symbol)

    async def quote(self, token: AccessToken, symbol: Symbol) -> Quote:
        """Read the newest price on KRX and the exchange's warnings: two requests.

        It is dated when it was asked for: a price in an answer that took long is not a young one.
        """
        asked_at = self.clock.now()
        answer = await self.wire.read(calls.STOCK, token, {"stk_cd": symbol})
        row = market.stock_of(answer.body, symbol)
        answer = await self.wire.read(calls.STOCK_STATE, token, {"stk_cd": symbol})
        state = read_row(StateRow, answer.body, calls.STOCK_STATE.api_id)
        return market.quote(row, state, symbol, asked_at)

    async def daily_bars(
        self, token: AccessToken, symbol: Symbol, start: date, end: date, *, adjusted: bool
    ) -> BarSeries:
        """Read daily bars, oldest first; pages go back in time until `start` is reached."""
        document = {
            "stk_cd": symbol,
            "base_dt": end.strftime(_DAY_FORMAT),
            "upd_stkpc_tp": "1" if adjusted else "0",
        }
        where = f"{calls.DAILY_BARS.api_id} {_BARS}"
        found: dict[date, Bar] = {}
        async with aclosing(each_page(self.wire, calls.DAILY_BARS, token, document)) as answers:
            async for answer in answers:
                page = market.bars_of(read_rows(answer.body, _BARS, where), symbol, where)
                found |= {bar.session: bar for bar in page}
                if market.oldest(page, start) <= start:
                    break
        bars = tuple(found[session] for session in sorted(found) if start <= session <= end)
        return BarSeries(symbol=symbol, adjusted=adjusted, source=market.BAR_SOURCE, bars=bars)

    async def is_open_day(self, token: AccessToken, day: date) -> bool:
        """Raise NotOfferedHere: Kiwoom has no such call."""
        del token
        raise NotOfferedHere(f"Kiwoom does not say whether the exchange opens on {day}")

    async def close(self) -> None:
        """Close connections."""
        await self.wire.reads.aclose()
        await self.wire.orders.aclose()

    @property
    def _keys(self) -> dict[str, str]:
        account = self.account_settings
        return {"appkey": account.app_key, "secretkey": account.app_secret}

    def _expiry(self, row: TokenAnswer) -> datetime:
        """Take the earlier of both statements; without one a token is used for ten minutes."""
        now = self.clock.now()
        stated = [row.expires_dt] if row.expires_dt is not None else []
        if row.expires_in is not None:
            stated.append(now + timedelta(seconds=row.expires_in))
        return min(stated, default=now + _UNSTATED_LIFE)

    async def _list(
        self, call: Call, token: AccessToken, document: dict[str, str], key: str
    ) -> Listing:
        return await read_all(self.wire, call, token, document, key)

    async def _holdings(self, token: AccessToken) -> list[HoldingRow]:
        document = {"qry_tp": "1", "dmst_stex_tp": posts.EXCHANGE}
        listing = await self._list(calls.HOLDINGS, token, document, "acnt_evlt_remn_indv_tot")
        return read_table(HoldingRow, listing.rows, "kt00018")

    async def _post(
        self, call: Call, token: AccessToken, document: dict[str, str], symbol: str
    ) -> SubmitOutcome:
        if not self.account_settings.mode.may_send_orders:
            return NotSent(reason="mode observe sends no orders", cause=Unsent.LOCKED)
        answer = await self.wire.post_order(call, token, encode(document))

        def classify(raw: RawAnswer) -> SubmitOutcome:
            return posts.classify(raw, symbol)

        asked = redacted_request(f"{call.path} {call.api_id}", document)
        return recorded(answer, asked, classify, (token.value, *self.account_settings.secrets))


def open_kiwoom(account: KiwoomAccount, clock: Clock) -> KiwoomBroker:
    """Return the adapter with its two clients, which share one TLS context. Nothing is called."""
    context = httpx.create_ssl_context(trust_env=False)
    wire = KiwoomWire(
        account,
        reads=read_client(account.allowed, context),
        orders=order_client(account.allowed, context),
        clock=clock,
    )
    return KiwoomBroker(account, wire, clock)
