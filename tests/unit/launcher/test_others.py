"""What others need to come in: said to everybody, but the link to a person only."""

from __future__ import annotations

import io
import re
from pathlib import Path

from config.settings import load_settings
from config.viewer_links import ViewerLinks
from launcher.log_stream import LogStream
from launcher.others import introduce


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


async def test_a_link_that_steers_is_shown_to_a_person_and_kept_by_no_file(tmp_path: Path) -> None:
    cli = {"state_dir": str(tmp_path), "lan": True, "room": "hall", "tls_port": 9443}
    of = load_settings(cli=cli, env={}, directory=tmp_path)
    for out in (Terminal(), io.StringIO()):
        await introduce(of, LogStream(out, colour=False))
        assert ":9443" in out.getvalue()
        found = re.search(r"view=(\S+)", out.getvalue())
        assert (found is not None) is out.isatty()
        if found:
            shown = ViewerLinks(of).read(found[1])
            assert (shown.room, shown.steer) == ("hall", True)
