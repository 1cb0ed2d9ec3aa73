"""What the compiler read and the linker was given for one target of a ninja build."""

import os
import re
import subprocess


def _ninja(build, *arguments):
    done = subprocess.run(["ninja", "-C", build, *arguments], capture_output=True, text=True,
                          check=False)
    if done.returncode != 0:
        said = (done.stderr or done.stdout)[-500:].strip()
        raise SystemExit(f"ninja {' '.join(arguments)} ended with {done.returncode} in {build}: "
                         f"{said}; build it anew")
    return done.stdout


def objects_of(build, target):
    """Object files below a target, through the libraries that it links."""
    commands = _ninja(build, "-t", "commands", target)
    return sorted(set(re.findall(r" -o (\S+\.o)\b", commands)))


def headers_of(build, target):
    """Headers outside this repository that any object of the target was compiled with."""
    wanted, found, inside = set(objects_of(build, target)), set(), False
    for line in _ninja(build, "-t", "deps").splitlines():
        if not line.startswith(" "):
            inside = line.split(":")[0] in wanted
        elif inside and line.strip().startswith("/usr/"):
            found.add(os.path.normpath(line.strip()))
    if not found:
        raise SystemExit(f"{build}: no record of what was compiled; build it first")
    return sorted(found)


def archives_of(build, target):
    """Static libraries outside this repository on the target's link line."""
    commands = _ninja(build, "-t", "commands", target)
    line = commands.strip().splitlines()[-1]
    return sorted(set(re.findall(r"(/usr/\S+\.a)\b", line)))
