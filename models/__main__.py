"""`python -m models serve|check|pull`: engines, and the models that they need."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence

from config import log, tracing
from config.settings import Settings, SettingsError, load_settings
from models import environment
from models.command_line import parser
from models.engine import Engine, EngineError
from models.latency import DelayedEngine, Latency
from models.registry import ENGINES, check
from models.serve import ENGINE_LOST, BindError, serve
from models.server import EngineServer, Limits


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns the exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    given = parser().parse_args(words)
    try:
        settings = load_settings(cli=_for_settings(given))
        log.begin("engine", settings)
        if given.command == "pull":
            return _pull(given)
        if settings.engine not in ENGINES:
            known = ", ".join(sorted(ENGINES))
            raise ValueError(f"ENGINE={settings.engine} is not allowed: one of {known}")
        environment.enter(settings.engine, words)
        if given.command == "check":
            return _check(settings)
        tracing.setup("engine", settings.otlp_endpoint)
        return _serve(settings, given)
    except (SettingsError, EngineError, BindError, ValueError) as error:
        print(f"engine: {error}", file=sys.stderr)
        return 2 if isinstance(error, ValueError) else 1


def _serve(settings: Settings, given: argparse.Namespace) -> int:
    if len(settings.engine_devices) > 1:
        raise ValueError(
            f"ENGINE_DEVICE={settings.engine_device}: one process serves one device; give --device"
        )
    engine = _engine(settings, given)
    limits = Limits(concurrency=given.concurrency, waiting=given.queue)
    server = EngineServer(engine, limits=limits, api_key=settings.engine_api_key.get_secret_value())
    return asyncio.run(serve(server, given.host, settings.engine_port))


def _engine(settings: Settings, given: argparse.Namespace) -> Engine:
    latency = Latency(given.ready_time, given.ready_cv, given.ready_seed, given.speed)
    engine = ENGINES[settings.engine](settings)
    return engine if latency == Latency(seed=latency.seed) else DelayedEngine(engine, latency)


def _check(settings: Settings) -> int:
    report = check(settings, settings.model_path, settings.engine_device)
    print("\n".join(report.lines))
    return 0 if report.ok else 1


def _pull(given: argparse.Namespace) -> int:
    # The library's bars begin with the end of an address, which is signed: without that.
    os.environ["TQDM_BAR_FORMAT"] = "{percentage:3.0f}%|{bar}| {n_fmt} of {total_fmt}, {rate_fmt}"
    from models.pull import pull

    folder = pull(given.target, given.to, given.revision, print)
    print(f"{given.target} is in {folder}")
    return 0


def _for_settings(given: argparse.Namespace) -> dict[str, object]:
    """What of it is a setting, and was given."""
    return {
        name: value
        for name, value in vars(given).items()
        if name in Settings.model_fields and value is not None
    }


def _end(status: int) -> int:
    """A broken device can keep its threads from ending: then the process goes without them."""
    if status == ENGINE_LOST:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    return status


if __name__ == "__main__":
    sys.exit(_end(main()))
