"""Sources on the page, with the real ingress service behind it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest_asyncio
from aiohttp.test_utils import TestServer
from livekit import api
from playwright.async_api import Page, expect

from config.admin_token import admin_token
from config.settings import Settings, load_settings
from tests.browser.conftest import OpenPage
from tests.browser.senses import open_tab, start
from tests.support.clips import film
from tests.support.livekit_server import LiveKitServer
from tests.support.ports import free_port
from web.page import Page as BuiltPage
from web.server import Server

ROOT = Path(__file__).resolve().parents[2]
PATIENT = 30_000


@dataclass
class Service:
    """Pressbox's page and its ingress service, and how to reach them."""

    url: str
    settings: Settings

    @property
    def token(self) -> str:
        return admin_token(self.settings)


@pytest_asyncio.fixture
async def service(
    built_page: None, livekit_server: LiveKitServer, room_name: str, tmp_path: Path
) -> AsyncIterator[Service]:
    values = {name.lower(): value for name, value in livekit_server.environment.items()}
    values |= {
        "room": room_name,
        "state_dir": str(tmp_path / "state"),
        "media_dir": str(tmp_path / "media"),
        "ingress_port": str(free_port()),
    }
    settings = load_settings(cli=values, env={}, directory=tmp_path)
    settings.media_dir.mkdir()
    film(settings.media_dir / "clip.mp4", seconds=2, size=(320, 240))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ingress", "serve"),
        cwd=ROOT,
        env={**os.environ, **settings.explicit()},
    )
    try:
        await answers(settings.ingress_port)
        async with TestServer(Server(settings, BuiltPage()).app()) as server:
            yield Service(str(server.make_url("/")), settings)
    finally:
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 20) == 0


async def answers(port: int) -> None:
    async with aiohttp.ClientSession() as session, asyncio.timeout(30):
        while True:
            try:
                async with session.get(f"http://127.0.0.1:{port}/health"):
                    return
            except aiohttp.ClientError:
                await asyncio.sleep(0.1)


async def fill(page: Page, address: str, name: str, token: str) -> None:
    for label, value in (("Address", address), ("Name", name), ("Admin token", token)):
        await page.get_by_label(label, exact=True).fill(value)
    await page.get_by_role("button", name="Add it").click()


async def participants(service: Service, server: LiveKitServer) -> set[str]:
    async with api.LiveKitAPI(server.url, server.api_key, server.api_secret) as lkapi:
        room = api.ListParticipantsRequest(room=service.settings.room)
        return {one.identity for one in (await lkapi.room.list_participants(room)).participants}


async def test_a_source_is_added_seen_and_removed(
    open_page: OpenPage, service: Service, livekit_server: LiveKitServer
) -> None:
    page = await open_page(service.url)
    await start(page)
    await open_tab(page, "Source")
    form = page.get_by_role("form", name="Add a camera or stream")
    error = form.get_by_role("alert")
    await fill(page, "clip.mp4", "film", "not the token")
    await expect(error).to_have_text("the admin token is missing or wrong")
    await fill(page, "test", "film", service.token)
    await expect(error).to_contain_text("from the page only network addresses and files")
    await fill(page, "http://169.254.169.254/?password=hunter2", "cloud", service.token)
    row = page.get_by_role("list", name="Cameras and streams").get_by_role("listitem")
    await expect(row).to_contain_text("Does not work", timeout=PATIENT)
    await page.get_by_role("button", name="Remove cloud").click()
    await expect(row).to_have_count(0)
    await fill(page, "clip.mp4", "film", service.token)
    await expect(error).to_be_hidden()
    await expect(page.get_by_label("Address", exact=True)).to_have_value("")
    await expect(row).to_contain_text("Live, 320\u00d7240", timeout=PATIENT)
    assert "film" in await participants(service, livekit_server)
    stored = await page.evaluate("JSON.stringify([localStorage, sessionStorage, document.cookie])")
    assert service.token not in stored
    assert "hunter2" not in await page.content()
    await page.get_by_role("button", name="Remove film").click()
    await expect(row).to_have_count(0)
    async with asyncio.timeout(10):
        while "film" in await participants(service, livekit_server):
            await asyncio.sleep(0.1)


async def test_no_service_is_told(open_page: OpenPage, page_url: str) -> None:
    page = await open_page(page_url)
    await start(page)
    await open_tab(page, "Source")
    await expect(page.get_by_text("no ingress service answers")).to_be_visible()
