"""What programs that we start may know, and how they ended."""

from __future__ import annotations

import contextlib
import os
import re
import signal

_NEEDED = re.compile(
    "PATH|HOME|LANG|TZ|TMPDIR|DISPLAY|XAUTHORITY|LC_.*|LD_.*|PYTHON.*|SSL_.*", re.IGNORECASE
)
_SECRET = ("PRESSBOX_", "LIVEKIT_")
_SECRET_ENDS = ("_KEY", "_TOKEN", "_SECRET", "_PASSWORD")


def environment() -> dict[str, str]:
    """Ours without secrets."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(_SECRET) and not name.endswith(_SECRET_ENDS)
    }


def bare_environment() -> dict[str, str]:
    """What any program needs to run, and no more: for those that read what strangers send."""
    return {name: value for name, value in os.environ.items() if _NEEDED.fullmatch(name)}


def how_it_ended(status: int | None) -> str:
    """Of a return code, as Popen has it: such as `status 1` or `SIGKILL`."""
    if status is None:
        return "it hangs"
    if status >= 0:
        return f"status {status}"
    with contextlib.suppress(ValueError):
        return signal.Signals(-status).name
    return f"signal {-status}"
