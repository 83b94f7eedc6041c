# SPDX-License-Identifier: GPL-2.0-or-later
"""Which revisions belong together: the study, its file, and how it is found."""
