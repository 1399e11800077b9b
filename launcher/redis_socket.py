"""A redis of our own on a private socket: no port, no password, nobody else gets in."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Sequence
from pathlib import Path

from launcher.child import Spec, child_environment
from launcher.errors import LaunchError

_ANSWER = 2.0
_KEPT = ("ingress", "{ingress}_stream_key", "room_{ingress}:")
_STATE = "{ingress}_state:"


def spec(path: Path, folder: Path) -> Spec:
    """redis-server at this socket, with its data in this folder (mode 0700).

    Keys of pushes outlive a restart, so that whoever pushes need not be set up again; what an
    earlier livekit-server wrote there about rooms and itself does not.
    """
    program = shutil.which("redis-server")
    if program is None:
        raise LaunchError("redis-server is missing: sudo apt-get install redis-server")
    words = {
        "port": "0",
        "unixsocket": str(path),
        "unixsocketperm": "600",
        "dir": str(folder),
        "appendonly": "yes",
        "save": "",
        "daemonize": "no",
        "loglevel": "warning",
        "logfile": str(folder / "redis.log"),
    }
    argv = [program, *(word for name, value in words.items() for word in (f"--{name}", value))]
    return Spec("redis", tuple(argv), child_environment({}), folder, lambda: _ready(path))


async def _ready(path: Path) -> bool:
    try:
        async with asyncio.timeout(_ANSWER):
            reader, writer = await asyncio.open_unix_connection(str(path))
            try:
                if await command(reader, writer, ["PING"]) != "PONG":
                    return False
                await _clean(reader, writer)
            finally:
                writer.close()
    except (OSError, TimeoutError, ValueError, EOFError):
        return False
    return True


async def _clean(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    keys = await command(reader, writer, ["KEYS", "*"])
    for key in keys if isinstance(keys, list) else []:
        name = str(key)
        if name.startswith(_STATE):
            # An empty state is an inactive one; without any, livekit-server 1.13 dies at a delete.
            await command(reader, writer, ["SET", name, ""])
        elif not name.startswith(_KEPT):
            await command(reader, writer, ["DEL", name])


async def command(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, words: Sequence[str]
) -> object:
    """One command and its answer. Raises ValueError for an error that redis names."""
    parts = [f"*{len(words)}\r\n".encode()]
    for word in words:
        data = word.encode()
        parts.append(b"$%d\r\n%s\r\n" % (len(data), data))
    writer.write(b"".join(parts))
    await writer.drain()
    return await _answer(reader)


async def _answer(reader: asyncio.StreamReader) -> object:
    line = (await reader.readuntil(b"\r\n"))[:-2]
    kind, text = line[:1], line[1:].decode("utf-8", "replace")
    if kind == b"-":
        raise ValueError(text)
    if kind == b":":
        return int(text)
    if kind == b"$":
        length = int(text)
        data = await reader.readexactly(length + 2) if length >= 0 else b""
        return data[:-2].decode("utf-8", "replace") if length >= 0 else None
    if kind == b"*":
        return [await _answer(reader) for _ in range(int(text))]
    return text
