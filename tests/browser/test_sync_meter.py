"""The sync error that the page measures, against a meter beside it that believes no metadata."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from statistics import median
from typing import Any

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestServer
from playwright.async_api import Page, expect

from config.settings import load_settings
from tests.bench.rig import ROOM, Camera, EngineOptions, Rig, rig
from tests.browser.conftest import OpenPage
from tests.browser.senses import (
    delayed_picture,
    handle,
    open_tab,
    start,
    wait_until_heard,
    wait_until_it_plays,
)
from tests.support.burnt_clock import BLOCKS_ACROSS, COLUMNS, COUNTER_BITS, ROWS
from web.page import Page as BuiltPage
from web.server import Server

pytestmark = pytest.mark.timeout(240)

PATIENT = 90_000
"""Milliseconds."""
LINES = 6
AGREE = 0.04
"""Seconds. `seen` goes by the browser's 60 pictures a second, `began` by reads each 5 ms."""

# `seen`: when the picture of each burnt-in number was first on the screen; `began`: when each line
# left the loudspeaker, by what the page sends there. ms.
_WATCH = """
([video, across, columns, rows, bits]) => {
  const context = new OffscreenCanvas(columns * 4, rows * 4).getContext('2d', {
    willReadFrequently: true,
  });
  const number = () => {
    const size = video.videoWidth / across;
    context.drawImage(video, 0, 0, columns * size, rows * size, 0, 0, columns * 4, rows * 4);
    const pixels = context.getImageData(0, 0, columns * 4, 4).data;
    let read = 0;
    for (let at = 0; at < bits; at += 1) {
      read = read * 2 + (pixels[4 * (columns * 4 * 2 + at * 4 + 2)] > 125);
    }
    return read;
  };
  window.seen = {};
  const look = (now) => {
    seen[number()] ??= now;
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
  window.began = [];
  let quiet = 0;
  let before = -1;
  const taps = window.taps.map((tap) => [tap, new Float32Array(tap.fftSize)]);
  setInterval(() => {
    const { currentTime, sampleRate, baseLatency, outputLatency } = taps[0][0].context;
    const now = performance.now();
    for (const [tap, samples] of taps) tap.getFloatTimeDomainData(samples);
    const length = taps[0][1].length;
    const fresh = Math.min(Math.round((currentTime - before) * sampleRate), length);
    before = currentTime;
    for (let at = length - fresh; at < length; at += 1) {
      const loud = taps.some(([, samples]) => Math.abs(samples[at]) > 0.01);
      if (loud && quiet > 0.25 * sampleRate) {
        const ahead = (at - length) / sampleRate + baseLatency + outputLatency;
        began.push(now + 1000 * ahead);
      }
      quiet = loud ? 0 : quiet + 1;
    }
  }, 5);
}
"""


@pytest_asyncio.fixture(loop_scope="session")
async def running(tmp_path: Path) -> AsyncIterator[Rig]:
    """All of it but the page, each a process of its own; the camera has a clock in its picture."""
    engine = EngineOptions(mean=0.3, speech=0.8, spread=0.2)
    camera = Camera("demo", 640, 360, 15)
    async with rig(tmp_path / "rig", "demo", engine, camera=camera) as made:
        await made.dispatch(tts_pause_after=0.8)
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def url(built_page: None, running: Rig, tmp_path: Path) -> AsyncIterator[str]:
    """The real page, in the same room."""
    values: dict[str, Any] = {
        name.lower(): value for name, value in running.server.environment.items()
    }
    settings = load_settings(cli={**values, "room": ROOM}, env={}, directory=tmp_path)
    async with TestServer(Server(settings, BuiltPage()).app()) as server:
        yield str(server.make_url("/"))


async def enter(open_page: OpenPage, url: str, *scripts: str) -> Page:
    """Watch, until picture and voice are there."""
    page = await open_page(url)
    page.set_default_timeout(PATIENT)
    for script in scripts:
        await page.add_init_script(script)
    await page.reload()
    await start(page)
    await wait_until_it_plays(page)
    await wait_until_heard(page)
    return page


async def test_the_page_agrees_with_a_meter_that_believes_no_metadata_and_measures_again(
    open_page: OpenPage, running: Rig, url: str
) -> None:
    async with running.viewer() as probe:
        page = await enter(open_page, url)
        video = await handle(delayed_picture(page))
        shape = [BLOCKS_ACROSS, COLUMNS, ROWS, COUNTER_BITS]
        await page.evaluate(_WATCH, [video, *shape])
        await page.wait_for_function("(lines) => began.length > lines", arg=LINES)
        await open_tab(page, "Settings")
        shown = page.get_by_test_id("sync")
        await expect(shown).to_contain_text("ms", timeout=PATIENT)
        text = await shown.inner_text()
        seen, began = await page.evaluate("[seen, began]")
        await page.get_by_role("button", name="Leave").click()
        await start(page)
        await wait_until_it_plays(page)
        await page.wait_for_function("() => heard() === 0")
        await wait_until_heard(page)
        await open_tab(page, "Settings")
        await expect(shown).to_contain_text("ms", timeout=PATIENT)
    numbers = {one.user_timestamp: one.burnt.counter for one in probe.frames if one.burnt}
    wanted = {str(numbers.get(one.timestamp)) for one in probe.lines if one.phase == "start"}
    errors = [
        min((seen[number] - at for at in began), key=abs) / 1000
        for number in wanted
        if number in seen
    ]
    errors = [error for error in errors if abs(error) < 0.5]
    assert len(errors) >= LINES - 1
    figure = int(text.split()[0]) / 1000
    assert figure == pytest.approx(median(errors), abs=AGREE)
