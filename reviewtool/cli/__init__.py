# SPDX-License-Identifier: GPL-2.0-or-later
"""The command line: a thin face over the core."""
