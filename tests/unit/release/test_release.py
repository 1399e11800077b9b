"""Version, changelog, pins and licences, as `python -m release` sees them."""

from __future__ import annotations

import datetime
import shutil
from pathlib import Path

import pytest

from release import changelog, pins, version
from release.licenses import Policy

ROOT = Path(__file__).resolve().parents[3]
DAY = datetime.date(2026, 12, 1)
CHANGES = """# Changelog

## [Unreleased]

### Added

- A thing.

## [0.9.0] - 2026-11-01

- Before.

[0.9.0]: https://example.org/0.9.0
"""
POLICY = Policy(
    frozenset({"MIT", "ISC", "Apache-2.0 WITH LLVM-exception"}),
    {"MIT License": "MIT"},
    {"loud": "GPL-3.0-only", "driver-*": "LicenseRef-X"},
    "driver-*  theirs; louder  not meant",
)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The files of this repository that have the version."""
    for place in version.PLACES:
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / place, tmp_path / place)
    return tmp_path


def test_a_version_is_set_everywhere_and_nowhere_else(tree: Path) -> None:
    version.set_version(tree, "12.3.4")
    assert version.version(tree) == "12.3.4"
    assert version.disagreements(tree) == []
    assert (tree / "web/ui/package-lock.json").read_text().count('"12.3.4"') == 2
    for word in ("1.2", "v1.2.3", "1.2.3rc1", "1.2.03"):
        with pytest.raises(ValueError, match="three numbers"):
            version.set_version(tree, word)


@pytest.mark.parametrize("place", [place for place in version.PLACES if place != version.ORIGIN])
def test_a_file_with_another_version_is_named(tree: Path, place: str) -> None:
    before = version.version(tree)
    version.set_version(tree, "12.3.4")
    shutil.copy(ROOT / place, tree / place)
    assert version.disagreements(tree) == [f"{place} says {before}, pyproject.toml 12.3.4"]


def test_what_is_unreleased_becomes_the_section_of_its_version() -> None:
    text = changelog.released(CHANGES, "1.0.0", DAY)
    assert changelog.section(text, "1.0.0") == "### Added\n\n- A thing."
    assert changelog.section(text, "0.9.0") == "- Before."
    assert "## [1.0.0] - 2026-12-01\n" in text
    with pytest.raises(ValueError, match="nothing under"):
        changelog.released(text, "1.1.0", DAY)
    with pytest.raises(ValueError, match="already"):
        changelog.released(CHANGES, "0.9.0", DAY)


@pytest.mark.parametrize(
    "line", ["one==1", "one>=1 --hash=sha256:0", "one @ https://host/one --hash=sha256:0", "-i x"]
)
def test_what_is_not_pinned_to_one_content_is_found(line: str) -> None:
    fine = (
        "# told\nnone==1 ; python_version < '4' \\\n    --hash=sha256:0 \\\n    --hash=sha256:1\n"
    )
    assert list(pins.names(fine)) == ["none"]
    assert len(pins.loose_requirements(f"{fine}{line}\n{fine}")) == 1


@pytest.mark.parametrize(
    ("name", "said", "why"),
    [
        ("one", "MIT License", ""),
        ("one", "GPL-3.0-only OR (MIT AND ISC)", ""),
        ("one", "Apache-2.0 WITH LLVM-exception", ""),
        ("driver-7", "", ""),
        ("one", "MIT AND GPL-3.0-only", "not on the list"),
        ("one", "(MIT OR GPL-3.0-only) AND GPL-3.0-only", "not on the list"),
        ("one", "Apache-2.0", "not on the list"),
        ("one", "The licence of somebody", "unknown"),
        ("one", "", "unknown"),
        ("loud", "MIT", "NOTICE"),
    ],
)
def test_a_licence_is_allowed_or_its_package_named(name: str, said: str, why: str) -> None:
    objection = POLICY.objection(name, said)
    assert why in objection
    assert objection.startswith(f"{name}: ") is bool(why)


def test_a_bill_of_materials_gets_the_licences_that_are_known() -> None:
    names = ("driver-7", "Louder", "odd", "away")
    bill: dict[str, list[dict[str, object]]] = {"components": [{"name": one} for one in names]}
    POLICY.fill(bill, {"driver-7": "MIT", "louder": "MIT License", "odd": "Odd", "away": None})
    assert [one.get("licenses") for one in bill["components"]] == [
        [{"expression": "LicenseRef-X"}],
        [{"expression": "MIT"}],
        None,
        None,
    ]
