"""Google's token endpoint and its Sheets on loopback: what a spreadsheet would hold is kept here."""

from __future__ import annotations

import asyncio
import base64
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from aiohttp import web
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

KEY = "1A-loopback_spreadsheet-key"
EMAIL = "autotrade@loopback.iam.gserviceaccount.com"
TITLE = "내 계좌"


@dataclass
class Sheets:
    """One spreadsheet. `fails` answers a path's ending with a status instead."""

    url: str = ""
    private: rsa.RSAPrivateKey = field(
        default_factory=lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048)
    )
    grids: dict[str, tuple[int, list[list[Any]]]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    options: list[str] = field(default_factory=list)
    fails: dict[str, int] = field(default_factory=dict)
    odd: bool = False
    hangs: float = 0.0

    def account(self) -> dict[str, str]:
        """What a key file of Google's says, with its token endpoint here."""
        pem = self.private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return {
            "type": "service_account",
            "client_email": EMAIL,
            "private_key_id": "one",
            "private_key": pem.decode(),
            "token_uri": f"{self.url}/token",
        }

    def rows(self, title: str) -> list[list[Any]]:
        return self.grids[title][1]

    def put(self, title: str, rows: list[list[Any]]) -> None:
        """Have a worksheet with something in it, as a person would."""
        self.grids[title] = (len(self.grids) + 100, rows)

    async def token(self, request: web.Request) -> web.Response:
        self.calls.append("token")
        if "token" in self.fails:
            return web.json_response({"error": "invalid_grant"}, status=self.fails["token"])
        form = await request.post()
        head, claims, mark = str(form["assertion"]).split(".")
        self.private.public_key().verify(
            _bytes(mark), f"{head}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256()
        )
        told = json.loads(_bytes(claims))
        assert told["iss"] == EMAIL
        assert told["scope"] == "https://www.googleapis.com/auth/spreadsheets"
        return web.json_response({"access_token": "loopback-token", "expires_in": 3600})

    async def answer(self, request: web.Request) -> web.Response:
        key, _, rest = unquote(request.path.removeprefix("/v4/spreadsheets/")).partition("/")
        key, _, verb = key.partition(":")
        what = f"{request.method} {rest or verb or 'metadata'}"
        self.calls.append(what)
        if self.hangs:
            await asyncio.sleep(self.hangs)
        if request.headers.get("Authorization") != "Bearer loopback-token":
            return _error(401)
        if self.odd:
            return web.Response(text="<html>")
        status = next((code for end, code in self.fails.items() if what.endswith(end)), None)
        if status or key != KEY:
            return _error(status or 404)
        if request.method == "GET":
            return web.json_response(self._metadata())
        body = await request.json()
        if rest == "values:batchUpdate":
            return self._values(body)
        return web.json_response({"replies": [self._change(one) for one in body["requests"]]})

    def _metadata(self) -> dict[str, Any]:
        sheets = [
            {"properties": {"sheetId": number, "title": title, "sheetType": "GRID"}}
            for title, (number, _) in self.grids.items()
        ]
        return {"spreadsheetId": KEY, "properties": {"title": TITLE}, "sheets": sheets}

    def _change(self, one: dict[str, Any]) -> dict[str, Any]:
        [(kind, request)] = one.items()
        properties = request["properties"]
        if kind == "addSheet":
            self.put(properties["title"], [[""] * 26 for _ in range(1000)])
            number = self.grids[properties["title"]][0]
            return {kind: {"properties": {"sheetId": number, "title": properties["title"]}}}
        assert kind == "updateSheetProperties"
        size = properties["gridProperties"]
        assert size["frozenRowCount"] < size["rowCount"]
        [title] = [name for name, (no, _) in self.grids.items() if no == properties["sheetId"]]
        number, rows = self.grids[title]
        wide, high = size["columnCount"], size["rowCount"]
        kept = [[*row[:wide], *[""] * (wide - len(row))] for row in rows[:high]]
        kept += [[""] * wide for _ in range(high - len(kept))]
        self.grids[title] = (number, kept)
        return {}

    def _values(self, body: dict[str, Any]) -> web.Response:
        self.options.append(body["valueInputOption"])
        for part in body["data"]:
            title = part["range"].removesuffix("!A1").strip("'")
            number, rows = self.grids[title]
            given = part["values"]
            if len(given) > len(rows) or any(len(row) > len(rows[0]) for row in given):
                return _error(400)
            self.grids[title] = (number, [*given, *rows[len(given) :]])
        return web.json_response({"spreadsheetId": KEY})


@asynccontextmanager
async def sheets():
    """Serve an empty spreadsheet until the block ends."""
    world = Sheets()
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_post("/token", world.token)
    app.router.add_route("*", "/v4/spreadsheets/{rest:.*}", world.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    world.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield world
    finally:
        await runner.cleanup()


def _error(status: int) -> web.Response:
    return web.json_response({"error": {"code": status, "message": KEY}}, status=status)


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
