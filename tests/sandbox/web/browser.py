"""A real browser, driven over its own wire (the Chrome DevTools Protocol), to test the page."""

from __future__ import annotations

import asyncio
import base64
import json
import shutil
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
START_SECONDS = 60.0
CALL_SECONDS = 60.0
LOOK_SECONDS = 0.1
KEYS = {
    "Enter": 13,
    "Escape": 27,
    "Tab": 9,
    "Backspace": 8,
    "ArrowUp": 38,
    "ArrowDown": 40,
    "End": 35,
    "Home": 36,
}


def found() -> str | None:
    """Return where a Chromium is installed."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class PageFailed(AssertionError):
    """A script of the page, or one of ours on it, raised."""


class Browser:
    """One running browser; `tab` opens another page in it."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._numbers = count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._tabs: dict[str, Tab] = {}

    async def listen(self) -> None:
        """Hand every answer and event to whom it belongs, until the browser ends."""
        async for text in self._socket:
            message = json.loads(text)
            waiter = self._waiting.pop(message.get("id", 0), None)
            if waiter is not None and not waiter.done():
                waiter.set_result(message)
            tab = self._tabs.get(message.get("sessionId", ""))
            if tab is not None and message.get("method") == "Runtime.exceptionThrown":
                details = message["params"]["exceptionDetails"]
                tab.errors.append(details.get("exception", {}).get("description", details["text"]))

    async def call(self, method: str, session: str = "", **parameters: Any) -> dict[str, Any]:
        """Return the result of one command. Raises PageFailed with the browser's own words."""
        number = next(self._numbers)
        waiter = asyncio.get_running_loop().create_future()
        self._waiting[number] = waiter
        asked = {"id": number, "method": method, "params": parameters}
        await self._socket.send(json.dumps(asked | ({"sessionId": session} if session else {})))
        answer = await asyncio.wait_for(waiter, CALL_SECONDS)
        if "error" in answer:
            raise PageFailed(f"{method}: {answer['error']['message']}")
        return dict(answer["result"])

    async def tab(
        self,
        url: str,
        *,
        width: int = 1280,
        height: int = 800,
        language: str = "ko-KR",
        scheme: str = "dark",
        scale: int = 1,
    ) -> Tab:
        """Open a page of that size (CSS pixels), for a person of that language and taste.

        `scale` is how many points of the screen a CSS pixel has on each side.
        """
        target = (await self.call("Target.createTarget", url="about:blank"))["targetId"]
        attached = await self.call("Target.attachToTarget", targetId=target, flatten=True)
        tab = Tab(self, attached["sessionId"])
        self._tabs[attached["sessionId"]] = tab
        await tab.call("Runtime.enable")
        await tab.call("Page.enable")
        # Several pages at once are all in front, as those of several people are.
        await tab.call("Emulation.setFocusEmulationEnabled", enabled=True)
        await tab.resize(width, height, scale)
        agent = (await self.call("Browser.getVersion"))["userAgent"]
        await tab.call("Emulation.setUserAgentOverride", userAgent=agent, acceptLanguage=language)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        await tab.call("Emulation.setEmulatedMedia", features=features)
        await tab.call("Page.navigate", url=url)
        await tab.until("location.href !== 'about:blank' && document.readyState === 'complete'")
        return tab


class Tab:
    """One page. `errors` are the exceptions that its scripts did not catch."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser = browser
        self._session = session
        self.errors: list[str] = []

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        return await self._browser.call(method, self._session, **parameters)

    async def resize(self, width: int, height: int, scale: int = 1) -> None:
        await self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=scale,
            mobile=width < 500,
        )

    async def run(self, script: str) -> Any:
        """Return the value of a JavaScript expression, true for an element.

        Raises PageFailed if it raises.
        """
        expression = f"Promise.resolve({script}).then((it) => it instanceof Node || it)"
        answer = await self.call(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise PageFailed(details.get("exception", {}).get("description", details["text"]))
        return answer["result"].get("value")

    async def until(self, script: str, seconds: float = 30.0) -> Any:
        """Return the first truthy value of an expression. Raises PageFailed with what is shown."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while not (value := await self.run(script)):
            if loop.time() > deadline:
                shown = await self.run("document.body.innerText")
                raise PageFailed(f"{script} did not come true in {seconds:.0f} s; shown:\n{shown}")
            await asyncio.sleep(LOOK_SECONDS)
        return value

    async def click(self, selector: str) -> None:
        """Click as a mouse does, once the element is there, in sight, and stands still."""
        await self.strike(await self.aim(selector))

    async def aim(self, selector: str) -> list[float]:
        """Return the middle of an element once it is there, in sight, and stands still."""
        chosen = json.dumps(selector)
        await self.until(f"document.querySelector({chosen})")
        place = (
            f"(() => {{ const one = document.querySelector({chosen});"
            "one.scrollIntoView({block: 'center'}); const box = one.getBoundingClientRect();"
            "return [box.x + box.width / 2, box.y + box.height / 2]; })()"
        )
        box, before = await self.run(place), None
        while box != before:
            await asyncio.sleep(LOOK_SECONDS)
            box, before = await self.run(place), box
        return list(box)

    async def strike(self, place: Sequence[float]) -> None:
        """Press and release the mouse at a place of the page."""
        for kind in ("mousePressed", "mouseReleased"):
            await self.call(
                "Input.dispatchMouseEvent",
                type=kind,
                x=place[0],
                y=place[1],
                button="left",
                clickCount=1,
            )

    async def type(self, text: str) -> None:
        """Type text where the focus is."""
        await self.call("Input.insertText", text=text)

    async def press(self, key: str, *, shift: bool = False) -> None:
        """Press one key: Enter, Escape, Tab, Backspace, an arrow, End, Home."""
        code = KEYS[key]
        text = "\r" if key == "Enter" else ""
        for kind in ("keyDown", "keyUp"):
            await self.call(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                code=key,
                windowsVirtualKeyCode=code,
                modifiers=8 if shift else 0,
                **({"text": text} if text and kind == "keyDown" else {}),
            )

    async def picture(self, path: Path, box: Mapping[str, float] | None = None) -> None:
        """Write what is shown as a PNG: the page, or a box of it (x, y, width, height)."""
        clip = {} if box is None else {"clip": {**box, "scale": 1}}
        answer = await self.call("Page.captureScreenshot", format="png", **clip)
        await asyncio.to_thread(path.write_bytes, base64.b64decode(answer["data"]))


@asynccontextmanager
async def running(profile: Path) -> AsyncIterator[Browser]:
    """Start a headless browser with a fresh profile and end it afterwards."""
    program = found()
    if program is None:
        raise RuntimeError("no Chromium is installed")
    process = await asyncio.create_subprocess_exec(
        program,
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-background-timer-throttling",
        "--disable-renderer-backgrounding",
        "--disable-backgrounding-occluded-windows",
        "--disable-component-update",
        "--lang=ko-KR",
        "--accept-lang=ko-KR",
        "--remote-debugging-port=0",
        f"--user-data-dir={profile}",
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        address = await asyncio.wait_for(_address(profile), START_SECONDS)
        async with connect(address, max_size=None) as socket:
            browser = Browser(socket)
            listening = asyncio.create_task(browser.listen())
            try:
                yield browser
            finally:
                listening.cancel()
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _address(profile: Path) -> str:
    """Return where the browser listens, once it has written it down."""
    file = profile / "DevToolsActivePort"
    while not (file.exists() and len(lines := file.read_text().splitlines()) > 1):  # noqa: ASYNC110
        await asyncio.sleep(LOOK_SECONDS)
    return f"ws://127.0.0.1:{lines[0]}{lines[1]}"
