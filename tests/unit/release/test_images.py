"""An image's list of packages has all that its process imports, also that which it imports late."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import pytest

from release import pins

ROOT = Path(__file__).resolve().parents[3]
OTLP = "opentelemetry.exporter.otlp.proto.http.trace_exporter"
IMPORTED = {
    "web": "web setproctitle",
    "ingress": "ingress demo setproctitle",
    "engine": f"models speech {OTLP}",
    "worker": f"agent launcher.container_dispatch launcher.container_setup onnxruntime {OTLP}",
}
ELSEWHERE = "web.standalone models.hub models.minicpmo models.pull models.runtime models.vlm"
IMPORT_ALL = """
import importlib, pkgutil, sys

def everything(name):
    found = importlib.import_module(name)
    for one in pkgutil.iter_modules(getattr(found, "__path__", ()), f"{name}."):
        if name in OURS and one.name not in ELSEWHERE and not one.name.endswith("__main__"):
            OURS.add(one.name)
            everything(one.name)

packages, elsewhere, *names = sys.argv[1:]
ELSEWHERE, OURS = set(elsewhere.split()), {"agent", "demo", "ingress", "models", "speech", "web"}
sys.path += [packages, ".", "plugin"]
for name in names:
    everything(name)
"""


@pytest.mark.parametrize("image", IMPORTED)
def test_an_image_has_what_its_process_imports(image: str, tmp_path: Path) -> None:
    for name in pins.names((ROOT / "requirements" / f"{image}.txt").read_text()):
        for file in distribution(name).files or ():
            if ".." not in file.parts:
                place = tmp_path / file
                place.parent.mkdir(parents=True, exist_ok=True)
                place.symlink_to(file.locate())
    words = ["-ISBc", IMPORT_ALL, str(tmp_path), ELSEWHERE, *IMPORTED[image].split()]
    done = subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
