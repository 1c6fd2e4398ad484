#!/bin/sh
# Compiles native/reader.node, inside the image's build stage. The compiler stays behind in it.
set -eu
if ! command -v cc >/dev/null; then
  apt-get update -q
  DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends gcc libc6-dev
fi
native/build.sh
strip --strip-unneeded native/reader.node
