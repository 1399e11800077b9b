"""What docs/ draws from the code is as the code is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from reference import http, pages, settings


@pytest.mark.parametrize("page", pages.made().items(), ids=lambda page: page[0].name)
def test_it_is_fresh(page: tuple[Path, str]) -> None:
    path, text = page
    assert path.read_text("utf-8") == text, "run: make reference"


def test_every_table_stands_in_its_page() -> None:
    for page, tables in (("settings.md", settings.tables()), ("http.md", http.tables())):
        text = (pages.DOCS / page).read_text("utf-8")
        assert set(re.findall(r"<!-- table: ([\w-]+) -->", text)) == tables.keys()
