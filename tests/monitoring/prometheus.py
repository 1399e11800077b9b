"""A real Prometheus with our own configuration, whose targets are those of a running stack."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import yaml

from tests.support.ports import free_port

FOLDER = Path(__file__).resolve().parents[2] / "docker/prometheus"
PROGRAM = shutil.which("prometheus")


class Prometheus:
    """Its HTTP API."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session, self._url = session, url

    async def ask(self, path: str, **parameters: str) -> Any:
        """Its data; None while it does not answer."""
        try:
            async with self._session.get(f"{self._url}/api/v1/{path}", params=parameters) as answer:
                body = await answer.json()
        except aiohttp.ClientError:
            return None
        if body["status"] != "success":
            raise ValueError(f"{path} {parameters}: {body['error']}")
        return body["data"]

    async def query(self, expression: str) -> dict[tuple[str, ...], float]:
        """What an expression is worth now, by the values of its labels; what is no number is
        left out.
        """
        found = (await self.ask("query", query=expression))["result"]
        samples = {tuple(one["metric"].values()): float(one["value"][1]) for one in found}
        return {labels: value for labels, value in samples.items() if value == value}

    async def up(self) -> set[str]:
        """Jobs that answer."""
        data = await self.ask("targets", state="active")
        targets = data["activeTargets"] if data else []
        return {one["labels"]["job"] for one in targets if one["health"] == "up"}


@asynccontextmanager
async def prometheus(folder: Path, ports: Mapping[str, int]) -> AsyncIterator[Prometheus]:
    """`ports`: of the jobs of `prometheus.yml`; the others are left out."""
    text = await asyncio.to_thread((FOLDER / "prometheus.yml").read_text)
    config = yaml.safe_load(text)
    config["global"]["scrape_interval"] = "1s"
    config["rule_files"] = [str(FOLDER / "rules.yml")]
    config["scrape_configs"] = [
        {"job_name": one["job_name"], "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]}
        for one in config["scrape_configs"]
        if (port := ports.get(one["job_name"])) is not None
    ]
    file = folder / "prometheus.yml"
    await asyncio.to_thread(file.write_text, yaml.safe_dump(config))
    address = f"127.0.0.1:{free_port()}"
    words = (
        *(str(PROGRAM), f"--config.file={file}", f"--web.listen-address={address}"),
        *(f"--storage.tsdb.path={folder}/data", "--log.level=warn"),
    )
    process = await asyncio.create_subprocess_exec(*words)
    try:
        async with aiohttp.ClientSession() as session:
            yield Prometheus(session, f"http://{address}")
    finally:
        process.terminate()
        await process.wait()
