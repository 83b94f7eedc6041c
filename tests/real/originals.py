# SPDX-License-Identifier: GPL-2.0-or-later
"""What came of the original mails on 6.12: data only.

The page reference-impl/study/README.md shows the table.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Original:
    """``patches``: how they came onto the base. ``breaks`` is the compiler's complaint, ``why`` it
    in words. ``complaints`` are sequences the kernel complains of, each predicted by the model
    unless it is among ``differs``; ``told`` says of what, in words. ``differs``: sequences in which
    kernel and model differ, and ``but`` what is known of that.
    """

    name: str
    patches: str
    states: int = 0
    breaks: str = ""
    why: str = ""
    complaints: frozenset[str] = frozenset()
    told: str = "none"
    differs: frozenset[str] = frozenset()
    but: str = ""


ORIGINALS = (
    Original("write-rfcv2", "1 bridged, 1 clean", 4),
    Original("write-v3", "2 bridged", 3),
    Original("write-v4", "2 bridged", 3),
    Original("write-v5", "2 bridged", 4),
    Original("write-v6", "2 bridged", 5),
    Original("write-v7", "2 bridged", 3),
    Original(
        "rfc",
        "4 bridged, 1 offset",
        50,
        complaints=frozenset({"register missing; continue p0", "register missing; copy p0 A"}),
        told="NULL pointer in CONTINUE and in COPY",
    ),
    Original(
        "v2-april",
        "3 offset, 2 bridged",
        92,
        complaints=frozenset({"register missing+minor; read u0 p0"}),
        told="a leaked page an event",
    ),
    Original(
        "v3-april",
        "5 offset, 1 bridged",
        breaks="'shmem_can_userfault' undeclared",
        why="not without CONFIG_NUMA: shmem_can_userfault() stands under it",
    ),
    Original(
        "v3-april-numa",
        "1 clean",
        3,
        complaints=frozenset({"pwrite-stop p0 A"}),
        differs=frozenset({"pwrite-stop p0 A", "read u0 p0; pwrite-stop p0 A"}),
        but="but for write() stopped half way, which takes userfaultfd on anonymous memory: "
        "NULL pointer in vma_can_userfault()",
    ),
    Original(
        "v3-april-repaired",
        "1 clean",
        78,
        complaints=frozenset({"register missing+minor; read u0 p0", "register minor; copy p0 A"}),
        told="NULL pointer in COPY; a leaked page an event",
    ),
    Original("rfc-nov", "4 bridged", 46),
    Original("v1", "4 bridged, 1 offset", 46),
    Original(
        "v2",
        "4 bridged, 1 offset",
        breaks="redefinition of 'kvm_gmem_get_folio'",
        why="no: kvm_gmem_get_folio() is there already",
    ),
    Original("v3", "4 bridged, 1 offset", 56),
)

PORTS = {"rfc": "rfc", "v3-april": "v3-april-repaired", "v3": "v3"}
"""Ports, and the originals that do the same."""

UNSAID = (
    ("write-v3", "a_write_from_the_file_itself_and_a_punched_hole_wait_for_each_other"),
    ("write-v6", "a_short_write_clears_what_it_was_not_asked_to_touch"),
    ("write-v7", "write_fills_memory_that_is_not_shared"),
    ("rfc", "a_write_from_the_file_itself_and_a_punched_hole_wait_for_each_other"),
    ("rfc", "a_fault_and_a_punched_hole_wait_for_each_other"),
    ("rfc-nov", "continue_maps_memory_that_is_not_shared"),
    ("rfc-nov", "continue_fills_a_file_beyond_its_end"),
    ("v1", "continue_maps_memory_that_is_not_shared"),
    ("v1", "continue_fills_a_file_beyond_its_end"),
    ("v3", "continue_maps_memory_that_is_not_shared"),
)
"""Defects that no reviewer named and the driver has no inputs for: cases of unsaid_cases.py."""

WITNESSES = (
    ("write-rfcv2", "pwrite-fault p0", "ok"),
    ("write-rfcv2", "pwrite-fault p0; pwrite p0 A", "ENOSPC"),
    ("write-v5", "pwrite-short p0 A; pwrite p0 A", "ENOSPC"),
    ("write-v5", "pwrite-short p0 A; pwrite-half p0 A", "EINVAL"),
    ("write-v6", "pwrite p0 A; read u0 p0", "value zero"),
    ("rfc", "fallocate p0; register missing; continue p0; read u0 p0", "value stale"),
    ("v3", "register minor; pwrite p0 A; read u0 p0; unregister", "ok"),
)
"""The others: sequences of the driver's inputs, and what the kernel answers to the last."""


def shown(each: Original) -> str:
    """Its line of the table."""
    if each.breaks:
        cells = (each.why, "-", "-", "-")
    else:
        cells = ("yes", each.but or "yes", str(each.states), each.told)
    return f"| {' | '.join((each.name, each.patches, *cells))} |"
