"""`python -m config.health URL`: ends with 0 where the address answers 200 within 2 s, else with 1.

What a container's health check runs.
"""

from __future__ import annotations

import sys
import urllib.request


def main(url: str) -> int:
    """The exit status."""
    try:
        with urllib.request.urlopen(url, timeout=2.0) as answer:  # noqa: S310
            return 0 if answer.status == 200 else 1
    except OSError:
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
