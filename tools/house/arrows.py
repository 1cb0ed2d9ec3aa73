"""Who may know whom: includes between rooms, CMake links, owners of library headers."""

import posixpath
import re

from .tree import CPP, Fault, lines_of

# base <- domain <- app <- {http, storage, eventing, vault} <- main, and base <- net <- the adapters
# that speak HTTP. An adapter never knows another one.
ROOMS = {
    "base": set(),
    "net": {"base"},
    "domain": {"base"},
    "app": {"base", "domain"},
    "http": {"base", "domain", "app", "net"},
    "storage": {"base", "domain", "app"},
    "eventing": {"base", "domain", "app", "net"},
    "vault": {"base", "domain", "app", "net"},
    "cli": {"base", "net", "domain", "app"},
    "main": {"base", "net", "domain", "app", "http", "storage", "eventing", "vault", "cli"},
    "sandbox": {"base", "net"},
}
# What tests may use beside what their room knows: the fakes and suites of tests/, and two adapters
# that are better than fakes, the memory store and the embedded vault with its envelope.
TEST_FOLDERS = {"support", "contract"}
TEST_HEADERS = {"storage/memory_store.h", "vault/embedded_vault.h", "vault/jwe_envelope.h"}

# Header (a prefix of the include's path) -> files or folders (ending in "/") that may include it.
OWNERS = {
    "boost/json": ["src/base/json.h", "src/base/json.cpp"],
    "boost/url": ["src/base/url.cpp"],
    "boost/asio": ["src/net/"],
    "boost/beast": ["src/net/"],
    "boost/": ["src/net/"],
    "openssl/": ["src/base/", "src/net/", "tests/support/"],
    "nghttp2/": ["src/net/http2_library.h"],
    "curl/": ["src/net/http_client.cpp", "src/net/http_transfer.h",
              "src/net/http_transfer.cpp"],
    "sqlite3.h": ["src/storage/sqlite_database.h", "src/storage/sqlite_database.cpp",
                  "src/storage/faults/",
                  "bench/minimal_server.cpp"],
    "toml++/": ["src/main/config_values.cpp"],
    "toml.hpp": ["src/main/config_values.cpp"],
    "CLI/": ["src/main/", "src/cli/", "sandbox/main.cpp"],
    "gumbo.h": ["src/cli/html_elements.cpp"],
    "prometheus/": ["src/base/metrics.cpp"],
    "fmt/": ["src/base/"],
    "zlib.h": ["src/http/gzip.cpp", "src/http/gzip_test.cpp", "tests/canary/"],
    "libpq-fe.h": ["src/storage/postgres_connection.cpp", "src/storage/postgres_rows.cpp",
                   "src/storage/postgres_reach.cpp"],
    "p11-kit/": ["src/vault/pkcs11_token.cpp"],
    "seccomp.h": ["src/main/syscall_filter.cpp"],
    "linux/landlock.h": ["src/main/landlock.cpp"],
    "gtest/": ["*_test.cpp", "tests/", "src/main/test_config.h", "src/net/test_server.h"],
    "gmock/": ["*_test.cpp", "tests/"],
    "rapidcheck": ["*_test.cpp", "tests/"],
    "benchmark/": ["bench/"],
}

_INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]')


def room_of(path):
    parts = path.split("/")
    if parts[0] == "src" and len(parts) > 2:
        return parts[1]
    return parts[0] if parts[0] in ("sandbox", "tests") else None


def includes(tree):
    for path, text in tree.matching(*CPP):
        for number, line in lines_of(text):
            match = _INCLUDE.match(line)
            if match:
                yield path, number, match.group(1), match.group(2)


def check_arrows(tree):
    for path, number, bracket, header in includes(tree):
        room, target = room_of(path), header.split("/")[0]
        if bracket != '"' or room not in ROOMS:
            continue
        if target == room or target in ROOMS[room]:
            continue
        for_tests = target in TEST_FOLDERS or target == "tests" or header in TEST_HEADERS
        if for_tests and path.endswith("_test.cpp"):
            continue
        if "/" not in header:
            yield Fault("arrows", path, number, f'say the room: "{room}/{header}"')
        else:
            known = ", ".join(sorted(ROOMS[room])) or "nobody"
            yield Fault("arrows", path, number, f"{room} must not know {target}; it knows {known}")


def check_links(tree):
    """LINKS of obolus_room() follow the same arrows as includes."""
    for path, text in tree.matching("CMakeLists.txt"):
        folder = posixpath.dirname(path)
        room = room_of(path)
        if room not in ROOMS or folder.count("/") > 1:
            continue
        for number, line in _plain_links(text):
            for target in re.findall(r"\bobolus_([a-z]+)\b", line):
                if target in ROOMS and target != room and target not in ROOMS[room]:
                    yield Fault("links", path, number, f"{room} must not link {target}")


_KEYWORDS = {"SOURCES", "LINKS", "TESTS", "TEST_LINKS", "PUBLIC", "PRIVATE", "INTERFACE"}


def _plain_links(text):
    keyword = ""
    for number, line in lines_of(text):
        for word in line.split("#")[0].replace("(", "( ").replace(")", " ) ").split():
            if word in _KEYWORDS:
                keyword = word
            elif word.endswith("(") or word == ")":
                keyword = ""
            elif keyword not in ("", "SOURCES", "TESTS", "TEST_LINKS"):
                yield number, word


def check_owners(tree):
    for path, number, _, header in includes(tree):
        prefix = max((p for p in OWNERS if header.startswith(p)), key=len, default=None)
        if prefix is None or any(_owns(owner, path) for owner in OWNERS[prefix]):
            continue
        owners = ", ".join(OWNERS[prefix])
        yield Fault("owners", path, number, f"<{header}> belongs to {owners}; use that instead")


def _owns(owner, path):
    if owner.startswith("*"):
        return path.endswith(owner[1:])
    return path.startswith(owner) if owner.endswith("/") else path == owner


RULES = [check_arrows, check_links, check_owners]
