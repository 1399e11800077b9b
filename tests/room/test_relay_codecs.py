"""What a room does with encoded pictures that it gets as they are: the facts on which the choice
between passing on and encoding anew stands.
"""

from __future__ import annotations

import asyncio

import pytest

from tests.support.encoded_camera import EncodedCamera, Encoder, encoded_camera
from tests.support.livekit_server import LiveKitServer
from tests.support.viewer_probe import ViewerProbe, watching


async def until_seen(camera: EncodedCamera, encoder: Encoder, viewer: ViewerProbe) -> None:
    """Sends until the viewer has seen a picture."""
    async with asyncio.timeout(15):
        while not viewer.frames:
            await camera.run(encoder, 0.2)


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
    seen = [one.burnt.counter for one in viewer.frames if one.burnt]
    assert seen == list(range(seen[0], seen[0] + len(seen)))
    assert {(one.width, one.height) for one in viewer.frames} == {size}
