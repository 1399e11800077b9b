"""The operator's token, in the settings or made once and kept; and other secrets made so."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from config import files
from config.settings import Settings

FILE_NAME = "admin.token"
_BYTES = 32


class AdminTokenError(Exception):
    """A secret can be neither read nor made. `str()` is one line."""


def admin_token(settings: Settings) -> str:
    """ADMIN_TOKEN, else what `<state_dir>/admin.token` holds; made there (0600) when it is missing.

    A few milliseconds of file work. Raises AdminTokenError.
    """
    chosen = settings.admin_token.get_secret_value()
    if chosen:
        return chosen
    return kept_secret(settings.state_dir / FILE_NAME, "; or set ADMIN_TOKEN")


def newly_made(settings: Settings) -> str:
    """The token where this call makes it, to be shown this once; "" where there is one already.
    Raises AdminTokenError.
    """
    there = settings.admin_token.get_secret_value() or (settings.state_dir / FILE_NAME).exists()
    return "" if there else admin_token(settings)


def kept_secret(path: Path, otherwise: str = "") -> str:
    """What the file holds; made (0600, 43 letters) when it is missing. Raises AdminTokenError: its
    line ends with what else would help.
    """
    try:
        return _kept(path) or _make(path)
    except OSError as error:
        raise AdminTokenError(f"cannot keep {path}: {error.strerror}{otherwise}") from None
    except UnicodeDecodeError:
        raise AdminTokenError(f"{path} holds no token: remove it{otherwise}") from None


def _kept(path: Path) -> str:
    try:
        with path.open(encoding="ascii") as file:
            if os.fstat(file.fileno()).st_mode & 0o077:
                os.fchmod(file.fileno(), 0o600)
            return file.read().strip()
    except FileNotFoundError:
        return ""


def _make(path: Path) -> str:
    """Makes the file, unless another process has just done so."""
    if path.exists() and not _kept(path):
        path.unlink()  # empty: a disk was full once
    files.write_first(path, secrets.token_urlsafe(_BYTES) + "\n")
    return _kept(path)
