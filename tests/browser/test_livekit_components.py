"""A front end made of `@livekit/components-react` and of nothing of ours."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import expect

from config.settings import load_settings
from config.source_spec import source_spec
from ingress.relay import Relay
from tests.browser.build import UI
from tests.browser.conftest import OpenPage
from tests.browser.senses import brightness, delayed_picture, wait_until_it_plays
from tests.support.booths import booth
from tests.support.engine_script import Answer
from tests.support.livekit_server import LiveKitServer
from tests.support.scripted_engine import scripted_engine
from tests.support.scripted_reader import Script, start_scripted

pytestmark = pytest.mark.timeout(180)

SOURCE = Path(__file__).parent / "components_page"
PATIENT = 45_000
"""Milliseconds."""


@pytest.fixture(scope="module")
def _built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page, built in a copy beside the modules of ours."""
    folder = tmp_path_factory.mktemp("components")
    shutil.copytree(SOURCE, folder, dirs_exist_ok=True)
    (folder / "node_modules").symlink_to(UI / "node_modules")
    words = ("node", "node_modules/vite/bin/vite.js", "build")
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "dist"


@pytest_asyncio.fixture(loop_scope="session")
async def front_end(_built: Path) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_static("/", _built)
    async with TestServer(app) as server:
        yield str(server.make_url("/index.html"))


@pytest_asyncio.fixture(loop_scope="session")
async def camera(
    livekit_server: LiveKitServer, room_name: str, tmp_path: Path
) -> AsyncIterator[None]:
    """A clock with beeps, which the relay brings in."""
    script = Script(tmp_path / "clip.json", [{"do": "film", "sound": True}])
    values = {name.lower(): value for name, value in livekit_server.environment.items()}
    settings = load_settings(cli=values, env={}, directory=tmp_path)
    spec = source_spec({"name": "clip", "url": script.url, "room": room_name})
    source = Relay(spec, settings, start_reader=start_scripted)
    source.start()
    yield
    await asyncio.wait_for(source.aclose(), 20)


async def test_picture_voice_captions_chat_and_no_live_sound_beside(
    front_end: str,
    camera: None,
    livekit_server: LiveKitServer,
    room_name: str,
    open_page: OpenPage,
    tmp_path: Path,
) -> None:
    def script(number: int, kind: str) -> Answer:
        return Answer(text="It is a film." if kind == "answer" else "A line.", speech=1.0)

    token = livekit_server.token(room_name, "guest")
    given = urlencode({"url": livekit_server.url, "token": token})
    async with (
        scripted_engine(script) as engine,
        booth(livekit_server, room_name, engine.url, state_dir=tmp_path),
    ):
        page = await open_page(f"{front_end}?{given}")
        for captions in ("packets", "streams"):
            await expect(page.get_by_test_id(captions)).to_contain_text("A line.", timeout=PATIENT)
        await expect(page.get_by_test_id("state")).to_have_text("speaking", timeout=PATIENT)
        await wait_until_it_plays(page)
        assert await brightness(delayed_picture(page)) > 5
        await page.get_by_role("button", name="Ask").click()
        for captions in ("packets", "streams"):
            await expect(page.get_by_test_id(captions)).to_contain_text(
                "It is a film.", timeout=PATIENT
            )
        await expect(page.get_by_test_id("heard")).to_have_text(
            "agent-pressbox/commentary agent-pressbox/original", timeout=PATIENT
        )
        assert await page.locator("audio").count() == 2
