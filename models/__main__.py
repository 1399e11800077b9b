"""`python -m models serve`: an engine behind the OpenAI chat completions API."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence

from config import log
from config.settings import Settings, SettingsError, load_settings
from models.engine import Engine, EngineError
from models.latency import DelayedEngine, Latency
from models.registry import ENGINES
from models.serve import BindError, serve
from models.server import EngineServer, Limits

_ABOUT = """\
Serve an engine: POST /v1/chat/completions (text and speech, streamed), GET /v1/models, /health,
/metrics. Settings come from the environment and pressbox.yaml (ENGINE, ENGINE_PORT,
ENGINE_API_KEY, LOG_LEVEL); what is given here wins.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns the exit status."""
    given = _parser().parse_args(arguments)
    try:
        settings = load_settings(cli=_for_settings(given))
        log.setup("engine", settings.log_level)
        engine = _engine(settings, given)
        limits = Limits(concurrency=given.concurrency, waiting=given.queue)
        server = EngineServer(
            engine, limits=limits, api_key=settings.engine_api_key.get_secret_value()
        )
        asyncio.run(serve(server, given.host, settings.engine_port))
    except (SettingsError, EngineError, BindError, ValueError) as error:
        print(f"engine: {error}", file=sys.stderr)
        return 2 if isinstance(error, ValueError) else 1
    return 0


def _engine(settings: Settings, given: argparse.Namespace) -> Engine:
    make = ENGINES.get(settings.engine)
    if make is None:
        known = ", ".join(sorted(ENGINES))
        raise ValueError(f"ENGINE={settings.engine} is not allowed: one of {known}")
    latency = Latency(given.ready_time, given.ready_cv, given.ready_seed, given.speed)
    return make() if latency == Latency(seed=latency.seed) else DelayedEngine(make(), latency)


def _for_settings(given: argparse.Namespace) -> dict[str, object]:
    named = {
        "engine": given.engine,
        "engine_port": given.port,
        "log_level": given.log_level,
    }
    return {name: value for name, value in named.items() if value is not None}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m models", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    serving = commands.add_parser("serve", help="serve an engine over HTTP", description=_ABOUT)
    serving.add_argument("--engine", metavar="NAME", help=f"one of {', '.join(sorted(ENGINES))}")
    serving.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    serving.add_argument("--port", type=int, help="port to listen on (8198)")
    serving.add_argument("--log-level", choices=["debug", "info", "warning", "error"])
    serving.add_argument(
        "--concurrency",
        type=_count,
        default=0,
        metavar="N",
        help="requests served at a time (the engine's own choice)",
    )
    serving.add_argument(
        "--queue",
        type=_count,
        default=Limits().waiting,
        metavar="N",
        help="requests that may wait, fairly over rooms; more get 429 (%(default)s)",
    )
    _add_latency(serving)
    return parser


def _add_latency(serving: argparse.ArgumentParser) -> None:
    group = serving.add_argument_group(
        "slowness for tests", "the first piece comes after a lognormal time, speech at a speed"
    )
    group.add_argument(
        "--ready-time", type=float, default=0.0, metavar="MEAN", help="mean seconds to first audio"
    )
    group.add_argument(
        "--ready-cv", type=float, default=0.0, metavar="CV", help="standard deviation over mean"
    )
    group.add_argument("--ready-seed", type=int, default=0, metavar="N", help="of the sequence")
    group.add_argument(
        "--speed",
        type=float,
        default=0.0,
        metavar="X",
        help="seconds of speech made in a second; 0: as fast as it goes",
    )


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("a whole number from 1 on")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
