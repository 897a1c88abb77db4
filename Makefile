# The day, in one line each; tests/run knows the steps.

.PHONY: run test long lint bench

run:
	cargo run --locked

test:
	tests/run

long:
	tests/run --long

lint:
	tests/run --lint

bench:
	tests/run --bench
