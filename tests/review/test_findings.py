# SPDX-License-Identifier: GPL-2.0-or-later
"""Changes of the interface as findings: one an element, with an id that stays."""

from dataclasses import replace

from reviewtool.interface.types import Change, Element
from reviewtool.review.findings import acknowledged, interface_findings


def hook(name: str, path: str = "") -> Element:
    return Element(
        kind="hook", name=name, parent="some_ops", type=f"int (*{name})(void)", path=path
    )


def slot(table: str, name: str) -> Element:
    return Element(kind="object", name=f"{table}.{name}", value=f"{table}_{name}")


def test_objects_that_follow_their_hook_are_told_with_it() -> None:
    changes = [
        Change("hook", "renamed", hook("get"), hook("get_noalloc"), 2, "same position"),
        Change("object", "renamed", slot("a_ops", "get"), slot("a_ops", "get_noalloc"), 2),
    ]
    (one,) = interface_findings(changes)
    assert one.title == "some_ops::get is now get_noalloc"
    assert (one.patch, one.status, one.names) == (2, "info", ("get", "get_noalloc"))
    assert one.details == ("held to be the same: same position",)


def test_a_new_hook_names_who_sets_it() -> None:
    changes = [
        Change("hook", "added", None, hook("get"), 1),
        Change("object", "added", None, slot("a_ops", "get"), 1),
        Change("object", "added", None, slot("b_ops", "other"), 1),
    ]
    first, other = interface_findings(changes)
    assert first.details == ("set by a_ops",)
    assert "b_ops.other" in other.title


def test_a_type_is_compared_without_the_name_inside_it() -> None:
    old = Element(kind="hook", name="ops", parent="s", type="struct vm_ops *ops")
    new = Element(kind="hook", name="vm_ops", parent="s", type="struct vm_ops *vm_ops")
    (one,) = interface_findings([Change("hook", "renamed", old, new, 1)])
    assert not [text for text in one.details if text.startswith("type")]


def test_what_breaks_its_users_is_a_warning() -> None:
    flag = Element(kind="flag", name="A_FLAG", value="1")
    other = Element(kind="flag", name="A_FLAG", value="2")
    gone, valued, new = (
        next(interface_findings([change])).status
        for change in (
            Change("flag", "removed", flag, None),
            Change("flag", "revalued", flag, other, 1),
            Change("flag", "added", None, flag, 1),
        )
    )
    assert (gone, valued, new) == ("warn", "warn", "info")


def test_an_export_by_another_macro_says_by_which() -> None:
    old = Element(kind="export", name="thing", type="EXPORT_SYMBOL", value="kvm")
    new = Element(kind="export", name="thing", type="EXPORT_SYMBOL_GPL", value="kvm")
    (one,) = interface_findings([Change("export", "retyped", old, new, 1)])
    assert one.title == "export thing: EXPORT_SYMBOL -> EXPORT_SYMBOL_GPL"
    assert one.details == ()
    other = replace(new, value="kvm,kvm-intel")
    (one,) = interface_findings(
        [Change("export", kind, old, other, 1) for kind in ("retyped", "revalued")]
    )
    assert one.title == "export thing: EXPORT_SYMBOL -> EXPORT_SYMBOL_GPL and revalued"
    assert one.details == ("for modules: kvm -> kvm,kvm-intel",)


def call(arguments: str, name: str = "sys_wake", macro: str = "SYSCALL_DEFINE2") -> Element:
    return Element(kind="function", name=name, type=f"{macro}(wake, {arguments})", path="k.c")


def test_a_system_call_is_interface_though_a_function_is_not() -> None:
    new, plain = call("int, nr"), Element(kind="function", name="do_wake", type="int do_wake(void)")
    (one,) = interface_findings(
        [Change("function", "added", None, each, 1) for each in (new, plain)]
    )
    assert (one.title, one.status, one.about) == ("system call wake is new", "info", "wake")
    assert one.details == ("SYSCALL_DEFINE2(wake, int, nr)",)
    compat = call("int, nr", "compat_sys_wake", "COMPAT_SYSCALL_DEFINE2")
    (gone,) = interface_findings([Change("function", "removed", compat, None)])
    (native,) = interface_findings([Change("function", "removed", new, None)])
    assert gone.id != native.id
    assert (gone.title, gone.status) == ("compat system call wake is gone", "warn")
    (turned,) = interface_findings([Change("function", "renamed", plain, new, 1)])
    assert turned.title == "system call wake is new"


def test_of_a_system_call_the_arguments_are_interface_and_the_body_is_not() -> None:
    old, new = call("int, nr"), call("long, nr")
    (one,) = interface_findings(
        [Change("function", kind, old, new, 1) for kind in ("retyped", "reimplemented")]
    )
    assert (one.title, one.status) == ("system call wake: other arguments", "warn")
    assert one.details == (
        "type: SYSCALL_DEFINE2(wake, int, nr) -> SYSCALL_DEFINE2(wake, long, nr)",
    )
    assert not list(interface_findings([Change("function", "reimplemented", new, new, 1)]))


def test_core_code_that_names_a_modules_symbol_fails() -> None:
    one = Element(kind="reference", name="kvm_thing", parent="mm -> KVM", value="mm/a.c")
    (finding,) = interface_findings([Change("reference", "added", None, one, 3)])
    assert (finding.status, finding.patch) == ("fail", 3)
    assert "mm -> KVM: names kvm_thing" in finding.title


def test_an_id_does_not_depend_on_patch_or_place() -> None:
    def told(patch: int, path: str) -> str:
        change = Change("hook", "added", None, hook("get", path=path), patch)
        return next(interface_findings([change])).id

    assert told(1, "a.h") == told(4, "b.h")


def test_acknowledging_one_of_several_leaves_the_others() -> None:
    every = list(
        interface_findings([Change("hook", "added", None, hook(n), 1) for n in ("one", "two")])
    )
    group = replace(every[0], also=(every[1],))
    told, known = acknowledged([group], {every[0].id: "fine"})
    assert [one.id for one in told] == [every[1].id]
    assert [(one.id, one.reason) for one in known] == [(every[0].id, "fine")]
    assert acknowledged([group], {one.id: "fine" for one in every})[0] == ()
