"""What a person would see and hear on the page."""

from __future__ import annotations

from typing import cast

from playwright.async_api import Locator, Page

_BRIGHTNESS = """
(video) => {
  const canvas = document.createElement('canvas');
  canvas.width = 32;
  canvas.height = 18;
  const context = canvas.getContext('2d');
  context.drawImage(video, 0, 0, 32, 18);
  const pixels = context.getImageData(0, 0, 32, 18).data;
  let sum = 0;
  for (let at = 0; at < pixels.length; at += 4) sum += pixels[at] + pixels[at + 1] + pixels[at + 2];
  return sum / (32 * 18 * 3);
}
"""

TAP = """
(() => {
  const { connect } = AudioNode.prototype;
  AudioNode.prototype.connect = function (to, ...more) {
    if (to instanceof AudioDestinationNode && this.context instanceof AudioContext) {
      const analyser = this.context.createAnalyser();
      connect.call(this, analyser, ...more);
      (window.taps ??= []).push(analyser);
    }
    return connect.call(this, to, ...more);
  };
  window.heard = () => {
    const powers = (window.taps ?? []).map((analyser) => {
      const samples = new Float32Array(analyser.fftSize);
      analyser.getFloatTimeDomainData(samples);
      return samples.reduce((sum, one) => sum + one * one, 0) / samples.length;
    });
    return Math.sqrt(powers.reduce((sum, one) => sum + one, 0));
  };
})();
"""
"""To be run before a page: `heard()` is how loud (RMS, full scale is 1) its loudspeaker is now."""


def delayed_picture(page: Page) -> Locator:
    """The delayed picture."""
    return page.get_by_label("Delayed picture")


async def start(page: Page, *, camera: bool = False) -> None:
    """Go in, to watch or with one's own camera, and wait for the room."""
    name = "Watch and show my camera" if camera else "Watch"
    await page.get_by_role("button", name=name, exact=True).click()
    await page.get_by_role("button", name="Leave").wait_for()


async def brightness(video: Locator) -> float:
    """Mean of all pixels of a video, 0 (black) to 255."""
    return cast(float, await video.evaluate(_BRIGHTNESS))


async def wait_until_it_plays(page: Page) -> None:
    """Wait until the delayed picture moves on by half a second."""
    video = delayed_picture(page)
    await video.wait_for()
    await page.wait_for_function("(video) => video.currentTime > 0", arg=await handle(video))
    before = await video.evaluate("(video) => video.currentTime")
    await page.wait_for_function(
        "([video, before]) => video.currentTime > before + 0.5",
        arg=[await handle(video), before],
    )


async def wait_until_heard(page: Page, loud: float = 0.02) -> None:
    """Wait until what comes out of the page is louder than `loud` (RMS, full scale is 1)."""
    await page.wait_for_function("(loud) => window.heard() > loud", arg=loud)


async def open_tab(page: Page, name: str) -> None:
    """Open one of the panels: Commentary, Source, Settings."""
    await page.get_by_role("tab", name=name).click()


async def handle(locator: Locator) -> object:
    """The element behind a locator, to be handed to a script."""
    return await locator.element_handle()
