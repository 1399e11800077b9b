"""Which pages have tables, and `llms.txt`: what machines read first, made from the navigation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from reference import data, http, settings
from reference.tables import filled

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
_PAGES = {"data.md": data.tables, "http.md": http.tables, "settings.md": settings.tables}
_ASIDE = re.compile(r" \(\[[^\]]*\]\([^)]*\)\)")
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_SENTENCE = re.compile(r"(.+?)[.;!?](?:\s|$)")


def made() -> dict[Path, str]:
    """Every file that is drawn from the code, as it should be."""
    found = {
        DOCS / name: filled((DOCS / name).read_text("utf-8"), tables())
        for name, tables in _PAGES.items()
    }
    return {**found, DOCS / "llms.txt": "\n".join(_llms()) + "\n"}


def _llms() -> Iterator[str]:
    """By the convention of llmstxt.org: title, summary, links with a line each."""
    site: dict[str, Any] = yaml.safe_load((ROOT / "mkdocs.yml").read_text("utf-8"))
    yield from (f"# {site['site_name']}", "", f"> {site['site_description']}")
    for section in site["nav"]:
        for title, pages in section.items():
            yield from ("", f"## {title}", "")
            for page in pages:
                for name, path in page.items():
                    yield f"- [{name}]({path}): {_about(DOCS / path)}"


def _about(page: Path) -> str:
    """The first sentence below its title; a page that is still to come has none."""
    if not page.exists():
        return "still to come"
    paragraphs = page.read_text("utf-8").split("\n\n")
    prose = " ".join(one for one in paragraphs if not one.startswith("#"))
    plain = _LINK.sub(r"\1", _ASIDE.sub("", " ".join(prose.split())))
    found = _SENTENCE.match(plain)
    return f"{found[1] if found else plain}."
