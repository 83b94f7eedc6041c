# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs inside the guest: what KVM for User-Mode Linux, and User-Mode Linux below it, have to do."""
