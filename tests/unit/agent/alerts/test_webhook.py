"""Alerts on their way to a real receiver."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from agent.alerts.webhook import GIVE_UP, MOST, TIMEOUT, Webhook
from tests.support.until import until
from tests.support.virtual_time import virtual

from .receiver import SECRET, Receiver, receiver

_DOCS = Path(__file__).resolve().parents[4] / "docs"
DOCUMENTED = (_DOCS / "alerts.md").read_text(encoding="utf-8")
AT = "2026-11-26T04:55:00+00:00"


@asynccontextmanager
async def webhook(
    url: str, told: list[str] | None = None, secret: str = SECRET
) -> AsyncIterator[Webhook]:
    one = Webhook(url, secret, (told if told is not None else []).append)
    one.start()
    try:
        yield one
    finally:
        await one.aclose()
        await one.aclose()


def texts(one: Receiver) -> list[str]:
    return [got["data"]["text"] for got in one.got]


@virtual
@pytest.mark.parametrize("status", [500, 404, 307, 0])
async def test_what_is_refused_is_tried_again_until_it_is_taken(status: int) -> None:
    told: list[str] = []
    async with receiver(status) as there, webhook(there.url, told) as out:
        out.send({"text": "one"}, "info", AT)
        await until(lambda: len(there.ids) >= 3)
        there.status = 200
        await until(lambda: there.got)
        assert len(set(there.ids)) == 1, "all attempts have one id"
        assert set(there.paths) == {"/hook"}, "nowhere else"
        assert len(told) == 1


@virtual
async def test_a_receiver_that_is_gone_is_left_alone() -> None:
    told: list[str] = []
    async with receiver(410) as there, webhook(there.url, told) as out:
        out.send({"text": "one"}, "critical", AT)
        out.send({"text": "two"}, "critical", AT)
        await until(lambda: out.stopped)
        there.status = 200
        out.send({"text": "three"}, "critical", AT)
        await asyncio.sleep(GIVE_UP)
        assert len(there.ids) == 1
        assert len(told) == 1


@virtual
async def test_a_receiver_that_was_down_gets_all_but_the_oldest_of_the_least_severe() -> None:
    async with receiver() as there, webhook(there.url) as out:
        await there.stop()
        out.send({"text": "critical"}, "critical", AT)
        for number in range(MOST):
            out.send({"text": str(number)}, "info", AT)
        await asyncio.sleep(60)
        await there.start()
        await until(lambda: len(there.got) == MOST, limit=300)
        assert "critical" in texts(there)
        assert "0" not in texts(there)
        assert "1" in texts(there)


@virtual
async def test_what_is_raised_last_is_still_delivered() -> None:
    async with receiver() as there:
        async with webhook(there.url) as out:
            out.send({"text": "the source is lost"}, "critical", AT)
        assert texts(there) == ["the source is lost"]


@virtual
async def test_closing_does_not_wait_for_a_receiver_that_stalls() -> None:
    async with receiver(0) as there, webhook(there.url) as out:
        out.send({"text": "one"}, "critical", AT)
        await until(lambda: there.ids)
        async with asyncio.timeout(TIMEOUT / 2):
            await out.aclose()


@virtual
async def test_neither_secret_nor_password_is_ever_told(caplog: pytest.LogCaptureFixture) -> None:
    told: list[str] = []
    caplog.set_level(logging.DEBUG)
    async with receiver() as there:
        address = there.url.replace("http://", "http://eve:hunter2@") + "?token=hunter3"
        async with webhook(address, told) as out:
            out.send({"text": "one"}, "info", AT)
            await until(lambda: there.got)
            assert there.authorization[0].startswith("Basic ")
            await there.stop()
            for status in (0, 500, 302, 410):
                out.send({"text": "two"}, "info", AT)
                await asyncio.sleep(GIVE_UP)
                there.status = status
                await there.start()
                await asyncio.sleep(GIVE_UP)
                await there.stop()
    for text in (*told, caplog.text):
        for secret in ("hunter2", "hunter3", SECRET, SECRET.removeprefix("whsec_"), "eve"):
            assert secret not in text


async def test_the_receiver_of_the_documentation_takes_what_is_signed_and_nothing_else() -> None:
    program = DOCUMENTED.split("```python\n")[1].split("```")[0].replace(".serve_forever()", "")
    program = program.replace("http.server.HTTPServer", "server = http.server.HTTPServer")
    space: dict[str, Any] = {}
    with mock.patch.dict("os.environ", {"WEBHOOK_SECRET": SECRET, "PORT": "0"}):
        exec(compile(program, "alerts.md", "exec"), space)  # noqa: S102
    statuses: list[int] = []
    monkey = mock.patch.object(
        space["Receiver"], "log_request", lambda _, code, *__: statuses.append(int(code))
    )
    with space["server"] as server, monkey:
        url = f"http://127.0.0.1:{server.server_port}/"
        for secret in (SECRET, SECRET.replace("A", "B")):
            async with webhook(url, secret=secret) as out:
                out.send({"text": "A person is there."}, "info", AT)
                await asyncio.to_thread(server.handle_request)
    assert statuses == [204, 401]
