# SPDX-License-Identifier: GPL-2.0-or-later
"""One module a revision: the functions its patches define, under the names they have there."""
