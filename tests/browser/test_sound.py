"""The page's mixer and PCM player in Chromium: what comes out, in the sound's own time."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer
from numpy.typing import NDArray
from playwright.async_api import Error, Page

from tests.browser.build import UI
from tests.browser.conftest import OpenPage
from web.page import Page as BuiltPage

pytestmark = pytest.mark.timeout(120)

SOURCE = Path(__file__).parent / "sound_page"
RATE = 48_000
PCM_RATE, PCM_SECONDS = 32_000, 1.5

# A voice of 6 kHz over a source of constant level: means over milliseconds show the source alone.
_RENDER = """
async ([seconds, voice, settings]) => {
  const context = new OfflineAudioContext(1, seconds * 48000, 48000);
  context.getOutputTimestamp = () => ({});
  const mixer = new Mixer(() => context);
  const onsets = [];
  mixer.onVoice(({ silence }) => onsets.push(silence));
  const source = new ConstantSourceNode(context, { offset: 0.5 });
  source.connect(mixer.input('source'));
  source.start();
  const tone = new OscillatorNode(context, { frequency: 6000 });
  const level = new GainNode(context, { gain: 0 });
  for (const [from, to] of voice) {
    level.gain.setValueAtTime(0.4, from);
    level.gain.setValueAtTime(0, to);
  }
  tone.connect(level).connect(mixer.input('voice'));
  tone.start();
  for (const [name, ...values] of settings) mixer[name](...values);
  await mixer.ready;
  const rendered = await context.startRendering();
  return [[...rendered.getChannelData(0)], onsets];
}
"""

# A context whose output an analyser hears; `blockedContext` runs only once that is allowed.
_TAPPED = """
window.tapped = () => {
  const context = new (class extends AudioContext {
    get destination() {
      return this.tap ?? super.destination;
    }
    resume() {
      return window.held ? new Promise(() => {}) : super.resume();
    }
  })({ sampleRate: 48000 });
  const analyser = new AnalyserNode(context, { fftSize: 4096 });
  analyser.connect(context.destination);
  context.tap = analyser;
  const samples = new Float32Array(analyser.fftSize);
  window.loud = () => {
    analyser.getFloatTimeDomainData(samples);
    return Math.sqrt(samples.reduce((sum, one) => sum + one * one, 0) / samples.length);
  };
  window.crossings = () => {
    analyser.getFloatTimeDomainData(samples);
    return samples.filter((one, at) => at > 0 && one > 0 !== samples[at - 1] > 0).length;
  };
  window.context = context;
  if (window.held) context.suspend();
  return context;
};
window.track = () => {
  const context = new AudioContext();
  const tone = new OscillatorNode(context, { frequency: 500 });
  const out = new MediaStreamAudioDestinationNode(context);
  tone.connect(out);
  tone.start();
  return out.stream.getAudioTracks()[0];
};
"""


@pytest.fixture(scope="module")
def _built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sound")
    shutil.copytree(SOURCE, folder, dirs_exist_ok=True)
    for name in ("node_modules", "src"):
        (folder / name).symlink_to(UI / name)
    words = ("node", "node_modules/vite/bin/vite.js", "build")
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "dist"


@pytest_asyncio.fixture(loop_scope="session")
async def site(_built: Path) -> AsyncIterator[str]:
    """The modules under the real page's security policy, and a stream for them to play."""
    app = web.Application()
    app.router.add_get("/stream", _stream)
    app.router.add_get("/{name:.*}", BuiltPage(_built).handle)
    async with TestServer(app) as server:
        yield str(server.make_url("/"))


async def _stream(request: web.Request) -> web.StreamResponse:
    """A tone of 500 Hz and 1.5 s in two channels, in pieces that end within a sample."""
    answer = web.StreamResponse(
        headers={
            "X-Audio-Format": request.query.get("format", "s16le"),
            "X-Audio-Sample-Rate": str(PCM_RATE),
            "X-Audio-Channels": "2",
        }
    )
    await answer.prepare(request)
    times = np.arange(round(PCM_SECONDS * PCM_RATE)) / PCM_RATE
    wave = (np.sin(2 * np.pi * 500 * times) * 8000).astype("<i2").repeat(2).tobytes()
    for at in range(0, len(wave), 2563):
        await answer.write(wave[at : at + 2563])
        await asyncio.sleep(2563 / 4 / PCM_RATE)
    return answer


async def rendered(
    page: Page, seconds: float, voice: list[tuple[float, float]], *settings: tuple[object, ...]
) -> tuple[NDArray[np.float64], list[float]]:
    """Mean level of each millisecond of the source while the voice speaks, and the silences before
    each beginning of it that was told.
    """
    samples, silences = await page.evaluate(_RENDER, [seconds, voice, settings])
    return np.array(samples).reshape(-1, RATE // 1000).mean(axis=1), silences


async def test_the_source_goes_down_under_the_voice_and_up_again(
    open_page: OpenPage, site: str
) -> None:
    page = await open_page(site)
    level, silences = await rendered(page, 3, [(0.5, 1.0), (1.15, 1.5)], ("setDucking", True))
    assert level[100:500] == pytest.approx(0.5, abs=0.005)
    assert level[520] == pytest.approx(0.5 * 0.66, abs=0.02)
    assert level[552:1750] == pytest.approx(0.075, abs=0.005)  # a pause within is no end
    assert level[1850] == pytest.approx(0.5 * 0.575, abs=0.02)
    assert level[1955:] == pytest.approx(0.5, abs=0.005)
    assert np.abs(np.diff(level)).max() < 0.01
    assert silences == [pytest.approx(0.75, abs=0.01)]


async def test_volumes_are_gains_and_who_cannot_hear_the_voice_hears_the_source(
    open_page: OpenPage, site: str
) -> None:
    page = await open_page(site)
    settings = [("setDucking", True), ("setVolume", "voice", 0), ("setVolume", "source", 0.25)]
    level, _ = await rendered(page, 2, [(0.5, 1.5)], *settings)
    assert level[300:] == pytest.approx(0.125, abs=0.002)
    assert np.abs(np.diff(level)).max() < 0.03
    silent, _ = await rendered(page, 1, [], ("setVolume", "source", 0))
    assert silent[300:] == pytest.approx(0, abs=1e-4)


async def test_a_track_sounds_where_the_volume_of_elements_cannot_be_set(
    open_page: OpenPage, site: str
) -> None:
    page = await open_page(site)
    await page.evaluate(_TAPPED)
    await page.evaluate(
        """() => {
          Object.defineProperty(HTMLMediaElement.prototype, 'volume', { get: () => 1, set() {} });
          window.mixer = new Mixer(tapped);
          mixer.play('voice', track());
        }"""
    )
    await page.wait_for_function("() => loud() > 0.6")
    await page.evaluate("mixer.setVolume('voice', 0.5)")
    await page.wait_for_function("() => loud() > 0.3 && loud() < 0.4")
    await page.evaluate("mixer.play('voice', undefined)")
    await page.wait_for_function("() => loud() === 0")
    await page.evaluate("mixer.play('voice', track())")
    await page.wait_for_function("() => loud() > 0.3")
    assert await page.evaluate("mixer.close().then(() => mixer.close()).then(() => context.state)")
    assert await page.evaluate("context.state") == "closed"


async def test_without_its_worklet_all_is_heard(open_page: OpenPage, site: str) -> None:
    page = await open_page(site)
    await page.route("**/voice.worklet*", lambda route: route.abort())
    await page.evaluate(_TAPPED)
    await page.evaluate(
        "window.mixer = new Mixer(tapped); mixer.setDucking(true); mixer.play('source', track())"
    )
    await page.wait_for_function("() => loud() > 0.6")


async def test_sound_that_is_held_back_says_so_until_it_is_allowed(
    open_page: OpenPage, site: str
) -> None:
    page = await open_page(site)
    await page.evaluate(_TAPPED)
    await page.evaluate(
        """() => {
          window.held = true;
          window.told = [];
          window.mixer = new Mixer(tapped);
          mixer.subscribe(() => told.push(mixer.blocked));
          mixer.play('voice', track());
        }"""
    )
    await page.wait_for_function("() => mixer.blocked")
    await page.evaluate("mixer.resume()")
    assert await page.evaluate("[mixer.blocked, loud()]") == [True, 0]
    await page.evaluate("window.held = false; mixer.resume()")
    await page.wait_for_function("() => !mixer.blocked && loud() > 0.6")
    await page.evaluate("window.held = true; context.suspend()")  # the telephone rings
    await page.wait_for_function("() => mixer.blocked")
    assert await page.evaluate("told") == [True, False, True]


async def test_a_pcm_stream_is_played_at_its_pitch_until_it_ends(
    open_page: OpenPage, site: str
) -> None:
    page = await open_page(site)
    await page.evaluate(_TAPPED)
    await page.evaluate(
        """() => {
          window.mixer = new Mixer(tapped);
          window.ended = false;
          playPcm(mixer, '/stream', new AbortController().signal).then(() => { ended = true; });
        }"""
    )
    # 500 Hz cross zero 85 times in 4096 samples of 48 kHz.
    await page.wait_for_function(
        "() => Math.abs(crossings() - 85) < 2 && Math.abs(loud() - 0.17) < 0.01"
    )
    await page.wait_for_function("() => ended && loud() === 0")


async def test_a_pcm_stream_that_cannot_be_played_is_one_line(
    open_page: OpenPage, site: str
) -> None:
    page = await open_page(site)
    await page.evaluate("window.mixer = new Mixer()")
    play = "(url) => playPcm(mixer, url, new AbortController().signal)"
    for url, text in (("/missing", "the server answers 404"), ("/stream?format=f32", "format")):
        with pytest.raises(Error, match=f"The sound cannot be played: .*{text}"):
            await page.evaluate(play, url)
    await page.evaluate("playPcm(mixer, '/stream', AbortSignal.timeout(300))")
    await page.evaluate("playPcm(mixer, '/stream', AbortSignal.abort())")
