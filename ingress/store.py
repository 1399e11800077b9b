"""The sources that people added, kept so that a restart finds them again."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from config.files import write_private
from config.source_spec import SourceSpec, SpecError, source_spec

FILE = "sources.json"


@dataclass(frozen=True, slots=True)
class Kept:
    """One added source; from_page: it may lead to permitted hosts only."""

    spec: SourceSpec
    from_page: bool


class SourceStore:
    """STATE_DIR/sources.json, which holds passwords: for its owner only.

    Both methods do blocking file work of a few milliseconds.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE

    def load(self) -> tuple[list[Kept], str]:
        """What is kept, and one line about what was wrong, "" for nothing.

        A damaged file is put aside, never overwritten. Raises OSError.
        """
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return [], ""
        except UnicodeDecodeError:
            return [], self._put_aside()
        try:
            entries = json.loads(text)["sources"]
            return [_read(entry) for entry in entries], ""
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return [], self._put_aside()

    def save(self, kept: Sequence[Kept]) -> None:
        """Replaces what is kept. Raises OSError, and then leaves the old file as it was."""
        entries = [{"spec": one.spec.revealed(), "from_page": one.from_page} for one in kept]
        write_private(self.path, json.dumps({"sources": entries}, ensure_ascii=False, indent=1))

    def _put_aside(self) -> str:
        aside = self.path.with_name(f"{FILE}.damaged-{int(time.time())}")
        self.path.replace(aside)
        return f"{self.path} is damaged and was put aside as {aside.name}: its sources are gone"


def _read(entry: dict[str, object]) -> Kept:
    """Raises ValueError, KeyError or TypeError."""
    values = entry["spec"]
    if not isinstance(values, dict):
        raise TypeError
    try:
        return Kept(source_spec(values), entry["from_page"] is True)
    except SpecError:
        raise ValueError from None
