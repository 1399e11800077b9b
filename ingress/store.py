"""The sources that people added, kept so that a restart finds them again."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from config import files
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
        """What is kept, and one line about what was wrong, "" for nothing. One that is damaged, or
        that this version does not take, costs no other; the file is then put aside, for its owner.
        Raises OSError.
        """
        try:
            entries = json.loads(self.path.read_text(encoding="utf-8"))["sources"]
            numbered = list(enumerate(entries, 1))
        except FileNotFoundError:
            return [], ""
        except (ValueError, KeyError, TypeError, RecursionError):
            return [], f"{self._put_aside()}: its sources are gone"
        kept, bad = [], []
        for number, entry in numbered:
            try:
                kept.append(_read(entry))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                bad.append(f"source {number}{_said(error)}")
        if not bad:
            return kept, ""
        aside = self._put_aside()
        self.save(kept)
        return kept, f"{aside} and goes on without {', '.join(bad)}"

    def save(self, kept: Sequence[Kept]) -> None:
        """Replaces what is kept. Raises OSError, and then leaves the old file as it was."""
        entries = [{"spec": one.spec.revealed(), "from_page": one.from_page} for one in kept]
        files.write(self.path, json.dumps({"sources": entries}, ensure_ascii=False, indent=1))

    def _put_aside(self) -> str:
        aside = self.path.with_name(f"{FILE}.damaged-{int(time.time())}")
        self.path.replace(aside)
        return f"{self.path} is damaged and was put aside as {aside.name}"


def _read(entry: dict[str, object]) -> Kept:
    """Raises SpecError, ValueError, KeyError or TypeError."""
    values = entry["spec"]
    if not isinstance(values, dict):
        raise TypeError
    return Kept(source_spec(values), entry["from_page"] is True)


def _said(error: Exception) -> str:
    """What a spec says of itself, which names no secret."""
    return f" ({error})" if isinstance(error, SpecError) else ""
