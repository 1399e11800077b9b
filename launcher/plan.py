"""What is started for given settings: argument lists, environments, ports. Starts nothing."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import yaml

from config.engine_settings import PORT_STEP
from config.settings import Settings
from launcher.child import Spec, at_once, child_environment
from launcher.errors import LaunchError
from launcher.livekit_server import Server
from launcher.ports import Port

ROOT = Path(__file__).resolve().parent.parent

_ENGINE_START = 600.0
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
    wanted = [Port(settings.web_port, "WEB_PORT", "the page", settings.web_host)]
    if own_engine(settings):
        names = ["the engine", *(f"the engine on {one}" for one in settings.engine_devices[1:])]
        wanted += [
            Port(port, "ENGINE_PORT", name)
            for port, name in zip(_engine_ports(settings), names, strict=True)
        ]
    if own_server(settings):
        wanted += [
            Port(settings.livekit_port, "LIVEKIT_PORT", "livekit-server"),
            Port(settings.livekit_tcp_port, "LIVEKIT_TCP_PORT", "livekit-server, media"),
            Port(settings.livekit_udp_port, "LIVEKIT_UDP_PORT", "livekit-server, media", udp=True),
        ]
    return wanted


def page_address(settings: Settings) -> str:
    """Where a browser on this machine finds the page."""
    host = _LOOPBACK.get(settings.web_host, settings.web_host)
    return f"http://{host}:{settings.web_port}"


def livekit(settings: Settings, server: Server, key: str, secret: str, ready: Ready) -> Spec:
    """livekit-server with livekit.yaml and the ports of the settings."""
    config = yaml.safe_load((ROOT / "livekit.yaml").read_text(encoding="utf-8"))
    config["port"] = settings.livekit_port
    config["rtc"] |= {
        "tcp_port": settings.livekit_tcp_port,
        "udp_port": settings.livekit_udp_port,
    }
    env = {"LIVEKIT_CONFIG": yaml.safe_dump(config), "LIVEKIT_KEYS": f"{key}: {secret}"}
    # It is ended last, when nobody is left, and would still wait for 5 s; a container must not be
    # killed while it ends, since that leaves it running.
    grace = 1.0 if len(server.argv) == 1 else 15.0
    environment = child_environment(env)
    return Spec("livekit", server.argv, environment, ROOT, ready, stop_grace=grace)


def engines(settings: Settings, answers: Callable[[str], Ready]) -> list[Spec]:
    """The engine servers, one for each device; answers(url) asks whether a page is there.

    They take no LiveKit key: they have nothing to do with rooms.
    """
    env = {name: value for name, value in settings.explicit().items() if "LIVEKIT" not in name}
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
    return Spec(
        "agent",
        _python("agent"),
        _environment(settings),
        ROOT,
        at_once,
        ready_line="registered worker" if shown else "",
        on_ready_line=registered,
        start_limit=60.0,
    )


def web(settings: Settings, ready: Ready) -> Spec:
    """The page and its side server."""
    return Spec("web", _python("web"), _environment(settings), ROOT, ready)


def publisher(settings: Settings, source: str, ready: Ready) -> Spec:
    """What brings the film or a file into the default room."""
    argv = _python("ingress", "publish", source, "--room", settings.room)
    argv += ("--name", publisher_name(source))
    return Spec("ingress", argv, _environment(settings), ROOT, ready)


def publisher_name(source: str) -> str:
    """Identity of the publisher in the room."""
    return source if source == "demo" else Path(source).stem


def checked_source(source: str, directory: Path) -> str:
    """`demo`, `none`, or the absolute path of a file. Raises LaunchError."""
    if source in ("demo", "none"):
        return source
    path = (directory / source).expanduser()
    if "://" in source or not path.is_file():
        shown = "an address" if "://" in source else source
        raise LaunchError(f"SOURCE: {shown} is no file here; a path, demo or none is right")
    return str(path.resolve())


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
    return child_environment({**settings.explicit(), **plain, **prefixed})
