# SPDX-License-Identifier: GPL-2.0-or-later
"""Where mail can be asked for: a public-inbox server, an epoch on disk, a box of mail."""
