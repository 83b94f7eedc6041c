# SPDX-License-Identifier: GPL-2.0-or-later
"""One module a command: ``configure`` names its arguments, ``run`` answers."""
