"""A whole booth with llama.cpp's own server, in a real room, from a viewer's seat."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.peer_engines.conftest import Serve
from tests.support.booths import QUICK, booth
from tests.support.camera import camera
from tests.support.livekit_server import LiveKitServer
from tests.support.viewer_probe import ViewerProbe, watching

METADATA = f"{{{QUICK}}}"
MANY = f'{{{QUICK},"frames_per_inference":8}}'
"""Pictures of which not all fit."""


def status(probe: ViewerProbe) -> dict[str, Any]:
    """The newest `pressbox.status`."""
    told = [said["pressbox.status"] for *_, said in probe.attributes if "pressbox.status" in said]
    found: dict[str, Any] = json.loads(told[-1]) if told else {}
    return found


def said(probe: ViewerProbe, kind: str) -> set[str]:
    """Ids of the lines that were spoken to their end."""
    ends = [one for one in probe.lines if one.phase == "end" and one.kind == kind]
    return {one.id for one in ends if one.spoken and not one.dropped}


async def test_lines_are_heard_and_a_question_answered_though_not_all_pictures_fit(
    serve: Serve, livekit_server: LiveKitServer, tmp_path: Path
) -> None:
    viewer = livekit_server.token("llama", "viewer")
    async with (
        serve("-c", "4096", "-np", "2") as server,
        camera(livekit_server, "llama"),
        booth(livekit_server, "llama", server.url, metadata=MANY, state_dir=tmp_path),
        watching(livekit_server.url, viewer) as probe,
    ):
        await probe.until(lambda: len(said(probe, "commentary")) >= 3, timeout=60, what="lines")
        assert status(probe)["engine"] == "up"
        await probe.ask("What is it?")
        await probe.until(lambda: bool(said(probe, "answer")), timeout=20, what="the answer")
        assert 0 < server.refusals <= 4, "what does not fit is learnt, and not for each line"
    captions = {piece.attributes["lk.segment_id"] for piece in probe.captions if piece.text}
    assert said(probe, "commentary") | said(probe, "answer") <= captions
    assert len(probe.bursts) >= 4
    assert probe.wrong == []


async def test_a_server_that_cannot_serve_is_told_in_one_line_and_its_heir_is_used(
    serve: Serve, livekit_server: LiveKitServer, tmp_path: Path
) -> None:
    viewer = livekit_server.token("blind", "viewer")
    async with serve("-c", "256", "-np", "1") as server:
        port = server.port
        async with (
            camera(livekit_server, "blind"),
            booth(livekit_server, "blind", server.url, metadata=METADATA, state_dir=tmp_path),
            watching(livekit_server.url, viewer) as probe,
        ):

            def trouble() -> str:
                return str(status(probe).get("error"))

            await probe.until(lambda: "context" in trouble(), timeout=30, what="the context")
            server.program.kill()
            async with serve(port=port, eyes=False):
                await probe.until(lambda: "--mmproj" in trouble(), timeout=30, what="no mmproj")
            async with serve(port=port):
                await probe.until(lambda: bool(said(probe, "commentary")), timeout=60)
                assert status(probe)["engine"] == "up"
                assert not trouble()
