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

def everything(name, ours):
    path = getattr(importlib.import_module(name), "__path__", ())
    for one in pkgutil.iter_modules(path if ours else (), f"{name}."):
        if one.name not in elsewhere and not one.name.endswith("__main__"):
            everything(one.name, ours)

sys.path += [sys.argv[1], ".", "plugin"]
elsewhere = sys.argv[2].split()
for name in sys.argv[3:]:
    everything(name, name in "agent demo ingress models speech web".split())
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
