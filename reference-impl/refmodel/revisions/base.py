# SPDX-License-Identifier: GPL-2.0-or-later
"""shared guest_memfd, no write(), no userfaultfd

Registration of a guest_memfd mapping is refused in every mode, so nothing else of userfaultfd can
be reached; the file has neither ->write nor FMODE_PWRITE.
"""

from refmodel.kvm import GuestMemfd


class Kernel(GuestMemfd):
    gmem_write = ""
