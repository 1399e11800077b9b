"""Debian's Firefox, driven by WebDriver BiDi: Playwright takes a Firefox of its own only.

https://w3c.github.io/webdriver-bidi/
"""

from __future__ import annotations

import asyncio
import itertools
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from tests.support.ports import free_port

PATIENCE = 60.0
"""Seconds."""

_PREFERENCES = {
    "media.peerconnection.ice.loopback": True,
    "media.peerconnection.ice.obfuscate_host_addresses": False,
    "media.autoplay.default": 0,
    "media.autoplay.blocking_policy": 0,
    "remote.active-protocols": 1,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "app.update.enabled": False,
}


def firefox() -> Path | None:
    """Path of Firefox on this machine."""
    found = shutil.which("firefox-esr") or shutil.which("firefox")
    return Path(found) if found else None


class Tab:
    """One page."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._ids = itertools.count(1)
        self._context = ""

    async def open(self) -> None:
        """Begin a session, and find the tab that is there."""
        await self._do("session.new", capabilities={})
        tree = await self._do("browsingContext.getTree")
        self._context = tree["contexts"][0]["context"]

    async def goto(self, url: str) -> None:
        """Load a page."""
        await self._do("browsingContext.navigate", context=self._context, url=url, wait="complete")

    async def run(self, expression: str) -> Any:
        """The value of a JavaScript expression: text, number, boolean or null."""
        target = {"context": self._context}
        answer = await self._do(
            "script.evaluate",
            expression=expression,
            target=target,
            awaitPromise=True,
            userActivation=True,
        )
        assert answer["type"] == "success", answer
        return answer["result"].get("value")

    async def until(self, expression: str) -> None:
        """Wait until it is true."""
        async with asyncio.timeout(PATIENCE):
            while await self.run(expression) is not True:
                await asyncio.sleep(0.1)

    async def _do(self, method: str, **params: Any) -> Any:
        number = next(self._ids)
        await self._socket.send_json({"id": number, "method": method, "params": params})
        async with asyncio.timeout(PATIENCE):
            while True:
                answer = await self._socket.receive_json()
                if answer.get("id") == number:
                    assert answer["type"] == "success", answer
                    return answer["result"]


@asynccontextmanager
async def opened(path: Path, folder: Path) -> AsyncIterator[Tab]:
    """A Firefox without a window; its profile goes to `folder`."""
    lines = (
        f"user_pref({json.dumps(name)}, {json.dumps(value)});\n"
        for name, value in _PREFERENCES.items()
    )
    (folder / "user.js").write_text("".join(lines))
    port = free_port()
    words = ["--headless", "--profile", str(folder), "--remote-debugging-port", str(port)]
    quiet = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(path, *words, stdout=quiet, stderr=quiet)
    try:
        async with aiohttp.ClientSession() as session, await _connect(session, port) as socket:
            tab = Tab(socket)
            await tab.open()
            yield tab
    finally:
        process.terminate()
        await process.wait()


async def _connect(session: aiohttp.ClientSession, port: int) -> aiohttp.ClientWebSocketResponse:
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                return await session.ws_connect(f"ws://127.0.0.1:{port}/session", max_msg_size=0)
            except aiohttp.ClientError:
                await asyncio.sleep(0.2)
