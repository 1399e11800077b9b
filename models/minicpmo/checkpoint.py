"""A checkpoint of MiniCPM-o 4.5 on the disk: what it is, whether it is whole, what it lacks. Pure.

Everything is found out from small files and the headers of the large ones, in milliseconds and
without torch. A folder that cannot be used gets one line that says what to do.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from models import manifest, model_folders
from models.engine import EngineStartError
from models.minicpmo import assets, code_files
from models.minicpmo.awq import unquantised_modules
from models.runtime import shards
from models.runtime.model_config import IncompleteError, read_config
from models.runtime.shards import Tensor

BF16 = "openbmb/MiniCPM-o-4_5"
AWQ = "openbmb/MiniCPM-o-4_5-awq"
MODEL = "MiniCPM-o 4.5"
_TOKENIZER = ("tokenizer_config.json", "preprocessor_config.json")
_WORDS = (("tokenizer.json",), ("vocab.json", "merges.txt"))

Kind = Literal["bf16", "awq"]


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
            folder: Of the checkpoint; see `models.model_folders.resolve` for how it is found.
            utils: Version of minicpmo-utils that reads the vocoder's files; None: the installed.

        Raises:
            EngineStartError: It is not there, another model, or not whole.
        """
        folder = folder.expanduser().absolute()
        config = read_config(folder, f"python -m models pull {AWQ} (or {BF16}) brings {MODEL}")
        kind = _kind(folder, config)
        pulled = manifest.read(folder)
        try:
            code_files.check(folder, config)
            _check_tokenizer(folder)
            _check_pulled(folder, pulled)
            tensors = shards.read_weights(folder)
        except IncompleteError as error:
            repo = pulled.repo or (AWQ if kind == "awq" else BF16)
            raise EngineStartError(
                f"{folder}: {error}: python -m models pull {repo} --to {folder} brings what is "
                "missing"
            ) from None
        found = speech(folder, utils)
        return Checkpoint(
            folder,
            kind,
            config,
            tensors,
            unquantised_modules(tensors) if kind == "awq" else (),
            found.token2wav,
            found.voice,
            found.silent,
            pulled,
        )


def kind_of(folder: Path) -> Kind | None:
    """What lies in a folder, whole or not; None for another model."""
    try:
        return _kind(folder, read_config(folder, ""))
    except EngineStartError:
        return None


def speech(folder: Path, utils: str | None = None) -> assets.Assets:
    """What there is to speak with: in the folder itself, in checkpoints beside it or where `pull`
    puts them. ``utils`` as for `Checkpoint.read`.
    """
    places = dict.fromkeys([*_folders(folder.parent), *_folders(model_folders.models_folder())])
    others = [
        place
        for place in places
        if place != folder and (place / assets.FOLDER).is_dir() and kind_of(place)
    ]
    return assets.find(folder, others, utils or assets.installed_utils())


def _kind(folder: Path, config: dict[str, Any]) -> Kind:
    """Raises EngineStartError for another model."""
    kind, version = config.get("model_type"), str(config.get("version", ""))
    if kind != "minicpmo" or version != "4.5":
        raise EngineStartError(
            f"{folder} is {_named(config)}, and the engine minicpmo runs {MODEL} only: "
            f"python -m models pull {AWQ}"
            + ("" if kind == "minicpmo" else "; ENGINE=vlm runs other models")
        )
    quantised = config.get("quantization_config") or {}
    method, bits = quantised.get("quant_method", "?"), quantised.get("bits", 4)
    if not quantised:
        return "bf16"
    if (method, bits) == ("awq", 4):
        return "awq"
    raise EngineStartError(
        f"{folder} is {MODEL} quantised with {method} to {bits} bits, and this engine runs "
        f"BF16 and AWQ with 4: python -m models pull {AWQ}"
    )


def _named(config: dict[str, Any]) -> str:
    """What a config says that its model is."""
    made = (config.get("architectures") or ["another model"])[0]
    return f"{made} {config.get('version', '')}".strip() + f" ({config.get('model_type')})"


def _check_tokenizer(folder: Path) -> None:
    absent = [name for name in _TOKENIZER if not (folder / name).is_file()]
    if not any(all((folder / name).is_file() for name in names) for names in _WORDS):
        absent.append(_WORDS[0][0])
    if absent:
        raise IncompleteError(f"{absent[0]} is missing")


def _check_pulled(folder: Path, pulled: manifest.Manifest) -> None:
    """What was pulled is as long as it was; code is what it was, because it is run."""
    for path, stamp in pulled.files.items():
        file = folder / path
        if not file.is_file():
            continue  # what is needed is looked for by name; a README may go
        if file.stat().st_size != stamp.size:
            size = file.stat().st_size
            raise IncompleteError(f"{path} is not what was pulled ({size} bytes, not {stamp.size})")
        if file.suffix == ".py" and manifest.sha256(file) != stamp.sha256:
            raise IncompleteError(f"{path} is not what was pulled (another sha256)")


def _folders(parent: Path) -> Iterable[Path]:
    return sorted(path for path in parent.glob("*") if path.is_dir())
