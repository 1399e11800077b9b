"""`python -m ingress --help`."""

from __future__ import annotations

import sys

from config.hidden_arguments import hide_arguments

# Before anything else is imported: until then everybody on this machine can read a password that
# stands on the command line.
if __name__ == "__main__":
    hide_arguments(("python", "-m", "ingress"), sys.argv[1:])

import logging
import os
from typing import NoReturn

from ingress.command_line import main


def _end(status: int) -> NoReturn:
    """Ends the process without tearing Python down.

    LiveKit's threads may still call into Python, which aborts while the interpreter is going away.
    """
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    _end(main())
