"""`/api/audio-stream` and `/api/audio-stream.wav`: sound."""

from __future__ import annotations

import struct
from contextlib import aclosing

from aiohttp import web

from web.http.parameters import InRoom
from web.http.viewers import Viewers
from web.sound import RATE

PCM = f"audio/pcm; rate={RATE}; channels=1; format=s16le"
WAV = "audio/wav"
_FORMAT = {
    "X-Audio-Format": "s16le",
    "X-Audio-Sample-Rate": str(RATE),
    "X-Audio-Channels": "1",
}
_UNKNOWN = 0xFFFFFFFF


class SoundApi:
    """The handlers."""

    def __init__(self, viewers: Viewers) -> None:
        self._viewers = viewers

    async def pcm(self, request: web.Request, asked: InRoom) -> web.StreamResponse:
        """Commentary and the source's sound in step with that picture: nothing but samples."""
        return await self._sound(request, asked, PCM, b"")

    async def wav(self, request: web.Request, asked: InRoom) -> web.StreamResponse:
        """The same as a WAV file that does not end."""
        return await self._sound(request, asked, WAV, wav_head())

    async def _sound(
        self, request: web.Request, asked: InRoom, content_type: str, head: bytes
    ) -> web.StreamResponse:
        async with self._viewers.watching(request, "sound", asked.room) as (viewer, feed):
            answer = await viewer.begin({"Content-Type": content_type, **_FORMAT})
            async with aclosing(feed.sound.listen()) as chunks:
                async for chunk in chunks:
                    await viewer.send(head + chunk)
                    head = b""
        return answer


def wav_head() -> bytes:
    """Of a WAV file whose length nobody knows."""
    sizes = (1, 1, RATE, RATE * 2, 2, 16)
    form = b"WAVEfmt " + struct.pack("<IHHIIHH", 16, *sizes)
    return b"".join(
        (b"RIFF", struct.pack("<I", _UNKNOWN), form, b"data", struct.pack("<I", _UNKNOWN))
    )
