# SPDX-License-Identifier: GPL-2.0-or-later
"""Over a finding stand the lines of the patch it is about."""

from reviewtool.archive.types import Patch
from reviewtool.report.quote import LEFT_OUT, quote_function, quote_name

DIFF = """\
diff --git a/mm/a.c b/mm/a.c
--- a/mm/a.c
+++ b/mm/a.c
@@ -1,4 +1,6 @@ enum things
 first
+ * @THING_NEW: a comment about it
+\tTHING_NEW = 1 << 13,
 last
@@ -10,4 +12,14 @@ static int use_thing(struct thing *one, struct other *two, struct third *three)
 {
-\told();
+\tone();
+\ttwo();
+\tthree();
+\tfour();
+
+\tfive();
+\tsix();
 }
"""
PATCH = Patch(1, 1, "s", "p@x", "", "", "", DIFF, (), b"")


def test_a_name_is_quoted_where_it_is_defined_not_where_it_is_described() -> None:
    head, line = quote_name(PATCH, "THING_NEW")
    assert head == "@@ -1,4 +1,6 @@ enum things"
    assert line == "+\tTHING_NEW = 1 << 13,"


def test_a_function_is_quoted_from_its_first_change_and_cut_visibly() -> None:
    lines = quote_function(PATCH, ("use_thing",), limit=4)
    assert lines[1:] == ("-\told();", "+\tone();", "+\ttwo();", "+\tthree();", LEFT_OUT)
    assert len(lines[0]) <= 70


def test_what_a_patch_does_not_name_is_not_quoted() -> None:
    assert quote_name(PATCH, "THING") == ()
    assert quote_function(PATCH, ("other",)) == ()
