# What one does with this repository. `make demo` and `make test` work from a clone on a Debian machine with Rust,
# make, git and apt only; they install what is missing, and stop what they started.

.PHONY: demo test soak bench lab docs check dist

engines = tests/lab/with-engines.sh

demo: ## the incident on every engine that answers: diagnosed, repaired, diagnosed again
	@tests/lab/demo.sh

test: ## every test on Docker and Podman, a sample on further engines (ECONN_TEST_ENGINES=docker, ECONN_TEST_MORE_ENGINES=none)
	@$(engines) tests/lab/test.sh

soak: ## the scenes again and again, and under load: docs/soak.md
	@$(engines) tests/lab/soak.sh

bench: ## times and memory, for docs/performance.md
	@$(engines) cargo test --quiet --release --test scenes -- --bench

lab: ## lists the scenes; SCENE=name [ENGINE=podman] keeps one up to play with
	@$(if $(SCENE),$(engines)) cargo test --quiet --test scenes -- --lab $(SCENE) $(ENGINE)

docs: ## the book
	@command -v mdbook >/dev/null || cargo install --locked mdbook
	mdbook build docs

check: ## format, lints, licences
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- --deny warnings
	cargo clippy --test scenes -- --deny warnings
	@if command -v cargo-deny >/dev/null; then cargo deny check bans licenses sources; \
		else echo "cargo-deny is not installed: licences were not checked"; fi

target := x86_64-unknown-linux-gnu

dist: ## a static, stripped binary with its checksum, in target/dist
	ECONN_COMMIT=$$(git rev-parse --short=12 HEAD 2>/dev/null) cargo build --release --target $(target)
	@! readelf --program-headers --wide target/$(target)/release/econn | grep -q INTERP || \
		{ echo "the binary needs a loader: it is not static" >&2; exit 1; }
	@rm -rf target/dist && mkdir -p target/dist
	@version=$$(target/$(target)/release/econn version | cut -d' ' -f2); \
	cp target/$(target)/release/econn target/dist/econn-$$version-$(target)
	@cd target/dist && sha256sum econn-* >SHA256SUMS && cat SHA256SUMS
	@target/$(target)/release/econn version --verbose
