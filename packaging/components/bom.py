"""Puts the parts together as one CycloneDX 1.6 document (ECMA-424)."""

import datetime
import hashlib
import json
import os
import platform
import re
import subprocess
import uuid

from . import compiled, debian, npm

TARGET = "src/main/obolus"
# Of the compiler and linker: they leave code of theirs, or decide about ours.
TOOLS = ("clang-19", "mold", "cmake", "nodejs")


def _git(*arguments):
    done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def _time():
    epoch = os.environ.get("SOURCE_DATE_EPOCH") or _git("log", "-1", "--format=%ct") or "0"
    moment = datetime.datetime.fromtimestamp(int(epoch), datetime.timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def version():
    with open("CMakeLists.txt", encoding="utf-8") as file:
        return re.search(r"project\(obolus VERSION ([0-9.]+)", file.read()).group(1)


def _purl(package):
    encoded = package.version.replace("+", "%2B").replace(":", "%3A")
    return (f"pkg:deb/debian/{package.name.replace('+', '%2B')}@{encoded}"
            f"?arch={package.architecture}&distro=debian-12")


def _component(package, uses, scope, files=()):
    names = debian.licences(package.name)
    return {
        "type": "application" if scope == "excluded" else "library",
        "bom-ref": _purl(package),
        "name": package.name,
        "version": package.version,
        "scope": scope,
        **({"hashes": [{"alg": "SHA-256", "content": _sha256(files[0])}]}
           if len(files) == 1 else {}),
        **({"licenses": [{"license": {"name": name}} for name in names]} if names else {}),
        "purl": _purl(package),
        "properties": [{"name": "obolus:use", "value": use} for use in sorted(uses)]
        + [{"name": "debian:source", "value": f"{package.source} {package.source_version}"}]
        + [{"name": "obolus:file", "value": os.path.realpath(file)} for file in files],
    }


def _uses(build, program):
    """{package name: set of uses}, {package name: [library files]}, {library file: package name}"""
    libraries = debian.shared_libraries(program)
    archives = compiled.archives_of(build, TARGET)
    headers = compiled.headers_of(build, TARGET)
    owners = debian.owners_of([*libraries, *archives, *headers])
    lost = [path for path in [*libraries, *archives] if path not in owners]
    if lost:
        raise SystemExit(f"no Debian package owns {', '.join(lost)}")
    uses, files = {}, {}
    for use, paths in (("shared", libraries), ("static", archives), ("headers", headers)):
        for path in paths:
            if path not in owners:
                continue
            uses.setdefault(owners[path], set()).add(use)
            if use != "headers":
                files.setdefault(owners[path], []).append(path)
    return uses, files, {path: owners[path] for path in libraries}


def _dependencies(program, own_ref, refs, uses, library_owner):
    """Who needs whom, from the NEEDED entries of each file; what is compiled in is obolus's own."""
    by_name = {os.path.basename(path): owner for path, owner in library_owner.items()}
    edges = {ref: set() for ref in refs.values()}
    edges[own_ref] = {refs[name] for name, kinds in uses.items() if kinds - {"shared"}}
    for path, owner in [(program, None), *library_owner.items()]:
        source = own_ref if owner is None else refs[owner]
        for name in debian.needed(path):
            if name in by_name and refs[by_name[name]] != source:
                edges[source].add(refs[by_name[name]])
    return [{"ref": ref, "dependsOn": sorted(edges[ref])} for ref in sorted(edges)]


def document(build, program=None):
    """`program`: the file that is shipped, when it is not the one that the linker made."""
    program = program or os.path.join(build, TARGET)
    uses, files, library_owner = _uses(build, program)
    known = debian.packages(uses)
    refs = {name: _purl(package) for name, package in known.items()}
    parts = [_component(known[name], uses[name], "required", files.get(name, ()))
             for name in sorted(uses)]
    tools = debian.packages([tool for tool in TOOLS if os.path.exists(f"/usr/share/doc/{tool}")])
    parts += [_component(tools[name], {"build"}, "excluded") for name in sorted(tools)]
    number = version()
    own_ref = f"pkg:generic/obolus@{number}"
    own = {
        "type": "application", "bom-ref": own_ref, "name": "obolus", "version": number,
        "purl": own_ref, "licenses": [{"license": {"id": "Apache-2.0"}}],
        "hashes": [{"alg": "SHA-256", "content": _sha256(program)}],
        "properties": [
            {"name": "obolus:architecture", "value": platform.machine()},
            {"name": "obolus:build-id", "value": debian.build_id(program) or "none"},
            {"name": "obolus:git-revision", "value": _git("rev-parse", "HEAD") or "unknown"},
        ],
    }
    body = {"components": parts + npm.components(),
            "dependencies": _dependencies(program, own_ref, refs, uses, library_owner)}
    seed = json.dumps([own, body], sort_keys=True)
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX", "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, seed)}",
        "version": 1,
        "metadata": {"timestamp": _time(), "lifecycles": [{"phase": "build"}], "component": own},
        **body,
    }


def write(build, program=None):
    made = document(build, program)
    count = {scope: sum(part["scope"] == scope for part in made["components"])
             for scope in ("required", "excluded")}
    return (json.dumps(made, indent=1, ensure_ascii=False) + "\n",
            f"CycloneDX {made['specVersion']}, {count['required']} components in the program, "
            f"{count['excluded']} that only build it")
