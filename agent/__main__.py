"""`python -m agent`: the worker that puts a booth into every room it is dispatched to."""

from __future__ import annotations

import argparse
import asyncio
import sys

from agent.worker import run
from config.settings import SettingsError, load_settings


def main() -> int:
    """Run the worker; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m agent",
        description="Waits to be dispatched (agent name: pressbox) and runs one booth a room. "
        "Settings come from pressbox.yaml, .env and the environment; see .env.example.",
    )
    parser.add_argument("--livekit-url", help="LiveKit server, such as ws://127.0.0.1:7880")
    parser.add_argument("--engine-url", help="engine, such as http://127.0.0.1:8198/v1")
    parser.add_argument(
        "--alone",
        action="store_true",
        help="no other worker runs under this host's name, as in a container: what one that was "
        "killed has left in rooms is taken out of them first, and at the end other "
        "workers, where there are any, go on in its rooms without a pause",
    )
    words = vars(parser.parse_args())
    alone = words.pop("alone")
    given = {key: value for key, value in words.items() if value is not None}
    try:
        settings = load_settings(cli=given)
    except SettingsError as error:
        print(f"pressbox agent: {error}", file=sys.stderr)
        return 2
    asyncio.run(run(settings, alone=alone))
    return 0


if __name__ == "__main__":
    sys.exit(main())
