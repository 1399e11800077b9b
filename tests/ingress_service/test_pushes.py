"""Pushes of others into the room: RTMP by a camera and by ffmpeg, WHIP by a browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from livekit import rtc
from playwright.async_api import async_playwright

from ingress import livekit_ingress
from ingress.livekit_ingress import IngressServiceError
from tests.browser.build import chromium
from tests.ingress_service.viewing import (
    APPEARS,
    OLD,
    ROOM,
    median_age,
    new_pictures,
    present,
    viewer,
)
from tests.peers.camera import Output, camera
from tests.peers.camera_encoders import Look
from tests.peers.ingress_service import IngressRig
from tests.peers.players import ffmpeg

pytestmark = pytest.mark.asyncio

WHIP_CLIENT = """async ([url, key]) => {
  const media = await navigator.mediaDevices.getUserMedia({ video: true, audio: true });
  const peer = new RTCPeerConnection();
  window.peer = peer;
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
  return answer.status;
}"""


async def test_a_camera_that_pushes_rtmp_is_seen_leaves_and_comes_back(
    rig: IngressRig, tmp_path: Path
) -> None:
    made = await livekit_ingress.create(rig.settings, "rtmp", room=ROOM, name="push")
    assert made.note == ""
    look = Look(width=640, height=360, fps=30)
    output = Output(f"{made.address}/{made.key}", "flv", look, sound="aac")

    async with viewer(rig) as probe:
        with camera(tmp_path, output) as pushing:
            frames = await new_pictures(probe)
            age = median_age(frames)
            assert 0 < age < OLD, age
            (shown,) = await livekit_ingress.list_all(rig.settings)
            assert (shown.state, shown.codec, shown.width) == ("publishing", "h264", 640)
            await probe.until(lambda: bool(probe.bursts), timeout=APPEARS, what="sound")

            pushing.kill()
            gone = f"{made.ingress.identity} gone"
            await probe.until(lambda: not present(probe, "push"), timeout=APPEARS, what=gone)

            pushing.start()
            await new_pictures(probe)

    assert made.key not in rig.server.log


async def test_what_ffmpeg_pushes_is_an_ingress_participant_with_named_tracks(
    rig: IngressRig, tmp_path: Path
) -> None:
    made = await livekit_ingress.create(rig.settings, "rtmp", room=ROOM, name="ffmpeg")
    words = ("-re", "-f", "lavfi", "-i", "testsrc2=s=640x360:r=30", "-f", "lavfi", "-i", "sine")
    coded = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "15", "-c:a", "aac")
    to = f"{made.address}/{made.key}"
    async with viewer(rig) as probe:
        with ffmpeg(tmp_path, *words, *coded, "-f", "flv", to):
            await probe.until(lambda: bool(probe.frames), timeout=APPEARS, what="pictures")
            there = probe.room.remote_participants["ffmpeg"]
            assert there.kind == rtc.ParticipantKind.PARTICIPANT_KIND_INGRESS
            names = {one.name for one in there.track_publications.values()}
            assert names == {"camera", "sound"}


async def test_a_browser_pushes_whip_without_being_encoded_anew(rig: IngressRig) -> None:
    program = chromium()
    if program is None:
        pytest.skip("no Chromium")
    made = await livekit_ingress.create(rig.settings, "whip", room=ROOM, name="browser")
    flags = ["--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    async with viewer(rig) as probe, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=flags)
        context = await browser.new_context(permissions=["camera", "microphone"])
        page = await context.new_page()
        await page.goto(rig.server.http_url)
        assert await page.evaluate(WHIP_CLIENT, [made.address, made.key]) == 201
        await probe.until(lambda: len(probe.frames) > 10, timeout=APPEARS, what="pictures")
        await probe.until(lambda: bool(probe.bursts), timeout=APPEARS, what="sound")
        await page.evaluate("window.peer.close()")
        await browser.close()
        await probe.until(lambda: not present(probe, "browser"), timeout=60, what="gone")


async def test_a_wrong_key_and_a_deleted_one_are_refused(rig: IngressRig, tmp_path: Path) -> None:
    made = await livekit_ingress.create(rig.settings, "rtmp", room=ROOM, name="push")
    with pytest.raises(IngressServiceError, match="already"):
        await livekit_ingress.create(rig.settings, "rtmp", room=ROOM, name="push")
    await livekit_ingress.delete(rig.settings, "push")
    assert await livekit_ingress.list_all(rig.settings) == []

    words = ("-re", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=15", "-c:v", "libx264", "-f", "flv")
    pushing = ffmpeg(tmp_path, *words, f"{made.address}/{made.key}")
    with pushing:
        with pytest.raises(RuntimeError):
            await pushing.until(lambda: False, "ended", APPEARS)
        assert not pushing.running
