# SPDX-License-Identifier: GPL-2.0-or-later
"""The command line as a whole: help, statuses, one line for a wrong request."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from reviewtool.cli.main import COMMANDS, main

HEAVY = {
    "aalpy",
    "b4",
    "concurrent.futures",
    "email",
    "git",
    "jinja2",
    "liblore",
    "lizard",
    "msgspec",
    "platformdirs",
    "pydriller",
    "refmodel",
    "rich",
    "sqlite3",
    "textual",
    "tomlkit",
    "tree_sitter",
    "unidiff",
}


def reviewtool(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "reviewtool", *words], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert f"reviewtool {command}" in capsys.readouterr().out


def test_no_commands_help_loads_anything_heavy() -> None:
    """--help and completion take a tenth of a second because of this: a command's module loads at
    its top what its arguments need, and what answers the question where it is asked."""
    code = (
        "import sys; from reviewtool.cli.main import COMMANDS, build_parser; loaded = set()\n"
        "for command in [None, *COMMANDS]:\n"
        "    build_parser(command)\n"
        f"    heavy = {{*sys.modules}} & {HEAVY!r} - loaded\n"
        "    loaded |= heavy\n"
        "    for name in sorted(heavy): print(command, 'loads', name)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == []


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["shwo", "v3"], "did you mean show? "),
        (["range"], "did you mean range-diff? "),
        (["Diff", "--help"], "did you mean diff? "),
        (["-q", "shwo", "log"], "did you mean show? "),  # log is a word of it, not the command
        (["--tree", "/linux", "log"], "options stand after the command: "),
        (["xyzzy"], ""),
        ([""], ""),
    ],
    ids=str,
)
def test_an_unknown_command_is_one_line_with_the_nearest(
    words: list[str], meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("reviewtool: no command “")
    assert line.endswith(f"; {meant}see reviewtool --help")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ([], "no command is given; see reviewtool --help"),
        (["-q"], "no command is given; see reviewtool --help"),
        (["cache", "--frob"], "cache: unrecognized arguments: --frob; see reviewtool cache --help"),
        (
            ["--json", "log"],
            (
                "log: unrecognized arguments: --json; "
                "options stand after the command: see reviewtool log --help"
            ),
        ),
        (
            ["diff", "--limit", "x"],
            "diff: argument --limit: invalid int value: 'x'; see reviewtool diff --help",
        ),
        (
            ["ci"],
            "ci: one of the arguments --mbox --branch is required; see reviewtool ci --help",
        ),
    ],
    ids=str,
)
def test_arguments_nobody_understands_are_one_line(
    words: list[str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    assert capsys.readouterr().err == f"reviewtool: {line}\n"


@pytest.mark.parametrize("command", [["demo"], ["ci", "--mbox", "any.mbox"], ["log"]], ids=str)
def test_an_empty_name_is_no_study(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command, "--study", ""]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("reviewtool: --study: no study is named; ")


def test_a_study_of_nothing_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "none.toml").write_text("")
    assert main(["log", "--study", str(tmp_path / "none.toml")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("none.toml: has no revision; fetch a series, or name another")


def test_output_that_has_no_room_blames_no_cache() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "reviewtool", "schema"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("reviewtool: standard output: No space left on device; write it")


def test_a_standard_output_that_is_closed_is_one_line() -> None:
    done = subprocess.run(
        ["sh", "-c", 'exec "$0" -m reviewtool schema >&-', sys.executable],
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("reviewtool: standard output: is closed; ")


def test_a_wrong_request_is_one_line_and_status_2(tmp_path: Path) -> None:
    done = reviewtool("log", "--study", str(tmp_path / "none.toml"))
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert str(tmp_path / "none.toml") in done.stderr
    assert done.stdout == ""


def test_json_names_its_schema(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cache", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "reviewtool/cache"
    assert document["schema_version"] == 1


def test_a_reader_that_goes_away_is_no_traceback() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "reviewtool", "cache", "--json"],
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writer)
    assert done.stderr == ""
