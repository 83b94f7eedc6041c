# SPDX-License-Identifier: GPL-2.0-or-later
"""What is to be told of a revision as a reply on the list: 72 columns, the patch quoted over it.

Only what is quoted keeps the width its author gave it.
"""

import textwrap
from collections.abc import Sequence

from reviewtool import __version__
from reviewtool.archive.trailers import person
from reviewtool.archive.types import Patch, Revision
from reviewtool.report.quote import quote_function, quote_name
from reviewtool.report.together import Together, quoted_together, together
from reviewtool.review.difference import BASE
from reviewtool.review.findings import Finding, Witness
from reviewtool.review.pinning import spellings
from reviewtool.review.session import Described
from reviewtool.review.told import Told
from reviewtool.text import visible_line

WIDTH = 72
LEGEND = (
    "In the sequences, on fresh memory, p0 is a page, u0 a user thread, @alias a second mapping; "
    "* marks where the two differ."
)
_QUOTED = 5  # lines of a hunk


def mail_text(told: Told) -> str:
    """The reply: who wrote what, then each finding below the hunk it is about."""
    lines = [*_greeting(told), "", *_summary(told)]
    for each in together(to_tell(told)):
        one = each.findings[0]
        several = len(each.findings) > 1
        lines += ["", *(_several(each, told) if several else finding_lines(one, told))]
    unsaid = silence(told)
    lines += ["", *(_wrapped(unsaid) if unsaid else []), *_closing(told)]
    return "\n".join(visible_line_keeping_tabs(line) for line in lines) + "\n"


def to_tell(told: Told) -> list[Finding]:
    """The findings, but for what the changelog is silent about: that is told in one place."""
    return [one for one in told.findings if (one.kind, one.status) != ("changelog", "info")]


def visible_line_keeping_tabs(line: str) -> str:
    """As visible_line, but a quoted patch keeps its tabs."""
    return "\t".join(visible_line(part) for part in line.split("\t"))


def _several(each: Together, told: Told) -> list[str]:
    """Several in a paragraph, the line that makes each above it, or of a change they share one
    quotation."""
    patch = _patch(told.mail, each.findings[0].patch)
    lines = [
        line if line[0] == "[" else f"> {line}" for line in quoted_several(each, patch, _QUOTED)
    ]
    where = f"[{each.findings[0].patch}/{patch.total}] " if patch else ""
    lines += _wrapped(f"{where}{_capital(each.title)}.")
    return lines + [line for detail in each.details for line in _wrapped(detail, "    ")]


def quoted_several(each: Together, patch: Patch | None, limit: int = _QUOTED) -> tuple[str, ...]:
    """The lines of ``patch`` that findings told together are about."""
    if len(each.findings) == 1 or each.alike:
        return quoted(each.findings[0], patch, limit)
    return quoted_together([quoted(one, patch) for one in each.findings], 2 * limit)


def finding_lines(one: Finding, told: Told) -> list[str]:
    """One finding: the hunk, what is to be said, the witness, and what else comes of it."""
    patch = _patch(told.mail, one.patch)
    lines = [f"> {line}" if line[0] != "[" else line for line in quoted(one, patch)]
    where = f"[{one.patch}/{patch.total}] " if patch else ""
    lines += _wrapped(f"{where}{_capital(one.title)}.")
    # Both rules are in the other formats; here the witness tells what it was before.
    for detail in one.details[-1:] if one.kind == "behaviour" else one.details:
        lines += _wrapped(detail, "    ")
    if one.witness is not None:
        lines += witness_lines(one.witness, told.a, told.b)
    for group in _alike(one.also):
        lines += _also(group)
    return lines


def quoted(one: Finding, patch: Patch | None, limit: int = _QUOTED) -> tuple[str, ...]:
    """The lines of ``patch`` a finding is about; none where it names no line of it."""
    if patch is None or not one.about:
        return ()
    if one.inside:
        return quote_function(patch, spellings(one.about), limit)
    return quote_name(patch, one.about, one.path, limit)


def witness_lines(witness: Witness, a: str, b: str) -> list[str]:
    """Operations and answers in columns where they fit, else one below the other."""
    if not witness.a:
        wide = max(len(text) for text in witness.inputs)
        alone = zip(witness.inputs, witness.b, strict=True)
        return [line for step, seen in alone for line in _wrapped(f"{step:{wide}}  {seen}", "    ")]
    steps = list(zip(witness.inputs, witness.a, witness.b, strict=True))
    first = max(len(step) for step, _, _ in steps)
    second = max(len(a), *(len(mine) for _, mine, _ in steps))
    last = max(len(b), *(len(other) for _, _, other in steps))
    if 2 + first + 3 + second + 3 + last <= WIDTH:
        lines = [f"  {'':{first}}   {a:{second}}   {b}"]
        for step, mine, other in steps:
            mark = " " if mine == other else "*"
            lines.append(f"{mark} {step:{first}}   {mine:{second}}   {other}")
        return lines
    lines = []
    name = max(len(a), len(b))
    for step, mine, other in steps:
        if mine == other:
            lines += _wrapped(f"  {step}: {mine}", "  ")
        else:
            lines += [f"* {step}", *_wrapped(f"{a:{name}}  {mine}", "    ")]
            lines += _wrapped(f"{b:{name}}  {other}", "    ")
    return lines


def _alike(findings: Sequence[Finding]) -> list[list[Finding]]:
    """Findings grouped by the operation and the page they are about."""
    groups: dict[str, list[Finding]] = {}
    for one in findings:
        groups.setdefault(one.title.partition(": ")[0], []).append(one)
    return list(groups.values())


def _also(group: Sequence[Finding]) -> list[str]:
    first = group[0]
    more = f" (and {len(group) - 1} more like it)" if len(group) > 1 else ""
    lines = _wrapped(f"Also, {first.title}{more}:")
    if first.witness is not None:
        lines += _wrapped("; ".join(first.witness.inputs), "    ")
    return lines


def _greeting(told: Told) -> list[str]:
    mail = told.mail
    subject = f"{_prefix(mail)} {mail.title}"
    return [
        f"On {mail.date[:10]}, {person(mail.author)} wrote:",
        *(f"> {line}" for line in textwrap.wrap(subject, WIDTH - 2)),
    ]


def _prefix(mail: Revision) -> str:
    words = ["RFC"] if mail.rfc else []
    words += ["PATCH"]
    words += [f"v{mail.version}"] if mail.version > 1 else []
    total = mail.patches[0].total if mail.patches else 0
    return f"[{' '.join(words)} 0/{total}]"


def _summary(told: Told) -> list[str]:
    against = "its base" if told.a == BASE else f"{told.a}"
    head = f"{told.b} against {against}"
    if told.before is not None:
        head += f" <{told.before.root}>"
    lines = [f"{head}:"] if len(head) < WIDTH else [head]
    lines += _wrapped(f"Patches: {patches_told(told)}.")
    return lines


def patches_told(told: Told) -> str:
    """Which patches are the same, changed, new or gone, by number."""
    pairs = told.diff.patches or ()
    words = []
    for state in ("same", "changed", "moved", "added", "removed"):
        numbers = [one.b if one.b is not None else one.a for one in pairs if one.state == state]
        if numbers:
            words.append(f"{state} {', '.join(map(str, numbers))}")
    return "; ".join(words) or "none"


def silence(told: Told) -> str:
    """What changed without the changelog saying so, in a sentence; "" for nothing."""
    if told.said is None:
        return ""
    changed = [str(one.b) for one in told.said.unsaid if one.a and one.b]
    new = [str(one.b) for one in told.said.unsaid if not one.a]
    gone = [str(one.a) for one in told.said.unsaid if not one.b]
    parts = [
        f"{_numbered(numbers)} {verb}"
        for numbers, verb in (
            (changed, "changed"),
            (new, "came in"),
        )
        if numbers
    ]
    parts += [f"{told.a}'s {_numbered(gone)} went"] if gone else []
    parts += [f"the base is another ({told.said.base})"] if told.said.base else []
    if not parts:
        return ""
    known = (
        "The changelog does not say that" if told.said.written else "No changelog was recognised;"
    )
    return f"{known} {', and '.join(parts)}."


def _numbered(numbers: Sequence[str]) -> str:
    return f"patch{'es' if len(numbers) > 1 else ''} {', '.join(numbers)}"


def _closing(told: Told) -> list[str]:
    lines: list[str] = []
    if not any(one.kind == "interface" for one in (*told.findings, *told.known)):
        lines += _wrapped("Nothing that I can see changed in the interface.")
    if told.known:
        lines += _wrapped(f"Left out as acknowledged in the study: {len(told.known)}.")
    behaviour = told.diff.behaviour
    if behaviour is not None:
        models = ", ".join(_model(one) for one in told.diff.models)
        said = "as far as searched" if behaviour.partial else "exact"
        lines += _wrapped(f"Behaviour: reference models {models}; {said} for {behaviour.world}.")
    elif told.diff.unknown:
        lines += _wrapped(f"Behaviour is not compared: {told.diff.unknown}.")
    if told.diff.partial:
        lines += _wrapped("The interface is read from the mail alone.")
    if any(one.witness for one in told.findings):
        lines += _wrapped(LEGEND)
    lines += ["-- ", f"reviewtool {__version__}"]
    return lines


def _model(one: Described) -> str:
    return f"{one.model.name} ({one.model.variant})" if one.model.variant else one.model.name


def _patch(mail: Revision, number: int | None) -> Patch | None:
    return next((one for one in mail.patches if one.index == number), None)


def _capital(text: str) -> str:
    """A capital for a word of prose; a name stays as it is spelled."""
    word, _, rest = text.partition(" ")
    prose = word.isalpha() and word.islower() and not rest.startswith("->")
    return text[0].upper() + text[1:] if prose else text


def _wrapped(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    ) or [indent.rstrip()]


def quotes_of(findings: Sequence[Finding], mail: Revision) -> dict[str, tuple[str, ...]]:
    """The quotation over each finding, by its id."""
    return {one.id: quoted(one, _patch(mail, one.patch)) for one in findings}
