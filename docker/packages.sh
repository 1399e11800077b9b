#!/bin/sh
# packages.sh NAME FOLDER: what requirements/NAME.txt lists and Python does not have yet, as a layer of images.
# Byte code carries the hash of its source and not its date: two builds of one tree are alike.
set -e
/opt/pip/bin/pip --python /opt/pressbox/bin/python install --no-cache-dir --no-compile --disable-pip-version-check \
    --require-hashes --prefix "$2" -r "/requirements/$1.txt"
find "$2" -type d \( -name tests -o -name test \) -path '*site-packages*' -prune -exec rm -rf {} +
find "$2" \( -name '*.abi3.so' -o -name '*.cpython-*.so' \) -exec strip --strip-unneeded {} +
python3 -m compileall -q -j 0 --invalidation-mode unchecked-hash "$2/lib"
