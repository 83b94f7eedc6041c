# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel driver: runs a sequence of inputs on the kernel it finds itself under.

Standard library only, no compiler in the guest. The same modules run under User-Mode Linux
and, for their own tests, on any x86-64 Linux with userfaultfd.
"""
