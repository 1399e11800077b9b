"""LiveKit Ingress and its redis, beside a LiveKit server: for pushes (RTMP, WHIP) and URLs.

Started by the launcher where INGRESS_SERVICE is on, or alone by `launcher.ingress_start`.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
import socket
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TextIO
from urllib.parse import unquote, urlsplit

import yaml

from config.own_address import is_loopback, reachable
from config.settings import Settings
from launcher import ingress_build, redis_socket
from launcher.child import Spec, child_environment
from launcher.errors import LaunchError
from launcher.ports import Port

_ANSWER = 2.0

# It refuses whatever costs more than what is idle, which on a small machine that is busy is every
# push. What was asked for is tried here, so each ingress is said to give a core back.
_CPU_COST = {
    "rtmp_cpu_cost": -1.0,
    "whip_cpu_cost": -1.0,
    "whip_bypass_transcoding_cpu_cost": -1.0,
    "url_cpu_cost": -1.0,
    "min_idle_ratio": 0.001,
}

Say = Callable[[str], None]


@dataclass
class Parts:
    """What is to be started, in this order: redis (None where the settings name one), then our own
    livekit-server as `livekit` makes it, then `service`. `close` when all has ended.
    """

    redis: Spec | None
    server_config: dict[str, object] = field(repr=False)
    _settings: Settings
    _binary: Path
    _redis_config: dict[str, object] = field(repr=False)
    _folder: Path
    _lock: TextIO | None
    _ports: tuple[int, int]

    def livekit(self, spec: Spec) -> Spec:
        """livekit-server told where redis and the service are. Raises LaunchError."""
        if len(spec.argv) > 1:
            raise LaunchError(
                "LiveKit Ingress needs livekit-server as a program, not as an image: install Go"
            )
        config = yaml.safe_load(spec.env["LIVEKIT_CONFIG"]) | self.server_config
        return replace(spec, env={**spec.env, "LIVEKIT_CONFIG": yaml.safe_dump(config)})

    def service(self, settings: Settings) -> Spec:
        """The service for the server in these settings, which hold its key and secret."""
        health, relay = self._ports
        config = {
            "redis": self._redis_config,
            "api_key": settings.livekit_api_key,
            "api_secret": settings.livekit_api_secret.get_secret_value(),
            "ws_url": settings.livekit_url,
            "health_port": health,
            "http_relay_port": relay,
            "rtmp_port": settings.ingress_rtmp_port,
            "whip_port": settings.ingress_whip_port,
            "rtc_config": _rtc(settings),
            "cpu_cost": _CPU_COST,
            "logging": {"level": "error", "json": False},
        }
        host = settings.ingress_service_host
        environment = {
            "PATH": f"{self._binary.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "TMPDIR": str(self._folder),
            "INGRESS_HOST": f"[{host}]" if ":" in host else host,
            "INGRESS_CONFIG_BODY": yaml.safe_dump(config),
        }
        return Spec(
            "livekit-ingress",
            (str(self._binary),),
            child_environment(environment),
            self._folder,
            lambda: _healthy(health),
        )

    def addresses(self) -> list[str]:
        """Lines that say where to push to."""
        return [
            f"LiveKit Ingress takes RTMP at {rtmp_address(self._settings)} "
            f"and WHIP at {whip_address(self._settings)}",
            "a key for either: python -m ingress create --rtmp|--whip --name NAME",
        ]

    def close(self) -> None:
        """Removes the socket and lets another start have the folder. Idempotent."""
        shutil.rmtree(self._folder, ignore_errors=True)
        if self._lock is not None:
            self._lock.close()


def ports(settings: Settings) -> list[Port]:
    """What the service is going to listen on."""
    host = settings.ingress_service_host
    used = "LiveKit Ingress"
    media = is_loopback(host)
    return [
        Port(settings.ingress_rtmp_port, "INGRESS_RTMP_PORT", f"{used}, RTMP", host),
        Port(settings.ingress_whip_port, "INGRESS_WHIP_PORT", f"{used}, WHIP", host),
        Port(
            settings.ingress_whip_udp_port,
            "INGRESS_WHIP_UDP_PORT",
            f"{used}, media",
            "127.0.0.1" if media else "0.0.0.0",
            udp=True,
        ),
    ]


def rtmp_address(settings: Settings) -> str:
    """Where RTMP is pushed to; the key comes after it."""
    return f"rtmp://{_public_host(settings)}:{settings.ingress_rtmp_port}/live"


def whip_address(settings: Settings) -> str:
    """Where WHIP is pushed to; the key comes after it, or as bearer token."""
    return f"http://{_public_host(settings)}:{settings.ingress_whip_port}/whip"


async def prepare(settings: Settings, say: Say) -> Parts:
    """Builds what is missing. Raises LaunchError that says what to install or to set."""
    theirs = settings.ingress_redis.get_secret_value()
    if "livekit_url" in settings.model_fields_set and not theirs:
        raise LaunchError(
            "LiveKit Ingress needs the redis of the LiveKit server in LIVEKIT_URL: put "
            "INGRESS_REDIS=redis://… into .env, or leave LIVEKIT_URL away and have one of our own"
        )
    redis = _redis(theirs) if theirs else {}
    binary = await ingress_build.obtain(say)
    folder = Path(tempfile.mkdtemp(prefix="pressbox-ingress-"))
    spec, lock = None, None
    try:
        if not theirs:
            lock = _own_folder(settings)
            path = folder / "redis"
            spec = redis_socket.spec(path, settings.state_dir / "livekit-ingress")
            redis = {"address": str(path)}
    except LaunchError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    config: dict[str, object] = {
        "redis": redis,
        "ingress": {
            "rtmp_base_url": rtmp_address(settings),
            "whip_base_url": whip_address(settings),
        },
    }
    return Parts(spec, config, settings, binary, redis, folder, lock, _two_ports())


def _own_folder(settings: Settings) -> TextIO:
    folder = settings.state_dir / "livekit-ingress"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = (folder / "lock").open("w")
    except OSError as error:
        raise LaunchError(f"cannot write {folder}: {error.strerror}; choose STATE_DIR") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise LaunchError(
            f"LiveKit Ingress runs already with {folder}: end it, or choose another STATE_DIR"
        ) from None
    return lock


def _redis(url: str) -> dict[str, object]:
    said = LaunchError("INGRESS_REDIS: an address such as redis://:password@host:6379/0 is right")
    try:
        parts = urlsplit(url)
        port = parts.port or 6379
        database = int(parts.path.strip("/") or 0)
    except ValueError:
        raise said from None
    if parts.scheme not in ("redis", "rediss") or not parts.hostname:
        raise said
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    config: dict[str, object] = {"address": f"{host}:{port}", "db": database}
    if parts.username:
        config["username"] = unquote(parts.username)
    if parts.password:
        config["password"] = unquote(parts.password)
    if parts.scheme == "rediss":
        config["use_tls"] = True
    return config


def _rtc(settings: Settings) -> dict[str, object]:
    config: dict[str, object] = {
        "udp_port": settings.ingress_whip_udp_port,
        "use_external_ip": False,
        "enable_loopback_candidate": True,
    }
    if is_loopback(settings.ingress_service_host):
        config |= {"node_ip": "127.0.0.1", "interfaces": {"includes": ["lo"]}}
    return config


def _public_host(settings: Settings) -> str:
    return reachable(settings.ingress_public_host or settings.ingress_service_host)


def _two_ports() -> tuple[int, int]:
    """Two free ports for what only this machine's own processes talk to."""
    with socket.socket() as first, socket.socket() as second:
        first.bind(("127.0.0.1", 0))
        second.bind(("127.0.0.1", 0))
        return first.getsockname()[1], second.getsockname()[1]


async def _healthy(port: int) -> bool:
    try:
        async with asyncio.timeout(_ANSWER):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(b"GET / HTTP/1.0\r\n\r\n")
                return b" 200 " in await reader.readline()
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return False
