"""What was pulled into a folder: where from, at which commit, with which sizes and hashes."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from config import files

FILE = ".pressbox-pull.json"


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a file must be.

    Attributes:
        size: Bytes.
        sha256: Of its content, in hexadecimal.
    """

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Source:
    """Files that came from one repository at one commit; paths are relative to the folder."""

    repo: str
    revision: str
    commit: str
    files: dict[str, Stamp] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Manifest:
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

    def with_source(self, source: Source) -> Manifest:
        """This one with ``source`` in place of what was known of the same repository."""
        known = {it.repo: it for it in self.sources}
        return Manifest(tuple({**known, source.repo: source}.values()))

    def write(self, folder: Path) -> None:
        """Puts it into ``folder``. Raises OSError."""
        files.write(folder / FILE, json.dumps(asdict(self), indent=1) + "\n", 0o644)


def read(folder: Path) -> Manifest:
    """The manifest of a folder; an empty one where there is none or none that can be read."""
    try:
        sources = json.loads((folder / FILE).read_text(encoding="utf-8"))["sources"]
        return Manifest(tuple(_source(**found) for found in sources))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Manifest()


def _source(repo: str, revision: str, commit: str, files: dict[str, dict[str, str]]) -> Source:
    stamps = {path: Stamp(int(it["size"]), str(it["sha256"])) for path, it in files.items()}
    return Source(repo, revision, commit, stamps)


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
