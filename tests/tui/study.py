# SPDX-License-Identifier: GPL-2.0-or-later
"""A lineage of our own for the screens: a hook that is renamed three times, and what was said.

The names are those of the postings of November 2025; every other word is made up.
"""

from pathlib import Path

from tests.archive.mails import mail

AUTHOR = "Ada Author <ada@example.org>"
REVIEWER = "Rhea Viewer <rhea@example.org>"
NAMES = {
    "rfc": "get_pagecache_folio",
    "v1": "get_shared_folio",
    "v2": "get_folio",
    "v3": "get_folio_noalloc",
}
_PREFIX = {"rfc": "RFC PATCH", "v1": "PATCH", "v2": "PATCH v2", "v3": "PATCH v3"}
_MODELS = {
    "rfc": "rfc_pagecache_folio",
    "v1": "v1_shared_folio",
    "v2": "v2_get_folio",
    "v3": "v3_minor_noalloc",
}
_TITLE = "mm: let backing memory answer minor faults"


def _tabbed(diff: str) -> str:
    """A diff written with ~ for a tab and a bar for the end of an empty line of context."""
    return diff.replace("~", "\t").replace("\n |\n", "\n \n")


def _hook(name: str) -> str:
    return _tabbed(f"""\
diff --git a/include/linux/mm.h b/include/linux/mm.h
index 1111111..2222222 100644
--- a/include/linux/mm.h
+++ b/include/linux/mm.h
@@ -700,6 +700,13 @@ struct vm_operations_struct {{
 ~struct page *(*find_normal_page)(struct vm_area_struct *vma,
 ~~~~~ unsigned long addr);
 #endif /* CONFIG_FIND_NORMAL_PAGE */
+#ifdef CONFIG_USERFAULTFD
+~/*
+~ * The folio at pgoff, locked and referenced, for UFFDIO_CONTINUE;
+~ * an ERR_PTR where the cache has none.
+~ */
+~struct folio *(*{name})(struct inode *inode, pgoff_t pgoff);
+#endif
 }};
 |
 #ifdef CONFIG_NUMA_BALANCING
""")


def _flag(path: str, section: str, around: str, flag: str) -> str:
    """One line added below ``around``."""
    return (
        f"diff --git a/{path} b/{path}\nindex 5555555..6666666 100644\n--- a/{path}\n"
        f"+++ b/{path}\n@@ -40,2 +40,3 @@ {section}\n {around}\n+{flag}\n \n"
    )


def _more(revision: str) -> str:
    """What the hook of a revision comes with, as in the posting its model is of."""
    if revision != "rfc":
        path, section = "include/linux/mm_types.h", "enum vm_fault_reason {"
        around = "\tVM_FAULT_NEEDDSYNC      = (__force vm_fault_t)0x002000,"
        flag = "\tVM_FAULT_UFFD_MINOR     = (__force vm_fault_t)0x008000,"
        return _flag(path, section, around, flag)
    feature = _flag(
        "include/uapi/linux/userfaultfd.h",
        "struct uffdio_api {",
        "#define UFFD_FEATURE_MOVE\t\t\t(1<<16)",
        "#define UFFD_FEATURE_MINOR_GENERIC\t\t(1<<17)",
    )
    export = _flag(
        "fs/userfaultfd.c",
        "vm_fault_t handle_userfault(struct vm_fault *vmf, unsigned long reason)",
        "}",
        "EXPORT_SYMBOL_GPL(handle_userfault);",
    )
    return feature + export


def _user(name: str) -> str:
    return _tabbed(f"""\
diff --git a/virt/kvm/guest_memfd.c b/virt/kvm/guest_memfd.c
index 3333333..4444444 100644
--- a/virt/kvm/guest_memfd.c
+++ b/virt/kvm/guest_memfd.c
@@ -360,8 +360,19 @@ static vm_fault_t kvm_gmem_fault_user_mapping(struct vm_fault *vmf)
 ~return ret;
 }}
 |
+#ifdef CONFIG_USERFAULTFD
+static struct folio *kvm_gmem_{name}(struct inode *inode, pgoff_t pgoff)
+{{
+~return __filemap_get_folio(inode->i_mapping, pgoff,
+~~~~   FGP_LOCK | FGP_ACCESSED, 0);
+}}
+#endif
+
 static const struct vm_operations_struct kvm_gmem_vm_ops = {{
 ~.fault = kvm_gmem_fault_user_mapping,
+#ifdef CONFIG_USERFAULTFD
+~.{name}~= kvm_gmem_{name},
+#endif
 }};
 |
 static int kvm_gmem_mmap(struct file *file, struct vm_area_struct *vma)
""")


def _patch(revision: str, index: int, subject: str, diff: str, day: int) -> bytes:
    prefix = f"{_PREFIX[revision]} {index}/2"
    body = f"Do it.\n\nSigned-off-by: {AUTHOR}\n---\n x | 1 +\n\n{diff}-- \n2.47.1\n"
    return mail(
        f"[{prefix}] {subject}",
        body,
        message_id=f"{revision}-{index}@example.org",
        reply_to=f"{revision}-0@example.org",
        author=AUTHOR,
        date=f"Mon, {day:02} Nov 2025 10:0{index}:00 +0000",
    )


def _quoted(diff: str, name: str) -> str:
    line = next(each for each in diff.splitlines() if f"*{name})" in each or f"_{name}(" in each)
    return f"> {line}\n"


def postings(revision: str) -> list[bytes]:
    """All mails of one revision and its thread."""
    name = NAMES[revision]
    day = 3 + 7 * list(NAMES).index(revision)
    cover = mail(
        f"[{_PREFIX[revision]} 0/2] {_TITLE}",
        f"A hook, {name}, tells userfaultfd which folio a minor fault is about.\n",
        message_id=f"{revision}-0@example.org",
        author=AUTHOR,
        date=f"Mon, {day:02} Nov 2025 10:00:00 +0000",
        headers=(
            "Content-Type: text/plain; charset=utf-8",
            "To: linux-mm@example.org",
            "Cc: kvm@example.org, Rhea Viewer <rhea@example.org>",
        ),
    )
    hook, user = _hook(name) + _more(revision), _user(name)
    said = (
        f"On that day, Ada Author wrote:\n{_quoted(hook, name)}\n"
        f"The name promises more than the hook does; what of a folio that is not there?\n"
    )
    answer = (
        f"On that day, Rhea Viewer wrote:\n> {_quoted(hook, name)}"
        "> The name promises more than the hook does\n\nAgreed, the next one has another.\n"
    )
    acked = (
        f"On that day, Ada Author wrote:\n{_quoted(user, name)}\nReads well.\n\n"
        f"Reviewed-by: {REVIEWER}\n"
    )
    return [
        cover,
        _patch(revision, 1, "mm: let a mapping say which folio a minor fault is about", hook, day),
        _patch(revision, 2, "KVM: guest_memfd: answer minor faults", user, day),
        _reply(revision, 1, "said", said, REVIEWER, day + 1),
        _reply(revision, 1, "answer", answer, AUTHOR, day + 2, to="said"),
        _reply(revision, 2, "acked", acked, REVIEWER, day + 1),
    ]


def _reply(
    revision: str, index: int, word: str, body: str, author: str, day: int, to: str = ""
) -> bytes:
    return mail(
        f"Re: [{_PREFIX[revision]} {index}/2] mm",
        body,
        message_id=f"{revision}-{index}-{word}@example.org",
        reply_to=f"{revision}-{index}{'-' + to if to else ''}@example.org",
        author=author,
        date=f"Tue, {day:02} Nov 2025 12:00:00 +0000",
    )


def write_boxes(folder: Path) -> list[Path]:
    """One mbox a revision."""
    boxes = []
    for revision in NAMES:
        box = folder / f"{revision}.mbox"
        raw = b"".join(b"From x\n" + each + b"\n" for each in postings(revision))
        box.write_bytes(raw)
        boxes.append(box)
    return boxes


def name_models(study: Path) -> None:
    """Say in the study file which model each revision has, as a user would."""
    text = study.read_text()
    for revision, model in _MODELS.items():
        said = f'id = "{revision}"\n'
        assert text.count(said) == 1, text
        text = text.replace(said, f'{said}model = "{model}"\n')
    study.write_text(text)
