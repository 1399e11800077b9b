"""A backend that follows a script, and that remembers too much unless it is treated well."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from models.minicpmo.backend import End, Piece, Sampling, Speech, SpeechFailed, Text
from models.runtime.parts import Frame, Prompt, Sound


@dataclass(frozen=True, slots=True)
class Stuck:
    """Waits for an event and does not care about ``stop``: a call that does not come back."""

    event: threading.Event


Step = Piece | threading.Event | Stuck | Exception
"""A piece to give, an event to wait for (``stop`` ends the answer), or what to raise."""
Script = Callable[[str], Iterable[Step]]
"""Takes all text in the model's memory."""


def tone(seconds: float = 0.1) -> Speech:
    """Speech that is not silent."""
    at = np.arange(int(24_000 * seconds), dtype=np.float32) / 24_000
    return Speech((0.5 * np.sin(2 * np.pi * 220 * at)).astype(np.float32))


def echo(memory: str) -> Iterable[Step]:
    """Says all that is in the model's memory, word by word, and speaks a little."""
    for word in memory.split():
        yield Text(f" {word}")
    yield tone()
    yield End("stop", len(memory), len(memory.split()))


class ScriptedBackend:
    """Plays a script to each request.

    It models the worst that the real one does: an answer that was not made to its end stays in
    memory until ``reset``, and comes out in the next one.

    Attributes:
        calls: Names of the methods called, in order.
        prompts: What was prefilled.
        asked: What generations were asked for, and whether with speech.
        voices: What was set as voice.
        faults: What the next calls of a method raise, by its name.
        gates: What a method waits for, by its name; ``stop`` does not help.
        closed_early: Generations that were closed before their end.
        begun: Set when a generation waits for an event of its script.
    """

    def __init__(self, script: Script | Sequence[Step] = echo, *, speaks: bool = True) -> None:
        self.script: Script = script if callable(script) else lambda _: script
        self.speaks = speaks
        self.calls: list[str] = []
        self.prompts: list[Prompt] = []
        self.asked: list[tuple[Sampling, bool]] = []
        self.voices: list[Sound] = []
        self.faults: dict[str, list[Exception]] = {}
        self.gates: dict[str, threading.Event] = {}
        self.closed_early = 0
        self.begun = threading.Event()
        self.closed = threading.Event()
        self._memory: list[str] = []
        self._unended = False
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def load(self) -> None:
        self._called("load")

    def set_voice(self, reference: Sound) -> None:
        self._called("set_voice")
        self.voices.append(reference)

    def prefill(self, prompt: Prompt) -> int:
        self._called("prefill")
        self._stopped.clear()
        self.prompts.append(prompt)
        if not self._unended:
            self._memory = []
        self._unended = True
        self._memory += [part for part in prompt.user if isinstance(part, str)]
        return sum(map(_cost, (*prompt.system, *prompt.user)))

    def generate(self, sampling: Sampling, *, speech: bool) -> Generator[Piece, None, None]:
        self._called("generate")
        self.asked.append((sampling, speech))
        try:
            for step in self.script(" ".join(self._memory)):
                if self._stopped.is_set():
                    return
                if isinstance(step, Exception):
                    raise step
                if isinstance(step, Stuck):
                    self.begun.set()
                    step.event.wait()
                elif isinstance(step, threading.Event):
                    if not self._wait(step):
                        return
                elif speech or not isinstance(step, Speech | SpeechFailed):
                    self._unended = self._unended and not isinstance(step, End)
                    yield step
        finally:
            self.closed_early += self._unended

    def stop(self) -> None:
        self._stopped.set()

    def reset(self) -> None:
        self._called("reset")
        self._memory, self._unended = [], False

    def close(self) -> None:
        self._called("close")
        self.closed.set()

    def _called(self, name: str) -> None:
        self.calls.append(name)
        thread = threading.current_thread()
        if self._thread not in {None, thread}:
            raise RuntimeError(f"{name} was called from another thread")
        self._thread = thread
        if gate := self.gates.get(name):
            self.begun.set()
            gate.wait()
        if faults := self.faults.get(name):
            raise faults.pop(0)

    def _wait(self, event: threading.Event) -> bool:
        """False when it was told to stop instead."""
        self.begun.set()
        while not event.wait(0.001):
            if self._stopped.is_set():
                return False
        return True


def _cost(part: str | Frame | Sound) -> int:
    return len(part.split()) if isinstance(part, str) else 64
