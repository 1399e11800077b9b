"""What people changed in a room while it ran, kept so that a restart finds it again."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

from config import files

_log = logging.getLogger("config.room_state")

_LONGEST_NAME = 150


class RoomState:
    """The saved changes of one room: `<dir>/rooms/<quoted room>.json`, a JSON object.

    Both methods do blocking file work of a few milliseconds.
    """

    def __init__(self, directory: Path, room: str) -> None:
        self.path = directory / "rooms" / f"{_file_name(room)}.json"

    def load(self) -> dict[str, Any]:
        """The saved changes; {} where there are none. Garbage is logged and ignored."""
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, RecursionError) as error:
            _log.warning("%s is ignored: %s", self.path, type(error).__name__)
            return {}
        if not isinstance(found, dict):
            _log.warning("%s is ignored: not a JSON object", self.path)
            return {}
        return found

    def save(self, changes: Mapping[str, object]) -> None:
        """Replaces what is saved. Raises OSError, and then leaves the old file as it was."""
        files.write(self.path, json.dumps(dict(changes), ensure_ascii=False, indent=1))


def _file_name(room: str) -> str:
    quoted = quote(room, safe="").replace(".", "%2E")
    if len(quoted) <= _LONGEST_NAME:
        return quoted
    return quoted[:_LONGEST_NAME] + "-" + sha256(room.encode()).hexdigest()[:16]
