# SPDX-License-Identifier: GPL-2.0-or-later
"""The questions a reviewer asks, answered from all stages at once; every face calls these."""
