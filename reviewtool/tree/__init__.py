# SPDX-License-Identifier: GPL-2.0-or-later
"""The git side: bases, applying mail in a private store, what changed between revisions."""
