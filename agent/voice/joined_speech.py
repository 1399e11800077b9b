"""Speech of several pieces, joined with pauses that sound the same for every voice. Pure."""

from __future__ import annotations

from livekit.plugins.pressbox.audio import FRAME_BYTES, FRAME_SECONDS, FrameCutter, is_silent

from agent.voice.sentences import Piece

AFTER_SENTENCE = 0.3
AFTER_CLAUSE = 0.14
"""Seconds of silence; voices leave anything from none to half a second."""


class JoinedSpeech:
    """24 kHz mono int16 in, the same without the pieces' own silence and with ours out."""

    def __init__(self) -> None:
        self._cutter = FrameCutter()
        self._pause = 0.0
        self._sounded = False

    def push(self, pcm: bytes) -> bytes:
        """More of the piece that is being spoken."""
        return self._after_pause(self._cutter.push(pcm))

    def end(self, piece: Piece) -> bytes:
        """The piece is over."""
        last = self._cutter.flush()
        rest = self._after_pause(last)
        self._cutter = FrameCutter()
        if self._sounded:
            wanted = AFTER_SENTENCE if piece.whole else AFTER_CLAUSE
            self._pause = wanted - FRAME_SECONDS * sum(map(is_silent, last))
        return rest

    def _after_pause(self, frames: list[bytes]) -> bytes:
        """The pause comes with what follows it, so that none stands at the end."""
        sound = b"".join(frames)
        self._sounded = self._sounded or bool(sound)
        if not sound or not self._pause:
            return sound
        pause, self._pause = round(self._pause / FRAME_SECONDS), 0.0
        return b"\0" * (pause * FRAME_BYTES) + sound
