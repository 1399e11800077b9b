"""One microphone's sound cut into utterances. Pure; time is counted in windows of sound."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

SAMPLE_RATE = 16_000
"""Hz, mono, int16 little endian."""
WINDOW_SAMPLES = 512
WINDOW_BYTES = WINDOW_SAMPLES * 2
WINDOW_SECONDS = WINDOW_SAMPLES / SAMPLE_RATE
"""What silero looks at: 32 ms."""

PRE_ROLL = 0.3
"""Seconds kept from before the voice was noticed: the first consonant."""
END_SILENCE = 0.6
"""Seconds without a voice that end an utterance nobody holds the button for."""
MAX_SECONDS = 30.0
LEAST_VOICE = 0.3
LEAST_VOICE_HELD = 0.2
"""Seconds of voice without which it is a noise; a "Stop." behind a button is short."""

VOICE = 0.5
STILL_VOICE = 0.35
"""Probability from which a window opens an utterance, and from which it goes on."""
OPENING = 2
"""Windows in a row that open one where nobody holds the button: a click is shorter."""


def _windows(seconds: float) -> int:
    return round(seconds / WINDOW_SECONDS)


@dataclass(frozen=True, slots=True)
class Utterance:
    """`sound`: 16 kHz mono int16 of at most MAX_SECONDS. `full`: it was cut off there."""

    sound: bytes
    full: bool = False

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.sound) / (2 * SAMPLE_RATE)


class Cutter:
    """Takes windows with the probability that somebody speaks in them, and gives utterances.

    By voice, an utterance goes from the first voice to END_SILENCE; while the button is held, from
    the first voice until `end`.
    """

    def __init__(self) -> None:
        self.by_voice = False
        """Whether a voice opens an utterance where no button is held."""
        self.held = False
        """Whether the button is pressed; an utterance under way goes on when it is."""
        self._before: deque[bytes] = deque(maxlen=_windows(PRE_ROLL) + OPENING)
        self._sound: list[bytes] = []
        self._voiced = self._silent = self._run = 0

    @property
    def listens(self) -> bool:
        """Whether it matters what is said: where not, `push` is to be given 0."""
        return self.held or self.by_voice

    @property
    def open(self) -> bool:
        """Whether an utterance is under way."""
        return bool(self._sound)

    def push(self, window: bytes, probability: float) -> Utterance | None:
        """The next WINDOW_BYTES; the utterance that ends with them, if one does."""
        if not self._sound:
            self._before.append(window)
            self._run = self._run + 1 if probability >= VOICE else 0
            needed = 1 if self.held else OPENING
            if self._run >= needed:
                self._sound, self._voiced = list(self._before), self._run
                self._silent = 0
            return None
        self._sound.append(window)
        if probability >= STILL_VOICE:
            self._voiced, self._silent = self._voiced + 1, 0
        else:
            self._silent += 1
        if len(self._sound) >= int(MAX_SECONDS / WINDOW_SECONDS):
            return self._cut(full=True)
        ended = not self.held and self._silent >= _windows(END_SILENCE)
        return self._cut() if ended else None

    def end(self) -> Utterance | None:
        """The button is let go, or no more sound comes: the utterance under way, if it is one.
        What comes next does not follow what came before.
        """
        utterance = self._cut()
        self.held = False
        return utterance

    def _cut(self, *, full: bool = False) -> Utterance | None:
        least = LEAST_VOICE_HELD if self.held else LEAST_VOICE
        worth_it = self._voiced * WINDOW_SECONDS >= least
        sound, self._sound = b"".join(self._sound), []
        self._voiced = self._run = 0
        self._before.clear()
        return Utterance(sound, full) if sound and worth_it else None
