# SPDX-License-Identifier: GPL-2.0-or-later
"""What changed between two revisions of a kernel patch series, and the proof."""

__version__ = "0.1.0"
