#!/bin/sh
# Compiles native/reader.c into native/reader.node with the C compiler (CC, or cc), Node's headers, and librdkafka's
# headers from the Kafka client. Without the file, Logweir reads with the client's own calls, at half the speed.
#
#   native/build.sh             adds CFLAGS, e.g. for sanitizers; OUT and SOURCE name other files, for tests
#   native/build.sh --if-able   on failure prints the reason, and exits with 0: for the package's install
set -eu
cd "$(dirname "$0")"

fail() {
  echo "native/build.sh: $1; Logweir will read with the Kafka client's own calls, at half the speed" >&2
  [ "${able:-}" = --if-able ] && exit 0
  exit 1
}

able=${1:-}
out=${OUT:-reader.node}
compiler=${CC:-cc}
command -v "$compiler" >/dev/null || fail "there is no C compiler '$compiler'"
node_headers=$(node -p 'require("node:path").resolve(process.execPath, "../../include/node")')
[ -f "$node_headers/node_api.h" ] || node_headers=/usr/include/node
[ -f "$node_headers/node_api.h" ] || fail "Node's headers (node_api.h) are not beside it"
client=$(node -p 'require("node:path").dirname(require.resolve("@confluentinc/kafka-javascript/package.json"))' 2>/dev/null) ||
  fail "the Kafka client is not installed"
# Compiled under another name first: a process that has loaded the old file keeps it.
# shellcheck disable=SC2086
"$compiler" -std=c11 -O2 -fPIC -shared -fvisibility=hidden -Wall -Wextra -Werror ${CFLAGS:-} -isystem "$node_headers" \
  -isystem "$client/deps/librdkafka/src" "${SOURCE:-reader.c}" -o "$out.$$" -pthread -ldl || { rm -f "$out.$$"; fail "it cannot be compiled"; }
mv "$out.$$" "$out"
