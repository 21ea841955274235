# Two commands matter: `make demo` and `make test`. Each installs what is missing first (tests/setup.sh says what
# and how), builds with the one profile there is, and runs. `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
# Where the benchmark data lies (see docs/benchmarks.md); only the benchmarks need it.
DATA ?=
# More arguments for the command that a target runs, such as `make demo ARGS=--exit`.
ARGS ?=
# cargo and rustup install here; a shell opened before that does not have it on its path yet.
export PATH := $(HOME)/.cargo/bin:$(PATH)
PARAPET := cargo run --quiet --locked --package parapet --
DEBUG := $(or $(CARGO_TARGET_DIR),target)/debug
RELEASE := $(or $(CARGO_TARGET_DIR),target)/release

.PHONY: help demo test bench hostile agentdojo fuzz loss matrix pii streams generation generation-live longform longform-live longbench-trl lint deny clients mcp-sdk litellm

help: ## Lists the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

demo: ## Starts a sidecar with a demo agent, sends real exchanges, shows what was decided, stays up
	@tests/setup.sh build
	@$(PARAPET) demo $(ARGS)

test: lint ## Everything CI runs: formatting, lints, docs, doc tests, the guards' own tests, all tests with SQLite and Postgres
	@tests/setup.sh test
	cargo test --quiet --locked --workspace --doc
	cargo nextest run --locked --workspace --no-run
	$(DEBUG)/parapet guard test guest-toolbox/guards
	cargo test --quiet --locked --manifest-path guest-toolbox/guests/Cargo.toml --target-dir $(or $(CARGO_TARGET_DIR),target)/guests
	tests/with-postgres.sh cargo nextest run --locked --workspace $(ARGS)
	$(DEBUG)/matrix | tail -n 1

lint: ## Formatting, clippy and rustdoc, each without a warning
	@tests/setup.sh build
	cargo fmt --all --check
	cargo clippy --quiet --locked --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --quiet --locked --workspace --no-deps

bench: ## Measures guard decisions, the gateway, known histories, the store, memory per guard, and (with DATA=…) the published benchmarks
	@tests/setup.sh test
	cargo build --quiet --locked --release --package parapet --package parapet-sandbox --package parapet-tests --bins
	tests/with-postgres.sh cargo bench --locked --package parapet-tests --bench gateway -- $(ARGS)
	cargo bench --locked --package parapet-tests --bench histories
	tests/with-postgres.sh cargo bench --locked --package parapet-store --bench insert
	$(RELEASE)/guard_memory
	@if [ -z "$(DATA)" ]; then echo "set DATA=… for the benchmarks that need data (docs/benchmarks.md)"; exit 0; fi; set -x; \
	DATA="$(DATA)" cargo bench --locked --package parapet-tests --bench decisions; \
	$(RELEASE)/parapet bench guardagent --data "$(DATA)/guardagent"; \
	$(RELEASE)/parapet bench guardagent --data "$(DATA)/guardagent" --via http

matrix: ## The conformance matrix: every surface, part, verdict and failure, seen by client, upstream and audit log
	@tests/setup.sh build
	cargo build --quiet --locked --package parapet --package parapet-sandbox --package parapet-tests --bins
	$(DEBUG)/matrix $(ARGS)

streams: ## 200 streams of 2,000,000 characters at once in constant memory, and the first text of long answers as soon as of short ones
	@tests/setup.sh build
	cargo build --quiet --locked --package parapet --package parapet-sandbox --package parapet-tests --bins
	$(DEBUG)/streams $(ARGS)

pii: ## Recall, precision and F1 of personal data found in labelled texts (DATA=…), for each type that patterns can decide
	@tests/setup.sh build
	DATA="$(DATA)" cargo test --quiet --locked --package parapet-toolbox --test pii_quality -- --nocapture

hostile: ## Runs the hostile corpus: every script and module must end in its typed outcome
	@tests/setup.sh build
	cargo build --quiet --locked --package parapet-sandbox --package parapet-tests --bins
	$(DEBUG)/hostile $(ARGS)

agentdojo: ## Replays real traces of tool-using agents (DATA=…) turn by turn: attacks blocked, other runs disturbed
	@tests/setup.sh build
	cargo build --quiet --locked --package parapet --package parapet-tests --bins
	DATA="$(DATA)" $(DEBUG)/agentdojo $(ARGS)

fuzz: ## Fuzzes each target for SECONDS (60), or TARGET alone: executions, what was kept, crashes (installs cargo-fuzz once)
	@tests/setup.sh fuzz
	cargo build --quiet --locked --package parapet-sandbox --bin parapet-guard-builder
	PARAPET_TEST_BUILDER="$(abspath $(DEBUG))/parapet-guard-builder" tests/fuzz/run.sh $(or $(SECONDS),60) $(TARGET)

loss: ## 10,000 recorded decisions while Parapet is killed and Postgres restarted: nothing lost, nothing doubled
	@tests/setup.sh test
	cargo build --quiet --locked --package parapet --package parapet-tests --bins
	$(DEBUG)/loss $(ARGS)

generation: ## Generates the guards of ten requests and of both benchmarks (with DATA=…) without a model, and tests them
	@tests/setup.sh build
	cargo build --quiet --locked --package parapet --package parapet-sandbox --package parapet-tests --bins
	DATA="$(DATA)" $(DEBUG)/generation $(ARGS)

generation-live: ## The ten requests as free prose with a model (PARAPET_MODEL_URL=…, PARAPET_MODEL_NAME=…)
	@tests/setup.sh build
	cargo build --quiet --locked --package parapet --package parapet-sandbox --package parapet-tests --bins
	$(DEBUG)/generation --model $(ARGS)

longform: ## Long documents by a scripted model that misses every length (DATA=… for LongBench-Write), and every fault that is known
	@tests/setup.sh build
	cargo build --quiet --locked --package parapet-tests --bin longform
	DATA="$(DATA)" $(DEBUG)/longform $(ARGS)

longform-live: ## A long document by a real model (MODEL_URL=…), killed with -9 in the middle and resumed, beside what it writes in one call
	@tests/setup.sh build
	cargo build --quiet --locked --package parapet --package parapet-tests --bin parapet --bin longform
	DATA="$(DATA)" MODEL_URL="$(MODEL_URL)" $(DEBUG)/longform live

deny: ## Licences, vulnerabilities, sources and forbidden dependencies (installs cargo-deny: some minutes once)
	@tests/setup.sh deny
	cargo deny --locked check bans licenses sources
	@cargo deny --locked check advisories || { echo "the advisories need the network: https://github.com/RustSec/advisory-db"; exit 1; }

mcp-sdk: ## The official MCP Python SDK as client and server, with Parapet between them, over HTTP and over lines
	@tests/setup.sh python
	cargo build --quiet --locked --package parapet
	tests/mcp-sdk/run.sh

clients: ## The examples and tests with the real clients: OpenAI, Anthropic, LangChain (installs them into a virtual environment)
	@tests/setup.sh python
	cargo build --quiet --locked --package parapet
	tests/clients/run.sh

longbench-trl: ## TRL's loaders over training data that `parapet longbench dataset` makes with a scripted model
	@tests/setup.sh python
	cargo build --quiet --locked --package parapet --package parapet-tests --bins
	tests/longbench-trl/run.sh

litellm: ## Drives the sidecar with LiteLLM's own client of the generic guardrail (installs it into a virtual environment)
	@tests/setup.sh python
	cargo build --quiet --locked --package parapet
	tests/litellm/run.sh
