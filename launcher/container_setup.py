"""`python -m launcher.container_setup FOLDER`: makes keys and tokens at the first start, and writes
what LiveKit's servers go by to FOLDER. All others wait for it to end, so it imports little.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from config import files
from config.admin_token import AdminTokenError, admin_token
from config.settings import Settings, SettingsError, load_settings
from launcher import keys
from launcher.errors import LaunchError

LIVEKIT_YAML = Path(__file__).resolve().parent.parent / "livekit.yaml"
METRICS_PORT = 6789
"""As LiveKit's own documents have it; docker/prometheus asks there."""
INGRESS = {
    "rtmp_base_url": "rtmp://livekit-ingress:1935/live",
    "whip_base_url": "http://livekit-ingress:8080/whip",
}
"""Where LiveKit Ingress takes what our own ingress service pushes to it."""


def server_config(text: str, settings: Settings, access: Mapping[str, Any]) -> dict[str, Any]:
    """livekit.yaml for a server in a container, which others reach by a network of containers.

    access: api_key, api_secret, redis. HOST_ADDRESS in the environment is the machine's own
    address, by which phones and others find the server's media, and then containers too; without it
    only who reaches the container's address gets through, which this machine does.
    """
    config = yaml.safe_load(text)
    del config["bind_addresses"]
    rtc = config["rtc"]
    del rtc["interfaces"], rtc["enable_loopback_candidate"], rtc["node_ip"]
    rtc |= {"tcp_port": settings.livekit_tcp_port, "udp_port": settings.livekit_udp_port}
    address = os.environ.get("HOST_ADDRESS")
    # ICE lite: or it would ask STUN servers outside who it is.
    rtc |= {"node_ip": address} if address else {"use_ice_lite": True}
    keys = {access["api_key"]: access["api_secret"]}
    config |= {"keys": keys, "redis": access["redis"], "prometheus": {"port": METRICS_PORT}}
    return {**config, "ingress": INGRESS, **turn_config(os.environ)}


def turn_config(env: Mapping[str, str]) -> dict[str, Any]:
    """livekit-server's own TURN, where docker/turn.yml asks for it; {} otherwise. It hands on to
    HOST_ADDRESS, and to no other machine of a private network.
    """
    if not (port := env.get("TURN_UDP_PORT")):
        return {}
    turn: dict[str, Any] = {"enabled": True, "udp_port": int(port)}
    turn |= {"allow_restricted_peer_cidrs": [f"{env['HOST_ADDRESS']}/32"]}
    if domain := env.get("TURN_DOMAIN"):
        turn |= {"domain": domain, "tls_port": 5349}
        turn |= {"cert_file": "/turn/cert.pem", "key_file": "/turn/key.pem"}
    return {"turn": turn}


def setup(settings: Settings, folder: Path) -> None:
    """Raises LaunchError or AdminTokenError."""
    key, secret = keys.ensure(settings.state_dir, settings.livekit_url)
    admin_token(settings)
    text = LIVEKIT_YAML.read_text(encoding="utf-8")
    redis = {"address": os.environ.get("REDIS", "redis:6379")}
    others = {"ws_url": settings.livekit_url, "api_key": key, "api_secret": secret, "redis": redis}
    try:
        files.write(folder / "livekit.yaml", yaml.safe_dump(server_config(text, settings, others)))
        files.write(folder / "services.yaml", yaml.safe_dump(others))
    except OSError as error:
        raise LaunchError(f"cannot write to {folder}: {error.strerror}") from None


def main(folder: str) -> int:
    """Exit status: 2 for a wrong setting, 1 where something cannot be written."""
    try:
        setup(load_settings(), Path(folder))
    except (SettingsError, AdminTokenError, LaunchError) as error:
        print(error, file=sys.stderr)
        return 2 if isinstance(error, SettingsError) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
