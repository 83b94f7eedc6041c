# SPDX-License-Identifier: GPL-2.0-or-later
"""Slots set where their function may be missing."""

from reviewtool.interface.guarding import unguarded

OPS = "static const struct vm_operations_struct ops = {\n\t.fault = f,\n%s};\n"
UNDER = "#ifdef CONFIG_NUMA\nstatic int get(void)\n{\n\treturn 0;\n}\n%s#endif\n"


def told(source: str) -> list[tuple[str, str, str]]:
    found = unguarded({"mm/a.c": source.encode()})
    return [(one.parent, one.name, one.value) for one in found]


def test_a_function_under_a_condition_set_without_it_is_told() -> None:
    source = UNDER % "" + OPS % "\t.get_policy = get,\n"
    assert told(source) == [("ops.get_policy", "get", "defined under CONFIG_NUMA, set always")]


def test_under_the_same_condition_or_a_narrower_one_all_is_well() -> None:
    same = "#ifdef CONFIG_NUMA\n\t.get_policy = get,\n#endif\n"
    assert told(UNDER % "" + OPS % same) == []
    narrower = "#if defined(CONFIG_NUMA) && defined(CONFIG_SHMEM)\n\t.get_policy = get,\n#endif\n"
    assert told(UNDER % "" + OPS % narrower) == []


def test_a_stand_in_for_the_other_case_is_enough() -> None:
    function = "#else\nstatic int get(void)\n{\n\treturn 1;\n}\n"
    assert told(UNDER % function + OPS % "\t.get_policy = get,\n") == []
    macro = "#else\n#define get NULL\n"
    assert told(UNDER % macro + OPS % "\t.get_policy = get,\n") == []


def test_what_a_header_may_stand_in_for_is_not_judged() -> None:
    public = (UNDER % "").replace("static int", "int")
    assert told(public + OPS % "\t.get_policy = get,\n") == []


def test_a_condition_that_is_more_than_a_list_of_symbols_is_not_judged() -> None:
    either = (UNDER % "").replace("ifdef CONFIG_NUMA", "if defined(CONFIG_A) || defined(CONFIG_B)")
    assert told(either + OPS % "\t.get_policy = get,\n") == []
