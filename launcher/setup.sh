#!/usr/bin/env bash
# Set-up steps of `make`. Each does nothing when its stamp is there; stamps carry the hash of what they
# were made from. A step that cannot go on ends with one line that says what to install.
#
#   bash launcher/setup.sh python base|dev | engine minicpmo|vlm | piper | stt | release | page | chromium | peers | llama | helm
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

STAMPS=.make

die() {
  echo "error: $*" >&2
  exit 1
}

hash_of() {
  # Path and content of every file; the same tree gives the same hash.
  { find "$@" -type f -print0 2>/dev/null || true; } | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c1-16
}

stamp() {
  mkdir -p "$STAMPS"
  rm -f "$STAMPS/$1-"*
  touch "$STAMPS/$1-$2"
}

apt_install() {
  local as=()
  command -v apt-get >/dev/null || return 1
  if [ "$(id -u)" != 0 ]; then
    sudo -n true 2>/dev/null || return 1
    as=(sudo -n)
  fi
  echo "installing $1 with apt-get"
  "${as[@]}" apt-get -qq update >/dev/null 2>&1 || true
  DEBIAN_FRONTEND=noninteractive "${as[@]}" apt-get -qq install -y --no-install-recommends "$1" >/dev/null 2>&1
}

python_of_the_system() {
  local name
  for name in "${PYTHON:-python3}" python3.11 python3.12 python3.13; do
    if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      echo "$name"
      return
    fi
  done
  die "Python 3.11 or newer is missing: install python3, or name one with PYTHON=..."
}

make_venv() {
  local venv=$1 python
  python=$(python_of_the_system)
  if ! { [ -x "$venv/bin/python" ] && "$venv/bin/python" -c '' 2>/dev/null; }; then
    echo "making $venv"
    rm -rf "$venv"
    fill_venv "$venv" "$python" \
      || die "Python's venv module is missing: sudo apt-get install python3-venv"
  fi
  "$venv/bin/python" -m pip --version >/dev/null 2>&1 \
    || "$venv/bin/python" -m ensurepip -q >/dev/null 2>&1 \
    || die "pip is missing in $venv: remove that folder and try again"
}

fill_venv() {
  local venv=$1 python=$2
  "$python" -m venv "$venv" >/dev/null 2>&1 && return
  rm -rf "$venv"
  apt_install python3-venv && "$python" -m venv "$venv" >/dev/null 2>&1 && return
  rm -rf "$venv"
  "$python" -m virtualenv -q "$venv" 2>/dev/null && return
  command -v uv >/dev/null && uv venv -q --seed --python "$python" "$venv"
}

pip_install() {
  local venv=$1 set=$2
  "$venv/bin/python" -m pip install -q --disable-pip-version-check --no-input \
    --require-hashes -r "requirements/$set.txt"
}

link_plugin() {
  # The plugin runs from where it is written: nothing to build, nothing to fetch.
  local packages
  packages=$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
  echo "$PWD/plugin" >"$packages/pressbox.pth"
}

python_step() {
  local set=$1 venv=.venv hash
  hash=$(hash_of "requirements/$set.txt")
  [ -e "$STAMPS/$set-$hash" ] && [ -x $venv/bin/python ] && { link_plugin; return; }
  make_venv $venv
  echo "installing Python packages ($set)"
  pip_install $venv "$set" || die "the Python packages could not be installed: see the lines above"
  link_plugin
  stamp "$set" "$hash"
  if [ "$set" = dev ]; then stamp base "$(hash_of requirements/base.txt)"; fi
}

engine_step() {
  # uv takes these gigabytes in half a minute and shares the files of its cache; pip is the way without.
  local set=$1 venv=.venv-$1 hash
  hash=$(hash_of "requirements/$set.txt")
  [ -e "$STAMPS/$set-$hash" ] && [ -x "$venv/bin/python" ] && return
  make_venv "$venv"
  echo "installing the packages of the engine $set, several gigabytes"
  { pip_install "$venv" uv \
    && "$venv/bin/uv" pip install -q --python "$venv/bin/python" --require-hashes -r "requirements/$set.txt"; } \
    || pip_install "$venv" "$set" \
    || die "the packages of the engine $set could not be installed: see the lines above"
  stamp "$set" "$hash"
}

docs_step() {
  local venv=.venv-docs hash
  hash=$(hash_of requirements/docs.txt)
  [ -e "$STAMPS/docs-$hash" ] && [ -x $venv/bin/python ] && return
  make_venv $venv
  echo "installing what builds the documentation"
  pip_install $venv docs || die "what builds the documentation could not be installed: see the lines above"
  stamp docs "$hash"
}

need_node() {
  command -v node >/dev/null && command -v npm >/dev/null \
    || die "Node 20.19 or newer with npm is missing: install nodejs and npm"
  node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' \
    || die "Node $(node --version) is too old: 20.19 or newer is needed"
}

page_step() {
  local packages sources
  [ -f web/ui/package-lock.json ] || return 0
  packages=$(hash_of web/ui/package-lock.json)
  sources=$(cd web/ui && hash_of src public index.html package.json package-lock.json vite.config.ts tsconfig.json)
  if [ ! -e "$STAMPS/node-$packages" ] || [ ! -d web/ui/node_modules ]; then
    need_node
    echo "installing the page's packages"
    (cd web/ui && npm ci --no-audit --no-fund --loglevel=error) \
      || die "npm ci failed in web/ui: see the lines above"
    stamp node "$packages"
  fi
  if [ ! -e "$STAMPS/page-$sources" ] || [ ! -f web/ui/dist/index.html ]; then
    need_node
    echo "building the page"
    (cd web/ui && npm run --silent build -- --logLevel warn) \
      || die "the page could not be built: see the lines above"
    stamp page "$sources"
  fi
}

chromium_step() {
  local name found=
  for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null && found=1
  done
  [[ $found ]] || apt_install chromium || die "Chromium is missing for the browser tests: sudo apt-get install chromium"
  command -v firefox-esr firefox >/dev/null || apt_install firefox-esr \
    || die "Firefox is missing for the browser tests: sudo apt-get install firefox-esr"
}

ingress_step() {
  # What the tests build LiveKit Ingress with, and run it on.
  local package packages=(
    redis-server pkg-config gcc libc6-dev gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good
    gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly gstreamer1.0-libav libgstreamer1.0-dev
    libgstreamer-plugins-base1.0-dev libgstreamer-plugins-bad1.0-dev
  )
  command -v redis-server >/dev/null && pkg-config --exists gstreamer-webrtc-1.0 gstreamer-mpegts-1.0 2>/dev/null \
    && gst-inspect-1.0 --exists avdec_h264 2>/dev/null && gst-inspect-1.0 --exists x264enc && return
  for package in "${packages[@]}"; do
    apt_install "$package" || die "LiveKit Ingress needs redis and GStreamer: sudo apt-get install ${packages[*]}"
  done
}

peers_step() {
  # What the tests of sources take pictures from.
  local name
  local -A package=([ffmpeg]=ffmpeg [cvlc]=vlc-bin [ip]=iproute2 [setpriv]=util-linux)
  for name in ffmpeg cvlc ip setpriv; do
    command -v "$name" >/dev/null || apt_install "${package[$name]}" \
      || die "$name is missing for the tests of sources: sudo apt-get install ${package[$name]}"
  done
  compgen -G '/usr/lib/*/vlc/plugins/stream_out/libstream_out_rtp_plugin.so' >/dev/null \
    || apt_install vlc-plugin-base || die "VLC's plug-ins are missing: sudo apt-get install vlc-plugin-base"
  .venv/bin/python -m launcher.mediamtx
}

LLAMA_CPP=0.3.36
LLAMA_CPP_SHA256=832db0699007f1be95a7e41ef12e88926b02ba836461e36a36372db2760c1a2e

llama_step() {
  # llama.cpp's own server and converter, from the source that llama-cpp-python brings along. Prints
  # their folder. A build that was broken off goes on.
  local kept="${XDG_CACHE_HOME:-$HOME/.cache}/pressbox/llama.cpp/$LLAMA_CPP" name
  if [ ! -x "$kept/llama-server" ]; then
    for name in cmake g++; do
      command -v "$name" >/dev/null || apt_install "$name" >&2 || die "$name is missing: sudo apt-get install $name"
    done
    [ -d "$kept" ] || llama_source "$kept" || die "llama.cpp's source could not be fetched: see the lines above"
    echo "building llama-server: a quarter of an hour, once" >&2
    { cmake -S "$kept" -B "$kept/build" -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=OFF -DGGML_NATIVE=OFF \
        -DGGML_OPENMP=OFF -DLLAMA_OPENSSL=OFF -DLLAMA_USE_PREBUILT_UI=OFF \
      && nice -n 19 cmake --build "$kept/build" --target llama-server llama-quantize -j2; } >"$kept/build.log" 2>&1 \
      || die "llama-server could not be built: see $kept/build.log"
    mv "$kept/build/bin/"llama-{quantize,server} "$kept/" && rm -rf "$kept/build"
  fi
  echo "$kept"
}

llama_source() {
  local kept=$1
  rm -rf "$kept.part" && mkdir -p "$kept.part"
  echo "llama-cpp-python==$LLAMA_CPP --hash=sha256:$LLAMA_CPP_SHA256" >"$kept.part/wanted.txt"
  .venv/bin/python -m pip download -q --disable-pip-version-check --no-input --no-deps --require-hashes \
    --no-binary llama-cpp-python -r "$kept.part/wanted.txt" -d "$kept.part" >&2 \
    && tar -xzf "$kept.part/"*.tar.gz -C "$kept.part" --strip-components=1 \
    && mv "$kept.part/vendor/llama.cpp" "$kept" && rm -rf "$kept.part"
}

HELM=3.22.0

helm_step() {
  # For the test of the chart. Prints its folder.
  local kept="${XDG_CACHE_HOME:-$HOME/.cache}/pressbox/helm/$HELM"
  if [ ! -x "$kept/helm" ]; then
    echo "building helm: some minutes, once" >&2
    GOBIN="$kept" nice -n 19 go install "helm.sh/helm/v3/cmd/helm@v$HELM" >&2 || die "helm could not be built: see the lines above"
  fi
  echo "$kept"
}

case "${1:-}" in
  python) python_step "${2:?base or dev}" ;;
  piper | stt | release) python_step "$1" ;;
  engine) engine_step "${2:?minicpmo or vlm}" ;;
  docs) docs_step ;;
  page) page_step ;;
  chromium) chromium_step ;;
  ingress) ingress_step ;;
  peers) peers_step ;;
  llama) llama_step ;;
  helm) helm_step ;;
  *) die "usage: launcher/setup.sh python base|dev | engine minicpmo|vlm | piper | stt | release | page | chromium | peers | ingress | llama | helm" ;;
esac
