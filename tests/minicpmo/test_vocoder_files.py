"""Which files the vocoder is given."""

from __future__ import annotations

from pathlib import Path

from models.minicpmo.assets import EARLIER, LATER
from models.minicpmo.vocoder_files import readable


def test_each_version_finds_the_vocoder_that_it_knows(tmp_path: Path) -> None:
    early, late, other = (tmp_path / name for name in ("early", "late", "other"))
    for folder, names in ((early, EARLIER), (late, LATER), (other, LATER)):
        folder.mkdir()
        for name in names:
            (folder / name).write_text(f"{folder.name} {name}")
    assert readable(early, "1.0.6") == early
    assert readable(late, "1.0.7") == late
    for _ in range(2):
        readable(other, "1.0.6")
        found = {path.name: path.read_text() for path in readable(late, "1.0.6").iterdir()}
        under_old_names = {name: f"late {name}" for name in EARLIER}
        assert found == under_old_names | {"hift.pt": "late hift_original.pt"}
