"""What needs another computer or another name service; left out where neither can be had."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.peers.camera import Output, camera
from tests.peers.camera_encoders import Look
from tests.peers.other_computer import NoNamespaceError, other_computer
from tests.peers.players import vlc
from tests.sources.conftest import Row, Table, full_only
from tests.sources.stage import Stage
from tests.sources.watched import watched
from tests.support.livekit_server import LiveKitServer
from tests.support.ports import free_ports


@full_only
@pytest.mark.timeout(120)
async def test_vlc_on_another_computer(
    livekit_server: LiveKitServer, tmp_path: Path, table: Table
) -> None:
    with ExitStack() as stack:
        try:
            other = stack.enter_context(other_computer())
        except NoNamespaceError as error:
            pytest.skip(str(error))
        other.delay = 0.005
        entry, port = free_ports(2)
        there = other.namespace
        output = Output(f"udp://127.0.0.1:{entry}?pkt_size=1316", "mpegts", Look(), "aac")
        stack.enter_context(camera(tmp_path / "cam", output, namespace=there))
        sout = f"#rtp{{sdp=rtsp://:{port}/cam}}"
        words = (f"udp://@127.0.0.1:{entry}", "--sout", sout, "--sout-keep")
        stack.enter_context(vlc(tmp_path / "vlc", *words, namespace=there))
        async with watched(livekit_server, tmp_path) as (service, viewer):
            await service.add("vlc", f"rtsp://{other.there}:{port}/cam")
            seen = viewer.of("vlc")
            await viewer.until(lambda: len(seen.clocked) > 30, "VLC's picture", 60)
            await viewer.until(lambda: len(seen.bursts) > 1, "VLC's sound")
            table.add(
                Row(
                    "VLC on another computer",
                    "VLC, RTSP",
                    "works",
                    way=str((await service.reports())["vlc"]["way"]),
                    age=f"{seen.age() * 1000:.0f} ms",
                )
            )


def _mounts() -> bool:
    """Whether this machine lets us give a process its own file of host names."""
    command = ("unshare", "--mount", "true")
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        return False
    return subprocess.run(command, capture_output=True, timeout=10).returncode == 0


@pytest.mark.timeout(120)
async def test_a_camera_whose_name_is_unknown_comes_when_it_is_known(
    livekit_server: LiveKitServer, tmp_path: Path
) -> None:
    if not _mounts():
        pytest.skip("no mount namespaces here")
    names = tmp_path / "hosts"
    names.write_text("127.0.0.1 localhost\n")
    mounted = f'mount --bind {names} /etc/hosts && exec "$@"'
    stage = Stage(tmp_path / "stage")
    path = stage.published("open/cam", Look())
    within = ("unshare", "--mount", "sh", "-c", mounted, "sh")
    async with stage, watched(livekit_server, tmp_path, within=within) as (service, viewer):
        url = f"rtsp://a-camera.invalid:{stage.media.rtsp_port}/{path}"
        await service.add("named", url, transport="tcp")
        report = await service.until("named", lambda one: bool(one["error"]), "in trouble")
        assert report["state"] == "connecting"
        assert "a-camera.invalid" in report["error"]
        names.write_text("127.0.0.1 localhost a-camera.invalid\n")
        await service.wake("named")
        seen = viewer.of("named")
        await viewer.until(lambda: len(seen.clocked) > 10, "the camera's picture")
        assert len(seen.sids) == 1
