# Short names for what is done often. The commands themselves live in tools/, ./test and ./demo.
.PHONY: help setup test demo check dev release bench kills tidy format lint asan tsan docs clean

help: ## this list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: ## install what is missing (Debian 12)
	@tools/setup

test: ## build and run every test
	@./test

demo: ## shop, Commerce and Obolus on this machine
	@./demo

check: ## pay in every way in a headless Chromium
	@./demo --check

dev: setup ## build the preset dev
	@tools/build dev

release: setup ## build the preset release
	@tools/build release

bench: release ## durable sessions a second, beside a minimal program
	@tools/build release minimal_server && node tests/bench/bench.mjs

kills: release ## kill -9 obolus 50 times during 500 payments
	@node tests/e2e/kills.mjs --kills 50 --payments 500 --build build/release

tidy: ## the house rules
	@python3 tools/tidy && python3 tools/tidy_test

format: setup ## rewrite C++ files with clang-format
	@tools/format --fix

lint: dev ## clang-tidy over src/ and sandbox/
	@tools/lint build/dev

asan: setup ## every test under AddressSanitizer and UndefinedBehaviorSanitizer
	@tools/build asan && ctest --test-dir build/asan --output-on-failure -j2

tsan: setup ## every test under ThreadSanitizer
	@tools/build tsan && ctest --test-dir build/tsan --output-on-failure -j2

docs: dev ## write docs/session-states.md from the transition table
	@build/dev/src/main/obolus states >docs/session-states.md

clean: ## remove what was built and what the demo wrote
	rm -rf build .demo web/dist
