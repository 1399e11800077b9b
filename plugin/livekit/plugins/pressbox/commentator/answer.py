"""From the pieces of an engine's answer to a line."""

from __future__ import annotations

import time

from ..audio import FRAME_SECONDS, FrameCutter, pause_near
from ..engine.chunks import Delta, is_blank
from .clauses import whole_clauses
from .line import Line
from .speech_pace import SpeechPace


class Answer:
    """Fills a line with the pieces of an engine's answer."""

    def __init__(self, line: Line, *, wants_audio: bool, pace: SpeechPace) -> None:
        """``pace`` learns from the line, and says when enough of it is there."""
        self.line = line
        self.sounding = False
        """It has enough to play without falling dry or, where it is text only, to show."""
        self._wants_audio = wants_audio
        self._pace = pace
        self._broke_at = 0
        """Characters after which its tokens ran out, of which only whole clauses are said."""
        self._own_speech = False
        self._cutter = FrameCutter()
        self._first: tuple[float, float] | None = None
        self._last = (0.0, 0.0)
        self._ended = False

    def feed(self, delta: Delta) -> None:
        """Take one piece of the answer; one that comes when the line is over is ignored."""
        if self.line.over:
            return
        if not self._broke_at:
            self.line.text += delta.text
        if delta.finish == "length":
            self._broke_at = len(self.line.text)
            self.line.text = whole_clauses(self.line.text)
        self._own_speech = self._own_speech or bool(delta.pcm and not delta.voiced)
        if delta.prompt_tokens or delta.completion_tokens:
            self.line.prompt_tokens = delta.prompt_tokens
            self.line.completion_tokens = delta.completion_tokens
            self.line.token_details = delta.token_details
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
        if self._own_speech and len(self.line.text) < self._broke_at:
            self._end_with_a_clause()
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

    def _end_with_a_clause(self) -> None:
        """Leave out the engine's speech behind the last whole clause, as near to there as it
        pauses.
        """
        line = self.line
        taken = line.audio_seconds - FRAME_SECONDS * len(line.speech)
        ends = line.audio_seconds * len(line.text) / self._broke_at - taken
        kept = pause_near(list(line.speech), round(ends / FRAME_SECONDS)) if line.text else 0
        while len(line.speech) > kept:
            line.speech.pop()
        line.audio_seconds = taken + FRAME_SECONDS * kept

    def _add(self, frames: list[bytes]) -> None:
        if not frames:
            return
        self.line.speech.extend(frames)
        self.line.audio_seconds += FRAME_SECONDS * len(frames)
        self._last = (time.monotonic(), self.line.audio_seconds)
        self._first = self._first or self._last

    @property
    def blank(self) -> bool:
        """Nothing is left of it, since its tokens ran out before a clause was whole."""
        return bool(self._broke_at) and not self.line.text

    @property
    def _has_words(self) -> bool:
        """Sound may come before its text; dots alone mean that there is nothing to say."""
        return not self.line.text.strip() or not is_blank(self.line.text)
