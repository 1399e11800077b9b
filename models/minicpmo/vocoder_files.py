"""The vocoder's files as the installed minicpmo-utils names them.

From 1.0.7 on `hift.pt` is another vocoder, and what was called so before is `hift_original.pt`
(both versions load it into the same class, in the same way: `stepaudio2/token2wav.py`). So an
earlier version reads a folder of the later layout when that file stands under its old name.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from config.folders import cache_dir
from models.minicpmo import assets

ORIGINAL, NAME = "hift_original.pt", "hift.pt"


def readable(folder: Path, utils: str | None) -> Path:
    """The folder itself, or one of links to its files under the names that ``utils`` knows.

    Args:
        folder: A checkpoint's ``assets/token2wav``.
        utils: Version of minicpmo-utils, None when it is not known.

    Raises:
        OSError: The links cannot be made.
    """
    if assets.needed_by(utils) == assets.LATER or not (folder / ORIGINAL).is_file():
        return folder
    folder = folder.resolve()
    linked = cache_dir() / "vocoder" / hashlib.sha256(str(folder).encode()).hexdigest()[:16]
    linked.mkdir(parents=True, exist_ok=True)
    for name in assets.EARLIER:
        _link(linked / name, folder / (ORIGINAL if name == NAME else name))
    return linked


def _link(link: Path, target: Path) -> None:
    """Several engines may do this at once: each puts its link in place in one step."""
    fresh = link.with_name(f"{link.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    fresh.replace(link)
