"""A voice that is a program of its own behind a pipe: its crash costs a line, and what it links is
linked by it alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

from config.child_process import how_it_ended
from config.tasks import Tasks
from speech import child
from speech.resampling import Resampler
from speech.voice import SpeechError
from speech.voice_program import END, ERROR, HEAD, PCM, READY

COMMAND = (sys.executable, "-m", "speech.voice_program")
LOADING = 60.0
"""Seconds after which the start of a program is given up; a voice of piper takes 1 to 5."""
SILENT = 20.0
"""Seconds without a sound after which one that was to speak is taken for dead."""
FRAMES = 64
"""Pieces of speech that wait to be taken; then the program waits."""
MAX_CHARACTERS = 600
"""Longest text of one synthesis, so that none holds the program for long."""

_Frame = tuple[int, int, bytes]
"""Kind, number of the text, body."""


class ProgramVoice:
    """Implements ``Voice``: one text at a time, others wait. The program is started at the first
    need, and anew after it has died.
    """

    def __init__(self, called: str, *words: str, command: Sequence[str] = COMMAND) -> None:
        """``called``: its name in errors; ``words``: the program's arguments."""
        self._called = called
        self._command = (*command, *words)
        self._turn = asyncio.Lock()
        self._running: _Running | None = None
        self._number = 0

    @property
    def pid(self) -> int:
        """Of the program; 0 where none runs."""
        return self._running.process.pid if self._running else 0

    async def prepare(self) -> None:
        """See ``Voice``."""
        async with self._turn:
            await self._program()

    async def say(self, text: str, voice: str = "") -> AsyncGenerator[bytes, None]:
        """See ``Voice``; in pieces as the program makes them."""
        async with self._turn:
            program = await self._program()
            self._number += 1
            number = self._number
            ended = False
            resampler = Resampler(program.rate)
            try:
                await program.ask(say=number, text=text[:MAX_CHARACTERS], voice=voice)
                while not ended:
                    kind, of, body = await self._next(program, SILENT)
                    ended = kind == END and of == number
                    if kind == PCM and of == number and (out := resampler.push(body)):
                        yield out
                if rest := resampler.flush():
                    yield rest
            finally:
                if not ended and self._running is program:
                    program.stop(number)

    async def aclose(self) -> None:
        """See ``Voice``."""
        program, self._running = self._running, None
        if program is not None:
            await program.aclose()

    async def _program(self) -> _Running:
        if self._running is not None and self._running.has_ended:
            await self.aclose()
        if self._running is None:
            program = await _start(self._command)
            try:
                kind, _, body = await self._next(program, LOADING)
                if kind != READY:
                    raise SpeechError(f"{self._called} does not start")
                program.rate = int(body)
            except BaseException:
                await program.aclose()
                raise
            self._running = program
        return self._running

    async def _next(self, program: _Running, patience: float) -> _Frame:
        """Raises SpeechError where it tells of a failure, has ended, or says nothing."""
        try:
            async with asyncio.timeout(patience):
                frame = await program.frames.get()
        except TimeoutError:
            await program.aclose()
            raise SpeechError(f"{self._called} says nothing") from None
        if frame is None:
            raise SpeechError(f"{self._called} ended ({how_it_ended(program.status)})")
        kind, number, body = frame
        if kind == ERROR and number in (0, self._number):
            raise SpeechError(body.decode())
        return frame


@dataclass(eq=False)
class _Running:
    process: Process
    frames: asyncio.Queue[_Frame | None]
    tasks: Tasks
    rate: int = 0

    @property
    def status(self) -> int | None:
        return self.process.returncode

    @property
    def has_ended(self) -> bool:
        return self.process.returncode is not None or len(self.tasks) == 0

    async def ask(self, **asked: str | int) -> None:
        if self.process.stdin is not None:
            with contextlib.suppress(ConnectionError):  # its end tells why
                self.process.stdin.write(json.dumps(asked).encode() + b"\n")
                await self.process.stdin.drain()

    def stop(self, number: int) -> None:
        if self.process.stdin is not None and not self.process.stdin.is_closing():
            self.process.stdin.write(json.dumps({"stop": number}).encode() + b"\n")

    async def aclose(self) -> None:
        """End it and wait. Idempotent."""
        await child.kill(self.process)
        await self.tasks.aclose()

    async def read(self) -> None:
        """Its frames up to its end, then None."""
        out = self.process.stdout
        with contextlib.suppress(asyncio.IncompleteReadError):
            while out is not None:
                kind, number, length = HEAD.unpack(await out.readexactly(HEAD.size))
                await self.frames.put((kind, number, await out.readexactly(length)))
        await self.process.wait()
        await self.frames.put(None)


async def _start(command: Sequence[str]) -> _Running:
    program = _Running(await child.start(command), asyncio.Queue(FRAMES), Tasks(lambda text: None))
    program.tasks.once("a voice's frames", program.read())
    return program
