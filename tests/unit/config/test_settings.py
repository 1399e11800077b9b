"""Settings: the order of sources, what is allowed, and what an error says."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from config.settings import RoomSettings, Settings, SettingsError, load_settings


def load(
    directory: Path,
    *,
    yaml: str = "",
    dotenv: str = "",
    env: dict[str, str] | None = None,
    cli: dict[str, object] | None = None,
) -> Settings:
    (directory / "pressbox.yaml").write_text(yaml)
    (directory / ".env").write_text(dotenv)
    return load_settings(cli=cli, env=env or {}, directory=directory)


def problems(directory: Path, **sources: object) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(directory, **sources)  # type: ignore[arg-type]
    return [str(problem) for problem in caught.value.problems]


def test_later_sources_win(tmp_path: Path) -> None:
    sources: dict[str, object] = {}
    for name, value, wanted in (
        ("yaml", "capture_fps: 3", 3),
        ("dotenv", "CAPTURE_FPS=4", 4),
        ("env", {"CAPTURE_FPS": "5"}, 5),
        ("env", {"CAPTURE_FPS": "5", "PRESSBOX_CAPTURE_FPS": "6"}, 6),
        ("cli", {"capture_fps": "7"}, 7),
    ):
        sources[name] = value
        assert load(tmp_path, **sources).capture_fps == wanted  # type: ignore[arg-type]


def test_everyday_words_need_the_prefix_in_the_environment(tmp_path: Path) -> None:
    env = {"LANGUAGE": "en_US:en", "SOURCE": "clip.mp4", "MODE": "production"}
    settings = load(tmp_path, env=env)
    assert (settings.language, settings.source, settings.mode) == ("en", "", "active")
    prefixed = load(tmp_path, env={**env, "PRESSBOX_LANGUAGE": "de"})
    assert prefixed.language == "de"
    assert load(tmp_path, dotenv="LANGUAGE=fr").language == "fr"


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("CAPTURE_FPS", "0", "a number from"),
        ("WINDOW_SIZE", "2.5", "a whole number from"),
        ("PRESSBOX_DELAY", "soon", "a number from"),
        ("ENABLE_TTS", "maybe", "true or false"),
        ("VIDEO_CODEC", "av1", "h264 or vp8"),
        ("PRESSBOX_PRESET", "x", "one of default"),
        ("ENGINE_URL", "ws://h", "an address such as http://"),
    ],
)
def test_a_wrong_value_is_named(tmp_path: Path, key: str, value: str, said: str) -> None:
    (line,) = problems(tmp_path, env={key: value})
    assert line.startswith(f"{key}={value} is not allowed: {said}")
    assert line.endswith("(from environment)")


def test_every_wrong_key_is_told_and_each_on_one_line(tmp_path: Path) -> None:
    lines = problems(
        tmp_path,
        yaml="capture_fsp: 3\nwindow_size: 0\nlanguage: no\n",
        dotenv="DELAY_MAX=0",
        env={"LOG_LEVEL": "loud\nfake line"},
        cli={"web_port": "x"},
    )
    told = {line.split()[0].split("=")[0]: line for line in lines}
    assert len(told) == 6
    assert "did you mean capture_fps?" in told["capture_fsp"]
    assert "(from pressbox.yaml)" in told["window_size"]
    assert "(from .env)" in told["DELAY_MAX"]
    assert "(from command line)" in told["WEB_PORT"]
    assert not any("\n" in line for line in lines)


@pytest.mark.parametrize(
    ("yaml", "said"),
    [
        ("capture_fps: [", "pressbox.yaml is not allowed: line "),
        ("- 1\n- 2\n", "pressbox.yaml is not allowed: it holds lines such as"),
        ("capture_fps: [1]", "capture_fps=(list) is not allowed"),
        ("capture_fps: true", "capture_fps=True is not allowed"),
    ],
)
def test_a_wrong_yaml_file(tmp_path: Path, yaml: str, said: str) -> None:
    assert problems(tmp_path, yaml=yaml)[0].startswith(said)


def test_dollar_signs_in_dotenv_stay(tmp_path: Path) -> None:
    settings = load(tmp_path, dotenv="LIVEKIT_API_SECRET='a$HOME${B}c'")
    assert settings.livekit_api_secret.get_secret_value() == "a$HOME${B}c"


SECRET = "s3cr3t-that-must-not-show"


@pytest.mark.parametrize(
    "env",
    [
        {"LIVEKIT_API_SECRET": SECRET, "CAPTURE_FPS": "0"},
        {"LIVEKIT_URL": f"ftp://user:{SECRET}@host"},
        {"ENGINE_URL": f"ftp://host/?key={SECRET}"},
    ],
)
def test_no_error_shows_a_secret(tmp_path: Path, env: dict[str, str]) -> None:
    assert SECRET not in "".join(problems(tmp_path, env=env))


def test_nothing_prints_a_secret(tmp_path: Path) -> None:
    settings = load(tmp_path, env={"LIVEKIT_API_SECRET": SECRET, "ENGINE_API_KEY": SECRET})
    assert SECRET not in f"{settings} {settings!r} {settings.model_dump()}"


def test_the_key_of_this_installation_is_found(tmp_path: Path) -> None:
    keys = "LIVEKIT_URL=ws://livekit:7880\nLIVEKIT_API_KEY=k\nLIVEKIT_API_SECRET=s\n"
    (tmp_path / "livekit.env").write_text(keys)
    env = {"STATE_DIR": str(tmp_path)}
    for more in ({}, {"LIVEKIT_URL": "ws://livekit:7880"}):
        found = load(tmp_path, env=env | more)
        assert (found.livekit_api_key, found.livekit_api_secret.get_secret_value()) == ("k", "s")
    other = load(tmp_path, env={**env, "LIVEKIT_URL": "wss://elsewhere.example"})
    assert other.livekit_api_key == ""


def test_children_get_the_same_settings(tmp_path: Path) -> None:
    given = {"capture_fps": "3.5", "language": "de", "enable_tts": "no", "delay": "2"}
    settings = load(tmp_path, cli={**given, "livekit_api_secret": "x" * 32})
    child = load_settings(env=settings.explicit(), directory=tmp_path / "elsewhere")
    assert child == settings
    assert child.model_fields_set == settings.model_fields_set


class TestRoomSettings:
    def test_a_partial_object_changes_only_what_it_names(self) -> None:
        first = RoomSettings().updated({"capture_fps": 3})
        second = first.updated({"profile": "match", "delay": "auto"})
        assert (second.capture_fps, second.profile) == (3, "match")
        assert second.model_fields_set == {"capture_fps", "profile", "delay"}
        assert first.profile == "default"

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"profle": "match"}, "did you mean profile?"),
            ({"livekit_url": "ws://x"}, "livekit_url is not allowed: no such setting"),
            ({"capture_fps": True}, "capture_fps=True"),
            ({"delay": float("inf")}, "delay=inf"),
            ({"enable_tts": {}}, "enable_tts=(dict)"),
        ],
    )
    def test_wrong_changes(self, changes: dict[str, object], said: str) -> None:
        with pytest.raises(SettingsError) as caught:
            RoomSettings().updated(changes)
        assert said in str(caught.value)

    def test_whatever_comes_in_a_room_gets_settings_or_a_settings_error(self) -> None:
        chance = random.Random(7)
        values: list[object] = [None, True, 0, -1, 1e308, 10**400, "", "x", "1", "auto", [], {}]
        values += [float("nan"), "x" * 10_000, "\x00", "\ud800", b"\xff", 0.5, "idle", 30, "de-DE"]
        names = [*RoomSettings.model_fields, "unknown", "", "\n"]
        for _ in range(800):
            chosen = chance.sample(names, chance.randint(1, 4))
            changes = {name: chance.choice(values) for name in chosen}
            try:
                made = RoomSettings().updated(changes)
            except SettingsError as error:
                said = str(error)
            else:
                assert RoomSettings.model_validate(made.model_dump()) == made
                continue
            assert said.isprintable()
