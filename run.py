"""Starts everything on this machine: `python run.py --help`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"


def main() -> int:
    """Runs the launcher, in the virtual environment that `make setup` has made."""
    python = str(VENV / "bin" / "python")
    if Path(sys.prefix).resolve() != VENV.resolve() and Path(python).exists():
        os.execv(python, [python, str(Path(__file__).resolve()), *sys.argv[1:]])
    try:
        # Before anything that takes time: everybody on this machine sees our command line.
        from config.hidden_arguments import hide_arguments

        hide_arguments(("python", "run.py"), sys.argv[1:])
        from launcher.cli import main as launch
    except ModuleNotFoundError as error:
        print(f"error: {error.name} is not installed: run make setup first", file=sys.stderr)
        return 1
    return launch(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
