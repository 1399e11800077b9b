"""What a voice is."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Protocol

SAMPLE_RATE = 24_000
"""Hz of all speech here: mono, int16 little endian."""


class SpeechError(Exception):
    """A text cannot be spoken; the text of the error is one line that may be shown to anyone."""


class Voice(Protocol):
    """Speaks one text at a time. Belongs to one event loop."""

    async def prepare(self) -> None:
        """Load what the first text would otherwise wait for.

        Raises:
            SpeechError: The voice cannot be had.
        """

    def say(self, text: str) -> AsyncGenerator[bytes, None]:
        """The speech of ``text``, 24 kHz mono int16 little endian, in whole samples as they are
        made.

        Closing the generator returns within 100 ms and stops the work.

        Raises:
            SpeechError: The text cannot be spoken, also in the midst of it.
        """

    async def aclose(self) -> None:
        """Let everything go. Idempotent."""
