"""/healthz, /readyz and /metrics over HTTP, in the bot's own loop.

Read-only, and on loopback unless the settings say otherwise. Nothing here may hold up the bot: an
answer is bounded in time, and readings of the database are shared for some seconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from bot.monitoring.catalogue import GAUGES, PREFIX
from bot.monitoring.readings import Samples, Sight, samples_of
from bot.monitoring.wellness import Findings, Wellness, is_well
from core.ports.clock import Clock
from core.runtime.clock import host_monotonic

_LOG = structlog.get_logger(__name__)
ANSWER_SECONDS = 5.0
SHARED_SECONDS = 2.0
RETRY_SECONDS = 30.0
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where the pages are served; `folder` tells two bots of one machine apart."""

    host: str
    port: int
    folder: str


class _Read(Collector):
    """The samples of one reading, as the families of the exposition."""

    def __init__(self, samples: Samples) -> None:
        self._samples = samples

    def collect(self) -> Iterator[Metric]:
        for name, figure in GAUGES.items():
            family = GaugeMetricFamily(PREFIX + name, figure.about, labels=figure.labels)
            for labels, value in self._samples.get(name, []):
                family.add_metric(labels, value)
            yield family


class Pages:
    """The three pages. Their state: the last reading, and when it was made."""

    def __init__(self, sight: Sight, wellness: Wellness, place: Place) -> None:
        """Serve nothing yet."""
        self._sight = sight
        self._wellness = wellness
        self._place = place
        self._turn = asyncio.Lock()
        self._read_at = float("-inf")
        self._samples: Samples = {}

    def application(self) -> web.Application:
        """Return the application with its routes."""
        app = web.Application(middlewares=[_only_asked_by(self._place.host)])
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/readyz", self._readyz)
        app.router.add_get("/metrics", self._metrics)
        return app

    async def run(self, clock: Clock) -> None:
        """Serve until cancelled. A port that is taken is said, and tried again: it stops no trading."""
        while True:
            try:
                async with self.served():
                    await asyncio.Event().wait()
            except OSError as error:
                _LOG.error(
                    "METRICS_PORT cannot be opened; health and figures are not served",
                    host=self._place.host,
                    port=self._place.port,
                    error=error.strerror or str(error),
                )
            await clock.sleep(RETRY_SECONDS)

    @asynccontextmanager
    async def served(self) -> AsyncIterator[tuple[str, int]]:
        """Serve for the time of the block; give the address in use. Raises OSError."""
        runner = web.AppRunner(self.application(), access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        try:
            site = web.TCPSite(runner, self._place.host, self._place.port)
            await site.start()
            host, port = runner.addresses[0][:2]
            _LOG.info("health and figures are served", host=host, port=port)
            yield host, port
        finally:
            await runner.cleanup()

    async def _healthz(self, _request: web.Request) -> web.Response:
        return self._judged(self._wellness.alive())

    async def _readyz(self, _request: web.Request) -> web.Response:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                found = await self._wellness.ready()
        except TimeoutError:
            found = {"database": f"no answer within {ANSWER_SECONDS:.0f} s"}
        return self._judged(found)

    def _judged(self, found: Findings) -> web.Response:
        well = is_well(found)
        body = {"ok": well, "folder": self._place.folder, "checks": found}
        return web.json_response(body, status=200 if well else 503)

    async def _metrics(self, _request: web.Request) -> web.Response:
        try:
            async with asyncio.timeout(ANSWER_SECONDS), self._turn:
                if host_monotonic() - self._read_at > SHARED_SECONDS:
                    self._samples = await samples_of(self._sight)
                    self._read_at = host_monotonic()
        except TimeoutError:
            return web.Response(status=503, text="the figures could not be read in time\n")
        read = CollectorRegistry()
        read.register(_Read(self._samples))
        body = generate_latest(self._sight.meters.registry) + generate_latest(read)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})


def _only_asked_by(host: str) -> Middleware:
    """Refuse, on loopback, a page that reaches us under a name of its own (DNS rebinding)."""

    @web.middleware
    async def guard(
        request: web.Request,
        handler: Handler,
    ) -> web.StreamResponse:
        asked = urlsplit(f"//{request.headers.get('Host', '')}").hostname
        if host in LOOPBACK and asked not in LOOPBACK:
            raise web.HTTPForbidden(text="this is served on loopback only\n")
        return await handler(request)

    return guard
