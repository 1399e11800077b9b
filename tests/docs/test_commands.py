"""Every command in the documents: run against a running Pressbox, or checked, or listed with the
reason why it is not run (reference/not_run.yaml).

A name of somebody else's camera or machine in it is replaced by something that is here.
"""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from config.settings import load_settings
from launcher.cli import parse
from reference.blocks import NOT_RUN, blocks, why_not_run
from reference.pages import DOCS, ROOT
from tests.browser.build import ensure_built
from tests.support.launched import Running
from tests.support.ports import free_ports

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.glob("*.md"))]
PUSHES = [f"PUSH_{one}_PORT" for one in ("RTMP", "RTSP", "SRT", "WHIP", "WHIP_UDP")]
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
BEGINNINGS = [one for several in NOT_RUN.values() for one in several]
LIMIT = 60.0
PRELUDE = re.compile(r"set -a;|export |[A-Z]=")
SETTINGS = re.compile(r"([A-Z_]+=\S+\s*)+(#.*)?$")
ENDLESS = re.compile(r"-N |--watch|/mjpeg|audio-stream|robot\.py|ingress serve")
"""These are ended once they have said something."""
REPLACED = {
    r"http://(127\.0\.0\.1|box):8199": "http://127.0.0.1:WEB_PORT",
    r"http://127\.0\.0\.1:8198": "http://127.0.0.1:ENGINE_PORT",
    r"(rtsp|http)://([^\s/]*@)?(camera|10\.\d|THAT-COMPUTER)\S*": "test",
    r"^(\.venv/bin/)?python ": f"{sys.executable} ",
    r"^curl ": "curl -sS --fail-with-body ",
    r"~/\.local/state": "$XDG_STATE_HOME",
    r"docs/examples/": f"{DOCS}/examples/",
    r"show\.mkv": "-t 1 show.mkv",
    r" +# [^'\n]*$": "",
}


@pytest.fixture(scope="module")
def shell(livekit_binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    ensure_built()
    pushes = [f"{name}={port}" for name, port in zip(PUSHES, free_ports(5), strict=True)]
    state = tmp_path_factory.mktemp("stack") / "pressbox"
    stack = Running(livekit_binary, state, "ROOM=lobby", "IDLE_AFTER=0", *pushes)
    try:
        asyncio.run(speaking(stack))
        yield Shell(stack)
    finally:
        asyncio.run(stack.end())


async def speaking(stack: Running) -> None:
    """A line has been said: there is a picture, and a commentator."""
    await stack.ready()
    try:
        async with asyncio.timeout(LIMIT), aiohttp.ClientSession(stack.url) as session:
            while not (await (await session.get("/api/lines")).json()).get("lines"):
                await asyncio.sleep(0.2)
    except TimeoutError:
        pytest.fail(f"nothing is said:\n{stack.text}")


class Shell:
    """Runs commands as somebody would who has read them, each once."""

    def __init__(self, stack: Running) -> None:
        self._stack, self._done = stack, set[str]()
        state = {"XDG_STATE_HOME": str(stack.state.parent), "TOKEN": stack.admin_token}
        self._ports = {name: str(port) for name, port in stack.settings.items()}
        self._environment = {**os.environ, **self._ports, **state, "PYTHONPATH": str(ROOT)}

    async def run(self, command: str, folder: Path) -> None:
        for pattern, other in {**REPLACED, **self._ports}.items():
            command = re.sub(pattern, other, command, flags=re.MULTILINE)
        if command in self._done:
            return
        if "ingress add" in command or "ingress create" in command:
            await self._clear()
        process = await asyncio.create_subprocess_exec(
            *("bash", "-ec", command),
            cwd=folder,
            env=self._environment,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(LIMIT):
                if ENDLESS.search(command) and process.stdout:
                    said = await process.stdout.read(1000)
                    good = bool(said) and await goes_on(process)
                else:
                    said, _ = await process.communicate(b"test\n")
                    good = process.returncode == 0
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)
                await process.wait()
        text = said.decode(errors="replace")
        assert good, f"{command}\n{text}"
        self._done.add(command)

    async def _clear(self) -> None:
        """Each document adds sources as if there were none of that name yet."""
        key = {"Authorization": f"Bearer {self._stack.admin_token}"}
        async with aiohttp.ClientSession(self._stack.url, headers=key) as session:
            sources = (await (await session.get("/api/sources")).json())["sources"]
            for one in sources:
                if one["name"] != "demo":
                    await session.delete(f"/api/sources/{one['name']}?room={one['room']}")


async def goes_on(process: asyncio.subprocess.Process) -> bool:
    """What has printed why it cannot go on ends at once."""
    try:
        await asyncio.wait_for(process.wait(), 1.0)
    except TimeoutError:
        return True
    return process.returncode == 0


def look_at(command: str, folder: Path) -> bool:
    """Checks settings and the words of make; false: it is to be run."""
    if SETTINGS.match(command):
        load(shlex.split(command, comments=True), folder)
        return True
    for part in command.split("&&"):
        words = shlex.split(part, comments=True)
        if "make" not in words[:2]:
            return False
        target, *given = words[words.index("make") + 1 :]
        assert re.search(rf"^[\w -]*\b{target}\b[\w -]*:", MAKEFILE, re.MULTILINE), target
        if target in ("run", "standalone"):
            load([word for word in given if not word.startswith("HELP=")], folder)
    return True


def load(words: list[str], folder: Path) -> None:
    """Raises SettingsError for a name or a value that there is not."""
    values, _ = parse([word for word in words if "…" not in word])
    load_settings(cli=values, env={}, directory=folder)


def to_run(page: Path, folder: Path) -> Iterator[str]:
    """Each with what stands before it in its block for the shell. The rest is checked."""
    for block in blocks(page.read_text("utf-8")):
        prelude = ""
        for command in block.commands:
            if why_not_run(command) or look_at(command, folder):
                continue
            if PRELUDE.match(command):
                prelude += f"{command}\n"
            else:
                yield prelude + command


@pytest.mark.timeout(300)
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
async def test_its_commands(
    page: Path, shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("box.pem", "box-key.pem"):
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    for script in to_run(page, tmp_path):
        await shell.run(script, tmp_path)


def test_what_is_listed_stands_in_a_document() -> None:
    found = [one for page in PAGES for block in blocks(page.read_text()) for one in block.commands]
    assert not [one for one in BEGINNINGS if not any(text.startswith(one) for text in found)]
