"""How code looks: sizes, opening comments, names, and sources that CMake knows."""

import posixpath
import re

from .tree import CPP, SCRIPT, Fault, blank_text, lines_of

MAX_COLUMNS = 100
MAX_FUNCTION_LINES = 70
MAX_FILE_LINES = 400
SENTENCES = range(2, 7)

_BAD_NAME = re.compile(r"(Manager|Helper|Utils?|Common)(?![a-z])")
_BAD_FILE = re.compile(r"(^|_)(manager|helpers?|utils?|common)(_|$)")
_TYPE = re.compile(r"\b(?:class|struct|enum(?:\s+class)?|interface|using|type)\s+([A-Za-z_]\w*)")
_BANNER = re.compile(r"^\s*(//|#|\*)\s*([-=*#~_])\2{9,}")


def check_columns(tree):
    for path, text in tree.code():
        for number, line in lines_of(text):
            if len(line) > MAX_COLUMNS and "http" not in line:
                yield Fault("columns", path, number, f"{len(line)} columns; at most {MAX_COLUMNS}")


def check_file_lines(tree):
    for path, text in tree.code():
        count = len(text.splitlines())
        if count > MAX_FILE_LINES:
            yield Fault("file-lines", path, count, f"{count} lines; at most {MAX_FILE_LINES}")


def check_function_lines(tree):
    for path, text in tree.matching(*CPP, *SCRIPT):
        for first, last, name in functions_of(blank_text(path, text)):
            if last - first + 1 > MAX_FUNCTION_LINES:
                yield Fault("function-lines", path, first,
                            f"{name} has {last - first + 1} lines; at most {MAX_FUNCTION_LINES}")


_NOT_A_FUNCTION = re.compile(
    r"^\s*(?:export\s+)?(?:namespace|class|struct|enum|union|extern|if|else|for|while|switch|catch"
    r"|do|try|interface|type|import)\b|\bdescribe\(")


def functions_of(code):
    """(first line, last line, name) of every braced body whose head has parentheses."""
    stack, line, head = [], 1, ""
    for char in code:
        if char == "{":
            stack.append((line, head.strip()))
            head = ""
        elif char == "}":
            if not stack:
                return
            first, opening = stack.pop()
            if ")" in opening and not _NOT_A_FUNCTION.search(opening):
                name = re.search(r"([\w:~]+)\s*\(", opening)
                yield first, line, name.group(1) if name else "a function"
            head = ""
        elif char == ";" and head.count("(") <= head.count(")"):
            head = ""
        else:
            head += char
        if char == "\n":
            line += 1


def check_header_comment(tree):
    for path, text in tree.matching(".h"):
        opening = []
        for line in text.splitlines():
            if not line.startswith("//"):
                break
            opening.append(line[2:].strip())
        count = sentences_in(" ".join(opening))
        if count not in SENTENCES:
            yield Fault("header-comment", path, 1,
                        f"opens with {count} sentences; 2 to 6: what, why, who calls, which thread")
        if "#pragma once" not in text:
            yield Fault("header-comment", path, 1, "has no #pragma once")


def sentences_in(text):
    text = re.sub(r"https?://\S+|`[^`]*`", "x", text)
    text = re.sub(r"\b(e\.g|i\.e|etc|vs|cf|no|No)\.", "x", text)
    return len(re.findall(r"[.!?:]?[.!?]['\")]*(?=\s|$)", text))


def check_names(tree):
    for path, text in tree.matching(*CPP, ".ts", ".mjs", ".py"):
        stem = posixpath.basename(path).split(".")[0]
        if _BAD_FILE.search(stem):
            yield Fault("names", path, 1, f"{stem}: say what it does, not that it is of use")
        for number, line in lines_of(blank_text(path, text)):
            for name in _TYPE.findall(line):
                if _BAD_NAME.search(name):
                    yield Fault("names", path, number, f"{name}: say what it does")


def check_banners(tree):
    for path, text in tree.code():
        for number, line in lines_of(text):
            if _BANNER.match(line):
                yield Fault("banners", path, number, "no banner of signs; a heading is a file")


def check_sources(tree):
    """Sources are listed by hand, so a file that no list names is neither built nor tested."""
    for path, _ in tree.matching(".cpp"):
        folder, name = posixpath.split(path)
        listed, inner = False, name
        while not listed:
            lists = tree.files.get(posixpath.join(folder, "CMakeLists.txt"), "")
            listed = re.search(rf"(?<![\w/.]){re.escape(inner)}(?![\w.])", lists) is not None
            if not folder:
                break
            folder, last = posixpath.split(folder)
            inner = posixpath.join(last, inner)
        if not listed:
            yield Fault("sources", path, 1, "no CMakeLists.txt names it")


RULES = [check_columns, check_file_lines, check_function_lines, check_header_comment, check_names,
         check_banners, check_sources]
