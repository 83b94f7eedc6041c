# SPDX-License-Identifier: GPL-2.0-or-later
"""``python -m reviewtool`` is the ``reviewtool`` command."""

from reviewtool.cli.main import entry

if __name__ == "__main__":
    entry()
