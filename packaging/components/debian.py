"""Debian packages behind files of this machine: names, versions, licences, what links what."""

import collections
import os
import re
import subprocess

Package = collections.namedtuple("Package", "name version architecture source source_version")


def _run(*command, check=True):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if check and done.returncode != 0:
        raise SystemExit(f"{' '.join(command[:3])}: {done.stderr.strip()}")
    return done.stdout


def owners_of(paths):
    """{path: package name}; dpkg knows files by the name they had before /lib became /usr/lib."""
    spellings = {}
    for path in paths:
        real = os.path.realpath(path)
        for name in {path, real, real.removeprefix("/usr"), "/usr" + real}:
            spellings.setdefault(name, path)
    owners, names = {}, sorted(spellings)
    for start in range(0, len(names), 500):
        out = _run("dpkg", "-S", *names[start:start + 500], check=False)
        for line in out.splitlines():
            if line.startswith("diversion ") or ": " not in line:
                continue
            package, path = line.split(": ", 1)
            if path in spellings:
                owners[spellings[path]] = package.split(",")[0].split(":")[0]
    return owners


def packages(names):
    form = "${Package}\t${Version}\t${Architecture}\t${source:Package}\t${source:Version}\n"
    out = _run("dpkg-query", "-W", f"-f={form}", *sorted(names)) if names else ""
    return {line.split("\t")[0]: Package(*line.split("\t")) for line in out.splitlines()}


def shared_libraries(program):
    """Absolute paths of every library that the loader would map for `program`."""
    out = _run("ldd", program)
    return sorted(set(re.findall(r"(?:=> )?(/\S+) \(0x", out)))


def needed(file):
    """The libraries that this file itself asks for."""
    return re.findall(r"\(NEEDED\)\s+Shared library: \[([^\]]+)\]", _run("readelf", "-dW", file))


def build_id(file):
    found = re.search(r"Build ID: ([0-9a-f]+)", _run("readelf", "-nW", file))
    return found.group(1) if found else None


def licences(name):
    """SPDX-like names in the package's machine-readable copyright file, best effort."""
    path = f"/usr/share/doc/{name}/copyright"
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read()
    except OSError:
        return []
    if not text.startswith("Format:"):
        return []
    return sorted({found.strip() for found in re.findall(r"^License:[ \t]*(\S.*)$", text, re.M)})
