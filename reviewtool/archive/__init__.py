# SPDX-License-Identifier: GPL-2.0-or-later
"""Mail, from wherever it lies, as revisions of patch series."""
