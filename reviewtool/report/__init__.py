# SPDX-License-Identifier: GPL-2.0-or-later
"""Results as text, JSON, Markdown: pure functions of result types."""
