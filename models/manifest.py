"""What was pulled into a folder: where from, at which commit, with which sizes and hashes."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

FILE = ".pressbox-pull.json"
_BLOCK = 4 << 20


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
        if any(known.repo == source.repo for known in self.sources):
            return Manifest(
                tuple(source if known.repo == source.repo else known for known in self.sources)
            )
        return Manifest((*self.sources, source))

    def write(self, folder: Path) -> None:
        """Puts it into ``folder`` in one step."""
        half = folder / f"{FILE}.new"
        half.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")
        os.replace(half, folder / FILE)


def read(folder: Path) -> Manifest:
    """The manifest of a folder; an empty one where there is none or none that can be read."""
    try:
        sources = json.loads((folder / FILE).read_text(encoding="utf-8"))["sources"]
        return Manifest(tuple(_source(found) for found in sources))
    except (OSError, ValueError, KeyError, TypeError):
        return Manifest()


def sha256(path: Path, seen: Callable[[int], None] = lambda _: None) -> str:
    """The hash of a file in hexadecimal; ``seen`` is told of each piece's bytes."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            seen(len(block))
    return digest.hexdigest()


def git_hash(path: Path) -> str:
    """The sha1 that git names a file of this content by; the hub tells it of small files."""
    content = path.read_bytes()
    header = b"blob %d\0" % len(content)
    return hashlib.sha1(header + content, usedforsecurity=False).hexdigest()


def _source(found: dict[str, object]) -> Source:
    files = found["files"]
    if not isinstance(files, dict):
        raise ValueError
    stamps = {str(path): Stamp(int(it["size"]), str(it["sha256"])) for path, it in files.items()}
    return Source(str(found["repo"]), str(found["revision"]), str(found["commit"]), stamps)
