"""What was added is kept, for its owner only."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from config.source_spec import source_spec
from ingress.store import Kept, SourceStore

URL = "rtsp://admin:p@ss@camera/live?token=abcdef"


def kept(name: str = "gate", *, from_page: bool = False, **more: object) -> Kept:
    return Kept(source_spec({"name": name, "url": URL, "room": "lobby", **more}), from_page)


def test_what_is_saved_is_loaded_secrets_included(tmp_path: Path) -> None:
    store = SourceStore(tmp_path / "state")
    assert store.load() == ([], "")
    sources = [kept(), kept("yard", from_page=True, stall_after=9.0, model_url=URL, loop=False)]
    store.save(sources)
    assert SourceStore(tmp_path / "state").load() == (sources, "")
    assert sources[1].spec.url.get_secret_value() == URL
    entry = json.loads(store.path.read_text())["sources"][0]
    assert entry == {"from_page": False, "spec": {"name": "gate", "room": "lobby", "url": URL}}


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        store = SourceStore(tmp_path / "state")
        store.save([kept()])
        store.save([kept(), kept("yard")])
    finally:
        os.umask(old)
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(store.path.parent.stat().st_mode) == 0o700
    assert [entry.name for entry in store.path.parent.iterdir()] == ["sources.json"]


@pytest.mark.parametrize(
    "text",
    [
        *(b"", b"{", b"[]", b"null", b"\xff\xfe\x00", b"[" * 100_000),
        *(b'{"sources": 5}', b'{"sources": [5]}'),
        b'{"sources": [{"spec": 5, "from_page": false}]}',
        b'{"sources": [{"spec": {"name": "gate"}, "from_page": false}]}',
        b'{"sources": [{"spec": {"name": "gate", "url": "rtsp://camera/"}}]}',
    ],
)
def test_a_damaged_file_is_put_aside_and_told(tmp_path: Path, text: bytes) -> None:
    store = SourceStore(tmp_path)
    store.path.write_bytes(text)
    found, told = store.load()
    aside = [entry for entry in tmp_path.iterdir() if entry.name.startswith("sources.json.damaged")]
    assert found == []
    assert len(aside) == 1
    assert aside[0].read_bytes() == text
    assert aside[0].name in told
    assert "\n" not in told
    assert store.load() == ([], "")


def test_one_bad_source_costs_no_other(tmp_path: Path) -> None:
    store = SourceStore(tmp_path)
    store.save([kept(), kept("yard"), kept("door")])
    values = json.loads(store.path.read_text())
    values["sources"][1]["spec"]["stall_after"] = "p@ss"
    store.path.write_text(json.dumps(values))
    found, told = store.load()
    assert found == [kept(), kept("door")]
    assert "source 2 (stall_after" in told
    assert "p@ss" not in told
    assert SourceStore(tmp_path).load() == (found, "")
    (aside,) = tmp_path.glob("*.damaged-*")
    assert json.loads(aside.read_text()) == values
    assert stat.S_IMODE(aside.stat().st_mode) == 0o600


def test_what_cannot_be_saved_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = SourceStore(tmp_path)
    store.save([kept()])

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        store.save([kept(), kept("yard")])
    assert [one.spec.name for one in store.load()[0]] == ["gate"]
    assert len(list(tmp_path.iterdir())) == 1
