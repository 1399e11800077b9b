"""What `make docs` does beyond mkdocs: links out of docs/ lead to pages with that file, those that
show a page's file show its title, a block says which of its commands no test runs, and the pages as
they were written lie beside the site's.
"""

from __future__ import annotations

import posixpath
import re
import shutil
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.pages import Page

from reference.blocks import blocks, why_not_run

_OUT = re.compile(r"\]\(\.\./(?!\.\.)([^)#]+)(#[^)]*)?\)")
_NAMED = re.compile(r"\[([\w-]+\.md)\]\(\1(#[^)]*)?\)")
_IN = re.compile(r"\]\((?!\w+:|#)([^)#]+)(#[^)]*)?\)")
_UNSEARCHED = "---\nsearch:\n  exclude: true\n---\n"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds a page for each file outside docs/ that a page links to, by way of others too."""
    docs, made = Path(config.docs_dir), set[str]()
    wanted = [found[1] for page in docs.glob("*.md") for found in _OUT.finditer(page.read_text())]
    while wanted:
        name = wanted.pop()
        if name in made:
            continue
        made.add(name)
        text = (docs.parent / name).read_text("utf-8")
        if name.endswith(".md"):
            wanted += [one[1] for one in _IN.finditer(text) if not one[1].startswith("docs/")]
            text = _UNSEARCHED + _moved(text)
        else:
            text = _shown(name, text)
        path, apart = f"source/{name}.md", InclusionLevel.NOT_IN_NAV
        files.append(File.generated(config, path, content=text, inclusion=apart))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Leads links to those pages, names them, and writes below a block what is not run."""
    lines = markdown.splitlines()
    for block in reversed(list(blocks(markdown))):
        reasons = {why_not_run(command): command.split()[0] for command in block.commands}
        said = "; ".join(f"`{name}` ({why})" for why, name in reasons.items() if why)
        if said:
            lines[block.line : block.line] = ["", f"<small>Not run by a test: {said}.</small>", ""]
    text = _OUT.sub(r"](source/\1.md\2)", "\n".join(lines))
    return _NAMED.sub(lambda one: f"[{_title(files, one[1])}]({one[1]}{one[2] or ''})", text)


def on_post_build(config: MkDocsConfig) -> None:
    """`llms.txt` names the pages as they were written."""
    for page in Path(config.docs_dir).glob("*.md"):
        shutil.copy(page, config.site_dir)


def _title(files: Files, name: str) -> str:
    file = files.get_file_from_path(name)
    return str(file.page.title) if file and file.page else name


def _moved(text: str) -> str:
    def other(found: re.Match[str]) -> str:
        inside = found[1].startswith("docs/")
        path = found[1].removeprefix("docs/") if inside else f"source/{found[1]}.md"
        return f"]({posixpath.relpath(path, 'source')}{found[2] or ''})"

    return _IN.sub(other, text)


def _shown(name: str, text: str) -> str:
    kind = Path(name).suffix.removeprefix(".") or "text"
    return f"{_UNSEARCHED}# {name}\n\n````{kind}\n{text}\n````\n"
