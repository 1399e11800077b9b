"""`python -m speech.voice_program espeak`, or `piper VOICE.onnx`: the program behind
``speech/program_voice.py``.

It reads JSON lines, ``{"say": 7, "text": "", "voice": ""}`` and ``{"stop": 7}``, with numbers that
grow, and writes frames: a head (``HEAD``: kind, number, length of the body) and a body. It begins
with a frame ``ready`` and ends with its input. espeak-ng and piper are GPL-3.0-or-later: they are
loaded here, and by nothing else.
"""

from __future__ import annotations

import json
import os
import queue
import struct
import sys
import threading
from collections.abc import Callable
from typing import BinaryIO, Protocol

HEAD = struct.Struct("<BII")
READY, PCM, END, ERROR = range(4)
"""Bodies: the rate in Hz as text; mono int16; nothing; one line of text."""


class Synthesizer(Protocol):
    """What speaks. One text at a time."""

    rate: int
    """Hz."""

    def speak(self, text: str, voice: str, put: Callable[[bytes], bool]) -> None:
        """Hand over mono int16 as it is made, until ``put`` returns False. Raises SpeechError."""

    def stop(self) -> None:
        """End what is spoken, soon. Called by another thread."""


class Program:
    """The texts that are asked for, spoken one after another."""

    def __init__(self, synthesizer: Synthesizer, out: BinaryIO) -> None:
        self._synthesizer = synthesizer
        self._out = out
        self._asked: queue.SimpleQueue[dict[str, str | int]] = queue.SimpleQueue()
        self._stopped = 0

    def run(self) -> None:
        """Speak for ever; ends with the process."""
        threading.Thread(target=self._listen, daemon=True).start()
        self.write(READY, 0, str(self._synthesizer.rate).encode())
        while True:
            asked = self._asked.get()
            self._say(int(asked["say"]), str(asked["text"]), str(asked["voice"]))

    def write(self, kind: int, number: int, body: bytes = b"") -> None:
        self._out.write(HEAD.pack(kind, number, len(body)) + body)
        self._out.flush()

    def _say(self, number: int, text: str, voice: str) -> None:
        def put(pcm: bytes) -> bool:
            if self._stopped < number:
                self.write(PCM, number, pcm)
            return self._stopped < number

        try:
            if self._stopped < number:
                self._synthesizer.speak(text, voice, put)
        except Exception as error:  # of libraries, which have no common base
            self.write(ERROR, number, one_line(error))
        else:
            self.write(END, number)

    def _listen(self) -> None:
        for line in sys.stdin.buffer:
            asked = json.loads(line)
            if "say" in asked:
                self._asked.put(asked)
            else:
                self._stopped = max(self._stopped, int(asked["stop"]))
                self._synthesizer.stop()
        os._exit(0)


def one_line(error: Exception) -> bytes:
    """What went wrong."""
    return (" ".join(str(error).split())[:200] or type(error).__name__).encode()


def synthesizer(kind: str, voice: str) -> Synthesizer:
    """Raises SpeechError, or what the library raises, where it does not load."""
    if kind == "espeak":
        from speech.espeak import Espeak

        return Espeak()
    from speech.piper_model import PiperModel

    return PiperModel(voice)


def main() -> int:
    """Serve until the input ends; returns the exit status."""
    # Libraries print: what they say must not be taken for an answer.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    try:
        made = synthesizer(sys.argv[1], " ".join(sys.argv[2:]))
    except Exception as error:
        out.write(HEAD.pack(ERROR, 0, len(one_line(error))) + one_line(error))
        out.flush()
        return 1
    try:
        Program(made, out).run()
    except BrokenPipeError:
        os._exit(0)  # whoever asked has gone
    return 0


if __name__ == "__main__":
    sys.exit(main())
