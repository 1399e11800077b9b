"""A real Chromium in a real room, with a page served by the real server.

All tests here share one event loop, and with it one Chromium; each has browser contexts of its own.
"""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, BrowserContext, Page, async_playwright
from pytest_asyncio import is_async_test

from config.settings import load_settings
from tests.browser.build import chromium, ensure_built
from tests.browser.scripted_booth import ScriptedBooth
from tests.browser.senses import TAP, start
from tests.support.launched import Running, running
from tests.support.leaks import no_task_left
from tests.support.livekit_server import LiveKitServer
from web.page import Page as BuiltPage
from web.server import Server

FLAGS = ["--no-sandbox", "--disable-gpu"]
FAKE_CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]

OpenPage = Callable[..., Awaitable[Page]]
Visit = Callable[..., Awaitable[Page]]
Browsers = Callable[[list[str]], Awaitable[Browser]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    in_one_loop(items, Path(__file__).parent)


def in_one_loop(items: list[pytest.Item], folder: Path) -> None:
    """The tests of a folder run on the loop of the browser that they share."""
    for item in items:
        if is_async_test(item) and item.path.is_relative_to(folder):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(loop_scope="session")
async def _watched_loop() -> AsyncIterator[None]:
    async with no_task_left():
        yield


@pytest.fixture(scope="session")
def chromium_path() -> Path:
    """Path of Chromium; without one the tests that need it are skipped, but not in CI."""
    found = chromium()
    if found is None:
        reason = "no Chromium on PATH"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@pytest.fixture(scope="session")
def built_page() -> None:
    """The page as `npm run build` leaves it."""
    ensure_built()


@pytest.fixture
def camera_flags() -> list[str]:
    """How Chromium comes by a camera; a module of tests may say otherwise."""
    return FAKE_CAMERA


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def _browsers(chromium_path: Path) -> AsyncIterator[Browsers]:
    """Chromium with sound (Playwright would mute it); launched anew for other flags."""
    there: dict[tuple[str, ...], Browser] = {}

    async def browsers(flags: list[str]) -> Browser:
        found = there.get(tuple(flags))
        if found is None or not found.is_connected():
            for old in there.values():
                await old.close()
            there.clear()
            found = there[tuple(flags)] = await playwright.chromium.launch(
                executable_path=chromium_path,
                args=[*FLAGS, *flags],
                ignore_default_args=["--mute-audio"],
            )
        return found

    async with async_playwright() as playwright:
        yield browsers
        for one in there.values():
            await one.close()


@pytest_asyncio.fixture(loop_scope="session")
async def open_page(_browsers: Browsers, camera_flags: list[str]) -> AsyncIterator[OpenPage]:
    """Opens a page at an address; an error that it throws fails the test."""
    thrown: list[str] = []
    contexts: list[BrowserContext] = []

    async def open_(url: str, **options: Any) -> Page:
        contexts.append(await (await _browsers(camera_flags)).new_context(**options))
        page = await contexts[-1].new_page()
        page.set_default_timeout(15_000)
        await page.add_init_script(TAP)
        page.on("pageerror", lambda error: thrown.append(str(error)))
        page.on("console", lambda message: _note_refusal(message.text, thrown))
        await page.goto(url)
        return page

    yield open_
    for one in contexts:
        await one.close()
    assert thrown == []


def _note_refusal(text: str, thrown: list[str]) -> None:
    if "Content Security Policy" in text:
        thrown.append(text)


@pytest.fixture
def room_name() -> str:
    """A room of its own for every test."""
    return f"room-{secrets.token_hex(3)}"


@pytest.fixture
def page_settings() -> dict[str, str]:
    """Settings of the page's server; a module of tests may say otherwise."""
    return {}


@pytest_asyncio.fixture(loop_scope="session")
async def page_url(
    built_page: None,
    livekit_server: LiveKitServer,
    room_name: str,
    page_settings: dict[str, str],
    tmp_path: Path,
) -> AsyncIterator[str]:
    """Address of the page, which joins `room_name` of the test's LiveKit server."""
    values = {name.lower(): value for name, value in livekit_server.environment.items()}
    values |= {"room": room_name, **page_settings}
    settings = load_settings(cli=values, env={}, directory=tmp_path)
    async with TestServer(Server(settings, BuiltPage()).app()) as server:
        yield str(server.make_url("/"))


@pytest_asyncio.fixture(loop_scope="session")
async def booth(livekit_server: LiveKitServer, room_name: str) -> AsyncIterator[ScriptedBooth]:
    """A commentator that follows the test's script; the test starts it."""
    made = ScriptedBooth(livekit_server, room_name)
    yield made
    await made.aclose()


@pytest.fixture
def visit(open_page: OpenPage, page_url: str, booth: ScriptedBooth) -> Visit:
    """Starts the commentator and goes in."""

    async def visit_(*, camera: bool = False, **context: Any) -> Page:
        await booth.start()
        page = await open_page(page_url, **context)
        await start(page, camera=camera)
        return page

    return visit_


@pytest_asyncio.fixture(loop_scope="session")
async def page(visit: Visit) -> Page:
    """Somebody in a room with a commentator."""
    return await visit()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def _stack(
    livekit_binary: Path, built_page: None, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Running]:
    state = tmp_path_factory.mktemp("stack") / "state"
    async with running(livekit_binary, state, "SOURCE_NETWORKS=127.0.0.1/32") as stack:
        yield stack


@pytest_asyncio.fixture(loop_scope="session")
async def stack(_stack: Running) -> AsyncIterator[Running]:
    """Everything, ready; a test that fails shows what it wrote meanwhile."""
    before = len(_stack.lines)
    await _stack.ready()
    yield _stack
    sys.stdout.write("\n".join(_stack.lines[before:]))
