# SPDX-License-Identifier: GPL-2.0-or-later
"""Reference models of userfaultfd support for guest_memfd, one module a revision.

Standard library only: the package runs on the host and inside the guest.
"""
