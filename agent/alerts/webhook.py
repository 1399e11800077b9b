"""Alerts as signed webhooks, by the Standard Webhooks specification.

Each delivery is tried until the receiver takes it, or for ten minutes. One that fails does not hold
up the others. Neither address nor secret is ever told.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import logging
import random
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import aiohttp
from livekit.plugins.pressbox.engine import is_loopback

from config.alert_settings import signing_key
from config.tasks import Tasks, Tell

log = logging.getLogger("pressbox.webhook")

MOST = 64
"""Alerts that wait; beyond that the oldest of the least severe goes."""
TIMEOUT = 10.0
"""Seconds for one attempt."""
GIVE_UP = 600.0
"""Seconds after which an alert is not tried any more."""
WAITS = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0)
"""Seconds between attempts; the last one again and again."""
LEAVING = 3.0
"""Seconds that what is not yet delivered has when the room is left."""
GONE = 410
_RANK = ("info", "warning", "critical")


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The value of the header `webhook-signature`. Raises ValueError for a secret that is none."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    digest = hmac.new(signing_key(secret), signed, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode("ascii")


@dataclass(slots=True, eq=False)
class _Delivery:
    body: bytes
    severity: str
    made: float
    due: float
    attempts: int = 0
    id: str = field(default_factory=lambda: f"msg_{uuid.uuid4().hex}")


class Webhook:
    """Posts alerts to one address. Belongs to one event loop; times are monotonic seconds."""

    def __init__(self, url: str, secret: str, tell: Tell) -> None:
        """An empty `url`: nothing is posted. `tell(text)` shows a failure, once each."""
        self._url = url
        self._secret = secret
        self._tell = tell
        self._waiting: list[_Delivery] = []
        self._news = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self._tasks = Tasks(tell)
        self._failing = False
        self.stopped = not url
        """Nothing is posted, or not any more: the receiver said that it is gone."""

    def start(self) -> None:
        """Begin to post."""
        if self._url:
            self._tasks.keep("the webhook", self._run)

    def send(self, data: Mapping[str, object], severity: str, timestamp: str) -> None:
        """Post an alert; `timestamp` (ISO 8601) is when it was raised."""
        if self.stopped:
            return
        now = time.monotonic()
        body = json.dumps({"type": "alert", "timestamp": timestamp, "data": dict(data)})
        self._waiting.append(_Delivery(body.encode(), severity, now, now))
        if len(self._waiting) > MOST:
            least = min(self._waiting, key=lambda one: (_RANK.index(one.severity), one.made))
            self._waiting.remove(least)
            self._fails(f"more than {MOST} alerts wait for the webhook, one was left out")
        self._empty.clear()
        self._news.set()

    async def aclose(self) -> None:
        """Stop; what was never tried is tried before. Idempotent."""
        if self._tasks and not self._failing:
            try:
                async with asyncio.timeout(LEAVING):
                    await self._empty.wait()
            except TimeoutError:
                log.warning("%d alerts were not taken by the webhook", len(self._waiting))
        self.stopped = True
        await self._tasks.aclose()

    async def _run(self) -> None:
        timeout = aiohttp.ClientTimeout(total=TIMEOUT)
        # A proxy from the environment must not stand between us and our own machine.
        abroad = not is_loopback(urlsplit(self._url).hostname or "")
        async with aiohttp.ClientSession(timeout=timeout, trust_env=abroad) as session:
            while not self.stopped:
                await self._post_due(session)

    async def _post_due(self, session: aiohttp.ClientSession) -> None:
        self._news.clear()
        now = time.monotonic()
        due = [one for one in self._waiting if one.due <= now]
        if due:
            await self._post(session, max(due, key=lambda one: _RANK.index(one.severity)))
            return
        if not self._waiting:
            self._empty.set()
        wait = min((one.due - now for one in self._waiting), default=None)
        try:
            async with asyncio.timeout(wait):
                await self._news.wait()
        except TimeoutError:
            pass

    async def _post(self, session: aiohttp.ClientSession, one: _Delivery) -> None:
        one.attempts += 1
        stamp = int(time.time())
        headers = {
            "content-type": "application/json",
            "webhook-id": one.id,
            "webhook-timestamp": str(stamp),
            "webhook-signature": signature(self._secret, one.id, stamp, one.body),
        }
        try:
            async with session.post(
                self._url, data=one.body, headers=headers, allow_redirects=False
            ) as answer:
                self._answered(one, answer.status)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            # The texts of these hold the address.
            late = isinstance(error, TimeoutError)
            self._again(one, "no answer in time" if late else type(error).__name__)

    def _answered(self, one: _Delivery, status: int) -> None:
        if status == GONE:
            self._waiting.clear()
            self.stopped = True
            self._empty.set()
            self._tell("the webhook is gone (410): no more alerts are posted to it")
        elif 200 <= status < 300:
            self._done(one)
            if self._failing:
                self._failing = False
                log.info("the webhook takes alerts again")
        else:
            self._again(one, f"status {status}")

    def _again(self, one: _Delivery, why: str) -> None:
        self._fails(f"the webhook does not take alerts ({why}), they are tried again")
        wait = WAITS[min(one.attempts, len(WAITS)) - 1] * random.uniform(0.9, 1.1)
        one.due = time.monotonic() + wait
        if one.due - one.made > GIVE_UP:
            log.warning("an alert was given up: the webhook did not take it in %g s", GIVE_UP)
            self._done(one)

    def _done(self, one: _Delivery) -> None:
        if one in self._waiting:  # it may have been left out meanwhile
            self._waiting.remove(one)

    def _fails(self, text: str) -> None:
        if not self._failing:
            self._tell(text)
        self._failing = True
