# SPDX-License-Identifier: GPL-2.0-or-later
"""A kernel tree in miniature: it is built as the real one is, by make in the sandbox, at once."""

from pathlib import Path

import pytest

MAKEFILE = """\
VERSION = 6
PATCHLEVEL = 12
SUBLEVEL = 117
allnoconfig:
	@cp $(KCONFIG_ALLCONFIG) $(O)/.config
	@sed -i /CONFIG_GONE/d $(O)/.config
linux: $(O)/linux
$(O)/linux: $(O)/first $(O)/second
	@cat $^ > $@
$(O)/%: %.c
	@echo "  CC      $*.o"
	@if grep -q ERROR $<; then echo "/src/$<:7:1: error: $$(cat $<)"; exit 1; fi
	@sleep $$(sed -n 's/^sleep //p' $< | grep . || echo 0)
	@cp $< $@
"""


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    folder = tmp_path / "tiny"
    folder.mkdir()
    (folder / "Makefile").write_text(MAKEFILE)
    (folder / "first.c").write_text("first\n")
    (folder / "second.c").write_text("second\n")
    return folder
