#!/bin/sh
# Gives node_modules its native Kafka client, inside the image's build stage: the prebuilt library where it can be had,
# else a build from the npm package alone (librdkafka's sources are in it). The same steps as in dev/setup.sh.
set -eu
root=$PWD
package=$root/node_modules/@confluentinc/kafka-javascript

works() { (cd "$root" && node -e 'require("@confluentinc/kafka-javascript")'); }

if (cd "$package" && timeout 120 npx --no-install node-pre-gyp install) && works; then exit 0; fi
echo 'no prebuilt Kafka client to be had: building it (1 to 3 minutes)' >&2
apt-get update -q
DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
  g++ make python3 libcurl4-openssl-dev zlib1g-dev libssl-dev libzstd-dev libsasl2-dev liblz4-dev
prefix=$(node -p 'require("node:path").resolve(process.execPath, "../..")')
if [ ! -f "$prefix/include/node/node.h" ]; then prefix=; fi
cd "$package"
export CKJS_LINKING=dynamic
JOBS=$(nproc)
export JOBS
# A parallel make starts to compile before librdkafka's configure has written config.h, so that comes first by hand.
node util/configure.js
MAKEFLAGS=-j$JOBS npm_config_nodedir=$prefix npx --no-install node-pre-gyp rebuild --build-from-source
works
strip --strip-unneeded build/Release/*.node build/deps/*.so.1
