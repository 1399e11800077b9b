"""API key and secret of this installation's own LiveKit server."""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path

from config.origins import KEY_FILE, installation_key
from launcher.errors import LaunchError

LEAST_SECRET = 32


def ensure(state_dir: Path, url: str) -> tuple[str, str]:
    """(key, secret), made at the first start and kept in `<state_dir>/livekit.env`, mode 0600.

    The file also names the server, so that `set -a; . livekit.env` makes `lk` work.
    Raises LaunchError where it cannot be written.
    """
    known = installation_key(state_dir)
    if known is None or len(known[1]) < LEAST_SECRET:
        known = (f"API{secrets.token_hex(6)}", secrets.token_urlsafe(36))
    key, secret = known
    try:
        _write(state_dir, url, key, secret)
    except OSError as error:
        raise LaunchError(
            f"cannot write {state_dir / KEY_FILE}: {error.strerror}; choose STATE_DIR"
        ) from None
    return key, secret


def _write(state_dir: Path, url: str, key: str, secret: str) -> None:
    text = f"LIVEKIT_URL={url}\nLIVEKIT_API_KEY={key}\nLIVEKIT_API_SECRET={secret}\n"
    path = state_dir / KEY_FILE
    state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=state_dir, prefix=".tmp-")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    Path(name).chmod(0o600)
    Path(name).replace(path)
