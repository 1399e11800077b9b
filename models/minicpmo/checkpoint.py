"""A checkpoint of MiniCPM-o 4.5 on the disk: what it is, whether it is whole, what it lacks. Pure.

Everything is found out from small files and the headers of the large ones, in milliseconds and
without torch. A folder that cannot be used gets one line that says what to do.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from models import hub, manifest
from models.engine import EngineStartError
from models.minicpmo import assets, code_files, exclusions
from models.runtime import shards
from models.runtime.shards import Tensor

BF16 = "openbmb/MiniCPM-o-4_5"
AWQ = "openbmb/MiniCPM-o-4_5-awq"
MODEL = "MiniCPM-o 4.5"
_TOKENIZER = ("tokenizer_config.json", "preprocessor_config.json")
_WORDS = (("tokenizer.json",), ("vocab.json", "merges.txt"))


class CheckpointError(EngineStartError):
    """A folder that this engine cannot use; the text is one line that says what to do."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint that can be loaded.

    Attributes:
        folder: Where it lies, an absolute path.
        kind: `bf16`, or `awq`: the language model's layers in four bits.
        config: Its config.json.
        tensors: All tensors of the weights by name.
        modules_to_not_convert: For AWQ, parts of names of the modules that were left unquantised.
        token2wav: Folder of the vocoder's files; None: text only.
        reference_voice: Recording that it speaks like by itself; None: it has none.
        silent: Why there is no speech, or none without a recording, and what to do.
        pulled: What `pull` wrote down of it.
    """

    folder: Path
    kind: Literal["bf16", "awq"]
    config: dict[str, Any] = field(repr=False)
    tensors: dict[str, Tensor] = field(repr=False)
    modules_to_not_convert: tuple[str, ...] = ()
    token2wav: Path | None = None
    reference_voice: Path | None = None
    silent: str = ""
    pulled: manifest.Manifest = field(default=manifest.Manifest(), repr=False)

    @property
    def awq(self) -> bool:
        """Whether the language model's layers are quantised."""
        return self.kind == "awq"

    @property
    def speaks(self) -> bool:
        """Whether there is all that the vocoder needs."""
        return self.token2wav is not None

    @property
    def name(self) -> str:
        """What it is, for people."""
        return f"{MODEL} {'AWQ INT4' if self.awq else 'BF16'}"

    def dtype(self, device: str) -> Literal["bfloat16", "float16", "float32"]:
        """Name of torch's type that the unquantised weights are loaded in, for `cpu` or `cuda…`.

        The kernels of AWQ compute in float16 only; a CPU is slow in both short types.
        """
        if device == "cpu":
            return "float32"
        return "float16" if self.awq else "bfloat16"

    @staticmethod
    def read(folder: Path, utils: str | None = None) -> Checkpoint:
        """Looks at a folder.

        Args:
            folder: Of the checkpoint; see `models.hub.resolve` for how it is found.
            utils: Version of minicpmo-utils that reads the vocoder's files; None: the installed.

        Raises:
            CheckpointError: It is not there, another model, or not whole.
        """
        folder = folder.expanduser().absolute()
        config = _config(folder)
        kind = _kind(folder, config)
        pulled = manifest.read(folder)
        repo = pulled.repo or (AWQ if kind == "awq" else BF16)
        bring = f"python -m models pull {repo} --to {folder} brings what is missing"
        try:
            code_files.check(folder, config)
            _check_tokenizer(folder)
            _check_sizes(folder, pulled)
            tensors = shards.read_weights(folder)[1]
        except (code_files.CodeError, shards.ShardError, _FileError) as error:
            raise CheckpointError(f"{folder}: {error}: {bring}") from None
        others = [] if folder.parent == folder else _neighbours(folder)
        found = assets.find(folder, others, utils or assets.installed_utils())
        return Checkpoint(
            folder,
            kind,
            config,
            tensors,
            exclusions.of(tensors) if kind == "awq" else (),
            found.token2wav,
            found.voice,
            found.silent,
            pulled,
        )


class _FileError(Exception):
    pass


def _config(folder: Path) -> dict[str, Any]:
    """Raises CheckpointError when the folder is no checkpoint at all."""
    pull = f"python -m models pull {AWQ} (or {BF16}) brings {MODEL}"
    if not folder.exists():
        raise CheckpointError(f"{folder} is not there: {pull}, and MODEL_PATH names its folder")
    if not folder.is_dir():
        raise CheckpointError(f"{folder} is a file: MODEL_PATH names the folder of a checkpoint")
    try:
        if not any(folder.iterdir()):
            raise CheckpointError(f"{folder} is empty: {pull}")
        if not (folder / "config.json").is_file():
            raise CheckpointError(_no_config(folder, pull))
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except OSError as error:
        raise CheckpointError(f"{folder} cannot be read: {error.strerror}") from None
    except ValueError:
        config = None
    if not isinstance(config, dict):
        raise CheckpointError(f"{folder}: config.json is damaged: {pull}")
    return config


def _no_config(folder: Path, pull: str) -> str:
    if next(folder.glob("*.gguf"), None):
        return f"{folder} holds GGUF files, which llama.cpp reads and this engine does not: {pull}"
    inner = [path.parent for path in sorted(folder.glob("*/config.json"))]
    if inner:
        return f"{folder} has no config.json, {inner[0]} has one: MODEL_PATH={inner[0]}"
    return f"{folder} is no checkpoint, it has no config.json: {pull}"


def _kind(folder: Path, config: dict[str, Any]) -> Literal["bf16", "awq"]:
    """Raises CheckpointError for another model."""
    kind, version = config.get("model_type"), str(config.get("version", ""))
    if kind != "minicpmo" or version != "4.5":
        raise CheckpointError(
            f"{folder} is {_named(config)}, and the engine minicpmo runs {MODEL} only: "
            f"python -m models pull {AWQ}"
            + ("" if kind == "minicpmo" else "; ENGINE=vlm runs other models")
        )
    quantised = config.get("quantization_config")
    if not quantised:
        return "bf16"
    method = str(quantised.get("quant_method")) if isinstance(quantised, dict) else "?"
    if method != "awq" or quantised.get("bits", 4) != 4:
        bits = quantised.get("bits", "?") if isinstance(quantised, dict) else "?"
        raise CheckpointError(
            f"{folder} is {MODEL} quantised with {method} to {bits} bits, and this engine runs "
            f"BF16 and AWQ with 4: python -m models pull {AWQ}"
        )
    return "awq"


def _named(config: dict[str, Any]) -> str:
    """What a config says that its model is."""
    listed = config.get("architectures")
    made = str(listed[0]) if isinstance(listed, list) and listed else ""
    words = [made or "another model", str(config.get("version", ""))]
    kind = config.get("model_type")
    return " ".join(filter(None, words)) + (f" ({kind})" if kind else "")


def _check_tokenizer(folder: Path) -> None:
    absent = [name for name in _TOKENIZER if not (folder / name).is_file()]
    if not any(all((folder / name).is_file() for name in names) for names in _WORDS):
        absent.append(_WORDS[0][0])
    if absent:
        raise _FileError(f"{absent[0]} is missing")


def _check_sizes(folder: Path, pulled: manifest.Manifest) -> None:
    """What was pulled is as long as it was; code is what it was, because it is run."""
    for path, stamp in pulled.files.items():
        file = folder / path
        if not file.is_file():
            continue  # what is needed is looked for by name; a README may go
        if file.stat().st_size != stamp.size:
            size = file.stat().st_size
            raise _FileError(f"{path} is not what was pulled ({size} bytes, not {stamp.size})")
        if file.suffix == ".py" and manifest.sha256(file) != stamp.sha256:
            raise _FileError(f"{path} is not what was pulled (another sha256)")


def _neighbours(folder: Path) -> list[Path]:
    """Checkpoints beside this one and where `pull` puts them; those that came with speech."""
    return [
        place
        for place in _unique([*_folders(folder.parent), *_folders(hub.models_folder())])
        if place != folder and (place / assets.FOLDER).is_dir() and _same_model(place)
    ]


def _same_model(folder: Path) -> bool:
    try:
        return bool(_kind(folder, _config(folder)))
    except CheckpointError:
        return False


def _folders(parent: Path) -> list[Path]:
    try:
        return sorted(path for path in parent.iterdir() if path.is_dir())
    except OSError:
        return []


def _unique(paths: Iterable[Path]) -> list[Path]:
    return list(dict.fromkeys(paths))
