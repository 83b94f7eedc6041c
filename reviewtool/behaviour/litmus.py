# SPDX-License-Identifier: GPL-2.0-or-later
"""The userfault bitmap as a litmus test: the kernel's own memory model, asked by herd7.

Message passing: userspace fills a page, then clears its bit with a store-release, as the series'
documentation asks; KVM loads the bit, then the page.  That herd7 ends with status 0 means nothing:
it does so on a test it cannot read.  Only its "Observation" line is an answer.
"""

import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from refmodel.model import Revision
from reviewtool.behaviour.races import races
from reviewtool.errors import InputError, Unavailable

_SECONDS = 60
_OBSERVATION = re.compile(r"^Observation \S+ (Never|Sometimes|Always) ", re.MULTILINE)
_LOADS = {"READ_ONCE": "READ_ONCE(*bit)", "smp_load_acquire": "smp_load_acquire(bit)"}
_STALE = "a stale page is read through a cleared bit"

Observed = Literal["Never", "Sometimes", "Always"]
"""How often the bad outcome is among those the memory model allows."""


@dataclass(frozen=True, slots=True)
class Ordering:
    """Two answers to one question: can a vCPU read a stale page through a cleared bit?

    ``model`` is the reference model's, by every interleaving of one page and one bit; ``lkmm`` is
    herd7's, None where it was not asked, and then ``lacking`` says why.
    """

    name: str
    load: str
    litmus: str
    model: bool
    lkmm: Observed | None
    lacking: str = ""

    @property
    def agree(self) -> bool | None:
        """None where there is one answer only."""
        return None if self.lkmm is None else self.model == (self.lkmm != "Never")


def litmus(model: Revision) -> str:
    """The litmus test of ``model``.  Raises InputError where it reads no bitmap."""
    load = model.kernel.bitmap_load
    if not load:
        raise InputError(
            "reads no userfault bitmap",
            model.name,
            "name one of KVM userfault (kvm_userfault_v3)",
        )
    return f"""C {model.name}

(* A vCPU that finds its page's bit clear must not read the page as it was before. *)

{{
bit = 1;
}}

P0(int *page, int *bit) // userspace: fills the page, then clears its bit
{{
\tWRITE_ONCE(*page, 1);
\tsmp_store_release(bit, 0);
}}

P1(int *page, int *bit) // KVM: the bit, then the page
{{
\tint r0;
\tint r1;

\tr0 = {_LOADS[load]};
\tr1 = READ_ONCE(*page);
}}

exists (1:r0=0 /\\ 1:r1=0)
"""


def observe(text: str, memory_model: Path) -> Observed:
    """What herd7 says of the litmus test ``text``, by the tree's own ``tools/memory-model``.

    Raises Unavailable where herd7 is not installed, or gives no observation.
    """
    if not (memory_model / "linux-kernel.cfg").is_file():
        raise Unavailable(
            f"no kernel memory model: no {memory_model}/linux-kernel.cfg",
            "",
            "name a kernel tree with --tree",
        )
    with tempfile.NamedTemporaryFile("w", suffix=".litmus") as file:
        file.write(text)
        file.flush()
        try:
            done = subprocess.run(
                ["herd7", "-conf", "linux-kernel.cfg", file.name],
                cwd=memory_model,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=_SECONDS,
                check=False,
            )
        except FileNotFoundError as error:
            raise Unavailable(
                "herd7 is not installed",
                "",
                "apt-get install herdtools7 (Debian 14 and later), or opam install herdtools7",
            ) from error
        except subprocess.TimeoutExpired as error:
            raise Unavailable(f"herd7 did not end in {_SECONDS} s", "", "run it by hand") from error
    found = _OBSERVATION.search(done.stdout)
    if found is None:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise Unavailable(
            f"herd7 made no observation: {said[0] if said else 'it said nothing'}",
            "",
            "run it by hand on what --litmus prints",
        )
    return cast("Observed", found.group(1))


def ordering(model: Revision, memory_model: Path | None, lacking: str = "") -> Ordering:
    """Both answers for ``model``; without ``memory_model`` only its own, ``lacking`` says why."""
    text = litmus(model)
    found = races(model, setups=(), operations=("punch p0",)).races
    stale = any(each.finding == _STALE for each in found)
    lkmm = None
    if memory_model is not None:
        try:
            lkmm, lacking = observe(text, memory_model), ""
        except Unavailable as error:
            lacking = str(error)
    return Ordering(model.name, model.kernel.bitmap_load, text, stale, lkmm, lacking)
