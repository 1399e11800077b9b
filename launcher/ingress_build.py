"""Builds LiveKit Ingress from its Go module, with the few changes that it needs here."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from launcher import program
from launcher.errors import LaunchError

VERSION = "1.5.0"
_MODULE = f"github.com/livekit/ingress@v{VERSION}"
_SUM = "h1:JfUBPV3g1/Hx1DfgxFMHT0mlidzcxkv2dHGtcqoopO4="
_ROOT = Path(__file__).resolve().parent.parent
_SETUP_LIMIT = 900.0
_GO_LIMIT = 1800.0

_CHANGES: tuple[tuple[str, str, str], ...] = (
    # The child that serves one ingress gets key, secret, stream key and address in its arguments,
    # which anybody on the machine can read. They go through its environment instead.
    (
        "pkg/service/cmd.go",
        'cmd := exec.Command("ingress",\n\t\targs...,\n\t)\n',
        "handed, err := json.Marshal(args)\n\tif err != nil {\n\t\treturn nil, err\n\t}\n\t"
        'cmd := exec.Command("ingress", "run-handler")\n'
        '\tcmd.Env = append(os.Environ(), "INGRESS_HANDLER="+string(handed))\n',
    ),
    ("pkg/service/cmd.go", '\t"encoding/json"\n', '\t"encoding/json"\n\t"os"\n'),
    (
        "cmd/server/main.go",
        "func main() {\n",
        'func main() {\n\tif handed, found := os.LookupEnv("INGRESS_HANDLER"); found {\n'
        '\t\tos.Unsetenv("INGRESS_HANDLER")\n\t\tvar args []string\n'
        "\t\tif err := json.Unmarshal([]byte(handed), &args); err != nil {\n"
        "\t\t\tos.Exit(2)\n\t\t}\n"
        "\t\tos.Args = append(os.Args[:1], args...)\n\t}\n",
    ),
    # SIGTERM would wait for every push to end by itself.
    ("cmd/server/main.go", "syscall.SIGTERM, syscall.SIGQUIT", "syscall.SIGQUIT"),
    (
        "cmd/server/main.go",
        "killChan, syscall.SIGINT)\n\n\tvar rtmpsrv",
        "killChan, syscall.SIGINT, syscall.SIGTERM)\n\n\tvar rtmpsrv",
    ),
    (
        "pkg/rtmp/server.go",
        'logger.Errorw("failed to start RTMP server", err)',
        'logger.Infow("RTMP server ended", "error", err)',
    ),
    # It listens on every address of the machine otherwise.
    ("cmd/server/main.go", '":%d", conf.HealthPort', '"127.0.0.1:%d", conf.HealthPort'),
    ("pkg/rtmp/server.go", '":%d", port)', '"%s:%d", os.Getenv("INGRESS_HOST"), port)'),
    ("pkg/rtmp/server.go", '\t"net"\n', '\t"net"\n\t"os"\n'),
    (
        "pkg/whip/server.go",
        '":%d", conf.WHIPPort)',
        '"%s:%d", os.Getenv("INGRESS_HOST"), conf.WHIPPort)',
    ),
    ("pkg/whip/server.go", '\t"net/http"\n', '\t"net/http"\n\t"os"\n'),
    # Its RTMP library tells every step, with the key of the push.
    (
        "pkg/rtmp/server.go",
        "l := log.StandardLogger()\n",
        "l := log.StandardLogger()\n\t\t\tl.SetLevel(log.WarnLevel)\n",
    ),
    # GStreamer 1.22's decodebin3 takes no stream without a type from a queue2: every http address
    # but a playlist ends with "Internal data stream error".
    (
        "pkg/media/urlpull/source.go",
        "err = bin.AddMany(elem, queue)",
        'kind, err := gst.NewElement("typefind")\n\tif err != nil {\n\t\treturn nil, err\n\t}\n\n'
        "\terr = bin.AddMany(elem, queue, kind)",
    ),
    (
        "pkg/media/urlpull/source.go",
        'pad := queue.GetStaticPad("src")',
        "err = queue.Link(kind)\n\tif err != nil {\n\t\treturn nil, err\n\t}\n\n"
        '\tpad := kind.GetStaticPad("src")',
    ),
)
_LOGGED_KEY = re.compile(r'("streamKey"), [A-Za-z.]+')
_LOGS_KEYS = (
    "pkg/rtmp/server.go",
    "pkg/service/service.go",
    "pkg/whip/server.go",
    "pkg/whip/whip_handler.go",
    "pkg/whip/whip_proxy_handler.go",
)

Say = Callable[[str], None]


def cache_dir() -> Path:
    """`$XDG_CACHE_HOME/pressbox/livekit-ingress/<version>-<hash of the changes>`, or the same below
    `~/.cache`.
    """
    base = os.environ.get("XDG_CACHE_HOME", "")
    root = Path(base) if Path(base).is_absolute() else Path.home() / ".cache"
    changes = hashlib.sha256(repr((_CHANGES, _LOGGED_KEY.pattern)).encode()).hexdigest()[:8]
    return root / "pressbox" / "livekit-ingress" / f"{VERSION}-{changes}"


def find_binary() -> Path | None:
    """The binary where it has been built before."""
    binary = cache_dir() / "ingress"
    return binary if os.access(binary, os.X_OK) else None


async def obtain(say: Say) -> Path:
    """The binary `ingress`, built where it is missing, with redis and GStreamer beside it.

    Raises LaunchError that says what to install.
    """
    await _run(["bash", str(_ROOT / "launcher" / "setup.sh"), "ingress"], _SETUP_LIMIT, _ROOT)
    found = find_binary()
    if found:
        return found
    go = shutil.which("go")
    if go is None:
        raise LaunchError("Go 1.25 or newer is missing for LiveKit Ingress: install golang")
    say(f"LiveKit Ingress {VERSION} is being built from its Go module; this takes minutes, once")
    target = cache_dir() / "ingress"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".go-") as folder:
            built = await _build(go, Path(folder))
            built.replace(target)
    except OSError as error:
        raise LaunchError(f"cannot write {target}: {error.strerror}") from None
    return target


def change(source: Path) -> None:
    """Applies the changes to an unpacked module. Raises LaunchError where one does not fit."""
    for name, old, new in _CHANGES:
        file = source / name
        text = file.read_text(encoding="utf-8")
        if text.count(old) != 1:
            raise LaunchError(f"LiveKit Ingress {VERSION} is not as expected in {name}")
        file.write_text(text.replace(old, new), encoding="utf-8")
    for name in _LOGS_KEYS:
        file = source / name
        text = file.read_text(encoding="utf-8")
        file.write_text(_LOGGED_KEY.sub(r'\1, "***"', text), encoding="utf-8")


async def _build(go: str, folder: Path) -> Path:
    answer = await _run([go, "mod", "download", "-json", _MODULE], _GO_LIMIT, folder)
    try:
        module = json.loads(answer)
        unpacked, checksum = Path(module["Dir"]), module["Sum"]
    except (ValueError, KeyError, TypeError):
        raise LaunchError("go mod download gave no module for LiveKit Ingress") from None
    if checksum != _SUM:
        raise LaunchError(f"LiveKit Ingress {VERSION} has an unexpected checksum: {checksum}")
    # Go takes no changes to its module cache, and `go install` none to a module with `replace`.
    source = folder / "source"
    await asyncio.to_thread(_copy, unpacked, source)
    change(source)
    built = folder / "ingress"
    await _run([go, "build", "-trimpath", "-o", str(built), "./cmd/server"], _GO_LIMIT, source)
    return built


def _copy(unpacked: Path, source: Path) -> None:
    shutil.copytree(unpacked, source, copy_function=shutil.copyfile)
    for path in (source, *source.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


async def _run(argv: list[str], limit: float, directory: Path) -> str:
    """Standard output of a program that ended well."""
    env = {**os.environ, "GOFLAGS": "-buildvcs=false"}
    try:
        ended = await program.run(argv, limit, env, directory)
    except program.ProgramError as error:
        raise LaunchError(str(error)) from None
    if ended.status:
        raise LaunchError(ended.last_words.removeprefix("error: "))
    return ended.output


async def _main() -> int:
    """`python -m launcher.ingress_build`: builds it and prints its path."""
    try:
        print(await obtain(lambda line: print(line, file=sys.stderr)))
    except LaunchError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(_main()))
