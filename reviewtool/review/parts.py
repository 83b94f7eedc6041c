# SPDX-License-Identifier: GPL-2.0-or-later
"""The parts a comparison of two revisions has; known without loading what works them out."""

PARTS = ("patches", "interface", "behaviour")
