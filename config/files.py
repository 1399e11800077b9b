"""Files that are whole or not there."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PRIVATE = 0o600


def write(path: Path, content: str | bytes, mode: int = PRIVATE) -> None:
    """Replace the file at a stroke; folders that are missing are made, for its owner alone where
    the file is.

    Blocks for some milliseconds. Raises OSError, and then leaves the old file as it was and nothing
    beside it.
    """
    with _written(path, content, mode) as fresh:
        fresh.replace(path)


def write_first(path: Path, content: str | bytes, mode: int = PRIVATE) -> None:
    """The same, but a file that is there stays as it is: of two writers the first one wins."""
    with _written(path, content, mode) as fresh, suppress(FileExistsError):
        os.link(fresh, path)


@contextmanager
def _written(path: Path, content: str | bytes, mode: int) -> Iterator[Path]:
    """The content in a file beside ``path``, gone when the block ends unless it was moved."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700 if mode == PRIVATE else 0o777)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".tmp-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)
