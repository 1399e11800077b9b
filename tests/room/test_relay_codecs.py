"""What a room does with encoded pictures that it gets as they are: the facts on which the choice
between passing on and encoding anew stands.
"""

from __future__ import annotations

import asyncio

import pytest

from tests.support.encoded_camera import (
    LARGEST,
    EncodedCamera,
    Encoder,
    encoded_camera,
)
from tests.support.livekit_server import LiveKitServer
from tests.support.viewer_probe import ViewerProbe, watching


async def until_seen(camera: EncodedCamera, encoder: Encoder, viewer: ViewerProbe) -> None:
    """Sends until the viewer has seen a picture."""
    async with asyncio.timeout(15):
        while not viewer.frames:
            await camera.run(encoder, 0.2)


def counters(viewer: ViewerProbe, since: int = 0) -> list[int]:
    """Numbers burnt into the pictures that the viewer has seen."""
    return [seen.burnt.counter for seen in viewer.frames[since:] if seen.burnt]


async def test_pictures_and_a_change_of_size_arrive(livekit_server: LiveKitServer) -> None:
    token = livekit_server.token("sizes", "viewer")
    async with (
        encoded_camera(livekit_server, "sizes") as camera,
        watching(livekit_server.url, token, picture="camera", sound=None) as viewer,
    ):
        encoder = Encoder(640, 360)
        await until_seen(camera, encoder, viewer)
        for size in ((640, 360), LARGEST, (320, 180)):
            since = len(viewer.frames)
            await camera.run(Encoder(*size), 1)
            await viewer.until(lambda: len(viewer.frames) >= since + 14, timeout=5, what=f"{size}")  # noqa: B023
            assert {(seen.width, seen.height) for seen in viewer.frames[since + 2 :]} == {size}
            assert len(counters(viewer, since + 2)) == len(viewer.frames[since + 2 :])
    assert viewer.wrong == []


@pytest.mark.parametrize(
    ("size", "options"),
    [
        ((638, 358), {"preset": "veryfast", "profile": "high", "x264-params": "slices=4"}),
        ((1080, 1920), {}),
    ],
    ids=["cropped", "upright"],
)
async def test_the_kinds_of_h264_that_go_through_arrive_whole(
    livekit_server: LiveKitServer,
    size: tuple[int, int],
    options: dict[str, str],
    request: pytest.FixtureRequest,
) -> None:
    name = request.node.callspec.id
    token = livekit_server.token(name, "viewer")
    async with (
        encoded_camera(livekit_server, name, *size) as camera,
        watching(livekit_server.url, token, picture="camera", sound=None) as viewer,
    ):
        encoder = Encoder(*size, options=options)
        await until_seen(camera, encoder, viewer)
        since = len(viewer.frames)
        await camera.run(encoder, 2)
        await viewer.until(lambda: len(viewer.frames) >= since + 28, timeout=5, what="pictures")
    seen = counters(viewer)
    assert seen == list(range(seen[0], seen[0] + len(seen)))
    assert {(one.width, one.height) for one in viewer.frames} == {size}
