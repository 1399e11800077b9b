"""A checkpoint's own code, brought to where transformers can load it: no network, nothing stale.

Three things go wrong when transformers is simply pointed at the folder. It names the module after
the folder, so that a dot in the name breaks the import. It copies the code to a cache that the next
version of the checkpoint may find half replaced. And it insists on every package that the code
imports, also on those that it imports under an ``if``.
"""

from __future__ import annotations

import atexit
import functools
import hashlib
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

OPTIONAL_IMPORTS = frozenset({"flag_gems"})
"""Packages that the code imports only when told to by an environment variable of its own."""

_lock = threading.Lock()


@contextmanager
def remote_code(folder: Path) -> Iterator[Path]:
    """A path to load from with ``trust_remote_code=True``, inside this context.

    The path stays good for as long as the process lives; the code is copied to a folder that is
    private to the process, under a name made from its content.

    Args:
        folder: The checkpoint, with its Python files beside config.json.
    """
    from transformers import dynamic_module_utils

    private = _private_folder()
    link = _link(folder.resolve(), private)
    modules = private / "modules"
    _let_find(modules)
    original = dynamic_module_utils.get_imports

    def needed(filename: str) -> list[str]:
        return [name for name in original(filename) if name not in OPTIONAL_IMPORTS]

    with _lock, _changed(dynamic_module_utils, HF_MODULES_CACHE=str(modules), get_imports=needed):
        yield link


@contextmanager
def _changed(module: ModuleType, **values: object) -> Iterator[None]:
    """Other values for names of a module, until the block ends."""
    before = {name: getattr(module, name) for name in values}
    vars(module).update(values)
    try:
        yield
    finally:
        vars(module).update(before)


def code_hash(folder: Path) -> str:
    """Of names and contents of the Python files in ``folder``."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.py")):
        digest.update(f"{path.name}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


@functools.cache
def _private_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="pressbox-code-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _link(folder: Path, private: Path) -> Path:
    """transformers calls the module like the last part of the path: that must say what is in it."""
    parent = Path(tempfile.mkdtemp(dir=private))
    link = parent / f"minicpmo_{code_hash(folder)}"
    link.symlink_to(folder, target_is_directory=True)
    return link


def _let_find(modules: Path) -> None:
    """Python looks for submodules where it has found the package first."""
    package = sys.modules.get("transformers_modules")
    place = str(modules / "transformers_modules")
    if package is not None and place not in package.__path__:
        package.__path__.append(place)
