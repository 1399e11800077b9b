"""`python -m tests.peers`: gets what the tests of sources need, and says what is missing."""

from __future__ import annotations

import sys

from tests.peers.mediamtx_build import BuildError, build


def main() -> int:
    """Prints the path of mediamtx; returns the exit status."""
    try:
        print(build())
    except BuildError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
