# SPDX-License-Identifier: GPL-2.0-or-later
"""Replies are split into quote and answer, and attached to what they quote."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from reviewtool.archive.codewalk import hooks_in, places
from reviewtool.archive.conversation import in_threads
from reviewtool.archive.quotes import exchanges
from reviewtool.archive.remarks import Remark, about, remarks_of, text_of
from reviewtool.archive.types import Cover, Patch, Reply, Revision

DIFF = "\n".join(
    [
        "diff --git a/mm/x.c b/mm/x.c",
        "index 1111111..2222222 100644",
        "--- a/mm/x.c",
        "+++ b/mm/x.c",
        "@@ -10,6 +10,8 @@ static int do_before(struct vma *vma)",
        " \tint ret = 0;",
        "+\tret = prepare_the_page(vma);",
        "+\tif (ret) return ret;",
        " \treturn ret;",
        " }",
        "@@ -40,3 +42,12 @@ int other(void)",
        "+static struct folio *my_get_folio(struct inode *inode)",
        "+{",
        "+\treturn lookup_the_folio(inode);",
        "+}",
        "+",
        " static const struct vm_operations_struct my_vm_ops = {",
        " \t.fault = my_fault,",
        "+\t.get_folio = my_get_folio,",
        " };",
        "",
    ]
)
PATCH = Patch(1, 1, "mm: x", "p@x", "A <a@x>", "", "Say why we do it.\n", DIFF, (), b"")


def revision(
    *replies: Reply, diff: str = DIFF, cover: str = "The aim is speed.\nNo page is lost.\n"
) -> Revision:
    return Revision(
        id="v1",
        title="t",
        rfc=False,
        version=1,
        resend=False,
        date="",
        author="A <a@x>",
        cover=Cover("c@x", "t", cover),
        base=None,
        prerequisites=(),
        change_id=None,
        patches=(replace(PATCH, diff=diff),),
        replies=replies,
        complete=True,
        missing=(),
        evidence=(),
    )


def reply(body: str, to: str = "p@x", message_id: str = "r@x", author: str = "R <r@x>") -> Reply:
    return Reply(message_id, to, author, "2025-01-01T00:00:00Z", "Re: x", body)


def quote(*lines: str) -> str:
    return "".join(f"> {line}\n" for line in lines)


def only(body: str, to: str = "p@x", after: Revision | None = None) -> Remark:
    (remark,) = remarks_of(revision(reply(body, to)), after)
    return remark


def test_quote_and_answer_alternate() -> None:
    body = (
        "On Monday, A wrote:\n"
        + quote("one", "two")
        + "\nfirst answer\n\n"
        + quote("three")
        + "second\n"
    )
    assert [(e.quote, e.answer) for e in exchanges(body)] == [
        (("one", "two"), "first answer"),
        (("three",), "second"),
    ]


def test_greetings_tags_and_signatures_say_nothing() -> None:
    body = "Hi A,\n\n" + quote("one") + "\nReviewed-by: R <r@x>\n\nThanks,\nRita\n-- \nsig\n"
    assert exchanges(body) == ()


def test_an_answer_above_all_quotes_quotes_nothing() -> None:
    (exchange,) = exchanges("I like it.\n\nOn Monday, A wrote:\n" + quote("one"))
    assert (exchange.quote, exchange.answer) == ((), "I like it.")


def test_a_wrapped_attribution_is_no_answer() -> None:
    body = (
        "On Mon, 3 Mar 2025 at 13:30, A Very Long Name\n<a@example.org> wrote:\n"
        + quote("x")
        + "yes\n"
    )
    assert [e.answer for e in exchanges(body)] == ["yes"]
    assert [
        e.answer for e in exchanges("* A Name <a@example.org> [251125 13:39]:\n> x\n\nyes\n")
    ] == ["yes"]


def test_a_remark_is_attached_to_lines_function_and_file() -> None:
    remark = only(quote("+\tret = prepare_the_page(vma);") + "\nWhat if it fails?\n")
    text = text_of(PATCH).split("\n")
    assert [text[n] for n in remark.focus] == ["+\tret = prepare_the_page(vma);"]
    assert (remark.path, remark.functions, remark.patch) == ("mm/x.c", ("do_before",), 1)


def test_the_function_is_known_from_the_section_heading_or_the_definition() -> None:
    assert only(quote("+\treturn lookup_the_folio(inode);") + "ok?\n").functions == (
        "my_get_folio",
    )
    assert only(quote("+\t.get_folio = my_get_folio,") + "ok?\n").functions[0] == "my_vm_ops"


def test_hooks_are_found_by_name_and_by_the_function_behind_them() -> None:
    assert only(quote("+\t.get_folio = my_get_folio,") + "name?\n").hooks == ("get_folio",)
    assert only(quote("+\treturn lookup_the_folio(inode);") + "locked?\n").hooks == ("get_folio",)
    assert only(quote("Say why we do it.") + "What does ->fault() return?\n").hooks == ("fault",)
    assert only(quote("Say why we do it.") + "a fault of mine\n").hooks == ()


def test_blanks_changed_by_a_mailer_do_not_matter() -> None:
    assert only(quote("+       ret  = prepare_the_page(vma);") + "eh\n").focus != ()


def test_a_quote_of_a_patch_not_at_hand_still_tells_its_function() -> None:
    body = (
        quote("+bool do_far_away(struct kvm *kvm)")
        + "polarity\n"
        + quote("+{", "+\treturn true;")
        + "acquire\n"
    )
    first, second = remarks_of(revision(reply(body)))
    assert first.functions == second.functions == ("do_far_away",)
    assert second.state == "unknown"


def test_a_remark_on_the_cover_keeps_the_statement_it_quotes() -> None:
    remark = only(quote("The aim is speed.") + "By how much?\n", to="c@x")
    assert (remark.patch, remark.quote, remark.focus) == (0, "The aim is speed.", (0,))


def test_answered_when_the_quoted_code_changed_else_standing() -> None:
    body = quote("+\tret = prepare_the_page(vma);") + "\nwhy?\n"
    assert only(body).state == "standing"
    assert only(body, after=revision()).state == "standing"
    changed = revision(diff=DIFF.replace("prepare_the_page(vma)", "prepare_the_page(vma, 0)"))
    assert only(body, after=changed).state == "answered"
    wrapped = revision(cover="The aim is\nspeed. No page is lost.\n")
    assert only(quote("The aim is speed.") + "eh\n", to="c@x", after=wrapped).state == "standing"
    assert only("General words.\n", after=changed).state == "unknown"


def test_replies_to_replies_belong_to_the_patch_and_the_author_is_told() -> None:
    answers = reply("> why?\n\nbecause\n", to="r@x", message_id="s@x", author="A <a@x>")
    first, second = remarks_of(
        revision(reply(quote("+\tif (ret) return ret;") + "why?\n"), answers)
    )
    assert (first.by_author, second.by_author, second.patch) == (False, True, 1)
    assert second.in_reply_to == "r@x"


def test_who_answers_an_answer_speaks_of_the_same_lines() -> None:
    first = reply(quote("+\tret = prepare_the_page(vma);") + "Can that sleep, I wonder?\n")
    second = reply(
        "> > +\tret = prepare_the_page(vma);\n> Can that sleep,\n> I wonder?\n\nIt cannot.\n",
        to="r@x",
        message_id="s@x",
    )
    third = reply("> It cannot.\n\nFine.\n", to="s@x", message_id="t@x")
    found = remarks_of(revision(first, second, third))
    assert [one.follows for one in found] == [None, ("r@x", 0), ("s@x", 0)]
    assert [one.functions for one in found] == [("do_before",)] * 3
    assert [one.state for one in found] == ["standing"] * 3
    assert about(found, "do_before") == found


def test_words_quoted_over_a_mail_that_says_nothing_are_found_further_up() -> None:
    first = reply("Where is the lock taken?\n")
    thanks = reply("> Where is the lock taken?\n\nThanks\n", to="r@x", message_id="s@x")
    third = reply("> > Where is the lock taken?\n\nNowhere.\n", to="s@x", message_id="t@x")
    found = remarks_of(revision(first, thanks, third))
    assert [(one.answer, one.follows) for one in found] == [
        ("Where is the lock taken?", None),
        ("Nowhere.", ("r@x", 0)),
    ]


def test_a_remark_that_quotes_nobody_follows_nobody() -> None:
    other = reply("Something else.\n", to="r@x", message_id="s@x")
    first, second = remarks_of(revision(reply("General words.\n"), other))
    assert (first.follows, second.follows) == (None, None)


def test_threads_keep_together_what_dates_interleave() -> None:
    remarks = remarks_of(
        revision(
            reply("one thing\n", message_id="1@x"),
            reply("another thing\n", message_id="2@x"),
            reply("> one thing\n\nyes to one\n", to="1@x", message_id="3@x"),
            reply("> another thing\n\nno to the other\n", to="2@x", message_id="4@x"),
        )
    )
    assert [(depth, one.message_id) for depth, one in in_threads(remarks)] == [
        (0, "1@x"),
        (1, "3@x"),
        (0, "2@x"),
        (1, "4@x"),
    ]


def test_about_filters_by_hook_or_function() -> None:
    remarks = remarks_of(
        revision(
            reply(quote("+\t.get_folio = my_get_folio,") + "name?\n", message_id="1@x"),
            reply(quote("+\tret = prepare_the_page(vma);") + "why?\n", message_id="2@x"),
        )
    )
    assert [r.message_id for r in about(remarks, "get_folio")] == ["1@x"]
    assert [r.message_id for r in about(remarks, "do_before")] == ["2@x"]


def test_robots_make_no_remarks() -> None:
    bot = reply(
        quote("+\tif (ret) return ret;") + "build error\n",
        author="kernel test robot <lkp@intel.com>",
    )
    assert remarks_of(revision(bot)) == ()


def test_hooks_are_what_ops_structs_hold() -> None:
    assert hooks_in(DIFF) == {"fault": {"my_fault"}, "get_folio": {"my_get_folio"}}
    declared = "@@ -1,2 +1,3 @@ struct vm_operations_struct {\n+\tint (*may_split)(struct vma *);\n"
    assert hooks_in(declared) == {"may_split": frozenset()}
    settings = "@@ -1 +1 @@\n+\tstruct uffdio_api api = {\n+\t\t.api = uffd_api,\n+\t};\n"
    assert hooks_in(settings) == {}


def test_prose_names_no_function() -> None:
    assert set(
        places(["- call handle_it() there", " 2 files changed, 3 insertions(+)", "+++ b/x"])
    ) == {
        ("", ""),
        ("x", ""),
    }


@given(st.text(alphabet="> \n-+@{}()ab:wrote", max_size=300))
def test_any_body_can_be_split(body: str) -> None:
    remarks_of(revision(reply(body)))
