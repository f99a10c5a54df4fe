# The one entry point. `make` lists what there is.

SHELL := /bin/bash
BIN := node_modules/.bin

.DEFAULT_GOAL := help
.PHONY: help setup build compile native lint format test demo bench bench-wire bench-upgrades bench-start bench-in-place bench-million bench-state compare sim soak doc clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: ## installs what is missing: npm packages and, as root on Debian or Ubuntu, system packages
	@deploy/setup.sh

build: setup ## compiles TypeScript, the native addon and the BPF programs into build/
	@$(MAKE) --no-print-directory compile native

compile:
	@mkdir -p build && flock build/.lock sh -c \
	  '$(BIN)/tsc; status=$$?; node build/deploy/bundle.js && exit $$status'

native:
	@mkdir -p build; command -v $(firstword $(CC)) >/dev/null || \
	  { echo 'native: no C compiler ($(CC)): only the udp driver will work' >&2; exit 0; }; \
	flock build/.lock-native sh -c '$(MAKE) -s --no-print-directory -C dataplane/native && \
	  $(MAKE) -s --no-print-directory -C test/lab/wire'

lint: setup compile ## formatter, linter, and hidden state of elements
	@$(BIN)/biome check --error-on-warnings .
	@node build/cli/main.js check --hidden-state >/dev/null

format: ## formats and fixes what can be fixed by itself
	@$(BIN)/biome check --write .

test: build ## every test; the last line is `N passed, N failed`
	@node build/test/run.js

demo: build ## upgrades a NAT under live traffic and reports what was lost (nothing)
	@node build/demo/main.js

bench: build ## speed, as ratios; CLICK= and FASTCLICK= name peers' binaries
	@node build/test/bench/main.js && node --expose-gc build/test/bench/engine.js

bench-wire: build ## frames/s over veth pairs, delays, processor time (CLICK=, FASTCLICK=; LOADS=, SIZES=, ONLY=)
	@node build/test/bench/wire.js

bench-start: build ## how long a new version takes to start, cold and from a spare (RUNS=, CLICK_SRC=, CLICK_BUILD_CMD=)
	@node build/test/bench/start.js

bench-upgrades: build ## ten upgrades under full traffic: hold times and losses (N= another count)
	@node build/test/bench/upgrades.js $(N)

bench-in-place: build ## elements into a running graph: pauses, speed afterwards; CLICK= for contrast (N= rounds)
	@node build/test/bench/in-place.js $(N)

bench-state: build ## tables of a million rows: beside C++, bytes a row, pauses (ARGS='lookup memory pauses'; ROWS=, ROUNDS=)
	@node --expose-gc build/test/bench/state.js $(ARGS)

bench-million: build ## upgrades with a million live flows, 100,000 packets/s (ARGS='flows= pps= count=')
	@node build/test/bench/million.js $(ARGS)

bench-stream: build ## the state stream between two replicas: rows/s, packets/s beside it, pauses (ROWS=)
	@node build/test/bench/stream.js $(ROWS)

compare: build ## random configurations, ours against Click's binary (CLICK=; SEED=, COUNT=, ONLY=)
	@node build/test/compare/main.js

SIM := node build/test/sim/main.js --seed $(or $(SEED),1) $(if $(MUTANT),--mutant '$(MUTANT)')

sim: build ## one simulated move (SEED=; COUNT= seeds; TRACE=1 events, PACKETS=1; EVERY=1 each step fails)
	@$(SIM) $(if $(COUNT),--count $(COUNT)) $(if $(TRACE),--trace) $(if $(PACKETS),--trace --packets) \
	  $(if $(EVERY),--every)

soak: build ## simulated moves until interrupted or a rule is broken (MINUTES=, COUNT=, SEED=)
	@$(SIM) --soak $(if $(COUNT),--count $(COUNT),--minutes $(or $(MINUTES),525600))

doc: build ## reference pages of all elements into build/doc, and doc/click-compatibility.md
	@node build/cli/doc/build.js

clean: ## removes what the build made
	@rm -rf build out
