"""What a model thinks aloud before it answers, taken out of the text that it streams. Pure."""

from __future__ import annotations

import re
from dataclasses import replace

from .chunks import Delta, is_blank

_WORDS = r"(?:seed:)?(?:think(?:ing)?|thoughts?|reason(?:ing)?|reflection|analysis)"
_OPEN = re.compile(
    rf"<{_WORDS}>|◁think▷|\[THINK\]|<unused94>|<\|(?:START_THINKING|begin_of_thought)\|>"
    r"|<\|channel\|?>\s*(?:analysis|commentary|thought)\b",
    re.IGNORECASE,
)
"""In order: DeepSeek, Qwen and their kin, ByteDance Seed; Kimi; Mistral; MedGemma; Cohere, Sky-T1;
gpt-oss and Gemma 4.
"""
_CLOSE = re.compile(
    rf"</{_WORDS}>|◁/think▷|\[/THINK\]|<unused95>|<\|(?:END_THINKING|end_of_thought)\|>"
    r"|<channel\|>|<\|channel\|>\s*final\b",
    re.IGNORECASE,
)
_LONGEST_TAG = 40
"""Characters; a tag that is cut over two pieces is waited for."""
_BEGUN = re.compile(r"[<◁\[][^>▷\]]*$|<\|?channel\|?>\s*\w*$|<\|channel\|>\s*\w+<[^>]*$", re.I)
_MUSES = re.compile(
    r"(?:\w+[,.!]? ){0,6}?(?:the user|let me|let's|i need to|i should|we (?:need|have) to|i'll)\b",
    re.IGNORECASE,
)
"""Where a chat template opens the thought, the model's text begins in the midst of one."""


class Thoughts:
    """Parts one answer's text into what is meant to be heard and what is not."""

    def __init__(self, *, opened: bool | None) -> None:
        """``opened``: whether answers of this model begin within a thought that is only closed,
        since the chat template opens it; None, not known: nothing is let through before the end.
        """
        self.opened = opened
        """What this answer showed of that."""
        self.found = False
        """There was a thought in it."""
        self.said = False
        """There was something to say in it."""
        self.took_all = False
        """It ran out of tokens before there was."""
        self._text = ""
        self._within = False
        self._holds = opened is not False

    def part(self, delta: Delta) -> Delta:
        """One piece of the answer, without what is thought in its text."""
        self.found = self.found or bool(delta.thought)
        self._holds = self._holds and not delta.pcm  # what the engine itself speaks is no thought
        text = self.feed(delta.text)
        cut = delta.finish == "length"
        if delta.finish:
            text += self.end(cut=cut)
        self.said = self.said or not is_blank(text + delta.transcript)
        self.took_all = self.took_all or (cut and self.found and not self.said)
        return replace(delta, text=text)

    def feed(self, text: str) -> str:
        """More of the answer, in pieces of any length; returns what may be said."""
        self._text += text
        said = ""
        while True:
            if self._within:
                end = _CLOSE.search(self._text)
                if end is None:
                    self._text = self._text[-_LONGEST_TAG:]
                    return said
                self._text, self._within, self._holds = self._text[end.end() :], False, False
                continue
            begin, end = _OPEN.search(self._text), _CLOSE.search(self._text)
            if end and not (begin and begin.start() < end.start()):
                self.found = self.opened = True
                self._text, self._holds = self._text[end.end() :], False
                said = ""
            elif begin:
                self.found = self._within = True
                said += self._text[: begin.start()]
                self._text = self._text[begin.end() :]
            elif self._holds:
                return ""
            else:
                return said + self._take(self._settled())

    def end(self, *, cut: bool) -> str:
        """The answer is over, ``cut`` where its tokens ran out; returns the rest of it."""
        if self._within:
            return ""
        if self._holds and cut and (self.opened or _MUSES.match(self._text.lstrip())):
            self.found = True
            return ""
        if self._holds and self._text.strip() and not cut:
            self.opened = False
        return self._take(len(self._text))

    def _settled(self) -> int:
        """Where a tag may have begun that is not whole yet."""
        begun = _BEGUN.search(self._text, max(0, len(self._text) - _LONGEST_TAG))
        return begun.start() if begun else len(self._text)

    def _take(self, end: int) -> str:
        taken, self._text = self._text[:end], self._text[end:]
        return taken
