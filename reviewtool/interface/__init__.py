# SPDX-License-Identifier: GPL-2.0-or-later
"""The interface of a revision: what it adds to, changes in and takes from the kernel's surface."""
