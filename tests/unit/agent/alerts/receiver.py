"""A receiver of webhooks on loopback that refuses, stalls and comes back."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()


@dataclass
class Receiver:
    """`status` is what it answers; 0: nothing, ever."""

    status: int = 204
    port: int = 0
    got: list[dict[str, Any]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    authorization: list[str] = field(default_factory=list)
    _runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    async def start(self) -> None:
        app = web.Application(client_max_size=2**22)
        app.router.add_route("*", "/{path:.*}", self._take)
        self._runner = web.AppRunner(
            app, shutdown_timeout=0.1, access_log=None, handler_cancellation=True
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.read()
        headers = request.headers
        self.paths.append(request.path)
        self.ids.append(headers["webhook-id"])
        self.authorization.append(headers.get("authorization", ""))
        # As the specification says it, not as the sender does it.
        signed = headers["webhook-id"].encode() + b"." + headers["webhook-timestamp"].encode()
        digest = hmac.new(KEY, signed + b"." + body, hashlib.sha256).digest()
        assert headers["webhook-signature"] == "v1," + base64.b64encode(digest).decode()
        if self.status == 0:
            await asyncio.sleep(3600)
        if 200 <= self.status < 300:
            self.got.append(json.loads(body))
        return web.Response(status=self.status, headers={"location": f"{self.url}/elsewhere"})


@asynccontextmanager
async def receiver(status: int = 204) -> AsyncIterator[Receiver]:
    one = Receiver(status)
    await one.start()
    try:
        yield one
    finally:
        await one.stop()
