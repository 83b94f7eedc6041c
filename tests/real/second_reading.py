# SPDX-License-Identifier: GPL-2.0-or-later
"""A second, plain reading of ops-struct initialisers: the ground truth the extraction is held to.

Comments and dead code out, character by character, then every initialiser of the struct by its
braces. No grammar, and no line shared with the code under test.
"""

import re
from collections import Counter
from pathlib import Path

Pairs = Counter[tuple[str, str, str]]
"""(path, object, slot); an array counts as one object, a compound literal has no name."""


def tree_pairs(tree: Path, structs: tuple[str, ...]) -> dict[str, Pairs]:
    """By struct, every pair of every C file below ``tree``."""
    found: dict[str, Pairs] = {struct: Counter() for struct in structs}
    for path in sorted((*tree.rglob("*.c"), *tree.rglob("*.h"))):
        if path.is_symlink() or not path.is_file():
            continue
        raw = path.read_bytes()
        named = [struct for struct in structs if struct.encode() in raw]
        if not named:
            continue
        text = without_directives(without_comments(raw.decode("latin-1")))
        for struct in named:
            found[struct] += file_pairs(str(path.relative_to(tree)), text, struct)
    return found


def without_comments(text: str) -> str:
    out: list[str] = []
    at = 0
    while (token := re.compile(r"//|/\*|\"|'").search(text, at)) is not None:
        out.append(text[at : token.start()])
        if token[0] == "//":
            at = text.find("\n", token.end())
        elif token[0] == "/*":
            at = text.find("*/", token.end()) + 2
            out.append(" " + "\n" * text.count("\n", token.start(), at))
        else:
            at = token.end()
            while text[at : at + 1] not in (token[0], "\n", ""):
                at += 2 if text[at] == "\\" else 1
            at += 1
            out.append(text[token.start() : at])
        if at <= token.start():
            return "".join(out)
    return "".join((*out, text[at:]))


def without_directives(text: str) -> str:
    """No directives, no macro bodies, nothing between ``#if 0`` and its end."""
    kept: list[str] = []
    depth = dead = 0
    for line in text.replace("\\\n", " ").split("\n"):
        found = re.match(r"\s*#\s*(\w+)\s*(.*)", line)
        if found is None:
            if not dead:
                kept.append(line)
        elif found[1].startswith("if"):
            depth += 1
            if not dead and found[2].strip() == "0":
                dead = depth
        elif found[1] == "endif":
            dead = 0 if dead == depth else dead
            depth -= 1
        elif found[1] in ("else", "elif") and dead == depth:
            dead = 0
    return "\n".join(kept)


def _braces(text: str, opening: int) -> str:
    depth = 0
    for at in range(opening, len(text)):
        depth += (text[at] == "{") - (text[at] == "}")
        if depth == 0:
            return text[opening + 1 : at]
    raise AssertionError("a brace is never closed")


def _items(text: str) -> list[str]:
    parts, depth, current = [], 0, ""
    for letter in text:
        depth += (letter in "({[") - (letter in ")}]")
        if letter == "," and depth == 0:
            parts.append(current)
            current = ""
        else:
            current += letter
    return [*parts, current]


def _slots(text: str) -> list[str]:
    found = (re.match(r"\s*\.\s*(\w+)\s*=", item) for item in _items(text))
    return [one[1] for one in found if one]


_CONFIG = re.compile(r"CONFIG_\w+")
_NO_NAME = re.compile(r"__\w*(?:init|const|read|used|cache|refdata|aligned)\w*|const$")


def file_pairs(path: str, text: str, struct: str) -> Pairs:
    """The slots set in one file, by its braces."""
    pairs: Pairs = Counter()
    declaration = rf"\b(?:struct\s+)?{struct}\b([^;{{}}()=]*)(?:\([^;{{}}()=]*\)\s*)?=\s*\{{"
    for found in re.finditer(declaration, text):
        words = re.findall(r"\w+", re.sub(r"\[[^]]*\]", "", found[1]))
        named = [word for word in words if not _NO_NAME.match(word)]
        if not named:
            continue
        body = _braces(text, found.end() - 1)
        bodies = [body]
        if "[" in found[1]:
            entries = [item for item in _items(body) if "{" in item]
            bodies = [entry[entry.index("{") + 1 : entry.rindex("}")] for entry in entries]
        pairs.update((path, named[0], slot) for one in bodies for slot in _slots(one))
    for found in re.finditer(rf"\(\s*(?:const\s+)?(?:struct\s+)?{struct}\s*\)\s*\{{", text):
        body = _braces(text, found.end() - 1)
        pairs.update((path, "", slot) for slot in _slots(body))
    return pairs


def conditions(lines: list[str]) -> list[set[str]]:
    """For each line every CONFIG_ symbol in the conditionals around it."""
    around: list[set[str]] = []
    branches: list[set[str]] = []
    joined = ""
    for line in lines:
        around.append(set().union(*branches))
        joined = f"{joined} {line}"
        if line.endswith("\\"):
            joined = joined[:-1]
            continue
        found = re.match(r"\s*#\s*(if|ifdef|ifndef|elif|else|endif)\b(.*)", joined)
        joined = ""
        if found is None:
            continue
        named = set(_CONFIG.findall(re.sub(r"/\*.*?(\*/|$)|//.*", "", found[2])))
        if found[1] == "endif":
            branches.pop()
        elif found[1].startswith("if"):
            branches.append(named)
        else:
            branches[-1] |= named
    return around
