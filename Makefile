# What one does here; `make help` lists it. Plain tools build the site (docs/decisions/0006): cargo, wasm-bindgen, npm packages.
#
# Rule: every target may be run on a fresh machine and brings what it lacks; a second run does only what has changed.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/leasehold
# In the user's cache, so that another clone finds the dependencies built.
export CARGO_TARGET_DIR ?= $(CACHE)/target

WASM := wasm32-unknown-unknown
SITE_MODULES := frontend/node_modules/.package-lock.json
BROWSER_MODULES := end2end/node_modules/.package-lock.json
LEASEHOLD := $(CURDIR)/target/leasehold
SERVER_CRATES := -p app -p server -p emulator --features app/ssr

.PHONY: help run hello build site test unit soak browser bench lint fmt fmt-check clippy deny watch tools clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: hello build ## build, and start the product with a simulated Entra tenant
	@exec $(LEASEHOLD) demo $(ARGS)

hello:
	@[[ -e $(CARGO_TARGET_DIR)/release/leasehold ]] || echo "· the first build takes about 10 minutes on two cores; later ones take seconds"

build: site ## build the program: target/leasehold
	@echo "· building the server$$([[ -e $(CARGO_TARGET_DIR)/release/leasehold ]] || echo ' (the first time about 6 minutes on two cores)')"
	@cargo build --quiet --locked -p server --release
	@mkdir -p target
	@cmp -s $(CARGO_TARGET_DIR)/release/leasehold $(LEASEHOLD) || cp -f $(CARGO_TARGET_DIR)/release/leasehold $(LEASEHOLD)
	@echo "· built target/leasehold"

site: tools $(SITE_MODULES) ## build the console's WebAssembly, style and fonts: target/site
	@echo "· building the console$$([[ -e $(CARGO_TARGET_DIR)/$(WASM)/wasm-release/frontend.wasm ]] || echo ' (the first time about 3 minutes on two cores)')"
	@cargo build --quiet --locked -p frontend --lib --target $(WASM) --profile wasm-release
	@bindgen=$$(tools/wasm-bindgen.sh $(CACHE)/tools); \
	  node frontend/bundle.mjs --wasm $(CARGO_TARGET_DIR)/$(WASM)/wasm-release/frontend.wasm --bindgen "$$bindgen"

test: ## check formatting and lints, run all tests, build the release, walk through the console in Chromium
	@tools/test.sh

unit: ## run the tests that need no browser
	@if cargo nextest --version >/dev/null 2>&1; \
	  then cargo nextest run --locked --no-fail-fast $(SERVER_CRATES); \
	  else cargo test --locked --no-fail-fast $(SERVER_CRATES); fi

soak: ## run random sequences of leases, faults, clocks and kills for long (SOAK_CASES=4000, SOAK_SEED=…)
	@cargo test --locked -p app --features ssr --lib -- backend::lease::tests::model::runs::soak --ignored --exact --nocapture

browser: build $(BROWSER_MODULES) ## run the tests in Chromium
	@cd end2end && npx tsc --noEmit
	@chromium=$$(tools/chromium.sh | tail -n 1); \
	  cd end2end && CHROMIUM="$$chromium" LEASEHOLD=$(LEASEHOLD) npx playwright test $(ARGS)

bench: ## measure the program beside the figures to beat; ARGS="generate lists", ARGS=--help
	@cargo bench --quiet --locked -p server --bench leases -- $(ARGS)

lint: fmt-check clippy deny ## check formatting, lints, and what we depend on

fmt: ## format the code
	@cargo fmt --all

fmt-check:
	@cargo fmt --all --check

clippy: tools
	@cargo clippy --locked $(SERVER_CRATES) --all-targets -- -D warnings
	@cargo clippy --locked -p frontend -p app --features app/hydrate --target $(WASM) -- -D warnings

deny:
	@tools/deny.sh

watch: tools $(SITE_MODULES) ## rebuild and reload while you work (needs cargo-leptos)
	@cargo leptos --version >/dev/null 2>&1 || { echo "make watch needs cargo-leptos: cargo install --locked cargo-leptos"; exit 1; }
	@rm -rf target/site && mkdir -p public/fonts
	@for name in next mono; do \
	  cp frontend/node_modules/@fontsource-variable/atkinson-hyperlegible-$$name/files/atkinson-hyperlegible-$$name-latin-wght-normal.woff2 \
	    public/fonts/atkinson-$$name.woff2; done
	@PATH="$$(dirname "$$(tools/wasm-bindgen.sh $(CACHE)/tools)"):$$PATH" cargo leptos watch -- demo $(ARGS)

clean: ## remove what was built here; the cache of dependencies stays
	@rm -rf target frontend/node_modules end2end/node_modules public/fonts

tools:
	@command -v cargo >/dev/null || { echo "Rust is missing: install it with rustup."; exit 1; }
	@node -e 'process.exit(parseInt(process.versions.node) >= 20 ? 0 : 1)' 2>/dev/null || { echo "Node.js 20 or later is missing."; exit 1; }
	@[[ -d $$(rustc --print target-libdir --target $(WASM)) ]] || rustup target add $(WASM)

$(SITE_MODULES): frontend/package-lock.json
	@cd frontend && npm ci --silent --no-audit --no-fund
	@touch $@

$(BROWSER_MODULES): end2end/package-lock.json
	@cd end2end && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --silent --no-audit --no-fund
	@touch $@
