"""Whether Chromium, too, decodes encoded pictures that go into a room as they are."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest
from playwright.async_api import Page

from ingress.reader.passage import CARRIED
from tests.browser.build import UI
from tests.browser.conftest import OpenPage
from tests.support.encoded_camera import Encoder, encoded_camera
from tests.support.livekit_server import LiveKitServer

_CLIENT = UI / "node_modules/livekit-client/dist/livekit-client.umd.js"
_WATCH = """
async ([url, token]) => {
  window.seen = [];
  const video = document.createElement('video');
  video.muted = video.autoplay = true;
  document.body.append(video);
  const look = (_, picture) => {
    window.seen.push(`${picture.width}x${picture.height}`);
    video.requestVideoFrameCallback(look);
  };
  video.requestVideoFrameCallback(look);
  const room = new LivekitClient.Room();
  room.on('trackSubscribed', (track) => track.attach(video));
  await room.connect(url, token);
}
"""


async def seen(page: Page) -> list[str]:
    """Sizes of the pictures that were shown."""
    return cast(list[str], await page.evaluate("() => window.seen"))


@pytest.mark.parametrize("codec", sorted(CARRIED))
async def test_pictures_and_a_change_of_size_are_shown(
    livekit_server: LiveKitServer, open_page: OpenPage, codec: str
) -> None:
    page = await open_page(livekit_server.http_url)
    await page.add_script_tag(path=_CLIENT)
    async with encoded_camera(livekit_server, codec, codec) as camera:
        await page.evaluate(_WATCH, [livekit_server.url, livekit_server.token(codec, "viewer")])
        for size in ((640, 360), (960, 540)):
            encoder = Encoder(codec, *size)
            async with asyncio.timeout(15):
                while (await seen(page)).count(f"{size[0]}x{size[1]}") < 10:
                    await camera.run(encoder, 0.2)
