# SPDX-License-Identifier: GPL-2.0-or-later
"""The manual page and the completion know every command and every option."""

import re
import shutil
import subprocess

import pytest

from reviewtool.cli.main import COMMANDS
from reviewtool.cli.manual import completion, manual, parsers


def options() -> list[tuple[str, str]]:
    return [
        (name, option)
        for name, parser in parsers().items()
        for action in parser._actions
        for option in action.option_strings
        if option not in ("-h", "--help")
    ]


def test_the_manual_has_every_command_and_option() -> None:
    text = manual().replace("\\-", "-")
    for name in COMMANDS:
        assert f".SS {name}\n" in text
    assert text.count("print the result as JSON") == 1, "what every command takes stands once"
    everywhere = text.partition("OPTIONS OF EVERY COMMAND")[2].partition("\n.SH ")[0]
    for name, option in options():
        section = text.partition(f".SS {name}\n")[2].partition("\n.S")[0]
        assert option in section or option in everywhere, (name, option)


def test_no_word_of_the_manual_is_taken_for_a_request() -> None:
    for line in manual().splitlines():
        if line.startswith((".", "'")):
            assert line.split()[0] in {".TH", ".SH", ".SS", ".PP", ".TP", ".B", ".I"}


def test_groff_renders_the_manual_without_a_warning() -> None:
    if shutil.which("groff") is None:
        pytest.skip("groff is not installed")
    done = subprocess.run(
        ["groff", "-man", "-Tutf8", "-ww"], input=manual().encode(), capture_output=True, check=True
    )
    assert done.stderr == b""
    shown = re.sub(".\b", "", done.stdout.decode())  # bold is a letter struck twice
    assert "b4-check" in shown


def completed(*words: str) -> set[str]:
    line = " ".join(f"'{word}'" for word in words)
    script = (
        f"{completion()}\nreviewtool() {{ printf '\\n\\n\\n\\nrfc x\\nv3 y\\n'; }}\n"
        f"COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; _reviewtool\n"
        "printf '%s\\n' \"${COMPREPLY[@]}\""
    )
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return set(done.stdout.split())


def test_bash_completes_commands_options_their_values_and_revisions() -> None:
    assert completed("reviewtool", "re") == {"remarks", "report"}
    assert "--against" in completed("reviewtool", "report", "--a")
    assert completed("reviewtool", "report", "--format", "m") == {"markdown"}
    assert "v3" in completed("reviewtool", "show", "v")
    assert completed("reviewtool", "kernel", "") == {"build", "boot", "shell"}
    assert "v3" in completed("reviewtool", "kernel", "boot", "v")
    assert "v3" not in completed("reviewtool", "ci", "--mbox", "v"), "a file is asked for"
