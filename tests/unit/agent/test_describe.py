"""docs/data.md against what a booth really sends."""

from __future__ import annotations

import json
import re

from agent.room.control import GET
from reference.pages import DOCS
from tests.support.virtual_time import virtual
from tests.unit.agent.booth_stage import StagedBooth

TEXT = (DOCS / "data.md").read_text("utf-8")
OF_KIND: dict[str, set[str]] = {
    "commentary": set(),
    "answer": {"question", "asker", "asker_name"},
    "alert": {"rule", "severity"},
}
SOMETIMES = {"partial"}.union(*OF_KIND.values())


def named(table: str) -> set[str]:
    """What the first column of a table names."""
    found = re.search(rf"<!-- table: {table} -->\n(.*?)<!-- end -->", TEXT, re.DOTALL)
    return set(re.findall(r"^\| `([\w.]+)`", found[1] if found else "", re.MULTILINE))


@virtual
async def test_what_a_booth_sends_and_takes_is_what_is_documented(
    staged_booth: StagedBooth,
) -> None:
    async with staged_booth() as on:
        on.ask("What is it?")
        await on.until(lambda: any(one["kind"] == "answer" for one in on.lines))
        on.booth.commentator.alert("It is dark.")
        await on.until(lambda: {one["kind"] for one in on.lines} == OF_KIND.keys())
        for line in on.lines:
            assert line.keys() - {"partial"} == named("line") - SOMETIMES | OF_KIND[line["kind"]]
        await on.set(focus="red", length="brief", language="de", schedule="mon-sun 0:00-24:00")
        await on.until(lambda: "schedule" in on.status)
        assert {"focus", "length", "language"} <= on.status.keys() <= named("status")
        settings = json.loads(await on.room.local.called(GET) or "")
        assert settings.keys() == named("settings")
        for sort in (on.room.local._rpc_handlers, on.room.local.attributes):
            assert set(sort) <= set(re.findall(r"^\| `([\w.]+)`", TEXT, re.MULTILINE))
