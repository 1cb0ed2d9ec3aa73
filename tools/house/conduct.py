"""What must not be in the tree: skipped tests, leftovers, secrets, this machine; and dead links."""

import posixpath
import re

from .tree import CPP, SCRIPT, Fault, lines_of

# The source that has no test of its own beside it -> where it is tested, or why not.
TESTED_ELSEWHERE = {
    "src/app/commit_decision.cpp": "src/app: the tests of every use case that decides",
    "src/app/forward_limits.cpp": "src/app/forward_card_test.cpp",
    "src/main/card_parts.cpp": "tests/component: forward, guardian",
    "src/net/http_transfer.cpp": "src/net/http_client_test.cpp",
    "src/storage/memory_deletions.cpp": "tests/contract/store_deletions_test.cpp",
    "src/storage/postgres_deletions.cpp": "tests/contract/store_deletions_test.cpp",
    "src/storage/sqlite_deletions.cpp": "tests/contract/store_deletions_test.cpp",
    "src/app/ports/store.cpp": "tests/component/relay.test.mjs reads the names over HTTP",
    "src/app/ports/keychain.cpp": "src/http/key_routes_test.cpp reads the names",
    "src/main/crypto_inventory.cpp": "tests/component/crypto_inventory.test.mjs",
    "src/main/keys_command.cpp": "tests/component/key_rotation.test.mjs",
    "src/main/keys_config.cpp": "src/main/config_keys_test.cpp sets them, keys_test.cpp uses them",
    "src/main/live_keys.cpp": "tests/component/key_rotation.test.mjs, tests/load/rotation.mjs",
    "src/storage/memory_cards.cpp": "tests/contract: one suite for every store",
    "src/storage/postgres_cards.cpp": "tests/contract: one suite for every store",
    "src/vault/key_ring_text.cpp": "src/vault/key_ring_test.cpp reads and writes rings",
    "src/base/check.cpp": "ends the process; src/base/result_test.cpp has its death test",
    "src/cli/operator_client.cpp": "tests/component: relay and lifecycle run the commands",
    "src/cli/page_fetch.cpp": "src/cli/page_watch_test.cpp fetches with it",
    "src/domain/challenge.cpp": "tests/component/challenge.test.mjs",
    "src/domain/event.cpp": "src/domain/session_machine_test.cpp prints the table",
    "src/domain/session_transitions.cpp": "src/domain/session_machine_test.cpp walks every row",
    "src/http/api_key_ring.cpp": "src/http/middleware_test.cpp",
    "src/http/challenge_routes.cpp": "tests/component/challenge.test.mjs",
    "src/http/commerce_routes.cpp": "tests/component: open_session, bad_requests, idempotency",
    "src/app/audit_head.cpp": "src/storage/audit_recovery_test.cpp reads and writes it",
    "src/cli/audit_files.cpp": "src/cli/audit_test.cpp reads with it",
    "src/main/audit_commands.cpp": "tests/component/audit.test.mjs",
    "src/main/audit_note.cpp": "tests/component/audit.test.mjs",
    "src/storage/audit_file.cpp": "src/storage/file_audit_log_test.cpp writes with it",
    "src/http/cors.cpp": "tests/component/open_session.test.mjs",
    "src/http/operator_routes.cpp": "tests/component: relay and lifecycle",
    "src/http/page_routes.cpp": "tests/component/contracts.test.mjs, tests/e2e/check.mjs",
    "src/http/session_stream.cpp": "tests/component/stream.test.mjs",
    "src/http/shopper_routes.cpp": "tests/component/card_entry.test.mjs",
    "src/main/access_config.cpp": "src/main/config_keys_test.cpp, tests/component: api_keys",
    "src/main/api_key_commands.cpp": "tests/component/api_keys.test.mjs",
    "src/main/certificates.cpp": "tests/component/certificates.test.mjs",
    "src/main/check.cpp": "tests/component/lifecycle.test.mjs",
    "src/main/config_values.cpp": "src/main/config_test.cpp",
    "src/main/landlock.cpp": "tests/hardening/probe.test.mjs",
    "src/main/listeners.cpp": "tests/component: access, lifecycle",
    "src/main/main.cpp": "tests/component starts the program",
    "src/main/relay_metrics.cpp": "tests/component/relay.test.mjs",
    "src/main/sandbox.cpp": "tests/hardening: probe and sandbox",
    "src/main/serve.cpp": "tests/component/lifecycle.test.mjs",
    "src/main/store_config.cpp": "src/main/config_test.cpp, tests/component: lifecycle, postgres",
    "src/main/syscall_filter.cpp": "tests/hardening/probe.test.mjs",
    "src/main/tls_reloads.cpp": "tests/component/certificates.test.mjs",
    "src/main/wiring.cpp": "tests/component starts all of it",
    "src/net/answer_sink.cpp": "src/net/http_server_test.cpp and http_limits_test.cpp",
    "src/net/http2_connection.cpp": "tests/http: http2 and floods",
    "src/net/http2_library.cpp": "tests/http: http2 and floods",
    "src/net/http2_request.cpp": "tests/http/http2.test.mjs has the malformed ones",
    "src/net/http2_session.cpp": "tests/http: http2 and floods",
    "src/net/http2_stream.cpp": "tests/http: http2 and floods",
    "src/net/http_connection_end.cpp": "src/net/http_server_test.cpp and response_stream_test.cpp",
    "src/net/certificate_rules.cpp": "tests/tls/bad_certificates.mjs",
    "src/net/client_certificate_check.cpp": "tests/tls/bad_certificates.mjs, tls_renewal_test.cpp",
    "src/net/client_identity.cpp": "src/net/tls_test.cpp",
    "src/net/http_connection.cpp": "src/net/http_server_test.cpp and http_limits_test.cpp",
    "src/net/handshake_fault.cpp": "src/main/handshake_watch_test.cpp",
    "src/net/http_connection_trust.cpp": "src/net/tls_renewal_test.cpp",
    "src/net/http_message.cpp": "src/net/response_head_test.cpp",
    "src/net/inbox.cpp": "src/net/engine_test.cpp and http_server_test.cpp",
    "src/net/key_permissions.cpp": "src/net/tls_test.cpp, certificate_facts_test.cpp",
    "src/net/lane.cpp": "src/net/http_server_test.cpp and http_limits_test.cpp",
    "src/net/tls_context.cpp": "src/net/tls_test.cpp",
    "src/main/failing_memory.cpp": "src/main/fault_plan_test.cpp",
    "src/storage/faults/disk.cpp": "tests/faults: every power cut goes through it",
    "src/storage/faults/disk_errors.cpp": "tests/faults/disk.test.mjs",
    "src/storage/faults/power_loss.cpp": "tests/faults/campaign.mjs finds what it loses",
    "src/storage/job_queue.cpp": "tests/contract: full, closed and drained queues",
    "src/storage/memory_store.cpp": "tests/contract",
    "src/storage/memory_tables.cpp": "tests/contract",
    "src/storage/memory_transaction.cpp": "tests/contract",
    "src/storage/migrations.cpp": "src/storage: sqlite_store_test and postgres_migrations_test",
    "src/storage/postgres_connection.cpp": "tests/contract and src/storage/postgres_store_test.cpp",
    "src/storage/postgres_events.cpp": "tests/contract",
    "src/storage/postgres_purge.cpp": "tests/contract",
    "src/storage/postgres_link.cpp": "src/storage/postgres_store_test.cpp",
    "src/storage/postgres_listener.cpp": "src/storage/postgres_store_test.cpp",
    "src/storage/postgres_reader.cpp": "tests/contract and src/storage/postgres_store_test.cpp",
    "src/storage/postgres_rows.cpp": "tests/contract",
    "src/storage/postgres_transaction.cpp": "tests/contract",
    "src/storage/postgres_writer.cpp": "tests/contract and src/storage/postgres_store_test.cpp",
    "src/storage/session_document.cpp": "src/storage/row_mapping_test.cpp and tests/contract",
    "src/storage/sqlite_database.cpp": "src/storage/sqlite_store_test.cpp",
    "src/storage/sqlite_events.cpp": "tests/contract",
    "src/storage/sqlite_purge.cpp": "tests/contract",
    "src/storage/sqlite_transaction.cpp": "tests/contract",
    "src/storage/sqlite_writer.cpp": "tests/contract and src/storage/sqlite_store_test.cpp",
}

_SKIPPED = re.compile(
    r"\bDISABLED_\w|\bGTEST_SKIP\b|\b(?:it|test|describe|suite)\.(?:skip|only|todo)\b"
    r"|\bskip:\s*true\b|\bDISABLED\s+TRUE\b|unittest\.skip|@skip\b")
_LEFTOVER = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b")
_MACHINE = re.compile(r"(?<![\w.~-])/(?:work|home|root|Users)/\w|(?<![\w.])/root\b(?!/?[<{])")
_KEY = re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE[ ]KEY-----"
                  r"(?:\\n|\s|\")+[A-Za-z0-9+/=]{16,}")
_REGISTRY = re.compile(r'"resolved"\s*:\s*"https?:|^\s*@?[\w:-]*registry\s*=\s*https?:', re.M)
_LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(([^)\s]+)\)|!\[[^\]\n]*\]\(([^)\s]+)\)")
_OWN_FOLDER = "tools/house/", "tools/tidy"  # the rules name what they forbid


def _others(tree):
    for path, text in sorted(tree.files.items()):
        if not path.startswith(_OWN_FOLDER):
            yield path, text


def _line_at(text, position):
    return text.count("\n", 0, position) + 1


def check_skipped(tree):
    for path, text in _others(tree):
        if path.endswith(CPP + SCRIPT + (".py", "CMakeLists.txt")):
            for match in _SKIPPED.finditer(text):
                yield Fault("skipped", path, _line_at(text, match.start()),
                            f"{match.group()}: a test runs, or it goes")


def check_leftovers(tree):
    for path, text in tree.code():
        if path.startswith(_OWN_FOLDER):
            continue
        for match in _LEFTOVER.finditer(text):
            yield Fault("leftovers", path, _line_at(text, match.start()),
                        f"{match.group()}: do it, or file an issue")


def check_machine(tree):
    for path, text in _others(tree):
        if path.endswith(("LICENSE",)):
            continue
        for match in _MACHINE.finditer(text):
            yield Fault("machine", path, _line_at(text, match.start()),
                        f"{match.group()}… is a path of one machine")


def check_secrets(tree):
    for path, text in sorted(tree.files.items()):
        for match in _KEY.finditer(text):
            yield Fault("secrets", path, _line_at(text, match.start()),
                        "a private key; make keys when a program or test starts")


def check_registry(tree):
    for path, text in _others(tree):
        for match in _REGISTRY.finditer(text):
            yield Fault("registry", path, _line_at(text, match.start()),
                        "a registry's address; with .npmrc, npm install leaves it out")


def check_clock(tree):
    for path, text in tree.matching(*CPP):
        if path == "src/base/clock.cpp" or path.startswith("bench/"):
            continue
        for number, line in lines_of(text):
            if "system_clock::now" in line:
                yield Fault("clock", path, number, "time is passed in: take a base::Clock&")


def check_tested(tree):
    for path, _ in tree.matching(".cpp", under="src/"):
        if path.endswith("_test.cpp"):
            continue
        if path[:-len(".cpp")] + "_test.cpp" not in tree.files and path not in TESTED_ELSEWHERE:
            yield Fault("tested", path, 1, "has no test beside it, nor is it in TESTED_ELSEWHERE")
    for path in TESTED_ELSEWHERE:
        if tree.files and path not in tree.files:
            yield Fault("tested", path, 1, "is in TESTED_ELSEWHERE but no longer in the tree")


def check_markdown(tree):
    folders = {posixpath.dirname(path) for path in tree.files}
    for folder in list(folders):
        while folder:
            folders.add(folder)
            folder = posixpath.dirname(folder)
    for path, text in tree.matching(".md"):
        prose = re.sub(r"```.*?```|`[^`\n]*`", lambda m: re.sub(r"[^\n]", " ", m.group()), text,
                       flags=re.S)
        for match in _LINK.finditer(prose):
            target = match.group(1) or match.group(2)
            if re.match(r"[a-z]+:", target):
                continue
            file, _, anchor = target.partition("#")
            folder = posixpath.dirname(path)
            where = posixpath.normpath(posixpath.join(folder, file)) if file else path
            line = _line_at(text, match.start())
            if where not in tree.files and where not in folders:
                yield Fault("markdown", path, line, f"{target}: there is no such file")
            elif anchor and where.endswith(".md") and anchor not in _anchors(tree.files[where]):
                yield Fault("markdown", path, line, f"{target}: there is no such heading")


def _anchors(text):
    for heading in re.findall(r"^#{1,6}\s+(.*?)\s*$", text, re.M):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


RULES = [check_skipped, check_leftovers, check_machine, check_secrets, check_registry, check_clock,
         check_tested, check_markdown]
