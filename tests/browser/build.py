"""The built page, made anew where its sources are newer."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from web.page import DIST

UI = DIST.parent


def ensure_built() -> None:
    """Run `npm run build` if the page is missing or old. Raises RuntimeError if that fails."""
    index = DIST / "index.html"
    sources = [*(UI / "src").rglob("*"), *(UI / "public").rglob("*"), *UI.glob("*.*")]
    if index.is_file() and index.stat().st_mtime >= max(path.stat().st_mtime for path in sources):
        return
    npm = shutil.which("npm")
    if npm is None or not (UI / "node_modules").is_dir():
        raise RuntimeError("the page is not built: run `npm ci && npm run build` in web/ui")
    done = subprocess.run([npm, "run", "build"], cwd=UI, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"npm run build failed:\n{done.stdout}\n{done.stderr}")


def chromium() -> Path | None:
    """The system's Chromium."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((Path(found) for name in names if (found := shutil.which(name))), None)
