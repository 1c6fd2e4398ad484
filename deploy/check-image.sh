#!/usr/bin/env bash
# Builds the image from the Dockerfile and runs it as a container engine would (user, environment, entrypoint, processes
# of its own, read-only root file system), on a Debian machine that has neither an engine nor an image registry: buildah
# builds, on a base image made here of Debian (debootstrap) and Node 24 (npm). Needs root; takes about 3 minutes.
#
#   KAFKA_BOOTSTRAP_SERVERS=... ELASTICSEARCH_ENDPOINTS=... deploy/check-image.sh    with both, `run` is checked too
#   CHECK_IMAGE_DIR=DIR ...       keeps the work in DIR, and takes the base image from there the next time
# shellcheck disable=SC2016,SC2317
set -euo pipefail
cd "$(dirname "$0")/.."
[ "$(id -u)" = 0 ] || { echo 'check-image: needs root' >&2; exit 1; }
base=docker.io/library/node:24-bookworm-slim image=localhost/logweir-check
work=${CHECK_IMAGE_DIR:-$(mktemp -d)}
mkdir -p "$work/home"
: >"$work/report"
failed=0 child=

say() { printf 'check-image: %s (%s s)\n' "$*" "$SECONDS" >&2; }
b() { buildah --root "$work/storage" --runroot "$work/run" --storage-driver vfs --registries-conf "$work/registries.conf" "$@"; }
line() { printf '%s  %s\n' "$1" "$2" >>"$work/report"; }
check() { # NAME COMMAND...: one line of the report
  if "${@:2}" >"$work/output" 2>&1; then line PASS "$1"; else
    failed=1
    line FAIL "$1"
    { echo "--- $1:" && tail -n 20 "$work/output"; } >&2
  fi
}
last_process() { # the innermost one of the container that runs in the background
  local process=$child next
  while next=$(pgrep -P "$process" | head -n 1) && [ -n "$next" ]; do process=$next; done
  echo "$process"
}
clean_up() {
  if [ -n "$child" ]; then kill -KILL "$(last_process)" 2>/dev/null || true; fi
  b rm --all >/dev/null 2>&1 || true
  if [ -z "${CHECK_IMAGE_DIR:-}" ]; then rm -rf "$work"; fi
}
trap clean_up EXIT

# --- What the machine needs to reach its package registries is mounted while building (over /root and /etc/apt, which
# --- the base image has), so that none of it gets into a layer.
tools=(buildah debootstrap procps)
command -v npm >/dev/null || tools+=(npm)
apt-get update -q >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${tools[@]}" >/dev/null
echo 'unqualified-search-registries = ["docker.io"]' >"$work/registries.conf"
{
  grep -sE '^//' "$HOME/.npmrc" || true
  for key in registry proxy https-proxy strict-ssl; do printf '%s=%s\n' "$key" "$(npm config get "$key" 2>/dev/null)"; done | grep -v '=null$'
  ca=$(npm config get cafile 2>/dev/null)
  [ -f "$ca" ] || ca=${NODE_EXTRA_CA_CERTS:-}
  if [ -f "$ca" ]; then cp "$ca" "$work/home/ca.pem" && echo 'cafile=/root/ca.pem'; fi
} >"$work/home/.npmrc"
sources=$(apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' | grep -E ' bookworm(-updates|-security)? main$' || true)
sources=${sources:-deb http://deb.debian.org/debian bookworm main}

make_base() {
  local container root
  container=$(b from scratch) && root=$(b mount "$container")
  debootstrap --variant=minbase bookworm "$root" "$(awk '$3 == "bookworm" { print $2; exit }' <<<"$sources")"
  rm -rf "$root"/etc/{hostname,resolv.conf} "$root"/var/{cache/apt/*,lib/apt/lists/*,log/*} "$root"/usr/share/{doc,locale,man}/*
  # As in Debian's own images: no caches of apt's in a layer.
  printf 'Dir::Cache::pkgcache "";\nDir::Cache::srcpkgcache "";\nAPT::Keep-Downloaded-Packages "false";\n' >"$root/etc/apt/apt.conf.d/docker-clean"
  npm install --no-save --no-audit --no-fund --prefix "$work/node" "node-linux-$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')@24" npm@11
  mkdir -p "$root/usr/local/lib/node_modules"
  cp -a "$work"/node/node_modules/node-linux-*/{bin,include} "$root/usr/local/"
  cp -a "$work/node/node_modules/npm" "$root/usr/local/lib/node_modules/"
  for name in npm npx; do ln -sf "../lib/node_modules/npm/bin/$name-cli.js" "$root/usr/local/bin/$name"; done
  chroot "$root" useradd --uid 1000 --create-home node
  b config --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin --cmd node "$container"
  b commit --rm "$container" "$base"
}
if ! b inspect --type image "$base" >/dev/null 2>&1; then
  say 'making the base image'
  (make_base) >"$work/base.log" 2>&1 || { tail "$work/base.log" >&2 && exit 1; }
fi

say 'building the image'
container=$(b from --pull=never "$base") && root=$(b mount "$container")
base_bytes=$(du -sb "$root" | cut -f1)
rm -rf "$work/apt" && cp -a "$root/etc/apt" "$work/apt" && b rm "$container" >/dev/null
echo "$sources" >"$work/apt/sources.list"
apt-config dump | grep -E '^Acquire::(http|https|Check|Retries)' >"$work/apt/apt.conf.d/99host" || true
b bud --pull=never --isolation chroot --format docker --volume "$work/home:/root" --volume "$work/apt:/etc/apt:ro" -t "$image" . \
  >"$work/build.log" 2>&1 || { tail -n 40 "$work/build.log" >&2 && echo 'FAIL  the image builds' && exit 1; }
line PASS "the image builds"

say 'running it'
container=$(b from --pull=never "$image") && root=$(b mount "$container")
touch "$root/etc/hosts" "$root/etc/resolv.conf" # an engine provides these
of_image() { b inspect --type image --format "$1" "$image" | sed '/^$/d'; }
user=$(of_image '{{.Docker.Config.User}}') workdir=$(of_image '{{.Docker.Config.WorkingDir}}')
mapfile -t environment < <(of_image '{{range .Docker.Config.Env}}{{println .}}{{end}}')
mapfile -t entrypoint < <(of_image '{{range .Docker.Config.Entrypoint}}{{println .}}{{end}}')
mapfile -t cmd < <(of_image '{{range .Docker.Config.Cmd}}{{println .}}{{end}}')
mapfile -t health < <(of_image '{{range .Docker.Config.Healthcheck.Test}}{{println .}}{{end}}')
mounts=()   # pairs of a path here and one in the image
settings=() # NAME=VALUE
in_image() {
  unshare --mount --pid --fork --kill-child bash -c '
    set -e
    root=$1 user=$2 n=$3; shift 3
    mount --make-rprivate / && mount --bind "$root" "$root" && mount -o remount,bind,ro "$root"
    mount -t proc proc "$root/proc" && mount --rbind /dev "$root/dev"
    for ((; n > 0; n -= 2)); do mount --bind "$1" "$root$2" && mount -o remount,bind,ro "$root$2"; shift 2; done
    cd "$root" && exec setpriv --no-new-privs chroot --userspec="$user" --groups= "$root" env -i "$@"
  ' in_image "$root" "$user" $((${#mounts[@]} + 4)) /etc/hosts /etc/hosts /etc/resolv.conf /etc/resolv.conf "${mounts[@]}" \
    --chdir="$workdir" "${environment[@]}" "${settings[@]}" "$@"
}
logweir() { in_image "${entrypoint[@]}" "$@"; }
exits() { # STATUS PATTERN COMMAND...: with that status, and prints a line that matches
  local status=0
  "${@:3}" >"$work/printed" 2>&1 || status=$?
  cat "$work/printed" && echo "exit status $status" && [ "$status" = "$1" ] && grep -qE "$2" "$work/printed"
}
none_of() { ! (cd "$root" && find . -xdev \( "$@" \) -print) | grep .; } # FIND-EXPRESSION...
eventually() { # SECONDS COMMAND...
  local until=$((SECONDS + $1))
  until "${@:2}"; do [ "$SECONDS" -lt "$until" ] && kill -0 "$child" && sleep 1 || return 1; done
}

check 'does not run as root' exits 0 '^1000:1000$' in_image sh -c 'echo "$(id -u):$(id -g)"'
check 'the root file system is read-only in these checks' exits 1 'Read-only' in_image touch /tmp/x
check 'no compiler, package manager or development package' none_of -name typescript -o -name vitest -o -name oxlint -o -name npm \
  -o -path '*bin/g++*' -o -path '*bin/gcc*' -o -path '*bin/cc' -o -path '*bin/make' -o -path '*bin/python3*'
check 'no sources, headers or objects of the Kafka client' none_of -path '*/@confluentinc/*' \( -name '*.[acho]' -o -name '*.cc' -o -name '*.cpp' \)
check "nothing of this machine's registry settings" none_of -name .npmrc -o -path ./root/ca.pem -o -name 99host
check 'the Kafka client loads the native reader' exits 0 '^loaded$' in_image env --chdir=/usr/src/logweir node -e '
  const { KafkaConsumer } = require("@confluentinc/kafka-javascript");
  new KafkaConsumer({ "group.id": "none", "plugin.library.paths": process.cwd() + "/native/reader.node" });
  if (typeof require("./native/reader.node").poll === "function") console.log("loaded");
  process.exit(0);'
check 'of the native reader there is nothing but itself' none_of -path './usr/src/logweir/native/*' ! -name reader.node
check 'logweir --version' exits 0 '^[0-9]+\.[0-9]+\.[0-9]+' logweir --version
check 'without settings it says which are missing' exits 78 'KAFKA_BOOTSTRAP_SERVERS is not set' logweir "${cmd[@]}"
check 'run uses the compiled modules of the image' exits 78 'commands/run.js was accepted' \
  in_image NODE_DEBUG_NATIVE=COMPILE_CACHE "${entrypoint[@]}" run -c /nonexistent
# The example transform, mounted where the image wants it, and the configuration that names it.
sed 's|^transforms: .*|transforms: [{ use: ./transforms/example.ts }]|' deploy/logweir.yaml >"$work/logweir.yaml"
mounts=("$PWD/deploy/transforms" /etc/logweir/transforms "$work/logweir.yaml" /etc/logweir/logweir.yaml)
settings=(KAFKA_BOOTSTRAP_SERVERS=localhost:9092 ELASTICSEARCH_ENDPOINTS=http://localhost:9200)
check 'a mounted transform is loaded' exits 0 '"environment": *"development"' logweir transform < <(echo '{"message":"a line"}')
# The guide's commands, with a folder of the user's own in place of the image's.
mkdir -p "$work/own" && cp -r deploy/transforms "$work/logweir.yaml" "$work/own/"
mounts=("$work/own" /etc/logweir)
check 'a folder of one'"'"'s own at /etc/logweir is what the commands are about' exits 0 'configuration: /etc/logweir/logweir.yaml' \
  logweir transform --diff < <(echo '{"message":"a line"}')
check 'the types that logweir new copies are there' in_image sh -c 'cd /usr/src/logweir/node_modules &&
  ls zod/index.d.cts @types/node/index.d.ts undici-types/index.d.ts ../dist/src/transform/api/api.d.ts'
mounts=("$PWD/deploy/transforms" /etc/logweir/transforms "$work/logweir.yaml" /etc/logweir/logweir.yaml)

if [ -z "${KAFKA_BOOTSTRAP_SERVERS:-}" ] || [ -z "${ELASTICSEARCH_ENDPOINTS:-}" ]; then
  line SKIP 'run: set KAFKA_BOOTSTRAP_SERVERS and ELASTICSEARCH_ENDPOINTS to check it'
else
  name=check-image-$$ port=$((20000 + $$ % 10000))
  mapfile -t settings < <(env | grep -E '^(KAFKA|ELASTICSEARCH)_')
  settings+=("KAFKA_TOPICS=$name" "KAFKA_GROUP_ID=$name" "ELASTICSEARCH_INDEX=$name" "ADMIN_LISTEN=0.0.0.0:$port")
  js() { in_image env --chdir=/usr/src/logweir node --input-type=module -e "const index = process.env.ELASTICSEARCH_ENDPOINTS.split(',')[0] + '/$name';
    const { default: { KafkaJS } } = await import('@confluentinc/kafka-javascript');
    const kafka = new KafkaJS.Kafka({ 'bootstrap.servers': process.env.KAFKA_BOOTSTRAP_SERVERS, log_level: 3 });
    const admin = kafka.admin(), producer = kafka.producer(); $1; process.exit(0);"; }
  check 'a record is produced' js "await admin.connect(); await admin.createTopics({ topics: [{ topic: '$name', numPartitions: 1 }] });
    await producer.connect(); await producer.send({ topic: '$name', messages: [{ value: '{\"message\":\"through the image\"}' }] })"
  logweir "${cmd[@]}" >"$work/run.log" 2>&1 &
  child=$!
  check "run: the image's health check passes" eventually 60 in_image "${health[@]:1}"
  check 'run: ready at /health/ready' eventually 60 js "if (!(await fetch('http://127.0.0.1:$port/health/ready')).ok) process.exit(1)"
  check 'run: the record is in the index, transformed' eventually 30 js "const answer = await (await fetch(index + '/_search?q=environment:development')).json();
    console.log(answer); if (answer.hits?.total.value !== 1) process.exit(1)"
  check 'run: the status page is served, compiled' js "for (const path of ['/', '/page/page.css', '/page/main.js'])
    if (!(await fetch('http://127.0.0.1:$port' + path)).ok) process.exit(1)"
  check 'run: the tap is off, since the endpoint is open to other hosts' js "const { status } = await fetch('http://127.0.0.1:$port/api/tap');
    if (status !== 403) process.exit(1)"
  stop() { kill -TERM "$(last_process)" && wait "$child"; }
  check 'run: SIGTERM ends it with exit status 0' stop
  child=
  [ "$failed" = 0 ] || { echo '--- what it logged:' && tail -n 30 "$work/run.log"; } >&2
  js "await fetch(index, { method: 'DELETE' }); await admin.connect(); await admin.deleteTopics({ topics: ['$name'] })" >/dev/null 2>&1 || true
fi

bytes=$(du -sb "$root" | cut -f1)
printf '\n%s\nsize  %s MB, of them %s MB the base image; %s s\n' "$(cat "$work/report")" $((bytes / 1000000)) $((base_bytes / 1000000)) "$SECONDS"
exit "$failed"
