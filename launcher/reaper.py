"""Ends all process groups when the launcher itself is killed.

`python -m launcher.reaper` reads `+PGID` and `-PGID` lines on its standard input. The launcher
holds the other end; when that closes, the launcher is gone, however it went, and what is still on
the list gets SIGTERM, then SIGKILL. Reaches children of children too, since they share the group.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterable

_GRACE = 3.0


def alive(group: int) -> bool:
    """Whether any process of this group is left, zombies included."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def signal_group(group: int, number: signal.Signals) -> None:
    """Sends a signal to a whole group; a group that is gone is fine."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def groups_left(lines: Iterable[str]) -> set[int]:
    """The groups that were added and not taken away again. Blocks until the lines end."""
    groups: set[int] = set()
    for line in lines:
        sign, number = line[:1], line[1:].strip()
        if number.isdigit() and int(number) > 1:
            (groups.add if sign == "+" else groups.discard)(int(number))
    return groups


def end(groups: Iterable[int]) -> None:
    """SIGTERM for all, SIGKILL after a grace of 3 s for those that stay."""
    left = set(groups)
    for group in left:
        signal_group(group, signal.SIGTERM)
    until = time.monotonic() + _GRACE
    while left and time.monotonic() < until:
        time.sleep(0.05)
        left = {group for group in left if alive(group)}
    for group in left:
        signal_group(group, signal.SIGKILL)


def main() -> None:
    """Waits for the launcher to go away, ignoring the signals that are meant for the launcher."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    end(groups_left(sys.stdin))


if __name__ == "__main__":
    main()
