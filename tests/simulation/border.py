"""What differs between two brokers in a simulated world: their wire. The rules are the same."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Protocol

import httpx

from brokers.sim.values import PriceSource
from core.ports.clock import Clock
from sandbox.kis.state import Market
from sandbox.kis.wire import Reply, Request


class Kind(Enum):
    """What a request asks for; the value is what its steps are called in every world."""

    ORDER = "order-cash"
    CANCEL = "order-rvsecncl"
    LIST = "inquire-daily-ccld"
    QUOTE = "inquire-price"
    TOKEN = "tokenP"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Terms:
    """What an order post says."""

    symbol: str
    side: str
    quantity: int
    price: int


class Border(Protocol):
    """One broker: its server, its adapter, and how to read and bend what passes between."""

    name: str
    host: str
    answers: Mapping[str, tuple[int, bytes]]
    """What the gateway says, by fault, before or after the ledger."""
    post_paces: tuple[int, timedelta]
    """How many requests may arrive in which time."""

    def server(self, market: Market, tape: PriceSource, orders_page: int) -> Any:
        """Return the server's state."""

    def handle(self, state: Any, request: Request, now: datetime) -> Reply:
        """Let the server answer."""

    def forget_pace(self, state: Any) -> None:
        """Let what was held up on its way break no pace."""

    def end_token(self, state: Any, now: datetime, dice: random.Random) -> None:
        """End the token: forgotten, or run out early. The next one is a new one."""

    def adapter(self, transport: httpx.AsyncBaseTransport, clock: Clock) -> Any:
        """Return the adapter with its own two clients; only their sockets are ours."""

    def brokerage(self, adapter: Any, clock: Clock) -> dict[str, Any]:
        """Return what the wiring wants to know beside the adapter."""

    def kind(self, request: Request) -> Kind:
        """Say what a request asks for."""

    def step(self, request: Request) -> str:
        """Say what its steps are called."""

    def is_next_page(self, request: Request) -> bool:
        """Whether a request asks for a further page."""

    def is_real(self, request: httpx.Request) -> bool:
        """Whether a request would go to a real account."""

    def terms(self, request: Request) -> Terms:
        """Read an order post."""

    def quoted(self, request: Request) -> str:
        """Return the symbol that a quote is asked for."""

    def code(self, reply: Reply) -> str:
        """Return the code of an answer."""

    def listed(self, reply: Reply) -> set[str]:
        """Return the order numbers that an answer shows."""

    def tells(self, number: str, content: bytes) -> bool:
        """Whether an answer to a post names this number."""

    def bend(self, fate: str, body: dict[str, Any], headers: dict[str, str], earlier: int) -> None:
        """Change what an answer says: it reads well and says something else."""
