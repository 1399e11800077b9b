"""The Helm chart, rendered by helm: `make test-chart` gets it."""

from __future__ import annotations

import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.settings import load_settings

CHART = Path(__file__).resolve().parents[3] / "deploy" / "helm" / "pressbox"
KUBERNETES = "1.31"
ALL = """
engine: {kind: minicpmo, model: {claim: models, path: awq}, autoscaling: {enabled: true}}
worker: {autoscaling: {enabled: true}}
web: {host: box.example, ingress: {enabled: true, tlsSecret: tls}}
ingress:
  sources: [{name: gate, url: "rtsp://camera.example/s"}]
  media: {claim: films}
  pushes: {enabled: true}
settings: {profile: match}
"""
Documents = list[dict[str, Any]]


@pytest.fixture(params=["", ALL], ids=["defaults", "all"])
def documents(request: pytest.FixtureRequest, tmp_path: Path) -> Documents:
    helm = shutil.which("helm")
    if helm is None:
        pytest.skip("helm is not here: make test-chart")
    values = tmp_path / "values.yaml"
    values.write_text(request.param)
    command = [helm, "template", "box", str(CHART), "--kube-version", KUBERNETES, "-f", str(values)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [each for each in yaml.safe_load_all(done.stdout) if each]


def test_kubernetes_takes_every_object(documents: Documents) -> None:
    validate = pytest.importorskip("kubernetes_validate").validate
    for each in documents:
        validate(each, KUBERNETES, strict=True)


def test_every_pod_is_guarded(documents: Documents) -> None:
    pods = {
        each["metadata"]["name"]: each["spec"]["template"]["spec"]
        for each in documents
        if each["kind"] == "Deployment"
    }
    assert len(pods) == 5
    for pod in pods.values():
        # A Service called …-web would else set PRESSBOX_WEB_PORT to an address.
        assert (pod["enableServiceLinks"], pod["automountServiceAccountToken"]) == (False, False)
        assert pod["securityContext"]["runAsNonRoot"] is True
        for container in pod["containers"] + pod.get("initContainers", []):
            guard = container["securityContext"]
            assert guard["readOnlyRootFilesystem"] is True
            assert guard["allowPrivilegeEscalation"] is False
            assert guard["capabilities"] == {"drop": ["ALL"]}
            if "-m" in (command := container.get("command", [])):
                assert find_spec(command[command.index("-m") + 1])
    assert not pods["box-pressbox-engine"]["containers"][0]["envFrom"]


def test_who_reads_settings_starts_anew_with_them(documents: Documents) -> None:
    pods = [each["spec"]["template"] for each in documents if each["kind"] == "Deployment"]
    for pod in pods:
        reads = any("configMap" in one for one in pod["spec"]["volumes"])
        assert ("checksum/settings" in pod["metadata"].get("annotations", {})) is reads


def test_its_settings_are_taken(documents: Documents, tmp_path: Path) -> None:
    (told,) = (each["data"]["pressbox.yaml"] for each in documents if each["kind"] == "ConfigMap")
    (tmp_path / "pressbox.yaml").write_text(told)
    keys = {"LIVEKIT_API_KEY": "key", "LIVEKIT_API_SECRET": "s" * 32}
    settings = load_settings(env=keys, directory=tmp_path)
    services = {each["metadata"]["name"] for each in documents if each["kind"] == "Service"}
    assert {settings.ingress_host, settings.engine_url.split("/")[2].split(":")[0]} <= services
    assert settings.metrics_open  # or no probe would be answered
