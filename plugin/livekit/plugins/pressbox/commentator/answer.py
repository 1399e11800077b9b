"""From the pieces of an engine's answer to a line."""

from __future__ import annotations

import time

from livekit.plugins.pressbox.audio import FRAME_SECONDS, FrameCutter
from livekit.plugins.pressbox.commentator.line import Line
from livekit.plugins.pressbox.commentator.speech_pace import SpeechPace
from livekit.plugins.pressbox.engine.chunks import AnswerText, Delta, is_blank


class Answer:
    """Fills a line with the pieces of an engine's answer."""

    def __init__(self, line: Line, *, wants_audio: bool, pace: SpeechPace) -> None:
        """``pace`` learns from the line, and says when enough of it is there."""
        self.line = line
        self.sounding = False
        """It has enough to play without falling dry or, where it is text only, to show."""
        self._wants_audio = wants_audio
        self._pace = pace
        self._text = AnswerText()
        self._cutter = FrameCutter()
        self._first: tuple[float, float] | None = None
        self._last = (0.0, 0.0)
        self._ended = False

    def feed(self, delta: Delta) -> None:
        """Take one piece of the answer; one that comes when the line is over is ignored."""
        if self.line.over:
            return
        self.line.text += self._text.added(delta)
        if delta.prompt_tokens or delta.completion_tokens:
            self.line.prompt_tokens = delta.prompt_tokens
            self.line.completion_tokens = delta.completion_tokens
        if self._wants_audio:
            self._add(self._cutter.push(delta.pcm))
            enough = self._pace.enough(self.line.audio_seconds, len(self.line.text))
            self.sounding = self.sounding or (enough and self._has_words)
        elif not is_blank(self.line.text):
            self.sounding = self.line.text_only = True

    def end(self, *, whole: bool) -> None:
        """The answer is over; not ``whole``: cut short, and nothing to learn from. Idempotent."""
        if self._ended or self.line.over:
            return
        self._ended = True
        self._add(self._cutter.flush())
        if whole and self._first is not None:
            self._pace.note(
                seconds=self._last[1],
                first_seconds=self._first[1],
                took=self._last[0] - self._first[0],
                letters=len(self.line.text),
            )
        if self.line.audio_seconds and self._has_words:
            self.sounding = True
        elif not is_blank(self.line.text):
            self.sounding = self.line.text_only = True

    def _add(self, frames: list[bytes]) -> None:
        if not frames:
            return
        self.line.speech.extend(frames)
        self.line.audio_seconds += FRAME_SECONDS * len(frames)
        self._last = (time.monotonic(), self.line.audio_seconds)
        self._first = self._first or self._last

    @property
    def _has_words(self) -> bool:
        """Sound may come before its text; dots alone mean that there is nothing to say."""
        return not self.line.text.strip() or not is_blank(self.line.text)
