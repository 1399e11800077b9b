"""Whether Chromium, too, decodes pictures that go into a room encoded."""

from __future__ import annotations

import asyncio
import time
from typing import cast

from livekit import rtc
from playwright.async_api import Page

from agent.picture.encoded_track import EncodedTrack
from agent.picture.hold import Packet
from tests.browser.build import UI
from tests.browser.conftest import OpenPage
from tests.support.clips import FPS, picture
from tests.support.livekit_server import LiveKitServer
from video.encoder import VideoEncoder

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


async def test_a_delayed_picture_that_is_nearly_still_goes_on(
    livekit_server: LiveKitServer, open_page: OpenPage
) -> None:
    """Its key frames would fit into one RTP packet with their parameter sets."""
    page = await open_page(livekit_server.http_url)
    await page.add_script_tag(path=_CLIENT)
    room, encoder = rtc.Room(), VideoEncoder("h264", 2_500_000)
    await room.connect(livekit_server.url, livekit_server.token("still", "booth"))
    await page.evaluate(_WATCH, [livekit_server.url, livekit_server.token("still", "viewer")])
    track, number, keys = None, 0, 0
    try:
        async with asyncio.timeout(40):
            while len(await seen(page)) < 3 * FPS:  # two key frames and more
                number += 1
                now = time.monotonic()
                for one in encoder.encode(picture(number, (640, 360)), now):
                    packet = Packet("h264", one.data, one.key, 640, 360, now, number)
                    track = track or await EncodedTrack.publish(room, "delayed", packet)
                    track.send(packet, display=now, unix=time.time_ns() // 1000)
                    keys += one.key and len(one.data) < 1200
                await asyncio.sleep(1 / FPS)
    finally:
        if track is not None:
            await track.aclose()
        await room.disconnect()
    assert keys > 2
