"""Tables of a document, each between `<!-- table: NAME -->` and `<!-- end -->`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_TABLE = re.compile(r"(<!-- table: ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def filled(text: str, tables: Mapping[str, str]) -> str:
    """The document with its tables as they should be. Raises ValueError for one that it lacks, or
    that nobody draws.
    """
    wrong = {found[2] for found in _TABLE.finditer(text)} ^ tables.keys()
    if wrong:
        raise ValueError(f"not in the document, or in the code: {', '.join(sorted(wrong))}")
    return _TABLE.sub(lambda found: f"{found[1]}{tables[found[2]]}{found[3]}", text)


def table(head: str, rows: Iterable[tuple[str, ...]]) -> str:
    """`head` is the names of the columns with bars between."""
    lines = [f"| {head} |", "|" + "---|" * (head.count("|") + 1)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"
