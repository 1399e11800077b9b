"""What `python -m models` takes. Pure."""

from __future__ import annotations

import argparse
from pathlib import Path

from models.registry import ENGINES
from models.server import Limits

_SERVE = """\
Serve an engine: POST /v1/chat/completions (text and speech, streamed), GET /v1/models, /health,
/metrics. Settings come from the environment and pressbox.yaml (ENGINE, ENGINE_PORT, ENGINE_DEVICE,
ENGINE_MEMORY, MODEL_PATH, ENGINE_API_KEY, LOG_LEVEL); what is given here wins.
"""
_CHECK = "Say what a checkpoint is, what memory it needs and whether this machine has it."
_PULL = """\
Bring a checkpoint (openbmb/MiniCPM-o-4_5, openbmb/MiniCPM-o-4_5-awq, any hub id) or a voice of
piper (en_US-lessac-medium) to this machine; what was broken off is resumed, hashes are verified.
"""


def parser() -> argparse.ArgumentParser:
    """The parser; the name of the command is in ``command``."""
    top = argparse.ArgumentParser(prog="python -m models", description="engines and their models")
    commands = top.add_subparsers(dest="command", required=True)
    _add_serve(commands.add_parser("serve", help="serve an engine over HTTP", description=_SERVE))
    check = commands.add_parser("check", help="will this checkpoint run here?", description=_CHECK)
    check.add_argument(
        "model_path", nargs="?", metavar="MODEL", help="folder or hub id (MODEL_PATH)"
    )
    _add_engine(check)
    pull = commands.add_parser("pull", help="bring a model to this machine", description=_PULL)
    pull.add_argument("target", metavar="MODEL", help="hub id, or a voice of piper")
    pull.add_argument("--to", type=Path, metavar="DIR", help="folder to put it into")
    pull.add_argument("--revision", default="main", help="commit or branch (%(default)s)")
    return top


def _add_engine(command: argparse.ArgumentParser) -> None:
    """Settings, by their names."""
    add = command.add_argument
    add("--engine", metavar="NAME", help=f"one of {', '.join(sorted(ENGINES))}")
    add(
        "--device", dest="engine_device", metavar="DEVICE", help="auto, cpu, cuda:0 (ENGINE_DEVICE)"
    )
    add("--memory", dest="engine_memory", metavar="GIB", help="most to take (ENGINE_MEMORY)")


def _add_serve(serving: argparse.ArgumentParser) -> None:
    _add_engine(serving)
    add = serving.add_argument
    add("--model", dest="model_path", metavar="MODEL", help="folder or hub id (MODEL_PATH)")
    add("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    add("--port", dest="engine_port", help="port to listen on (8198)")
    add("--log-level", choices=["debug", "info", "warning", "error"])
    about = "requests served at a time (the engine's own choice)"
    add("--concurrency", type=_count, default=0, metavar="N", help=about)
    about = "requests that may wait, fairly over rooms; more get 429 (%(default)s)"
    add("--queue", type=_count, default=Limits().waiting, metavar="N", help=about)
    group = serving.add_argument_group(
        "slowness for tests", "the first piece comes after a lognormal time, speech at a speed"
    )
    for name, metavar, about in (
        ("--ready-time", "MEAN", "mean seconds to first audio"),
        ("--ready-cv", "CV", "standard deviation over mean"),
        ("--speed", "X", "seconds of speech made in a second; 0: as fast as it goes"),
    ):
        group.add_argument(name, type=float, default=0.0, metavar=metavar, help=about)
    group.add_argument("--ready-seed", type=int, default=0, metavar="N", help="of the sequence")


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("a whole number from 1 on")
    return int(text)
