# `make demo` and `make test` are all that one needs; both set the machine up first.
NODE = PATH="$(CURDIR)/.cache/node/bin:$$PATH"
BIN = $(NODE) node_modules/.bin

.PHONY: demo test check setup docs wasm up down chart chart-check image-check faults mutants sanitize bench bench-quick release

demo: setup
	@$(NODE) node dev/demo.ts $(if $(KEEP),--keep)

# Format, lint, types and unit tests, then everything on a real Kafka and a real Elasticsearch.
# Two calls of vitest: only that of the unit tests measures coverage. The last line counts the tests of both.
test: TOTALS = $(CURDIR)/.run/test-totals
test: check
	@mkdir -p .run && rm -f $(TOTALS)
	@TEST_TOTALS=$(TOTALS) $(BIN)/vitest run --project unit --project isolated --coverage; unit=$$?; \
	  TEST_TOTALS=$(TOTALS) $(BIN)/vitest run --project '!unit' --project '!isolated' && exit $$unit

# Under a minute.
check: setup .cache/wasm-is-current
	@$(BIN)/prettier --check --log-level warn --cache --cache-location .cache/prettier .
	@$(BIN)/oxlint --type-aware --deny-warnings
	@$(BIN)/tsc -p tsconfig.json --incremental --tsBuildInfoFile .cache/tsc.json
	@$(BIN)/tsc -p src/admin/page
	@$(NODE) node dev/docs.ts --check
	@$(NODE) node dev/rules.ts
	@$(NODE) node dev/mutants.ts --check
	@$(if $(filter test,$(MAKECMDGOALS)),,$(BIN)/vitest run --project unit --project isolated)

# Compiling takes seconds, and these files rarely change.
.cache/wasm-is-current: wasm/json-scan.ts src/codec/json-scan-wasm.ts dev/wasm.ts package-lock.json | setup
	@$(NODE) node dev/wasm.ts --check
	@touch $@

setup:
	@dev/setup.sh

# The generated pages of docs/: built-ins, grok-patterns, configuration, metrics, errors; and the schema of the chart's values.
docs: setup
	@$(NODE) node dev/docs.ts

# src/codec/json-scan-wasm.ts, from wasm/json-scan.ts.
wasm: setup
	@$(NODE) node dev/wasm.ts

# Kafka and Elasticsearch on loopback ports, for trying things out.
up: setup
	@$(NODE) node test/support/up.ts

down:
	@$(NODE) node test/support/down.ts

# deploy/kubernetes, rendered from the chart of deploy/helm.
chart: setup
	@dev/setup.sh chart
	@$(NODE) node dev/manifests.ts

# The chart with helm itself, and its manifests in the types of Kubernetes' APIs. Building both takes some five minutes, once, and
# needs Go; from then on `make test` runs these tests too.
chart-check: setup
	@dev/setup.sh chart
	@$(NODE) node dev/manifests.ts --check
	@$(BIN)/vitest run --project chart

# Builds the container image without a container engine, and runs it. Needs root and a Debian.
image-check: setup
	@deploy/check-image.sh

# The fault laboratory alone; FULL=1 gives every fault twenty seconds, and a long outage ten minutes.
faults: setup
	@FULL=$(FULL) $(BIN)/vitest run --project integration --project alone test/faults

# Each deliberate defect of dev/mutants/ against the unit tests that ought to notice it. ONLY=text: those with it in their names.
mutants: setup
	@$(NODE) node dev/mutants.ts $(if $(ONLY),"$(ONLY)")

# The native reader with AddressSanitizer and UndefinedBehaviorSanitizer: docs/native-reader.md. Some five minutes; `make test` does a part.
sanitize: setup
	@$(NODE) node test/native/sanitize.ts

# Everything that docs/benchmarks.md shows, in one run of about half an hour.
bench: setup
	-@dev/setup.sh peers
	@$(NODE) node bench/run.ts

# Four minutes; fails where a ratio is far worse than in bench/baseline.json.
bench-quick: setup
	@$(NODE) node bench/run.ts --quick --check

# Stamps the version and the date, and packs into .run/release; `make test` first. A person commits, tags and publishes.
release: setup
	@$(NODE) node dev/release.ts "$(VERSION)"
