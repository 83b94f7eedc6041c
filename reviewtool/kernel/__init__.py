# SPDX-License-Identifier: GPL-2.0-or-later
"""A revision as a running kernel: laid out, configured, built and booted under User-Mode Linux."""
