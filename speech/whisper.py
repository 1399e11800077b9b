"""Whisper by faster-whisper: what was said in a sound, written down on this machine.

It runs in a program of its own behind a pipe (``speech/whisper_program.py``), started at the first
need and ended when nobody has spoken for a while: it takes 200 MB and more, and half a second of a
core or two for an utterance. ``faster-whisper`` is MIT, and not installed unless asked for
(``make stt``).
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import json
import sys
from asyncio.subprocess import Process
from collections.abc import Sequence

from config.child_process import how_it_ended
from speech import child

DEFAULT_MODEL = "base"
"""Knows 99 languages; 145 MB."""
COMMAND = (sys.executable, "-m", "speech.whisper_program")

PATIENCE = 15.0
"""Seconds that an utterance waits for the program to be loaded; weights that have to be fetched
take longer, and go on being fetched.
"""
LOADING = 900.0
"""Seconds after which loading is given up."""
IDLE = 300.0
"""Seconds without an utterance after which the program ends."""


class HearingError(Exception):
    """What was said cannot be understood; the text is one line that may be shown to anyone."""


class Whisper:
    """Writes down one utterance after another, never two at once. Belongs to one event loop."""

    def __init__(self, model: str = "", *, command: Sequence[str] = COMMAND) -> None:
        """``model``: a name that faster-whisper knows, like ``small``, or a folder with one."""
        self._model = model or DEFAULT_MODEL
        self._command = command
        self._loading: asyncio.Task[Process] | None = None
        self._ending: set[asyncio.Task[None]] = set()
        self._idle: asyncio.TimerHandle | None = None

    async def prepare(self) -> None:
        """Load the model. Raises HearingError where that fails or takes long."""
        await self._program()

    async def recognise(self, sound: bytes, language: str) -> str:
        """What is said in 16 kHz mono int16, in the language of a BCP 47 tag.

        Giving up while it works ends the program. Raises HearingError.
        """
        process = await self._program()
        self._stay()
        try:
            return await _ask(process, sound, language)
        except BaseException as error:
            if not isinstance(error, HearingError):
                self._end()
            raise
        finally:
            if self._loading:
                self._wait_for_more()

    async def aclose(self) -> None:
        """End the program and wait. Idempotent."""
        self._end()
        if self._ending:
            await asyncio.wait(self._ending)

    async def _program(self) -> Process:
        if self._loading and self._loading.done() and _has_ended(self._loading):
            self._end()
        if self._loading is None:
            if importlib.util.find_spec("faster_whisper") is None:
                raise HearingError("faster-whisper is not installed: make stt")
            self._loading = asyncio.create_task(self._load(), name="whisper.load")
        loading = self._loading
        await asyncio.wait({loading}, timeout=PATIENCE)
        if not loading.done():
            raise HearingError("whisper's model is still being loaded, please ask again in a while")
        if loading.cancelled():
            raise HearingError("whisper was ended meanwhile")
        process = loading.result()
        self._wait_for_more()
        return process

    async def _load(self) -> Process:
        process = await child.start((*self._command, self._model))
        try:
            async with asyncio.timeout(LOADING):
                await _answer(process)
        except TimeoutError:
            await child.kill(process)
            raise HearingError(f"whisper did not load within {LOADING:.0f} s") from None
        except BaseException:
            await child.kill(process)
            raise
        self._wait_for_more()
        return process

    def _stay(self) -> None:
        if self._idle:
            self._idle.cancel()
            self._idle = None

    def _wait_for_more(self) -> None:
        self._stay()
        self._idle = asyncio.get_running_loop().call_later(IDLE, self._end)

    def _end(self) -> None:
        """Let the program go; the next utterance starts another one."""
        self._stay()
        if self._loading:
            ending = asyncio.create_task(_ended(self._loading), name="whisper.end")
            self._ending.add(ending)
            ending.add_done_callback(self._ending.discard)
            self._loading = None


async def _ask(process: Process, sound: bytes, language: str) -> str:
    if process.stdin is None:
        raise HearingError("whisper has no ear")
    head = json.dumps({"language": language, "bytes": len(sound)}).encode()
    with contextlib.suppress(ConnectionError):  # its end tells why
        process.stdin.write(head + b"\n" + sound)
        await process.stdin.drain()
    return await _answer(process)


async def _answer(process: Process) -> str:
    """The text of its next line. Raises HearingError."""
    line = await process.stdout.readline() if process.stdout else b""
    if not line:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(child.DYING):
                await process.wait()
        raise HearingError(f"whisper ended ({how_it_ended(process.returncode)})")
    found = json.loads(line)
    if "error" in found:
        raise HearingError(f"whisper: {found['error']}")
    return str(found["text"])


def _has_ended(loading: asyncio.Task[Process]) -> bool:
    if loading.cancelled() or loading.exception():
        return True
    return loading.result().returncode is not None


async def _ended(loading: asyncio.Task[Process]) -> None:
    loading.cancel()
    await asyncio.wait({loading})
    if not loading.cancelled() and not loading.exception():
        await child.kill(loading.result())
