"""What is wrong with what this repository depends on, a line each."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from release import licenses, pins, version

_LIMIT = 300
"""Seconds for a service to answer."""
_ASK_NPM = ("npm", "audit", "--package-lock-only", "--json")
_OSV = ("-s", "osv", "--require-hashes", "--disable-pip", "--progress-spinner", "off", "-f", "json")
_ASK_OSV = (sys.executable, "-m", "pip_audit", *_OSV, "-r")


def here(root: Path) -> tuple[list[str], dict[str, int]]:
    """What can be seen without a network: what is wrong with versions, pins and licences, and how
    many packages of which list are not installed, so that nobody knows their licence.
    """
    found = version.disagreements(root)
    policy = licenses.Policy.read(root)
    lock = json.loads((root / "web" / "ui" / "package-lock.json").read_text())
    found += [f"package-lock.json: {each}" for each in pins.loose_packages(lock)]
    said = set(licenses.of_page(lock))
    unseen = {}
    for listed in _lists(root):
        found += [f"{listed.name}: {each}" for each in pins.loose_requirements(listed.read_text())]
        packages = list(licenses.of_python(listed, policy))
        said |= {(name, what) for name, what in packages if what is not None}
        if missing := sum(what is None for _, what in packages):
            unseen[listed.name] = missing
    found += filter(None, (policy.objection(*each) for each in sorted(said)))
    return found, unseen


def known_to_npm(root: Path) -> list[str]:
    """Vulnerabilities of the page's packages. Raises OSError where npm's registry does not say."""
    found = _asked(_ASK_NPM, root / "web" / "ui").get("vulnerabilities")
    if found is None:
        raise OSError("npm's registry did not answer")
    return [f"{name}: {each['severity']}, see npm audit" for name, each in found.items()]


def known_to_osv(root: Path) -> list[str]:
    """Vulnerabilities of the Python packages. Raises OSError where osv.dev does not say."""
    found: list[str] = []
    for listed in _lists(root):
        packages = _asked((*_ASK_OSV, str(listed)), root).get("dependencies", [])
        if not packages or any("skip_reason" in each for each in packages):
            raise OSError("osv.dev did not answer")
        found += [f"{each['name']}: {flaw['id']}" for each in packages for flaw in each["vulns"]]
    return found


def _lists(root: Path) -> list[Path]:
    return sorted((root / "requirements").glob("*.txt"))


def _asked(command: tuple[str, ...], folder: Path) -> dict[str, Any]:
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=_LIMIT, check=False
        )
        told = json.loads(done.stdout)
    except (OSError, subprocess.TimeoutExpired, json.JSONDecodeError):
        return {}
    return told if isinstance(told, dict) else {}
