#!/usr/bin/env bash
# Sets a fresh machine up: Debian packages, Node 24, npm packages with the native Kafka client, Java and Maven, Kafka and
# Elasticsearch. Each step looks first whether it is done, says what it does and how long it took, and says what to do
# when it fails. Everything but the Debian packages lands in .cache/ and node_modules/, which git ignores.
#
#   dev/setup.sh            everything
#   dev/setup.sh node       only what the program itself needs (no servers)
#   dev/setup.sh peers      what make bench compares with
set -euo pipefail
cd "$(dirname "$0")/.."

KAFKA_VERSION=4.4.0
ES_VERSION_NEW=9.5.0   # needs Java 21
ES_VERSION_OLD=8.19.8  # runs on Java 17; the core of the tests runs on it too
CACHE=$PWD/.cache
LOGS=$CACHE/logs
mkdir -p "$LOGS"
exec 9>"$CACHE/setup.lock"
flock 9

say() { printf 'setup: %s\n' "$*" >&2; }

# step NAME WHAT-TO-DO-WHEN-IT-FAILS COMMAND...: runs it with its output in a log, and says how long it took.
step() {
  local name=$1 advice=$2 start=$SECONDS log
  shift 2
  log=$LOGS/$(printf '%s' "$name" | tr -c 'A-Za-z0-9\n' '-').log
  say "$name ..."
  if "$@" >"$log" 2>&1; then
    say "$name: done in $((SECONDS - start)) s"
  else
    tail -n 15 "$log" >&2
    say "$name: FAILED after $((SECONDS - start)) s. $advice (whole log: ${log#"$PWD"/})"
    exit 1
  fi
}

debian_missing() {
  local package
  for package in "$@"; do
    dpkg-query -W -f='${Status}\n' "$package" 2>/dev/null | grep -q '^install ok installed$' || echo "$package"
  done
}

# debian_install PURPOSE PACKAGE...: installs what is missing; one sentence that names it where we may not.
debian_install() {
  local purpose=$1 missing sudo=
  shift
  command -v dpkg-query >/dev/null || { say "This is not a Debian system: install what '$*' stand for by hand ($purpose)."; return; }
  missing=$(debian_missing "$@" | tr '\n' ' ')
  [ -n "$missing" ] || return 0
  if [ "$(id -u)" != 0 ]; then
    if sudo -n true 2>/dev/null; then sudo=sudo; else
      say "These Debian packages are missing ($purpose) and need root: apt-get install $missing"
      exit 1
    fi
  fi
  step "Debian packages ($purpose)" "Run 'apt-get update && apt-get install $missing' by hand and look at what it says." \
    $sudo bash -c "apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing"
}

node_major() { "$1" -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0; }

# Node 24 or newer: the machine's own, or one from the npm registry in .cache/node.
setup_node() {
  if command -v node >/dev/null && [ "$(node_major node)" -ge 24 ]; then return; fi
  if [ ! -x "$CACHE/node/bin/node" ]; then
    command -v npm >/dev/null || debian_install "npm, to fetch Node 24" npm
    local arch=x64
    [ "$(uname -m)" = aarch64 ] && arch=arm64
    step "Node 24 into .cache/node" "Install Node 24 or newer by hand; then this step has nothing to do." \
      npm install --no-save --prefix "$CACHE/node-package" "node-linux-$arch@24"
    ln -sfn "node-package/node_modules/node-linux-$arch" "$CACHE/node"
  fi
  export PATH=$CACHE/node/bin:$PATH
  hash -r
}

kafka_client_works() { node -e 'require("@confluentinc/kafka-javascript")' >/dev/null 2>&1; }

# The prebuilt library where it can be had, else a build from the package alone (librdkafka's sources are in it).
build_kafka_client() {
  local package=node_modules/@confluentinc/kafka-javascript prefix
  if (cd "$package" && timeout 120 npx --no-install node-pre-gyp install) && kafka_client_works; then return; fi
  say "no prebuilt Kafka client to be had: building it (1 to 3 minutes)"
  debian_install "to build the Kafka client" g++ make python3 libcurl4-openssl-dev zlib1g-dev libssl-dev libzstd-dev libsasl2-dev liblz4-dev
  prefix=$(node -p 'require("node:path").resolve(process.execPath, "../..")')
  if [ ! -f "$prefix/include/node/node.h" ]; then prefix=; fi
  # A parallel make starts to compile before librdkafka's configure has written config.h, so that comes first by hand.
  (cd "$package" && export CKJS_LINKING=dynamic && node util/configure.js && JOBS=$(nproc) MAKEFLAGS=-j$(nproc) npm_config_nodedir=$prefix \
    npx --no-install node-pre-gyp rebuild --build-from-source)
  kafka_client_works
}

setup_packages() {
  if [ ! -f node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
    step "npm packages" "Is the npm registry reachable?" npm ci --ignore-scripts --no-fund --no-audit
    touch node_modules/.package-lock.json
  fi
  kafka_client_works ||
    step "native Kafka client" "Are g++, make, python3 and the -dev packages that README names installed?" build_kafka_client
}

java_major() { "$1" -version 2>&1 | sed -nE '1s/.*version "([0-9]+).*/\1/p'; }

# Prints the newest Java there is, as "MAJOR PATH".
newest_java() {
  local java
  for java in ${JAVA_HOME:+"$JAVA_HOME/bin/java"} "$(command -v java || true)" /usr/lib/jvm/*/bin/java; do
    [ -x "$java" ] && echo "$(java_major "$java") $java"
  done | sort -rn | head -n 1
}

setup_servers() {
  local java es
  java=$(newest_java)
  [ "${java%% *}" -ge 17 ] 2>/dev/null || debian_install "Java for Kafka and Elasticsearch" openjdk-17-jre-headless
  java=$(newest_java)
  command -v openssl >/dev/null || debian_install "certificates for the tests" openssl
  es=$ES_VERSION_NEW
  [ "${java%% *}" -ge 21 ] || es=$ES_VERSION_OLD
  if [ ! -f "$CACHE/kafka-$KAFKA_VERSION/.done" ] || [ dev/pom.xml -nt "$CACHE/kafka-$KAFKA_VERSION/.done" ]; then
    command -v mvn >/dev/null || debian_install "Maven" maven
    step "Kafka $KAFKA_VERSION from Maven Central" "Is Maven Central reachable? Look at your settings.xml." \
      mvn -B -f dev/pom.xml "-Dmaven.repo.local=$CACHE/m2" "-Dkafka.version=$KAFKA_VERSION" \
      dependency:copy-dependencies "-DoutputDirectory=$CACHE/kafka-$KAFKA_VERSION/libs"
    touch "$CACHE/kafka-$KAFKA_VERSION/.done"
  fi
  setup_elasticsearch "$es"
  setup_elasticsearch "$ES_VERSION_OLD"
  printf '%s\n' "KAFKA_DIR=$CACHE/kafka-$KAFKA_VERSION" "JAVA=${java#* }" \
    "ES_DIR=$CACHE/elasticsearch-$es" "ES_OLD_DIR=$CACHE/elasticsearch-$ES_VERSION_OLD" >"$CACHE/servers.env"
}

setup_elasticsearch() {
  [ ! -f "$CACHE/elasticsearch-$1/.done" ] || return 0
  command -v mvn >/dev/null || debian_install "Maven" maven
  # In the cache, since without a pom.xml Maven leaves its markers in the directory that it is called in.
  step "Elasticsearch $1 from Maven Central" "Is Maven Central reachable? Look at your settings.xml." \
    env -C "$CACHE" mvn -B "-Dmaven.repo.local=$CACHE/m2" dependency:unpack \
    "-Dartifact=org.elasticsearch.distribution.integ-test-zip:elasticsearch:$1:zip" "-DoutputDirectory=$CACHE"
  touch "$CACHE/elasticsearch-$1/.done"
}

if [ "${1:-all}" = peers ]; then
  debian_install "rsyslog, to compare with" rsyslog rsyslog-kafka rsyslog-elasticsearch
  exit
fi
setup_node
setup_packages
# Someone else's servers, named in the environment, make ours unnecessary.
if [ "${1:-all}" = all ] && { [ -z "${KAFKA_BOOTSTRAP_SERVERS:-}" ] || [ -z "${ELASTICSEARCH_ENDPOINTS:-}" ]; }; then setup_servers; fi
