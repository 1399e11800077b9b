"""What was pulled into a folder: where from, at which commit, with which sizes and hashes."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pydantic import BaseModel, ValidationError

from config import files

FILE = ".pressbox-pull.json"


class Stamp(BaseModel):
    """What a file must be: its bytes, and the hash of its content in hexadecimal."""

    size: int
    sha256: str


class Source(BaseModel):
    """Files that came from one repository at one commit; paths are relative to the folder."""

    repo: str
    revision: str
    commit: str
    files: dict[str, Stamp]


class Manifest(BaseModel, frozen=True):
    """All that was pulled into a folder; none for a folder that came another way."""

    sources: tuple[Source, ...] = ()

    @property
    def repo(self) -> str:
        """The hub id of the model itself, empty when it is not known."""
        return self.sources[0].repo if self.sources else ""

    @property
    def commit(self) -> str:
        """The commit of the model itself, empty when it is not known."""
        return self.sources[0].commit if self.sources else ""

    @property
    def files(self) -> dict[str, Stamp]:
        """Every file by its path in the folder."""
        return {path: stamp for source in self.sources for path, stamp in source.files.items()}


def read(folder: Path) -> Manifest:
    """The manifest of a folder; an empty one where there is none or none that can be read."""
    try:
        return Manifest.model_validate_json((folder / FILE).read_bytes())
    except (OSError, ValidationError):
        return Manifest()


def add(folder: Path, source: Source) -> None:
    """Writes down what was pulled, in place of what was known of the same repository.

    Raises OSError.
    """
    known = {it.repo: it for it in read(folder).sources}
    whole = Manifest(sources=tuple({**known, source.repo: source}.values()))
    files.write(folder / FILE, whole.model_dump_json(indent=1) + "\n", 0o644)


def sha256(path: Path) -> str:
    """The hash of a file in hexadecimal. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def size(count: int) -> str:
    """A number of bytes for people, in decimal units as the hub and disks have them."""
    for unit, width in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= width:
            return f"{count / width:.1f} {unit}"
    return f"{count} bytes"
