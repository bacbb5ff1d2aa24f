# Everyday commands. `just` alone lists them.

default:
    @just --list

# Everything that must pass before a change is accepted.
check:
    bash .ci/run

# All tests, as the README says.
test *FILTER:
    cargo test --release --workspace {{FILTER}}

# Format, then lint as strictly as the check does.
lint:
    cargo fmt
    cargo clippy --release --workspace --all-targets -- -D warnings

# The library's documentation, in the browser.
doc:
    cargo doc --no-deps --workspace --open

# Fit the table that comes with the repository.
example *FLAGS:
    cargo run --release -- fit examples/data/airfoil_self_noise.csv --target sound_pressure --split 0 {{FLAGS}}

# Licences, advisories and sources of the dependencies (needs cargo-deny).
deny:
    cargo deny check

# The JSON schemas in schemas/ against real documents.
schemas:
    cargo test --release -p neuronseek-cli --test documents
