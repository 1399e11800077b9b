"""What others need to come in: said to everybody, but the link to a person only."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

from config.settings import Settings, load_settings
from config.viewer_links import ViewerLinks
from launcher.log_stream import LogStream
from launcher.others import introduce


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def settings(folder: Path, **values: object) -> Settings:
    return load_settings(cli={"state_dir": str(folder), **values}, env={}, directory=folder)


async def said(of: Settings, out: io.StringIO) -> str:
    await introduce(of, LogStream(out, colour=False))
    return out.getvalue()


async def test_a_link_that_steers_is_shown_to_a_person_and_kept_by_no_file(tmp_path: Path) -> None:
    of = settings(tmp_path, lan=True, room="hall", tls_port=9443)
    for out in (Terminal(), io.StringIO()):
        text = await said(of, out)
        assert ":9443" in text
        found = re.search(r"view=(\S+)", text)
        assert (found is not None) is out.isatty()
        if found:
            shown = ViewerLinks(of).read(found[1])
            assert (shown.room, shown.steer) == ("hall", True)


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({}, []),
        ({"lan": True}, ["8443", "7881", "7882"]),
        ({"web_host": "0.0.0.0"}, ["8199", "7881", "7882"]),
        ({"lan": True, "livekit_url": "wss://lk.example"}, []),
    ],
)
async def test_what_a_firewall_must_let_through(
    tmp_path: Path, values: dict[str, object], named: list[str]
) -> None:
    text = await said(settings(tmp_path, **values), io.StringIO())
    found = re.search("firewall .*", text)
    assert re.findall(r"(?:TCP|UDP) (\d+)", found[0] if found else "") == named
