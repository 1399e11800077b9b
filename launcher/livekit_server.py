"""Where livekit-server comes from; `python -m launcher.livekit_server` gets it."""

from __future__ import annotations

import sys

from launcher.go_server import GoServer, main

VERSION = "1.13.5"

LIVEKIT = GoServer(
    "livekit-server",
    VERSION,
    f"https://github.com/livekit/livekit/releases/download/v{VERSION}",
    f"livekit_{VERSION}_linux_{{machine}}.tar.gz",
    "checksums.txt",
    "github.com/livekit/livekit-server",
    "h1:HWfxfKvi5k1czMVqLV/htGmPgEBhrqHMxpfyMvfhyVo=",
    "./cmd/server",
    image=f"livekit/livekit-server:v{VERSION}",
    image_words=("-e", "LIVEKIT_CONFIG", "-e", "LIVEKIT_KEYS"),
    instead="install Go or Docker, or set LIVEKIT_URL to a server that runs",
)

if __name__ == "__main__":
    sys.exit(main(LIVEKIT))
