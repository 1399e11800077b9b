"""Which files the vocoder is given."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.minicpmo import assets
from models.minicpmo.vocoder_files import readable


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def vocoder(folder: Path, names: tuple[str, ...]) -> Path:
    folder.mkdir()
    for name in names:
        (folder / name).write_text(name)
    return folder


def test_each_version_gets_its_own_layout_as_it_is(tmp_path: Path) -> None:
    early = vocoder(tmp_path / "early", assets.EARLIER)
    late = vocoder(tmp_path / "late", assets.LATER)
    assert readable(early, "1.0.6") == early
    assert readable(late, "1.0.7") == late


def test_an_earlier_version_finds_the_later_layout_under_the_old_names(tmp_path: Path) -> None:
    late = vocoder(tmp_path / "late", assets.LATER)
    other = vocoder(tmp_path / "other", assets.LATER)
    (other / "flow.pt").write_text("of another checkpoint")
    for _ in range(2):
        readable(other, "1.0.6")
        linked = readable(late, "1.0.6")
        found = {path.name: path.read_text() for path in linked.iterdir()}
        assert found == {
            **{name: name for name in assets.EARLIER},
            "hift.pt": "hift_original.pt",
        }
