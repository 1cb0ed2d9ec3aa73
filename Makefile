# Short names for what is done often. The commands themselves live in tools/, ./test and ./demo.
.PHONY: help setup test demo check dev release bench web-bench gallery browsers kills campaign permutations model simulate card-testing races \
  outbox rolling footprint idempotency mutants load-programs backlog overload key-rotation tidy format lint asan tsan docs clean

help: ## this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

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

bench: bench-programs ## how fast it is, beside a minimal program, nginx and Node
	@node bench/bench.mjs

.PHONY: bench-full bench-docs bench-programs
bench-full: bench-programs ## the same with ten million sessions, and PostgreSQL
	@node bench/bench.mjs --full

bench-docs: bench-programs ## bench-full, into docs/performance.md and docs/bench.svg
	@node bench/bench.mjs --full --write-docs

bench-programs:
	@tools/setup --bench && cmake --preset release >/dev/null && tools/build release bench_programs

web-bench: release ## what the card form costs the shopper, beside a floor without script
	@OBOLUS_BUILD=build/release node tests/web/bench.mjs

.PHONY: forward-check
forward-check: dev ## tries to have a card sent where it must not go: a table
	@OBOLUS_BIN=$(CURDIR)/build/dev/src/main/obolus node tests/forward/check.mjs

.PHONY: challenges
challenges: dev ## each behaviour of the bank, on a page and in a frame, in Chromium: a table
	@node tests/web/challenges.mjs

browsers: ## the same payment in Firefox ESR, which it installs
	@tools/setup --browsers && tools/build dev
	@node tests/web/browsers.mjs

gallery: dev ## pictures of every state that a shopper can meet, in build/gallery/
	@node tests/web/gallery.mjs

kills: release ## kill -9 obolus 50 times during 500 payments
	@node tests/e2e/kills.mjs --kills 50 --payments 500 --build build/release

permutations: setup ## 100,000 orders of Commerce's events, with duplicates
	@tools/build dev app_test && OBOLUS_PERMUTATIONS=50000 build/dev/src/app/app_test \
	  --gtest_filter='ReceiveEventOrderProperty.*'

campaign: dev release ## kill, cut the power of and fail the disk of obolus, 2,500 times
	@OBOLUS_WITHOUT_FAULTS_BIN=build/release/src/main/obolus node --test tests/faults/plan.test.mjs
	@node tests/faults/campaign.mjs --runs 500
	@node tests/faults/memory.mjs --lives 200 --flows 6 --every 499

outbox: dev ## 200,000 events on PostgreSQL, three obolus, kill -9 of one after the other
	@node tests/replicas/outbox.mjs --events 200000

.PHONY: sandbox-check sandbox-cost systemd-security checksec sbom package package-check
sandbox-check: setup ## what an intruder inside obolus is refused, and what it still needs: a table
	@tools/build dev sandbox_probe && build/dev/tests/hardening/sandbox_probe

sandbox-cost: release ## processor time of a small request with and without the sandbox
	@OBOLUS_BIN=build/release/src/main/obolus node tests/hardening/cost.mjs

systemd-security: setup ## how exposed the unit is, as systemd counts; 1.5 at most
	@systemd-analyze security --offline=true --no-pager packaging/obolus.service && \
	  node --test tests/hardening/unit.test.mjs >/dev/null

checksec: dev release ## whether the programs have what compiler and linker can do for them
	@node --test tests/hardening/program.test.mjs

sbom: release ## the components of the release, CycloneDX, in build/obolus.cdx.json
	@packaging/sbom

package: release ## a Debian package, in build/
	@packaging/package

package-check: package ## install, use and purge it in a clean Debian
	@packaging/check

.PHONY: audit-check
audit-check: setup ## change every byte of an audit log, every line, and kill -9 who writes it
	@tools/build dev audit_check && build/dev/tests/audit/audit_check --records 3000 --kills 100

.PHONY: hostile-messages
hostile-messages: dev ## 100,000 hostile messages between a shop's page and the card frame
	@node tests/browser/hostile_messages.mjs --messages 100000

.PHONY: security page-headers framing page-watch
security: dev ## run every figure of docs/security.md, and print one table; hours
	@node tests/evidence/security.mjs

page-headers: dev ## csp_evaluator and the table of headers, on every page
	@node tests/evidence/count.mjs 'csp_evaluator has nothing to say' \
	  'pages: csp_evaluator finds nothing medium or worse' tests/component/page_headers.test.mjs

framing: dev ## which parents can show the card frame, in Chromium
	@node tests/evidence/count.mjs '^in ' 'parents are right' tests/browser/framing.test.mjs

page-watch: dev ## obolus pagewatch on changed pages of a shop and of ours
	@node tests/evidence/count.mjs '^alarms at ' 'mutations alarm' tests/component/pagewatch.test.mjs

rolling: dev ## 50 restarts by SIGTERM behind nginx while requests go on
	@node tests/replicas/rolling.mjs --restarts 50 --replicas 3

footprint: release ## what payments cost on PostgreSQL: rows, WAL, commits, processor time
	@node tests/replicas/footprint.mjs --payments 3000 --build build/release

model: dev ## check the protocol around the session machine with spin, in its larger forms
	@node tests/model/model.mjs --full && node tests/model/model.mjs --table && \
	  node tests/model/model.mjs --mutants

SEEDS ?= 100000
card-testing: setup ## simulated card-testing attacks beside an honest crowd, and what the work costs a phone
	@tools/build dev card_testing obolus && build/dev/tests/card_testing/card_testing
	@OBOLUS_BIN=build/dev/src/main/obolus node tests/card_testing/real.mjs
	@node tests/card_testing/work.mjs

simulate: setup ## use cases and relay in a world that fails by seed; SEEDS=100000
	@tools/build dev simulate && build/dev/tests/simulation/simulate --seeds $(SEEDS)

.PHONY: smuggling slow-http http2-bench
smuggling: dev ## requests that two programs could read differently, on each listener and behind nginx
	@node tests/http/smuggling.mjs

slow-http: release ## slowhttptest against the shopper listener, while health is measured
	@OBOLUS_BUILD=build/release node tests/http/slow.mjs

http2-bench: release ## GET /sessions/{key} by HTTP/1.1 and by HTTP/2
	@OBOLUS_BUILD=build/release node tests/http/bench.mjs

load-programs: setup
	@cmake --preset release >/dev/null && tools/build release obolus load_driver

backlog: load-programs ## 50,000 events while the bridge is away, and its return
	@node tests/load/backlog.mjs --build build/release

key-rotation: load-programs ## 20 rotations of every kind of key while shoppers pay
	@node tests/load/rotation.mjs --build build/release

overload: load-programs ## three times as many requests as can be served
	@node tests/load/overload.mjs --build build/release

races: setup ## 100,000 races for a session on SQLite, and as many among three replicas
	@tools/build dev session_races_test postgres_races_test && export OBOLUS_RACES=100000 && \
	  build/dev/tests/races/session_races_test --gtest_filter='*Sqlite*' && \
	  build/dev/tests/races/postgres_races_test

idempotency: release ## 64 clients, 1,000 keys, kill -9 in between
	@OBOLUS_BIN=build/release/src/main/obolus node tests/e2e/idempotency.mjs --keys 1000 --kills 20

mutants: setup ## break the source in known ways; each time a test must turn red
	@node tests/mutants/run.mjs

.PHONY: bad-certificates certificate-rotation tls-scan
bad-certificates: dev ## clients that must not come in, each tried with a certificate of its own
	@node tests/tls/bad_certificates.mjs

certificate-rotation: dev ## certificates, authorities and API keys replaced 20 times under load
	@node tests/tls/rotation.mjs --rotations 20

tls-scan: ## sslscan and testssl.sh, which it installs, against both listeners
	@tools/setup --scan && tools/build dev obolus
	@node tests/tls/scan.mjs

tidy: ## the house rules
	@python3 tools/tidy && python3 tools/tidy_test

format: setup ## rewrite C++ files with clang-format
	@tools/format --fix

lint: dev ## clang-tidy over src/ and sandbox/
	@tools/lint build/dev

asan: setup ## every test under AddressSanitizer and UndefinedBehaviorSanitizer
	@tools/build asan && ctest --test-dir build/asan --output-on-failure -j2

.PHONY: canary canary-leaks wiping
canary: dev ## cards that exist nowhere else, everywhere; then all that was kept is searched
	@node tests/canary/sweep.mjs

canary-leaks: dev ## fourteen ways to leak a card: each must be found
	@node tests/canary/leaks.mjs

wiping: dev release ## 1,000 cards, and the memory of obolus a second later
	@node tests/canary/wiping.mjs --sessions 1000 --build build/release

SECONDS ?= 60
.PHONY: fuzz
fuzz: setup ## each parser under libFuzzer and sanitizers: a table; SECONDS=60
	@tools/build asan fuzz && node tests/fuzz/fuzz.mjs --seconds $(SECONDS)

tsan: setup ## every test under ThreadSanitizer
	@tools/build tsan && ctest --test-dir build/tsan --output-on-failure -j2

docs: dev ## write docs/session-states.md from the transition table
	@build/dev/src/main/obolus states >docs/session-states.md

clean: ## remove what was built and what the demo wrote
	rm -rf build .demo web/dist
