"""The files that the rules look at, as path -> text, and what a rule says when it is broken.

A Tree is plain data, so that tools/tidy_test can feed rules a made-up one. Every rule is a function
that takes a Tree and yields Faults.
"""

import os
import re
import subprocess
from dataclasses import dataclass, field

CPP = (".cpp", ".h")
SCRIPT = (".ts", ".mjs", ".js")


@dataclass(frozen=True)
class Fault:
    rule: str
    path: str
    line: int
    message: str

    def __str__(self):
        return f"{self.path}:{self.line}: [{self.rule}] {self.message}"


@dataclass
class Tree:
    files: dict = field(default_factory=dict)

    def matching(self, *endings, under=""):
        for path, text in sorted(self.files.items()):
            if path.startswith(under) and path.endswith(tuple(endings)):
                yield path, text

    def code(self):
        """Everything that people write as code: by ending, or by its #! line."""
        endings = CPP + SCRIPT + (".py", ".cmake", ".css", ".sql", ".toml", "CMakeLists.txt")
        for path, text in sorted(self.files.items()):
            if path.endswith(endings) or text.startswith("#!"):
                yield path, text


def read_checkout(root):
    """Tracked files and new ones that .gitignore does not cover; binary ones read as empty."""
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root, check=True, capture_output=True).stdout.decode().split("\0")
    files = {}
    for name in filter(None, names):
        path = os.path.join(root, name)
        if not os.path.isfile(path):
            continue
        with open(path, "rb") as handle:
            data = handle.read()
        files[name] = "" if b"\0" in data else data.decode("utf-8", errors="replace")
    return Tree(files)


def lines_of(text):
    return enumerate(text.splitlines(), start=1)


_CPP_TOKEN = re.compile(
    r'R"(?P<tag>[^()\\\s]{0,16})\(.*?\)(?P=tag)"'
    r'|//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9A-Za-z_])'(?:\\.|[^'\\\n])+'", re.S)
_SCRIPT_TOKEN = re.compile(
    r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|`(?:\\.|[^`\\])*`'
    r'|(?<=[(,=:\[!&|?{};\n])\s*/(?![/*])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n])+/[a-z]*', re.S)


def blank_text(path, text):
    """The code with strings and comments blanked out, line numbers kept."""
    token = _SCRIPT_TOKEN if path.endswith(SCRIPT) else _CPP_TOKEN

    def blank(match):
        return re.sub(r"[^\n]", " ", match.group())

    return token.sub(blank, text)
