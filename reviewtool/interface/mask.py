# SPDX-License-Identifier: GPL-2.0-or-later
"""Kernel C made readable for the grammar: what it cannot parse becomes blanks of equal length.

Equal length, so that an offset in the masked text is the same place in the source. The rules,
what each loses and the recall that results are in grammars/README.md.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from reviewtool.interface.guards import Directive, GuardMap, guard_map

# Possessive throughout: a third of the time, and what is no string is given up at once.
_LEXEME = re.compile(
    rb"""/\*[^*]*+(?>\*(?!/)[^*]*+)*+(?:\*/|\Z)|//[^\n\\]*+(?>\\.[^\n\\]*+)*+"""
    rb"""|"[^"\\\n]*+(?>\\.[^"\\\n]*+)*+"|'[^'\\\n]*+(?>\\.[^'\\\n]*+)*+'""",
    re.DOTALL,
)
# That it begins its line is looked at afterwards: so the search is for one byte, which is fast.
_DIRECTIVE = re.compile(rb"#[ \t]*([a-z]+)([^\n\\]*(?:\\(?:\r?\n)?[^\n\\]*)*)")
_BLANKS = bytes(10 if byte == 10 else 32 for byte in range(256))

_BALANCED = rb"\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)"
_WITH_ARGUMENT = (
    rb"__attribute__|__attribute|__printf|__scanf|__aligned|__section|__acquires|__releases|"
    rb"__must_hold|__must_hold_shared|__acquire_shared|__cond_acquires|__counted_by|"
    rb"__counted_by_le|__counted_by_be|__alloc_size|__realloc_size|__assume_aligned|__alias|"
    rb"__diagnose_as|__error|__warning|__compiletime_error|__compiletime_warning|__format_arg|"
    rb"__guarded_by|__pt_guarded_by|__no_sanitize|__cleanup|__free|__no_sanitize_address|"
    rb"__has_attribute|__bpf_kfunc_attr|__nonnull|__designated_init_for|__ADDRESSABLE|"
    rb"__realloc_size|_Alignas|__access"
)
_ALONE = (
    rb"__init|__exit|__initdata|__exitdata|__initconst|__exitconst|__initdata_or_module|"
    rb"__init_or_module|__initconst_or_module|__net_init|__net_exit|__net_initdata|"
    rb"__net_initconst|__devinit|__cpuinit|__ref|__refdata|__refconst|__meminit|__memexit|"
    rb"__meminitdata|__head|__initdata_memblock|__init_memblock|__ro_after_init|__read_mostly|"
    rb"__maybe_unused|__always_unused|__unused|__used|__always_inline|__no_kasan_or_inline|"
    rb"__nocfi|__latent_entropy|__randomize_layout|__no_randomize_layout|__designated_init|"
    rb"__packed|__visible|__weak|__cold|__hot|__pure|__attribute_const__|__malloc|__must_check|"
    rb"__noreturn|__deprecated|__user|__iomem|__rcu|__percpu|__force|__kernel|__nocast|__private|"
    rb"__bitwise|__bitwise__|__kprobes|__sched|__lockfunc|__cpuidle|__irq_entry|__exception_irq_entry|"
    rb"__softirq_entry|__noendbr|__noscs|__noinstr|__no_sanitize_thread|__no_stack_protector|"
    rb"__no_profile|__nostackprotector|__noclone|__noinitretpoline|__noretpoline|__fix_address|"
    rb"__efi_runtime|__efi_runtime_init|__trace|__bpf_kfunc|__signed_wrap|__flatten|"
    rb"__cacheline_aligned|____cacheline_aligned|__cacheline_aligned_in_smp|"
    rb"____cacheline_aligned_in_smp|__cacheline_internodealigned_in_smp|"
    rb"____cacheline_internodealigned_in_smp|__page_aligned_data|__page_aligned_bss|"
    rb"__tracepoint_string|__lock_aligned|__initmv|__prel64_initconst|__hyp_text|__text|"
    rb"__long_aligned|__data_racy|__no_caller_saved_registers|__leaf|__nonstring|__mocked|"
    rb"__silent_on_vmx|__overloadable|__capability|__pmem|__safe|__uml_init_setup|__initcall_init|"
    rb"__lsm_ro_after_init|__ro_after_init_or_module|__kcov_noinstr|__nosavedata|"
    rb"noinstr|notrace|noinline|noinline_for_stack|noinline_for_kasan|noinline_for_tracing|"
    rb"asmlinkage|__visible_for_testing|VISIBLE_IF_KUNIT|__percpu_qual|__seg_gs|__seg_fs|"
    rb"inline_for_performance|nokprobe_inline|__kernel_entry|__section__|randomized_struct_fields_start|"
    rb"randomized_struct_fields_end|asmlinkage_protect|fastcall|regparm|INDIRECT_CALLABLE_SCOPE|"
    rb"__INIT_OR_MODULE|__maybe_unused_clang_internal|__retain|__no_kcsan|__kasan_nosanitize"
)
_ATTRIBUTE = re.compile(  # the look-ahead makes it ten times as fast
    rb"\b(?=[_INVafinr])(?<![.>])(?:(?:"
    + _WITH_ARGUMENT
    + rb")\s*"
    + _BALANCED
    + rb"|(?:"
    + _ALONE
    + rb")(?!\w))"
)
# A definition by macro of something the grammar takes for a function call without a semicolon.
_WRAPPER = re.compile(
    rb"^[ \t]*(?:EXPORT_\w+|MODULE_\w+|DEFINE_FREE|DEFINE_GUARD\w*|DEFINE_CLASS\w*|"
    rb"DEFINE_LOCK_GUARD\w*|EXTEND_CLASS|NOKPROBE_SYMBOL|ALLOW_ERROR_INJECTION|DECLARE_STATIC_CALL|early_param|"
    rb"__setup\w*|(?:\w+_)?initcall(?:_sync)?)\s*" + _BALANCED + rb"[ \t]*;?",
    re.MULTILINE,
)
# A line of macros that define something, PAGEFLAG(Dirty, dirty, PF_HEAD): the grammar takes it for
# the beginning of what follows.
_DEFINING = re.compile(
    rb"^(?:_*[A-Z][A-Z0-9_]*+\([^(){};]*+\)[ \t]*+)++$(?=\s*+(?:[A-Za-z_]|\Z))", re.MULTILINE
)
_LOOP = re.compile(
    rb"(?<![\w.>])(?:\w*for_each\w*|\w*FOR_EACH\w*|foreach\w*|scoped_guard|scoped_cond_guard|"
    rb"scoped_class|do_for_each_\w+|while_each_\w+)[ \t]*" + _BALANCED
)
_LOOP_END = re.compile(rb"(?<=\})\s*\w*for_each\w*[ \t]*" + _BALANCED + rb"(?=\s*;)")
_BODY = re.compile(rb"^\{[ \t]*\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_TYPE_WORDS = re.compile(rb"\b(?:const|struct|union)\b|\*")
_CONTAINER_TYPE = re.compile(rb"(?<=,)\s*(?:const\s+)?(?:struct|union)\s+\w+\s*\**\s*(?=,|\))")


@dataclass(frozen=True, slots=True)
class Masked:
    """``code``: comments gone, conditionals kept; ``text``: what the grammar reads."""

    source: bytes
    code: bytes
    text: bytes
    directives: tuple[Directive, ...]
    guards: GuardMap


def blanked(text: bytes) -> bytes:
    """Blanks in place of ``text``, line ends kept."""
    return text.translate(_BLANKS)


def without_comments(source: bytes) -> bytes:
    """``source`` with comments blanked; strings stay, and a macro goes on after a comment in it."""
    return _LEXEME.sub(_without_comment, source)


def _without_comment(found: re.Match[bytes]) -> bytes:
    text = found[0]
    if not text.startswith(b"/"):
        return text
    if b"\\\n" not in text:
        return blanked(text)
    return b"\\\n".join(blanked(line) for line in text.split(b"\\\n"))


def directives_of(source: bytes, code: bytes) -> tuple[Directive, ...]:
    """The preprocessor lines of ``code``, continued lines joined."""
    return _read(source, code, _directives(code))


def without_directives(code: bytes) -> bytes:
    """``code``, free of comments, with its preprocessor lines blanked."""
    return _without(code, _directives(code))


def _without(code: bytes, matches: Sequence[re.Match[bytes]]) -> bytes:
    parts = bytearray(code)
    for found in matches:
        parts[found.start() : found.end()] = blanked(found[0])
    return bytes(parts)


def _directives(code: bytes) -> list[re.Match[bytes]]:
    kept = []
    found = _DIRECTIVE.search(code)
    while found is not None:
        start = found.start()
        first = not code[code.rfind(b"\n", 0, start) + 1 : start].strip(b" \t")
        if first:
            kept.append(found)
        found = _DIRECTIVE.search(code, found.end() if first else start + 1)
    return kept


def _read(source: bytes, code: bytes, matches: Sequence[re.Match[bytes]]) -> tuple[Directive, ...]:
    found: list[Directive] = []
    line = 0
    position = 0
    for match in matches:
        line += code.count(b"\n", position, match.start())
        position = match.start()
        last = line + match[0].count(b"\n")
        argument = match[2]
        if last > line:
            argument = re.sub(rb"\\\r?\n", b" ", argument)
        rest = source[match.end(1) : match.end()]
        found.append(directive(match[1], argument, rest, line, last))
    return tuple(found)


def directive(word: bytes, argument: bytes, rest: bytes, first: int, last: int) -> Directive:
    """A preprocessor line; ``rest`` is what follows the word, comments included."""
    comment = rest.decode("utf-8", "replace").strip() if word in (b"endif", b"else") else ""
    return Directive(
        word.decode(), argument.decode("utf-8", "replace").strip(), comment, first, last
    )


def mask(
    source: bytes,
    window: Callable[[bytes], Sequence[tuple[int, int]]] | None = None,
    above: Sequence[str] = (),
) -> Masked:
    """``source`` ready for the C grammar, and the condition at each of its lines.

    With ``window``, which finds the places of interest in the code (comments and directives
    gone), only those are made ready and only they may be parsed. ``above`` is :func:`guard_map`'s.
    """
    code = without_comments(source)
    matches = _directives(code)
    directives = _read(source, code, matches)
    guards = guard_map(directives, above)
    text = _without(code, matches)
    if window is not None:
        parts = bytearray(text)
        for start, stop in window(text):
            parts[start:stop] = without_attributes(text[start:stop])
        return Masked(source, code, bytes(parts), directives, guards)
    lines = text.split(b"\n")
    for start, end in guards.dead_lines(len(lines)):
        lines[start:end] = [blanked(line) for line in lines[start:end]]
    text = without_attributes(b"\n".join(lines))
    text = _WRAPPER.sub(lambda found: blanked(found[0]), text)
    text = _DEFINING.sub(lambda found: blanked(found[0]), text)
    return Masked(source, code, text, directives, guards)


def without_attributes(text: bytes) -> bytes:
    """``text`` with the words blanked that the grammar does not know."""
    return _ATTRIBUTE.sub(lambda found: blanked(found[0]), text)


def mask_loops(text: bytes) -> bytes:
    """The second try: loop macros blanked, which leaves their bodies as plain blocks.

    A ``struct x`` argument, as in ``container_of(p, struct x, m)``, loses its keyword.
    """
    text = _LOOP_END.sub(_while, text)
    text = _LOOP.sub(lambda found: blanked(found[0]), text)
    return _CONTAINER_TYPE.sub(lambda found: _TYPE_WORDS.sub(_spaces, found[0]), text)


def mask_bodies(text: bytes, spans: Sequence[tuple[int, int]]) -> bytes:
    """The third try: function bodies within ``spans`` emptied.

    A body begins and ends with a brace in the first column, so what the grammar does not
    understand in one cannot take the declarations after it along.
    """
    pieces: list[bytes] = []
    done = 0
    for found in _BODY.finditer(text):
        if any(start < found.end() and found.start() < stop for start, stop in spans):
            pieces += [text[done : found.start(1)], blanked(found[1])]
            done = found.end(1)
    return b"".join((*pieces, text[done:]))


def _while(found: re.Match[bytes]) -> bytes:
    """``do { … } for_each_vma(…);`` ends a loop."""
    plain = blanked(found[0])
    return b" while(0)" + plain[9:] if b"\n" not in found[0] else plain


def _spaces(found: re.Match[bytes]) -> bytes:
    return b" " * len(found[0])
