# SPDX-License-Identifier: GPL-2.0-or-later
"""The terminal interface: Textual screens over the same calls as the command line."""
