#!/usr/bin/env bash
# Stand-ins for the official images, under their names and made of the same binaries, for a machine that can
# pull none. One that is here already is left alone. LIVEKIT and MEDIAMTX are the two binaries.
set -euo pipefail

export DOCKER_BUILDKIT=0
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

here() { docker image inspect "$1" >/dev/null 2>&1; }

# Its context is $folder, its Dockerfile comes by stdin.
build() {
  cat >"$folder/Dockerfile"
  docker build -q -t "$1" "$folder" >/dev/null
  echo "made a stand-in for $1"
}

# What this machine needs to reach package registries goes into the base, and into nothing else.
make_base() {
  local name=debian:bookworm-slim change=() container
  [ "$(docker image inspect -f '{{index .Config.Labels "stand-in"}}' $name 2>/dev/null)" = 1 ] && return
  if ! here $name; then
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -v security | head -n 1)
    debootstrap --variant=minbase bookworm "$folder/root" "$mirror" >/dev/null
    tar -C "$folder/root" -c . | docker import - $name >/dev/null
    rm -rf "$folder/root"
  fi
  container=$(docker run -d $name sh -c 'rm -rf /var/cache/apt/* /var/lib/apt/lists/* /usr/share/locale/* /usr/share/doc/* /usr/share/man/*')
  docker wait "$container" >/dev/null
  docker cp -q -L "${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}" "$container:/etc/machine.crt"
  for one in PIP_CERT=/etc/machine.crt NODE_EXTRA_CA_CERTS=/etc/machine.crt $(env | grep -E '^PIP_INDEX_URL=|^npm_config_registry='); do
    change+=(-c "ENV $one")
  done
  docker export "$container" | docker import "${change[@]}" -c 'CMD ["bash"]' -c 'LABEL stand-in=1' - $name >/dev/null
  docker rm "$container" >/dev/null
  echo "made a stand-in for $name"
}

make_node() {
  here node:20-bookworm-slim && return
  cp "$(command -v node)" "$folder/node"
  cp -r "$(dirname "$(readlink -f "$(command -v npm)")")/.." "$folder/npm"
  build node:20-bookworm-slim <<'END'
FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends libstdc++6 && rm -rf /var/lib/apt/lists/*
COPY node /usr/local/bin/
COPY npm /usr/local/lib/node_modules/npm
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
END
  rm -rf "$folder/node" "$folder/npm"
}

make_livekit() {
  here livekit/livekit-server:v1.13.5 && return
  cp "$LIVEKIT" "$folder/livekit-server"
  build livekit/livekit-server:v1.13.5 <<'END'
FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends wget && rm -rf /var/lib/apt/lists/*
COPY livekit-server /livekit-server
ENTRYPOINT ["/livekit-server"]
END
}

make_mediamtx() {
  here bluenviron/mediamtx:1.20.1 && return
  cp "$MEDIAMTX" "$folder/mediamtx"
  build bluenviron/mediamtx:1.20.1 <<'END'
FROM scratch
COPY mediamtx /mediamtx
ENTRYPOINT ["/mediamtx"]
END
}

make_redis() {
  here redis:7.4-bookworm || build redis:7.4-bookworm <<'END'
FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends redis-server && rm -rf /var/lib/apt/lists/*
END
}

make_prometheus() {
  here prom/prometheus:v3.5.0 || ! command -v prometheus >/dev/null && return
  cp "$(command -v prometheus)" "$folder/prometheus"
  build prom/prometheus:v3.5.0 <<'END'
FROM debian:bookworm-slim
COPY prometheus /bin/prometheus
RUN install -d -o 65534 -g 65534 /prometheus
ENTRYPOINT ["/bin/prometheus"]
END
}

# Caddy 2.6, an older one
make_caddy() {
  here caddy:2.10-alpine || build caddy:2.10-alpine <<'END'
FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends caddy && rm -rf /var/lib/apt/lists/*
ENV XDG_CONFIG_HOME=/config XDG_DATA_HOME=/data
CMD ["caddy", "run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"]
END
}

make_base
make_node
make_livekit
make_mediamtx
make_redis
make_prometheus
make_caddy
