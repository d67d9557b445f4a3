# Every target is one line that calls a tool; `make help` lists them.
VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin
TARGETS := $(patsubst %/target.toml,%,$(wildcard targets/*/target.toml))
TARGET ?= reference reference-documents linux lwip lwip-default lwip-asan gvisor
CASE ?=
MUTANT ?=
SEED ?=
COUNT ?=
ARGS ?=
OUT ?= reports/out
# Of the targets above those that can be had are judged; one that is named has to start.
WHERE := $(if $(filter file,$(origin TARGET)),--where-possible)

.DEFAULT_GOAL := help
.PHONY: help setup targets $(TARGETS) conformance matrix compare browser coverage baselines check-baselines mutants mutants-full mutants-changed fuzz-mutants test lint type docs docs-windows docs-pictures bench soak soak-duel soak-fuzz soak-oracle soak-oracle-duel soak-oracle-linux soak-tiers soak-campaign soak-live soak-check clean

help:  ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/.ready: pyproject.toml
	@echo "setup: making $(VENV) and installing tcpassay with boofuzz and its development tools"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev,boofuzz]'
	@touch $@

setup: $(VENV)/.ready  ## make the virtual environment

targets: setup  ## build all agents that can be had, with Debian's packages; targets/NAME builds one
	$(BIN)/tcpassay targets build --install --where-possible

$(TARGETS): targets/%: setup
	$(BIN)/tcpassay targets build --install $*

conformance: setup  ## judge all targets that can be had here; those of TARGET='A B' have to start
	$(BIN)/tcpassay run $(TARGET) $(WHERE) --out $(OUT)/conformance --junit $(OUT)/conformance/junit.xml --json $(OUT)/conformance/run.json $(if $(CASE),--case '$(CASE)') $(if $(SEED),--seed $(SEED)) $(ARGS)

matrix: setup  ## every state x segment, 5,088 generated rows a target
	$(BIN)/tcpassay run $(TARGET) --matrix $(WHERE) --out $(OUT)/matrix --junit $(OUT)/matrix/junit.xml --json $(OUT)/matrix/run.json $(if $(SEED),--seed $(SEED))

compare: setup  ## the targets side by side: verdicts that differ, values measured
	$(BIN)/tcpassay compare $(TARGET) $(WHERE) --out $(OUT)/compare $(if $(CASE),--case '$(CASE)') $(if $(SEED),--seed $(SEED))

coverage: setup  ## which entries of the catalogue cases judge, and why not the others
	$(BIN)/tcpassay list --coverage

baselines: setup  ## write reports/baselines anew: one run a target, every case of it
	$(BIN)/python -m tcpassay.cli.baselines $(TARGET) --out $(OUT)/baselines

check-baselines: setup  ## what the last `make conformance` changed against reports/baselines
	$(BIN)/python -m tcpassay.cli.baselines --check --from $(OUT)/conformance/run.json

fuzz: setup  ## fuzz one target: TARGET=linux SECONDS=600 SEED=n; a minute by default
	$(BIN)/tcpassay fuzz $(firstword $(TARGET)) --seconds $(or $(SECONDS),60) $(if $(SEED),--seed $(SEED)) --json $(OUT)/fuzz/fuzz.json --junit $(OUT)/fuzz/junit.xml --html $(OUT)/fuzz/fuzz.html

mutants: setup  ## show that each planted fault is caught; MUTANT=name CASE=glob: some
	$(BIN)/python -m tcpassay.cli.mutants $(MUTANT) $(if $(CASE),--case '$(CASE)')

mutants-full: setup  ## every case on every planted fault: reports/baselines/kills.json anew
	$(BIN)/python -m tcpassay.cli.mutants_full

fuzz-mutants: setup  ## hunt each planted fault by fuzzing: reports/baselines/fuzz_kills.json anew
	$(BIN)/python -m tcpassay.cli.fuzz_mutants

mutants-changed: setup  ## the same for cases and mutants that are new or have changed
	$(BIN)/python -m tcpassay.cli.mutants_full --changed

browser: setup  ## what the tests of the page need: Chromium (Debian) and axe-core (npm)
	apt-get update --quiet=2
	apt-get install --quiet=2 --yes --no-install-recommends chromium chromium-driver
	npm install --silent --no-save --no-package-lock --prefix build/browser axe-core@4

test: setup  ## the project's own tests, in two processes
	$(BIN)/python -m pytest -n 2 --dist loadfile

lint: setup  ## ruff and the import contracts
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/lint-imports

type: setup  ## mypy, strict
	$(BIN)/mypy

docs: setup  ## write what docs/ takes from the code: states, walk, settings, the picture of the matrix
	$(BIN)/python -m docs.generate

docs-windows: setup  ## write docs/congestion-windows.svg: both stacks on one bad link (root)
	$(BIN)/python -m docs.generate.windows

docs-pictures: setup  ## write docs/compare.png from a page, PAGE=F; docs/cell.png with CASE=id TARGET=name
	$(BIN)/python -m docs.generate.pictures $(PAGE) $(if $(CASE),$(CASE) $(TARGET))

bench: setup  ## speed and memory, as ratios measured in one run
	$(BIN)/python -m bench

soak: soak-duel soak-fuzz soak-oracle soak-oracle-duel soak-oracle-linux soak-tiers soak-campaign soak-live soak-check  ## the long forms of the trials, one after the other

soak-duel: setup  ## 10,000 schedules of two stacks over bad links; SEED=n replays one with its trace
	$(BIN)/python -m tests.trials duel $(if $(SEED),--seed $(SEED))

soak-fuzz: setup  ## a million fuzzed datagrams in every state; SEED=n replays a block with its trace
	$(BIN)/python -m tests.trials fuzz $(if $(SEED),--seed $(SEED))

soak-oracle: setup  ## 100,000 exchanges at random that the oracle may not alarm at; SEED=n replays one, TARGET=linux COUNT=n
	$(BIN)/python -m tests.model $(if $(filter command%,$(origin TARGET)),--target $(TARGET)) $(if $(COUNT),--count $(COUNT)) $(if $(SEED),--seed $(SEED))

soak-oracle-duel: setup  ## 10,000 duels of two stacks, each side judged by the oracle
	$(BIN)/python -m tests.model --target duel $(if $(COUNT),--count $(COUNT)) $(if $(SEED),--seed $(SEED))

soak-oracle-linux: setup  ## 10,000 exchanges with the kernel: no alarm but what its expectations explain
	$(BIN)/python -m tests.model --target linux $(if $(COUNT),--count $(COUNT)) $(if $(SEED),--seed $(SEED))

soak-tiers: setup  ## 100,000 fuzzed cases of each target: what tier one accepts the oracle has nothing against
	TCPASSAY_SOAK=1 $(BIN)/python -m pytest tests/fuzz/test_tiers_agree.py -v --durations=10

soak-campaign: setup  ## a million fuzzed cases of the reference stack, 200,000 of the kernel: nothing unexpected
	$(BIN)/tcpassay fuzz reference --cases 1000000 --jobs $$(nproc) --seed $(or $(SEED),1) --out $(OUT)/soak-reference
	$(BIN)/tcpassay fuzz linux --cases 200000 --seed $(or $(SEED),1) --out $(OUT)/soak-linux

soak-live: setup  ## 20 MB to and from the kernel's programs over good and bad links
	TCPASSAY_SOAK=1 $(BIN)/python -m pytest tests/live -v --durations=10

soak-check: setup  ## captures of the kernel's own traffic over bad links, judged: no alarm
	TCPASSAY_SOAK=1 $(BIN)/python -m pytest tests/check -v --durations=10

clean:  ## remove what was built or written here
	rm -rf $(VENV) $(OUT) build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
