# SPDX-License-Identifier: GPL-2.0-or-later
"""The manual page and the shell's completion, both made from the parsers of all commands."""

import argparse
import re
import sys
from collections.abc import Collection, Iterator
from functools import cache

from reviewtool import __version__
from reviewtool.cli.main import COMMANDS, EPILOG, build_parser, common_options

_STATUS = (
    ("0", "fine"),
    ("1", "differences or failed tests, where that is the question asked"),
    ("2", "the request or its input is wrong; one line says what, where and how to mend it"),
    ("130", "interrupted; what was finished is kept"),
)
_EXAMPLES = (
    ("reviewtool fetch 20251130111812.699259-1-rppt@kernel.org", "every revision, replies too"),
    ("reviewtool fetch --from v1.mbox v2.mbox", "from what b4 or mutt saved"),
    ("reviewtool diff v2 v3", "patches, interface, behaviour"),
    ("reviewtool report v3 | less", "a reply, to be edited"),
    ("reviewtool ci --branch origin/main..HEAD --fail-on warn", "in a job"),
)
_ENVIRONMENT = (
    ("REVIEWTOOL_STUDY", "the study, where --study names none"),
    ("REVIEWTOOL_TREE", "the kernel tree, where --tree names none"),
    ("REVIEWTOOL_CACHE", "the cache folder, else below XDG_CACHE_HOME"),
    ("REVIEWTOOL_DATA", "where mail and studies are kept, else below XDG_DATA_HOME"),
)


@cache
def parsers() -> dict[str, argparse.ArgumentParser]:
    """The parser of every command, with its arguments."""
    return {name: _command(build_parser(name), name) for name in COMMANDS}


def _command(parser: argparse.ArgumentParser, name: str) -> argparse.ArgumentParser:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            found: argparse.ArgumentParser = action.choices[name]
            return found
    raise LookupError(name)


def manual() -> str:
    """reviewtool(1) in man(7)."""
    lines = [
        f'.TH REVIEWTOOL 1 "" "reviewtool {__version__}" "User Commands"',
        ".SH NAME",
        r"reviewtool \- what changed between two revisions of a kernel patch series",
        ".SH SYNOPSIS",
        ".B reviewtool",
        r".I COMMAND",
        r"[\fIOPTIONS\fR] [\fIREV\fR ...]",
        ".SH DESCRIPTION",
        _roff(build_parser(None).description or ""),
        ".PP",
        _roff(" ".join(EPILOG.split())),
        ".SH COMMANDS",
    ]
    for name, parser in parsers().items():
        lines += _about(name, parser)
    lines += [".SH OPTIONS OF EVERY COMMAND", *_options(_common())]
    lines += [".SH EXAMPLES", *_listed(_EXAMPLES)]
    lines += [".SH EXIT STATUS", *_listed(_STATUS), ".SH ENVIRONMENT", *_listed(_ENVIRONMENT)]
    lines += [".SH SEE ALSO", r"\fBb4\fR(5), \fBgit-range-diff\fR(1)"]
    return "\n".join(lines) + "\n"


def _about(name: str, parser: argparse.ArgumentParser) -> Iterator[str]:
    usage = re.sub(r"\s+", " ", parser.format_usage()).removeprefix("usage: ").strip()
    yield f".SS {_roff(name)}"
    yield _roff(COMMANDS[name][1][0].upper() + COMMANDS[name][1][1:] + ".")
    yield ".PP"
    yield r"\fI" + _roff(usage) + r"\fR"
    everywhere = {action.dest for action in _common()._actions}
    yield from _options(parser, everywhere)
    if parser.epilog:
        yield ".PP"
        yield _roff(" ".join(parser.epilog.split()))


def _common() -> argparse.ArgumentParser:
    """A parser of what every command takes."""
    parser = argparse.ArgumentParser(prog="reviewtool", add_help=False)
    common_options(parser)
    return parser


def _options(parser: argparse.ArgumentParser, but: Collection[str] = frozenset()) -> Iterator[str]:
    for action in parser._actions:
        if action.dest == "help" or action.dest in but or action.help == argparse.SUPPRESS:
            continue
        yield ".TP"
        yield r"\fB" + _roff(_spelt(action)) + r"\fR"
        yield _roff((action.help or "a revision of the study") % _words(action, parser))


def _words(action: argparse.Action, parser: argparse.ArgumentParser) -> dict[str, object]:
    return {**vars(action), "prog": parser.prog}


def _spelt(action: argparse.Action) -> str:
    if not action.option_strings:
        return str(action.metavar or action.dest)
    value = ""
    if action.nargs != 0:
        choices = "|".join(map(str, action.choices)) if action.choices else ""
        value = f" {action.metavar or choices or action.dest.upper()}"
    return ", ".join(action.option_strings) + value


def _listed(rows: tuple[tuple[str, str], ...]) -> Iterator[str]:
    for name, told in rows:
        yield ".TP"
        yield rf"\fB{_roff(name)}\fR"
        yield _roff(told)


def _roff(text: str) -> str:
    """Text as text: no line of it is a request, no backslash an escape, hyphens are hyphens."""
    escaped = text.replace("\\", r"\e").replace("-", r"\-")
    return rf"\&{escaped}" if escaped[:1] in (".", "'") else escaped


def completion() -> str:
    """For bash, and for zsh after bashcompinit: commands, options, revisions, then files."""
    lines = [
        "# bash completion of reviewtool; zsh: autoload -U bashcompinit && bashcompinit first",
        "_reviewtool() {",
        '\tlocal word=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]} before="" options=""',
        '\t[ "$COMP_CWORD" -gt 0 ] && before=${COMP_WORDS[COMP_CWORD-1]}',
        '\tif [ "$COMP_CWORD" -eq 1 ]; then',
        f"\t\tCOMPREPLY=($(compgen -W '{' '.join(COMMANDS)} --help --version' -- \"$word\"))",
        "\t\treturn",
        "\tfi",
        "\tlocal study=() at; for ((at = 2; at < COMP_CWORD; at++)); do",
        '\t\t[ "${COMP_WORDS[at-1]}" = --study ] && study=(--study "${COMP_WORDS[at]}")',
        "\tdone",
        '\tcase "$command $before" in',
    ]
    every = parsers()
    for name, parser in every.items():
        for action in parser._actions:
            if action.choices and action.option_strings:
                patterns = "|".join(f'"{name} {option}"' for option in action.option_strings)
                words = " ".join(map(str, action.choices))
                lines.append(f"\t{patterns})")
                lines.append(f"\t\tCOMPREPLY=($(compgen -W '{words}' -- \"$word\")); return ;;")
            elif action.choices:  # a word that comes first, as in kernel build REV
                words = " ".join(map(str, action.choices))
                lines.append(f'\t"{name} {name}")')
                lines.append(f"\t\tCOMPREPLY=($(compgen -W '{words}' -- \"$word\")); return ;;")
            elif action.metavar in ("FILE", "PATH", "PLACE", "TREE"):
                patterns = "|".join(f'"{name} {option}"' for option in action.option_strings)
                lines.append(f'\t{patterns}) COMPREPLY=($(compgen -f -- "$word")); return ;;')
    lines.append('\t"schema schema")')
    lines.append('\t\tCOMPREPLY=($(compgen -W "$(reviewtool schema)" -- "$word")); return ;;')
    lines += ["\tesac", '\tcase "$command" in']
    for name, parser in every.items():
        options = [option for action in parser._actions for option in action.option_strings]
        lines.append(f"\t{name}) options='{' '.join(options)}' ;;")
    lines += [
        "\tesac",
        '\tif [ "${word#-}" != "$word" ]; then',
        '\t\tCOMPREPLY=($(compgen -W "$options" -- "$word"))',
        "\telse",
        '\t\tCOMPREPLY=($(compgen -W "$(reviewtool log "${study[@]}" --quiet 2>/dev/null |',
        '\t\t\tawk \'NR > 4 && !NF { exit } NR > 4 { print $1 }\')" -- "$word")',
        '\t\t\t$(compgen -f -- "$word"))',
        "\tfi",
        "}",
        "complete -F _reviewtool reviewtool",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """``python -m reviewtool.cli.manual man|completion``: print one of the two."""
    made = {"man": manual, "completion": completion}
    wanted = sys.argv[1] if len(sys.argv) == 2 else ""
    if wanted not in made:
        sys.exit(f"usage: python -m reviewtool.cli.manual {'|'.join(made)}")
    sys.stdout.write(made[wanted]())


if __name__ == "__main__":
    main()
