"""API key and secret of this installation's own LiveKit server."""

from __future__ import annotations

import secrets
from pathlib import Path

from config import files
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
    path = state_dir / KEY_FILE
    text = f"LIVEKIT_URL={url}\nLIVEKIT_API_KEY={key}\nLIVEKIT_API_SECRET={secret}\n"
    try:
        files.write(path, text)
    except OSError as error:
        raise LaunchError(f"cannot write {path}: {error.strerror}; choose STATE_DIR") from None
    return key, secret
