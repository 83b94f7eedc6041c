# SPDX-License-Identifier: GPL-2.0-or-later
"""What revisions do: models explored, compared, turned into suites and held against kernels."""
