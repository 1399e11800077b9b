"""What is known of one person's microphone. Pure, but for the event that somebody may wait for."""

from __future__ import annotations

import asyncio

from agent.hearing.utterance import Cutter, Utterance
from agent.hearing.voice_activity import VoiceActivity


class Ear:
    """Follows the sound of one person, with and without the button."""

    def __init__(self, *, by_voice: bool) -> None:
        """`by_voice`: whether a voice opens an utterance where no button is held."""
        self._voice = VoiceActivity()
        self.cutter = Cutter()
        self.cutter.by_voice = by_voice
        self.changed = asyncio.Event()
        """Set when the button is pressed or let go, and when an utterance begins or is full."""
        self.full: Utterance | None = None
        """What was said with the button held when it could become no longer."""
        self.ending = False
        """Whether the end of the sound is being waited for."""
        self.called = float("-inf")
        """When this one last called the commentator and said no more, monotonic seconds."""

    def hear(self, window: bytes) -> Utterance | None:
        """The next WINDOW_BYTES; what they end where no button is held."""
        before = self.cutter.open
        listens = self.cutter.listens
        utterance = self.cutter.push(window, self._voice.probability(window) if listens else 0.0)
        if self.cutter.open != before:
            self.changed.set()
        if utterance and self.cutter.held:
            self.full, utterance = utterance, None
        return utterance

    def hold(self) -> None:
        """The button is pressed."""
        if not self.cutter.listens:
            self._voice.reset()
        self.cutter.held, self.full = True, None

    def let_go(self) -> Utterance | None:
        """What was said while the button was held, if it was a voice."""
        rest, full = self.cutter.end(), self.full
        self.full = None
        return full or rest

    def end(self) -> Utterance | None:
        """No more sound comes: what was under way."""
        self._voice.reset()
        return self.cutter.end()
