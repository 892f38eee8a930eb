"""/risk reconcile and /risk arm over the wire: what anybody sees, and what only an owner does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.domain.books import Difference, ExternalOrder, SymbolHold
from core.domain.instrument import Symbol
from core.domain.orders import BrokerOrder, BrokerOrderRef, OrderType, Side
from core.domain.reconciliation import CashComparison, OrderDifference, Reconciliation
from core.errors import StorageError
from core.services.orders.values import ClickOutcome
from tests.bot.chat.conftest import running, settings_for
from tests.bot.chat.test_chat_on_sandbox import last_ephemeral, told
from tests.bot.chat.test_switch_on_sandbox import buttons
from tests.fakes.fake_chat_services import NOW, FakeArming, FakeChat

KODEX, TIGER, OTHER = Symbol("069500"), Symbol("102110"), Symbol("005930")
ROW = BrokerOrder(
    ref=BrokerOrderRef(number="0000000009"),
    original_number="",
    symbol=OTHER,
    side=Side.BUY,
    order_type=OrderType.LIMIT,
    ordered=4,
    price_won=70_000,
    filled=1,
    remaining=3,
    cancelled=0,
    rejected=0,
    average_price_won=None,
    placed_at=NOW,
)


def comparison(**changes: object) -> Reconciliation:
    found = Reconciliation(
        day=NOW.date(),
        made_at=NOW,
        orders_ours=2,
        orders_theirs=3,
        orders=(
            OrderDifference(
                order_id="4F9KQ2ZD-1", number="7", symbol=KODEX, ours="WORKING 0", theirs="FILLED 3"
            ),
            OrderDifference(order_id="", number="8", symbol=OTHER, ours="", theirs="WORKING 0"),
        ),
        externals=(ExternalOrder(session=NOW.date(), row=ROW, first_seen_at=NOW, updated_at=NOW),),
        positions=(
            Difference(symbol=TIGER, ours=3, theirs=5),
            Difference(symbol=KODEX, ours=0, theirs=1),
        ),
        live=frozenset({"069500"}),
        cash=CashComparison(since=NOW, expected_won=900_000, broker_won=1_000_000),
        holds=(SymbolHold(symbol=OTHER, since=NOW, reason="3주와 5주"),),
        unread=(),
    )
    return replace(found, **changes)  # type: ignore[arg-type]


@pytest.fixture
def owned(house) -> FakeChat:
    """One owner, and a stranger who may look."""
    users = house.discord.users
    owners = frozenset({users["owner"]})
    viewers = frozenset({users["stranger"]})
    chat = FakeChat(settings_for(house, owner_ids=owners, viewer_ids=viewers))
    chat.books.owners = owners
    return chat


async def test_differences_come_first_and_are_said_in_words(house, owned) -> None:
    desk = house.discord
    owned.books.found = comparison()
    async with running(house, owned):
        message = await desk.settled(await desk.slash("owner", "매매", "risk reconcile"))
        looked = await desk.settled(await desk.slash("stranger", "매매", "risk reconcile"))
    embed = message["embeds"][0]
    assert "다른 것이 있습니다" in embed["description"]
    assert "우리 2건 · 증권사 3건" in embed["description"]
    names = [one["name"] for one in embed["fields"]]
    assert names[0].startswith("수량이 다른 종목 2개")
    values = {one["name"]: one["value"] for one in embed["fields"]}
    assert "TIGER 200(102110): 우리 3주 · 증권사 5주" in values["수량이 다른 종목 2개"]
    assert "거래 중이라" in values["수량이 다른 종목 2개"]
    orders = values["다른 주문 2건"]
    assert "주문번호 7: 우리 접수(체결 0주) · 증권사 체결(체결 3주)" in orders
    assert "우리 없음 · 증권사 접수(체결 0주)" in orders
    assert "주문번호 0000000009 매수 005930 체결 1/4주" in values["봇이 내지 않은 주문 1건"]
    assert "차이 +100,000원" in values["현금"]
    # A symbol that is being traded is not decided about; a viewer decides about none.
    assert buttons(message) == ["a1:accept:102110", "a1:accept:005930"]
    assert buttons(looked) == []


async def test_agreement_is_said_only_of_what_was_read(house, owned) -> None:
    desk = house.discord
    same = comparison(orders=(), positions=(), holds=(), externals=(), cash=None)
    async with running(house, owned):

        async def description() -> str:
            found = await desk.settled(await desk.slash("owner", "매매", "risk reconcile"))
            return found["embeds"][0]["description"]

        owned.books.found = same
        assert "모두 같습니다" in await description()
        owned.books.found = replace(same, unread=("orders",))
        said = await description()
        assert "증권사의 주문 목록을 끝까지 읽지 못했습니다" in said
        assert "같습니다" not in said
        assert "오늘 주문" not in said
        owned.books.found = replace(comparison(), unread=("account",))
        message = await desk.settled(await desk.slash("owner", "매매", "risk reconcile"))
        assert buttons(message) == []
        owned.books.found = None
        broken = await desk.slash("owner", "매매", "risk reconcile")
        assert "증권사에서 답을 받지 못했습니다" in await told(house, broken)


async def test_an_owner_accepts_by_typing_the_symbol(house, owned) -> None:
    desk = house.discord
    owned.books.found = comparison()
    async with running(house, owned):
        message = await desk.settled(await desk.slash("owner", "매매", "risk reconcile"))
        opened = await desk.press("owner", message["id"], "a1:accept:102110")
    async with running(house, owned):
        wrong = await told(house, await desk.submit_modal("owner", opened, {"typed": "069500"}))
        assert "바꾼 것이 없습니다" in wrong
        assert owned.books.accepted == []
        again = await desk.press("owner", message["id"], "a1:accept:102110")
        done = await told(house, await desk.submit_modal("owner", again, {"typed": "102110"}))
        assert "증권사의 보유 수량으로 맞추고" in done
        assert owned.books.accepted == ["102110"]


async def test_who_is_no_owner_is_refused_and_noted(house, chat) -> None:
    desk = house.discord
    chat.settings = replace(chat.settings, owner_ids=frozenset({desk.users["owner"]}))
    chat.books.found = comparison()
    async with running(house, chat):
        message = await desk.settled(await desk.slash("owner", "매매", "risk reconcile"))
        opened = await desk.press("owner", message["id"], "a1:accept:102110")
    # The owner list has changed meanwhile: the old button and the old form are refused.
    chat.settings = replace(chat.settings, owner_ids=frozenset())
    async with running(house, chat):
        said = await told(house, await desk.press("owner", message["id"], "a1:accept:102110"))
        assert "소유자만" in said
        assert chat.books.refusals == [desk.users["owner"]]
        late = await desk.submit_modal("owner", opened, {"typed": "102110"})
        assert "소유자만" in await told(house, late)
        chat.books.owners = frozenset({desk.users["owner"]})
        chat.books.answer = ClickOutcome.NO_DIFFERENCE
        differs = await told(house, await desk.press("owner", message["id"], "a1:accept:102110"))
        assert "차이가 없습니다" in differs

        async def broken(click, symbol):
            raise StorageError("disk full")

        chat.books.accept_difference = broken
        failed = await told(house, await desk.press("owner", message["id"], "a1:accept:102110"))
        assert "처리하지 못했습니다" in failed


async def test_a_desk_that_refuses_an_owner_is_believed(house, owned) -> None:
    desk = house.discord
    owned.books.found = comparison()
    owned.books.owners = frozenset()
    async with running(house, owned):
        message = await desk.settled(await desk.slash("owner", "매매", "risk reconcile"))
        opened = await desk.press("owner", message["id"], "a1:accept:102110")
        said = await told(house, await desk.submit_modal("owner", opened, {"typed": "102110"}))
    assert "소유자만" in said


async def test_arm_shows_what_is_missing_and_takes_the_typed_text(house, owned) -> None:
    desk = house.discord
    owned.arming = FakeArming(missing=("모의투자에서 사고 없이 보낸 거래일이 3일입니다",), needs="")
    async with running(house, owned):
        message = await desk.settled(await desk.slash("owner", "매매", "risk arm"))
        description = message["embeds"][0]["description"]
        assert "✘ 모의투자에서 사고 없이 보낸 거래일이 3일입니다" in description
        assert "✔ 갖춰진 것 14개" in description
        assert buttons(message) == []
    owned.arming = FakeArming()
    async with running(house, owned):
        message = await desk.settled(await desk.slash("owner", "매매", "risk arm"))
        assert "**실전 5678**" in message["embeds"][0]["description"]
        opened = await desk.press("owner", message["id"], "i1:arm")
        await desk.submit_modal("owner", opened, {"typed": "실전 1234"})
        await last_ephemeral(house, "owner", "매매", "열지 않았습니다")
        assert owned.arming.armed_by == []
        again = await desk.press("owner", message["id"], "i1:arm")
        await desk.submit_modal("owner", again, {"typed": "실전 5678"})
        await last_ephemeral(house, "stranger", "매매", "실전 주문이 열렸습니다. 2023-04-01")
        assert owned.arming.armed_by == [desk.users["owner"]]
        shown = await desk.settled(await desk.slash("owner", "매매", "risk arm"))
        assert "열려 있습니다" in shown["embeds"][0]["description"]


async def test_arm_is_the_owners_and_only_where_there_is_real_money(house, owned) -> None:
    desk = house.discord
    async with running(house, owned):
        said = await told(house, await desk.slash("owner", "매매", "risk arm"))
        assert "열 것이 없습니다" in said
        refused = await desk.slash("stranger", "매매", "risk arm")
        assert "소유자만" in refused.message["content"]
    owned.arming = FakeArming()
    async with running(house, owned):
        message = await desk.settled(await desk.slash("owner", "매매", "risk arm"))
        opened = await desk.press("owner", message["id"], "i1:arm")
    owned.arming = None
    async with running(house, owned):
        late = await desk.submit_modal("owner", opened, {"typed": "실전 5678"})
        assert "열 것이 없습니다" in await told(house, late)
    owned.settings = replace(owned.settings, owner_ids=frozenset(), approver_ids=frozenset())
    async with running(house, owned):
        stolen = await desk.press("owner", message["id"], "i1:arm")
        assert "소유자만" in stolen.message["content"]


async def test_disarm_closes_at_once_and_everybody_hears(house, owned) -> None:
    desk = house.discord
    async with running(house, owned):
        said = await told(house, await desk.slash("owner", "매매", "risk disarm"))
        assert "닫을 것이 없습니다" in said
    owner = desk.users["owner"]
    owned.arming = FakeArming(owners=frozenset({owner}), armed_by=[owner])
    async with running(house, owned):
        refused = await desk.slash("stranger", "매매", "risk disarm")
        assert "소유자만" in refused.message["content"]
        assert owned.arming.disarmed_by == []
        done = await desk.slash("owner", "매매", "risk disarm")
        assert "지금부터 관찰 모드입니다" in await told(house, done)
        await last_ephemeral(house, "stranger", "매매", "🔒 실전 주문을 닫았습니다")
        assert owned.arming.disarmed_by == [owner]
        owned.arming.broken = True
        failed = await told(house, await desk.slash("owner", "매매", "risk disarm"))
        assert "닫지 못했습니다" in failed
        assert "python -m bot halt" in failed
    # Who may own by the chat's list and not by the interlock's is told so.
    owned.arming = FakeArming()
    async with running(house, owned):
        said = await told(house, await desk.slash("owner", "매매", "risk disarm"))
        assert "소유자만" in said
