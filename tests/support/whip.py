"""A browser that pushes by WHIP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import async_playwright

_CLIENT = """async ([url, key]) => {
  const media = await navigator.mediaDevices.getUserMedia({ video: true, audio: true });
  const peer = new RTCPeerConnection();
  for (const track of media.getTracks()) peer.addTransceiver(track, { direction: 'sendonly' });
  const [video] = peer.getTransceivers().filter((one) => one.sender.track.kind === 'video');
  const codecs = RTCRtpSender.getCapabilities('video').codecs;
  video.setCodecPreferences(codecs.filter((one) => one.mimeType === 'video/H264'));
  await peer.setLocalDescription();
  await new Promise((done) => {
    const look = () => peer.iceGatheringState === 'complete' && done();
    peer.onicegatheringstatechange = look;
    look();
  });
  const headers = { 'Content-Type': 'application/sdp', Authorization: `Bearer ${key}` };
  const body = peer.localDescription.sdp;
  const answer = await fetch(url, { method: 'POST', headers, body });
  if (answer.status !== 201) return answer.status;
  await peer.setRemoteDescription({ type: 'answer', sdp: await answer.text() });
  window.peer = peer;
  return answer.status;
}"""
_FLAGS = ("--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")


@asynccontextmanager
async def pushing(chromium: Path, page: str, address: str, key: str) -> AsyncIterator[int]:
    """A camera and a microphone sent from a page on loopback; gives the status of the answer."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=[*_FLAGS])
        context = await browser.new_context(permissions=["camera", "microphone"])
        opened = await context.new_page()
        await opened.goto(page)
        yield await opened.evaluate(_CLIENT, [address, key])
        await opened.evaluate("window.peer?.close()")
        await browser.close()
