"""One child process in a group of its own: output pumped, ended with all that it started."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from launcher.errors import LaunchError
from launcher.log_stream import LineSplitter, LogStream
from launcher.reaper import alive, signal_group

_CHUNK = 65536
_PUMP_END = 2.0
_REST = 1.0


async def at_once() -> bool:
    """Ready as soon as it runs."""
    return True


@dataclass(frozen=True)
class Spec:
    """What to start. Secrets belong into env, never into argv.

    ready is asked again and again until it says True; ready_line, where given, is a text that must
    have been in the output before; on_ready_line is called each time that text is seen. shows says
    of each line of the output whether it goes into the log.
    start_limit and stop_grace are seconds.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    directory: Path | None = None
    ready: Callable[[], Awaitable[bool]] = at_once
    ready_line: str = ""
    on_ready_line: Callable[[], None] = field(default=lambda: None, repr=False)
    shows: Callable[[str], bool] = field(default=lambda _: True, repr=False)
    start_limit: float = 30.0
    stop_grace: float = 5.0


@dataclass(frozen=True)
class _Output:
    """A pipe for output. With asyncio's own pipes, Python 3.11's `wait()` does not return before
    the last grandchild that holds the pipe has ended.
    """

    reader: asyncio.StreamReader
    transport: asyncio.ReadTransport
    write_end: int

    @classmethod
    async def open(cls) -> _Output:
        read_end, write_end = os.pipe()
        reader = asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(read_end, "rb", buffering=0)
        )
        return cls(reader, transport, write_end)


class Child:
    """A running process and its process group."""

    def __init__(
        self, spec: Spec, process: asyncio.subprocess.Process, output: _Output, log: LogStream
    ) -> None:
        self.spec = spec
        self.pid = process.pid
        self.last_line = ""
        self.ready_line_seen = asyncio.Event()
        self._process = process
        self._output = output
        self._log = log
        self._stop_lock = asyncio.Lock()
        self._stopped = False
        self._pump = asyncio.create_task(self._pump_output(), name=f"log-{spec.name}")
        if not spec.ready_line:
            self.ready_line_seen.set()

    @classmethod
    async def start(cls, spec: Spec, log: LogStream) -> Child:
        """Starts it. Raises LaunchError where the program cannot be run at all."""
        output = await _Output.open()
        try:
            process = await asyncio.create_subprocess_exec(
                *spec.argv,
                env=dict(spec.env) if spec.env else None,
                cwd=spec.directory,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output.write_end,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
            )
        except BaseException as error:
            output.transport.close()
            if not isinstance(error, OSError):
                raise
            program = Path(spec.argv[0]).name
            raise LaunchError(f"{spec.name}: cannot run {program}: {error.strerror}") from None
        finally:
            os.close(output.write_end)
        return cls(spec, process, output, log)

    @property
    def returncode(self) -> int | None:
        """Exit status, negative for a signal; None while it runs."""
        return self._process.returncode

    async def wait(self) -> int:
        """Waits until the process itself has ended."""
        return await self._process.wait()

    def how_it_ended(self) -> str:
        """Such as `ended with status 1` or `was ended by SIGKILL`."""
        code = self.returncode or 0
        if code >= 0:
            return f"ended with status {code}"
        with contextlib.suppress(ValueError):
            return f"was ended by {signal.Signals(-code).name}"
        return f"was ended by signal {-code}"

    async def stop(self, grace: float | None = None) -> None:
        """Ends it and all it started. Safe to call again.

        The process itself is asked first, so that it can end its own children in order; what is
        left of the group after the grace is killed.
        """
        async with self._stop_lock:
            if self._stopped:
                return
            if self.returncode is None:
                self._process.terminate()
            until = time.monotonic() + (self.spec.stop_grace if grace is None else grace)
            if await self._gone(until, lambda: self.returncode is not None):
                signal_group(self.pid, signal.SIGTERM)
                await self._gone(min(until, time.monotonic() + _REST), lambda: not alive(self.pid))
            signal_group(self.pid, signal.SIGKILL)
            await self._process.wait()
            done, _ = await asyncio.wait([self._pump], timeout=_PUMP_END)
            if not done:
                self._pump.cancel()
                await asyncio.wait([self._pump])
            self._output.transport.close()
            self._stopped = True

    async def _gone(self, until: float, gone: Callable[[], bool]) -> bool:
        while not gone():
            if time.monotonic() >= until:
                return False
            await asyncio.sleep(0.02)
        return True

    async def _pump_output(self) -> None:
        splitter = LineSplitter()
        while chunk := await self._output.reader.read(_CHUNK):
            self._write(splitter.feed(chunk))
        self._write(splitter.end())

    def _write(self, lines: list[str]) -> None:
        for line in lines:
            if self.spec.shows(line):
                self._log.line(self.spec.name, line)
            if line.strip():
                self.last_line = line.strip()
            if self.spec.ready_line and self.spec.ready_line in line:
                self.ready_line_seen.set()
                self.spec.on_ready_line()


def child_environment(extra: Mapping[str, str]) -> dict[str, str]:
    """This process's environment with additions; Python children write their logs at once."""
    return {**os.environ, "PYTHONUNBUFFERED": "1", **extra}
