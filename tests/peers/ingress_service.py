"""LiveKit Ingress with a redis and a livekit-server that knows it, on free ports.

    async with ingress_service() as rig:
        made = await livekit_ingress.create(rig.settings, "rtmp", room="lobby", name="push")
        rig.server.token("lobby", "viewer")

`python -m tests.peers.ingress_service` builds it, which takes minutes, once.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from config import folders
from config.settings import Settings, load_settings
from launcher.go_server import GoServer, WayError, build
from tests.peers.program import Program
from tests.support.livekit_server import LiveKitServer, find_binary
from tests.support.ports import free_port, free_ports

_INGRESS = GoServer(
    "ingress",  # it starts a child of this name from PATH
    "1.5.0",
    "",
    "",
    "",
    "github.com/livekit/ingress",
    "h1:JfUBPV3g1/Hx1DfgxFMHT0mlidzcxkv2dHGtcqoopO4=",
    "./cmd/server",
)
_BINARY = folders.cache_dir() / "livekit-ingress" / f"{_INGRESS.version}-test" / "ingress"

_CHANGES = (
    # A test listens on loopback only.
    ("cmd/server/main.go", '":%d", conf.HealthPort', '"127.0.0.1:%d", conf.HealthPort'),
    ("pkg/rtmp/server.go", '":%d", port)', '"127.0.0.1:%d", port)'),
    ("pkg/whip/server.go", '":%d", conf.WHIPPort)', '"127.0.0.1:%d", conf.WHIPPort)'),
    # GStreamer 1.22's decodebin3 takes no stream without a type from a queue2: every http address
    # but a playlist ends with "Internal data stream error".
    (
        "pkg/media/urlpull/source.go",
        "err = bin.AddMany(elem, queue)",
        'kind, err := gst.NewElement("typefind")\n\tif err != nil {\n\t\treturn nil, err\n\t}\n\n'
        "\terr = bin.AddMany(elem, queue, kind)",
    ),
    (
        "pkg/media/urlpull/source.go",
        'pad := queue.GetStaticPad("src")',
        "err = queue.Link(kind)\n\tif err != nil {\n\t\treturn nil, err\n\t}\n\n"
        '\tpad := kind.GetStaticPad("src")',
    ),
)

# It refuses whatever costs more than what is idle, which on a small machine that is busy is every
# push. So each ingress is said to give a core back.
_COSTS = ("rtmp", "whip", "whip_bypass_transcoding", "url")
_CPU_COST = {f"{one}_cpu_cost": -1.0 for one in _COSTS} | {"min_idle_ratio": 0.001}


@dataclass(frozen=True)
class IngressRig:
    """server: a LiveKitServer as other tests have it; settings: for the code under test."""

    server: LiveKitServer
    settings: Settings
    service: Program


@asynccontextmanager
async def ingress_service() -> AsyncIterator[IngressRig]:
    """All three, ready. Raises RuntimeError where something is missing or does not start."""
    binary = find_binary()
    if binary is None or not _BINARY.is_file():
        raise RuntimeError(
            "livekit-server or LiveKit Ingress is missing: make test-ingress-service"
        )
    with TemporaryDirectory(prefix="pressbox-rig-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        redis_port, rtmp, whip, health, relay = free_ports(5)
        words = ("--port", str(redis_port), "--bind", "127.0.0.1", "--save", "", "--dir", name)
        redis = stack.enter_context(Program(("redis-server", *words), folder / "redis.log"))
        await redis.until_said("Ready to accept connections")
        known = {"redis": {"address": f"127.0.0.1:{redis_port}"}}
        base = {"rtmp_base_url": f"rtmp://127.0.0.1:{rtmp}/live"}
        base |= {"whip_base_url": f"http://127.0.0.1:{whip}/whip"}
        server = LiveKitServer(binary, folder, {**known, "ingress": base})
        stack.callback(server.kill)
        server.start()
        await server.ready()
        config = {
            **known,
            "api_key": server.api_key,
            "api_secret": server.api_secret,
            "ws_url": server.url,
            "health_port": health,
            "http_relay_port": relay,
            "rtmp_port": rtmp,
            "whip_port": whip,
            "rtc_config": {
                "udp_port": free_port(),
                "use_external_ip": False,
                "enable_loopback_candidate": True,
                "node_ip": "127.0.0.1",
                "interfaces": {"includes": ["lo"]},
            },
            "cpu_cost": _CPU_COST,
            "logging": {"level": "error", "json": False},
        }
        environment = {
            "PATH": f"{_BINARY.parent}{os.pathsep}{os.environ['PATH']}",
            "TMPDIR": name,
            "INGRESS_CONFIG_BODY": yaml.safe_dump(config),
        }
        log = folder / "service.log"
        service = stack.enter_context(Program((str(_BINARY),), log, environment=environment))
        await _listens(service, health)
        cli: dict[str, object] = {
            "state_dir": str(folder / "state"),
            "livekit_url": server.url,
            "livekit_api_key": server.api_key,
            "livekit_api_secret": server.api_secret,
        }
        yield IngressRig(server, load_settings(cli=cli, env={}, directory=folder), service)


async def _listens(service: Program, port: int) -> None:
    """Waits until its health port answers."""
    async with asyncio.timeout(30):
        while service.running:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            await asyncio.sleep(0.1)
    raise RuntimeError(f"LiveKit Ingress did not start: {service.log[-600:]}")


def _change(source: Path) -> None:
    for name, old, new in _CHANGES:
        file = source / name
        text = file.read_text(encoding="utf-8")
        if text.count(old) != 1:
            raise WayError(f"LiveKit Ingress {_INGRESS.version} is not as expected in {name}")
        file.write_text(text.replace(old, new), encoding="utf-8")


def main() -> int:
    """Builds it; returns the exit status."""
    try:
        if not _BINARY.is_file():
            asyncio.run(build(_INGRESS, _BINARY, _change))
    except WayError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
