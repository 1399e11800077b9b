"""The set-up script says in one line what is missing."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
TOOLS = "bash dirname find sort xargs sha256sum cut mkdir rm touch id"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree with the script and what it reads, and a PATH with nothing but basic tools."""
    tree = tmp_path / "tree"
    (tree / "launcher").mkdir(parents=True)
    shutil.copy(ROOT / "launcher" / "setup.sh", tree / "launcher")
    shutil.copytree(ROOT / "requirements", tree / "requirements")
    (tree / "web" / "ui").mkdir(parents=True)
    (tree / "web" / "ui" / "package-lock.json").write_text("{}")
    (tmp_path / "bin").mkdir()
    for tool in TOOLS.split():
        found = shutil.which(tool)
        if found is None:
            pytest.fail(f"{tool} is missing")
        (tmp_path / "bin" / tool).symlink_to(found)
    return tree


def put(tree: Path, name: str, code: str) -> None:
    path = tree.parent / "bin" / name
    path.write_text(f"#!/bin/bash\n{code}\n")
    path.chmod(0o755)


def setup(tree: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "launcher/setup.sh", *words],
        cwd=tree,
        env={"PATH": str(tree.parent / "bin")},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("python", "base"), "error: Python 3.11 or newer is missing: install python3, or "),
        (("page",), "error: Node 20.19 or newer with npm is missing: install nodejs and npm"),
        (("chromium",), "error: Chromium is missing for the browser tests: sudo apt-get install"),
        (("nonsense",), "error: usage: "),
    ],
)
def test_what_is_missing_is_named(tree: Path, words: tuple[str, ...], said: str) -> None:
    done = setup(tree, *words)
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith(said)


def test_the_page_is_built_once(tree: Path) -> None:
    put(tree, "node", "exit 0")
    put(
        tree,
        "npm",
        'echo "npm $1"\n[ "$1" = ci ] && mkdir -p node_modules\n'
        '[ "$1" = run ] && mkdir -p dist && echo page > dist/index.html\nexit 0',
    )
    first = setup(tree, "page")
    assert first.returncode == 0, first.stderr
    wanted = ["installing the page's packages", "npm ci", "building the page", "npm run"]
    assert first.stdout.splitlines() == wanted
    assert setup(tree, "page").stdout == ""
    (tree / "web" / "ui" / "src").mkdir()
    (tree / "web" / "ui" / "src" / "main.tsx").write_text("changed")
    assert setup(tree, "page").stdout.splitlines() == ["building the page", "npm run"]
    (tree / "web" / "ui" / "package-lock.json").write_text('{"changed": 1}')
    assert setup(tree, "page").stdout.splitlines() == wanted
