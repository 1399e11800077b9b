"""What is started for given settings: argument lists, environments, ports. Starts nothing."""

from __future__ import annotations

import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import yaml

from config.engine_settings import PORT_STEP
from config.page_address import is_open
from config.settings import Settings
from config.source_spec import SourceSpec
from launcher.child import Spec, at_once, child_environment
from launcher.go_server import Server
from launcher.ports import Port
from launcher.server_log import ServerLog

ROOT = Path(__file__).resolve().parent.parent

_ENGINE_START = 600.0
_FOR_FEW = (
    "PRESSBOX_SOURCES",
    "PRESSBOX_ADMIN_TOKEN",
    "PRESSBOX_ROOM_KEY",
)
_LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}

Ready = Callable[[], Awaitable[bool]]


def own_server(settings: Settings) -> bool:
    """Whether a livekit-server of our own is wanted."""
    return "livekit_url" not in settings.model_fields_set


def own_engine(settings: Settings) -> bool:
    """Whether an engine of our own is wanted."""
    return "engine_url" not in settings.model_fields_set


def ports(settings: Settings) -> list[Port]:
    """What the children are going to listen on."""
    wanted = [
        Port(settings.web_port, "WEB_PORT", "the page", settings.web_host),
        Port(settings.ingress_port, "INGRESS_PORT", "the ingress service"),
    ]
    if settings.metrics_port:
        host = "0.0.0.0" if settings.metrics_open else "127.0.0.1"
        wanted.append(Port(settings.metrics_port, "METRICS_PORT", "/metrics of the agent", host))
    if settings.lan:
        wanted.append(Port(settings.tls_port, "TLS_PORT", "the page by https", "0.0.0.0"))
    if own_engine(settings):
        names = ["the engine", *(f"the engine on {one}" for one in settings.engine_devices[1:])]
        wanted += [
            Port(port, "ENGINE_PORT", name)
            for port, name in zip(_engine_ports(settings), names, strict=True)
        ]
    if own_server(settings):
        tcp, udp, media = (
            settings.livekit_tcp_port,
            settings.livekit_udp_port,
            "livekit-server, media",
        )
        host = "0.0.0.0" if is_open(settings) else "127.0.0.1"
        wanted += [
            Port(settings.livekit_port, "LIVEKIT_PORT", "livekit-server"),
            Port(tcp, "LIVEKIT_TCP_PORT", media, host),
            Port(udp, "LIVEKIT_UDP_PORT", media, host, udp=True),
        ]
    return wanted


def page_address(settings: Settings) -> str:
    """Where a browser on this machine finds the page."""
    host = _LOOPBACK.get(settings.web_host, settings.web_host)
    return f"http://{host}:{settings.web_port}"


def livekit(settings: Settings, server: Server, key: str, secret: str, ready: Ready) -> Spec:
    """livekit-server with livekit.yaml and the ports of the settings. Signalling stays on loopback
    for the page to hand on; media comes and goes by all addresses where the page is open to others.
    """
    config = yaml.safe_load((ROOT / "livekit.yaml").read_text(encoding="utf-8"))
    config["port"] = settings.livekit_port
    config["rtc"] |= {
        "tcp_port": settings.livekit_tcp_port,
        "udp_port": settings.livekit_udp_port,
    }
    if is_open(settings):
        # One's own node_ip would be the only one that is told; without it and without ICE lite the
        # server asks public STUN servers who it is.
        del config["rtc"]["node_ip"], config["rtc"]["interfaces"]
        config["rtc"]["use_ice_lite"] = True
    env = {"LIVEKIT_CONFIG": yaml.safe_dump(config), "LIVEKIT_KEYS": f"{key}: {secret}"}
    # It is ended last, when nobody is left, and would still wait for 5 s; a container must not be
    # killed while it ends, since that leaves it running.
    grace = 1.0 if len(server.argv) == 1 else 15.0
    environment = child_environment(env)
    log = ServerLog(everything=settings.log_level == "debug")
    return Spec("livekit", server.argv, environment, ROOT, ready, stop_grace=grace, shows=log.shows)


def engines(settings: Settings, answers: Callable[[str], Ready]) -> list[Spec]:
    """The engine servers, one for each device; answers(url) asks whether a page is there.

    They take no LiveKit key: they have nothing to do with rooms.
    """
    env = {name: value for name, value in _explicit(settings).items() if "LIVEKIT" not in name}
    specs = []
    for at, port in enumerate(_engine_ports(settings)):
        device = settings.engine_devices[at]
        argv = _python("models", "serve", "--engine", settings.engine)
        specs.append(
            Spec(
                f"engine-{at + 1}" if at else "engine",
                (*argv, "--device", device, "--port", str(port)),
                child_environment(env),
                ROOT,
                answers(f"http://127.0.0.1:{port}/health"),
                start_limit=_ENGINE_START,
            )
        )
    return specs


def _engine_ports(settings: Settings) -> list[int]:
    return [settings.engine_port + PORT_STEP * at for at in range(len(settings.engine_devices))]


def agent(settings: Settings, registered: Callable[[], None]) -> Spec:
    """The worker. Its registration shows in its log, where the log level lets it."""
    shown = settings.log_level in ("debug", "info")
    key = settings.room_key.get_secret_value()
    return Spec(
        "agent",
        _python("agent"),
        _environment(settings) | ({"PRESSBOX_ROOM_KEY": key} if key else {}),
        ROOT,
        at_once,
        ready_line="registered worker" if shown else "",
        on_ready_line=registered,
        start_limit=60.0,
    )


def web(settings: Settings, ready: Ready) -> Spec:
    """The page and its side server."""
    env = _environment(settings)
    token = settings.admin_token.get_secret_value()
    env |= {"PRESSBOX_ADMIN_TOKEN": token} if token else {}
    return Spec("web", _python("web"), env, ROOT, ready)


def ingress(settings: Settings, source: SourceSpec | None, ready: Ready) -> Spec:
    """What brings sources into rooms: those of the settings, and this one on top of them."""
    specs = [*settings.sources, *((source,) if source else ())]
    sources = json.dumps([spec.revealed() for spec in specs])
    env = _environment(settings) | {"PRESSBOX_SOURCES": sources}
    token = settings.admin_token.get_secret_value()
    env |= {"PRESSBOX_ADMIN_TOKEN": token} if token else {}
    return Spec("ingress", _python("ingress", "serve"), env, ROOT, ready)


def _python(module: str, *words: str) -> tuple[str, ...]:
    return (sys.executable, "-m", module, *words)


def _environment(settings: Settings) -> dict[str, str]:
    # The plain names too: LiveKit's own libraries look for them.
    plain = {
        "LIVEKIT_URL": settings.livekit_url,
        "LIVEKIT_API_KEY": settings.livekit_api_key,
        "LIVEKIT_API_SECRET": settings.livekit_api_secret.get_secret_value(),
    }
    prefixed = {f"PRESSBOX_{name}": value for name, value in plain.items()}
    return child_environment({**_explicit(settings), **plain, **prefixed})


def _explicit(settings: Settings) -> dict[str, str]:
    """What was set, without the secrets that only one or two of the children need."""
    return {name: value for name, value in settings.explicit().items() if name not in _FOR_FEW}
