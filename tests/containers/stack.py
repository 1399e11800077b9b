"""docker-compose.yml as it is, as a project of its own on free ports."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp

from tests.support.ports import free_ports

ROOT = Path(__file__).resolve().parents[2]
IMAGES = ("worker", "web", "ingress", "engine")
_PORTS = (
    *("WEB_PORT", "TLS_PORT", "LIVEKIT_TCP_PORT", "LIVEKIT_UDP_PORT", "LIVEKIT_TCP_PORT_2"),
    *("LIVEKIT_UDP_PORT_2", "PUSH_RTMP_PORT", "PUSH_RTSP_PORT", "PUSH_SRT_PORT"),
    *("PUSH_WHIP_PORT", "PUSH_WHIP_UDP_PORT", "PROMETHEUS_PORT", "HTTP_PORT", "HTTPS_PORT"),
)
SITE = "box.test"
_LIMIT = 120.0


def docker(*words: str, env: Mapping[str, str] = os.environ, err: bool = False) -> str:
    """What a docker command prints; err: to stderr too. Raises RuntimeError with what it said."""
    end = subprocess.STDOUT if err else subprocess.PIPE
    done = subprocess.run(
        ["docker", *words], stdout=subprocess.PIPE, stderr=end, text=True, cwd=ROOT, env=env
    )
    if done.returncode:
        raise RuntimeError(f"docker {' '.join(words)}: {(done.stderr or done.stdout)[-2000:]}")
    return done.stdout


def film(path: Path) -> None:
    """Draws 20 s that a camera may serve, readable by everybody."""
    drawn = "ffmpeg -v error -f lavfi -i testsrc=s=640x360 -t 20 -pix_fmt yuv420p -g 25 -bf 0"
    subprocess.run([*drawn.split(), str(path)], check=True)
    path.chmod(0o644)
    path.parent.chmod(0o755)


def told(what: str, value: float, unit: str = "s") -> None:
    """Print a figure."""
    sys.stdout.write(f"\n{what}: {value:.1f} {unit}\n")


def build(livekit: str, mediamtx: str) -> None:
    """All images, after stand-ins for what they are built on. Unchanged ones take seconds."""
    env = {**os.environ, "DOCKER_BUILDKIT": "0", "LIVEKIT": livekit, "MEDIAMTX": mediamtx}
    script = ROOT / "tests/containers/images/build.sh"
    subprocess.run(["bash", str(script)], check=True, env=env)
    for name in IMAGES:
        docker("build", "-q", "--target", name, "-t", f"pressbox/{name}:test", ".", env=env)


class Compose:
    """One installation: its containers, volumes and network."""

    def __init__(self, settings: Path) -> None:
        """Nothing runs yet; settings: a file such as `.env`."""
        self.project = f"pressbox-test-{os.getpid()}"
        self.ports = dict(zip(_PORTS, map(str, free_ports(len(_PORTS))), strict=True))
        self.url = f"http://localhost:{self.ports['WEB_PORT']}/"
        given = {"PRESSBOX_VERSION": "test", "COMPOSE_PROJECT_NAME": self.project, "SITE": SITE}
        self._env = {**os.environ, **given, **self.ports, "SETTINGS": str(settings)}

    def __call__(self, *words: str) -> str:
        """Runs a compose command."""
        return docker("compose", "--env-file", "/dev/null", *words, env=self._env)

    def up(self, *words: str) -> float:
        """Starts what does not run; returns the seconds that it took."""
        began = time.monotonic()
        self("up", "-d", "--no-build", *words)
        return time.monotonic() - began

    def containers(self, service: str) -> list[str]:
        """Ids of a service's containers."""
        return self("ps", "-q", service).split()

    def inspect(self, container: str) -> dict[str, Any]:
        """What Docker knows of a container."""
        found: dict[str, Any] = json.loads(docker("inspect", container))[0]
        return found

    def kill(self, container: str) -> None:
        """Its processes end at once, as when memory runs out; Docker starts it again by its rule,
        as it would not after `docker kill`.
        """
        os.kill(self.inspect(container)["State"]["Pid"], signal.SIGKILL)

    async def back(self, container: str, started: str) -> None:
        """Wait until it has started anew, and is well where it has a health check."""
        async with asyncio.timeout(_LIMIT):
            while True:
                state = self.inspect(container)["State"]
                well = state.get("Health", {}).get("Status", "healthy") == "healthy"
                if state["Running"] and state["StartedAt"] != started and well:
                    return
                await asyncio.sleep(0.2)

    def state_file(self, name: str) -> str:
        """A file of the volume `state`."""
        return self("exec", "-T", "web", "cat", f"/state/{name}").strip()

    async def ask(self, method: str, path: str, body: object = None, *, admin: bool = False) -> Any:
        """An answer of the page's API. Raises aiohttp's errors."""
        token = f"Bearer {self.state_file('admin.token')}" if admin else ""
        headers = {"Authorization": token} if admin else {}
        async with (
            aiohttp.ClientSession(self.url, raise_for_status=True) as session,
            session.request(method, path, json=body, headers=headers) as answer,
        ):
            return await answer.json()

    async def until(self, path: str, is_so: Any, **more: Any) -> Any:
        """Wait until that is true of an answer, and return it."""
        async with asyncio.timeout(_LIMIT):
            while True:
                try:
                    found = await self.ask("GET", path, **more)
                    if is_so(found):
                        return found
                except (aiohttp.ClientError, RuntimeError):
                    pass  # it is being started
                await asyncio.sleep(0.3)

    def logs(self) -> str:
        """What all containers have written, those of before a restart too."""
        return self("--profile", "*", "logs", "--no-color")

    def remove(self) -> None:
        """All of it, with its volumes."""
        self("--profile", "*", "down", "-v", "-t", "2", "--remove-orphans")
