# `make demo` and `make test` are all that one needs; both set the machine up first.
NODE = PATH="$(CURDIR)/.cache/node/bin:$$PATH"
BIN = $(NODE) node_modules/.bin

.PHONY: demo test check setup docs wasm up down image-check faults bench bench-quick

demo: setup
	@$(NODE) node dev/demo.ts $(if $(KEEP),--keep)

# Format, lint, types and unit tests, then everything on a real Kafka and a real Elasticsearch.
test: check
	@$(BIN)/vitest run

# Under a minute.
check: setup
	@$(BIN)/prettier --check --log-level warn --cache --cache-location .cache/prettier .
	@$(BIN)/oxlint --type-aware --deny-warnings
	@$(BIN)/tsc -p tsconfig.json
	@$(NODE) node dev/built-ins.ts --check
	@$(NODE) node dev/wasm.ts --check
	@$(NODE) node dev/mutants.ts --check
	@$(if $(filter test,$(MAKECMDGOALS)),,$(BIN)/vitest run --project unit --project isolated)

setup:
	@dev/setup.sh

# docs/built-ins.md and docs/grok-patterns.md, from the transforms' schemas and examples, and the grok patterns.
docs: setup
	@$(NODE) node dev/built-ins.ts

# src/codec/json-scan-wasm.ts, from wasm/json-scan.ts.
wasm: setup
	@$(NODE) node dev/wasm.ts

# Kafka and Elasticsearch on loopback ports, for trying things out.
up: setup
	@$(NODE) node test/support/up.ts

down:
	@$(NODE) node test/support/down.ts

# Builds the container image without a container engine, and runs it. Needs root and a Debian.
image-check: setup
	@deploy/check-image.sh

# The fault laboratory alone; FULL=1 gives every fault twenty seconds and a kill -9.
faults: setup
	@FULL=$(FULL) $(BIN)/vitest run --project integration --project alone test/faults

# Everything that docs/benchmarks.md shows, in one run of about half an hour.
bench: setup
	-@dev/setup.sh peers
	@$(NODE) node bench/run.ts

# Two minutes; fails where a ratio is far worse than in bench/baseline.json.
bench-quick: setup
	@$(NODE) node bench/run.ts --quick --check
