#!/usr/bin/env bash
# Sets a fresh machine up: Debian packages, Node 24, npm packages with the native Kafka client, the native reader, Java and Maven, Kafka,
# Elasticsearch and OpenSearch. Each step looks first whether it is done, says what it does and how long it took, and says what to do
# when it fails. Everything but the Debian packages lands in .cache/ and node_modules/, which git ignores.
#
#   dev/setup.sh            everything
#   dev/setup.sh node       only what the program itself needs (no servers)
#   dev/setup.sh peers      what make bench compares with
#   dev/setup.sh chart      helm and a strict decoder of manifests, built with Go
set -euo pipefail
cd "$(dirname "$0")/.."

KAFKA_VERSION=4.4.0
HELM_VERSION=v3.22.0
ES_VERSION_NEW=9.5.0   # needs Java 21
ES_VERSION_OLD=8.19.8  # runs on Java 17; the core of the tests runs on it too
OPENSEARCH_VERSION_2=2.19.1  # runs on Java 11 to 23; its security plugin has the same version and .0 behind it
OPENSEARCH_VERSION_3=3.6.0   # needs Java 21
VRL_ENGINE_VERSION=0.1.0
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

# Run before an installation whose package starts a service: neither the installation nor a boot starts it.
no_service() {
  cat <<END
mkdir -p /etc/systemd/system && ln -sn /dev/null /etc/systemd/system/$1.service || true
if [ ! -e /usr/sbin/policy-rc.d ]; then
  trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
  chmod 755 /usr/sbin/policy-rc.d
fi
END
}

# debian_install PURPOSE PACKAGE...: installs what is missing; one sentence that names it where we may not.
# With BEFORE set, that runs first, as root.
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
    $sudo bash -c "${BEFORE:-}
apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing"
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

# native/reader.node, which reads records from the client's consumer in batches.
setup_reader() {
  local reader=native/reader.node client=node_modules/@confluentinc/kafka-javascript/package.json
  if [ $reader -nt native/reader.c ] && [ $reader -nt native/build.sh ] && [ $reader -nt $client ]; then return; fi
  command -v "${CC:-cc}" >/dev/null || debian_install "to build the native reader" gcc libc6-dev
  step "native reader" "Is there a C compiler, and include/node beside Node's bin?" native/build.sh
}

java_major() { "$1" -version 2>&1 | sed -nE '1s/.*version "([0-9]+).*/\1/p'; }

# newest_java [MAX]: prints the newest Java there is, at most of that major, as "MAJOR PATH".
newest_java() {
  local java major
  for java in ${JAVA_HOME:+"$JAVA_HOME/bin/java"} "$(command -v java || true)" /usr/lib/jvm/*/bin/java; do
    [ -x "$java" ] || continue
    major=$(java_major "$java")
    if [ "${major:-0}" -le "${1:-999}" ]; then echo "$major $java"; fi
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
  setup_distribution Elasticsearch org.elasticsearch.distribution.integ-test-zip:elasticsearch "$es"
  setup_distribution Elasticsearch org.elasticsearch.distribution.integ-test-zip:elasticsearch "$ES_VERSION_OLD"
  printf '%s\n' "KAFKA_DIR=$CACHE/kafka-$KAFKA_VERSION" "JAVA=${java#* }" \
    "ES_DIR=$CACHE/elasticsearch-$es" "ES_OLD_DIR=$CACHE/elasticsearch-$ES_VERSION_OLD" >"$CACHE/servers.env"
}

# For the tests of the status page.
setup_browser() {
  command -v chromium >/dev/null || debian_install "the tests of the status page" chromium fonts-dejavu-core
}

# In a file of its own: what runs on Elasticsearch alone needs none of it.
setup_opensearch() {
  local java old_java version=$OPENSEARCH_VERSION_3 secure=$CACHE/opensearch-$OPENSEARCH_VERSION_2-secure
  old_java=$(newest_java 23)
  [ "${old_java%% *}" -ge 11 ] 2>/dev/null || debian_install "Java for OpenSearch 2" openjdk-17-jre-headless
  old_java=$(newest_java 23)
  java=$(newest_java)
  if [ "${java%% *}" -lt 21 ]; then version=$OPENSEARCH_VERSION_2 java=$old_java; fi
  setup_distribution OpenSearch org.opensearch.distribution.integ-test-zip:opensearch "$OPENSEARCH_VERSION_2"
  setup_distribution OpenSearch org.opensearch.distribution.integ-test-zip:opensearch "$version"
  if [ ! -f "$secure/.done" ]; then
    rm -rf "$secure"
    cp -r "$CACHE/opensearch-$OPENSEARCH_VERSION_2" "$secure"
    rm "$secure/.done"
    unpack "OpenSearch's security plugin" "org.opensearch.plugin:opensearch-security:$OPENSEARCH_VERSION_2.0:zip" \
      "$secure/plugins/opensearch-security"
    touch "$secure/.done"
  fi
  printf '%s\n' "OPENSEARCH_2_DIR=$CACHE/opensearch-$OPENSEARCH_VERSION_2" "OPENSEARCH_2_SECURE_DIR=$secure" \
    "OPENSEARCH_2_JAVA=${old_java#* }" "OPENSEARCH_3_DIR=$CACHE/opensearch-$version" "OPENSEARCH_3_JAVA=${java#* }" \
    >"$CACHE/opensearch.env"
}

# setup_distribution NAME ARTIFACT VERSION: the artifact's zip has a directory of the same name with the version.
setup_distribution() {
  local directory=$CACHE/${2##*:}-$3
  [ ! -f "$directory/.done" ] || return 0
  unpack "$1 $3" "$2:$3:zip" "$CACHE"
  touch "$directory/.done"
}

# unpack NAME ARTIFACT DIRECTORY
unpack() {
  command -v mvn >/dev/null || debian_install "Maven" maven
  # In the cache, since without a pom.xml Maven leaves its markers in the directory that it is called in.
  step "$1 from Maven Central" "Is Maven Central reachable? Look at your settings.xml." \
    env -C "$CACHE" mvn -B "-Dmaven.repo.local=$CACHE/m2" dependency:unpack "-Dartifact=$2" "-DoutputDirectory=$3"
}

# promtool and Prometheus itself, for the tests of deploy/prometheus and deploy/grafana.
setup_prometheus() {
  if command -v promtool >/dev/null && command -v prometheus >/dev/null; then return; fi
  BEFORE=$(no_service prometheus) debian_install "Prometheus, for the tests of alerts and dashboard" prometheus
}

# Debian's Go is too old for helm, so none is installed.
setup_chart() {
  local tools=$CACHE/chart-tools
  if [ -x "$tools/helm" ] && [ "$tools/strict" -nt dev/chart/strict.go ] && [ "$tools/strict" -nt dev/chart/go.mod ]; then return; fi
  command -v go >/dev/null || { say "Go is missing: install the version of dev/chart/go.mod or a newer one, to build helm"; exit 1; }
  if [ ! -x "$tools/helm" ]; then
    step "helm $HELM_VERSION from the Go module proxy (5 minutes)" "Is the Go module proxy reachable, and Go new enough?" \
      env "GOBIN=$tools" go install "helm.sh/helm/v3/cmd/helm@$HELM_VERSION"
  fi
  step "strict decoder of manifests" "Is the Go module proxy reachable?" go -C dev/chart build -o "$tools/strict" .
}

if [ "${1:-all}" = chart ]; then
  setup_chart
  exit
fi
# The engine of VRL in Rust, as a package of Python: what the translation is compared with.
setup_vrl_engine() {
  [ ! -f "$CACHE/vrl/.done" ] || return 0
  python3 -c 'import venv, ensurepip' 2>/dev/null || debian_install "Python, for the engine of VRL" python3 python3-venv
  step "engine of VRL $VRL_ENGINE_VERSION from PyPI" "Is PyPI reachable? Look at your pip.conf." \
    bash -c "python3 -m venv '$CACHE/vrl' && '$CACHE/vrl/bin/pip' install --quiet --disable-pip-version-check 'vrl-python==$VRL_ENGINE_VERSION'"
  touch "$CACHE/vrl/.done"
}

if [ "${1:-all}" = peers ]; then
  debian_install "rsyslog, to compare with" rsyslog rsyslog-kafka rsyslog-elasticsearch
  exit
fi
setup_node
setup_packages
setup_reader
if [ "${1:-all}" = all ]; then setup_prometheus; fi
# Someone else's servers, named in the environment, make ours unnecessary.
if [ "${1:-all}" = all ] && { [ -z "${KAFKA_BOOTSTRAP_SERVERS:-}" ] || [ -z "${ELASTICSEARCH_ENDPOINTS:-}" ]; }; then
  setup_servers
  setup_opensearch
fi
if [ "${1:-all}" = all ]; then setup_browser; fi
if [ "${1:-all}" = all ]; then setup_vrl_engine; fi
