"""The admin token: from the settings, or made once."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from config.admin_token import FILE_NAME, AdminTokenError, admin_token, newly_made
from config.settings import Settings, SettingsError, load_settings


def settings(state: Path, **cli: object) -> Settings:
    return load_settings(cli={"state_dir": str(state), **cli}, env={}, directory=state.parent)


def test_a_short_one_could_be_guessed(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="16 characters") as caught:
        settings(tmp_path, admin_token="hunter2")
    assert "hunter2" not in str(caught.value)


def test_it_is_made_once_and_only_its_user_can_read_it(tmp_path: Path) -> None:
    state = tmp_path / "new" / "state"
    token = admin_token(settings(state))
    assert len(token) >= 43
    assert admin_token(settings(state)) == token
    assert stat.S_IMODE((state / FILE_NAME).stat().st_mode) == 0o600
    assert [path.name for path in state.iterdir()] == [FILE_NAME]
    assert admin_token(settings(tmp_path / "other")) != token


def test_it_is_new_once_only(tmp_path: Path) -> None:
    token = newly_made(settings(tmp_path))
    assert token == admin_token(settings(tmp_path))
    assert newly_made(settings(tmp_path)) == ""
    assert newly_made(settings(tmp_path / "other", admin_token="x" * 16)) == ""


def test_a_file_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("kept\n")
    (tmp_path / FILE_NAME).chmod(0o644)
    assert admin_token(settings(tmp_path)) == "kept"
    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o600


def test_processes_that_start_at_once_agree(tmp_path: Path) -> None:
    of = settings(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        assert len({*pool.map(lambda _: admin_token(of), range(32))}) == 1


@pytest.mark.parametrize("what", ["folder", "garbage", "file-as-state-dir"])
def test_what_cannot_be_kept_is_one_line(tmp_path: Path, what: str) -> None:
    state = tmp_path
    if what == "folder":
        (tmp_path / FILE_NAME).mkdir()
    elif what == "garbage":
        (tmp_path / FILE_NAME).write_bytes(b"\xff\xfe")
    else:
        state = tmp_path / "file"
        state.write_text("")
    with pytest.raises(AdminTokenError) as caught:
        admin_token(settings(state))
    assert "ADMIN_TOKEN" in str(caught.value)
    assert "\n" not in str(caught.value)
