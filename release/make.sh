#!/usr/bin/env bash
# Fills dist/ with what a release needs, made from the newest commit; publishes nothing. Twice from one commit, the
# files are alike, byte for byte; images depend on what they are based on.
#
#   bash release/make.sh [--no-images]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

PY=$PWD/.venv/bin/python
DIST=$PWD/dist
IMAGES="worker web ingress engine" # targets of the Dockerfile
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
tree=$scratch/tree

die() {
  echo "error: $*" >&2
  exit 1
}

plugin() {
  # Built, and its wheel tried in an environment where nothing else is.
  "$PY" -m build --no-isolation --outdir "$DIST" "$tree/plugin" >"$scratch/log" 2>&1 || die "$(tail -n 5 "$scratch/log")"
  "$PY" -m venv "$scratch/venv"
  "$scratch/venv/bin/python" -m pip install -q --disable-pip-version-check "$DIST"/*.whl
  local told
  told=$("$scratch/venv/bin/python" -I -c 'from livekit.plugins import pressbox; print(pressbox.__version__)')
  [ "$told" = "$version" ] || die "the plugin's wheel says that it is $told"
}

bills_of_materials() {
  local list bill
  for list in "$tree"/requirements/*.txt; do
    bill="$DIST/sbom-$(basename "$list" .txt).cdx.json"
    "$PY" -m cyclonedx_py requirements --output-reproducible --pyproject "$tree/pyproject.toml" \
      -o "$bill" "$list" 2>"$scratch/log" || die "$(cat "$scratch/log")"
    "$PY" -m release bill "$bill" "$(basename "$list")" # licences, of what is installed here
  done
  # without what is of chance and of now
  (cd "$tree/web/ui" && npm sbom --package-lock-only --sbom-format cyclonedx) \
    | sed '/^  "serialNumber"/d; /^    "timestamp"/d' >"$DIST/sbom-page.cdx.json"
}

images() {
  docker info >/dev/null 2>&1 || { echo "images: left out, for Docker does not run here"; return; }
  local target tag
  for target in $IMAGES; do
    tag=pressbox/$target:$version
    docker build -q --target "$target" --build-arg "VERSION=$version" \
      --build-arg "REVISION=$(git rev-parse HEAD)" -t "$tag" "$tree" >/dev/null
    echo "$tag $(docker image inspect --format '{{.Id}}' "$tag")" | tee -a "$DIST/images.txt"
  done
}

[ -z "$(git status --porcelain)" ] || echo "what is not committed is left out"
rm -rf "$DIST"
mkdir -p "$DIST" "$tree"
git archive HEAD | tar -x -C "$tree"
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH
version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$tree/pyproject.toml")

"$PY" -m release notes "$tree" >"$DIST/notes.md"
git archive --prefix="pressbox-$version/" -o "$DIST/pressbox-$version.tar.gz" HEAD
plugin
bills_of_materials
if [ "${1:-}" = --no-images ]; then echo "images: left out"; else images; fi
(cd "$DIST" && sha256sum -- * >"$scratch/sums" && mv "$scratch/sums" SHA256SUMS && ls -sh)
