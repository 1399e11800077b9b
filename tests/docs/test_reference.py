"""What docs/ draws from the code is as the code is."""

from __future__ import annotations

from reference.pages import made


def test_it_is_fresh() -> None:
    stale = [path.name for path, text in made().items() if path.read_text("utf-8") != text]
    assert not stale, "run: make reference"
