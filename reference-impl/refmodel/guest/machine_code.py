# SPDX-License-Identifier: GPL-2.0-or-later
"""The x86-64 code a worker thread runs: real user-mode accesses that survive SIGBUS.

A Python thread that touches memory holds the interpreter lock while its fault blocks, and a
SIGBUS would end the process. So a worker leaves the interpreter for good: it sleeps on an
eventfd, does what its control block says, and reports on another eventfd. The SIGBUS handler
sends an access that cannot be had to ``finish`` instead of back to the instruction.

The control block is an array of 64-bit words; the constants below are their indices.
"""

REQUEST, STATE, ADDRESS, BUFFER, LENGTH = range(5)
"""ADDRESS is also where a system call's result is put."""
FILL_BYTE = SYSCALL_NUMBER = 5
ARGUMENTS = 6  # six words
EVENTFDS = 12  # low half: requests, read by the worker; high half: reports, written by it
SCRATCH, ONE = 13, 14
WORDS = 15

FETCH, FILL, CALL, EXIT = 1, 2, 3, 9  # REQUEST
BUSY, DONE, SIGNALLED = 1, 2, 0x100  # STATE; SIGNALLED is or-ed with the signal's number

# The words of one line are the bytes of its instruction; a test assembles the text again.
LISTING = """
worker:
    53                    push rbx
    48 89 fb              mov rbx, rdi
wait:
    31 c0                 xor eax, eax
    8b 7b 60              mov edi, [rbx+0x60]
    48 8d 73 68           lea rsi, [rbx+0x68]
    ba 08 00 00 00        mov edx, 8
    0f 05                 syscall
    48 8b 03              mov rax, [rbx]
    48 85 c0              test rax, rax
    74 e8                 je wait
    48 c7 03 00 00 00 00  mov qword ptr [rbx], 0
    83 f8 01              cmp eax, 1
    74 0c                 je fetch
    83 f8 02              cmp eax, 2
    74 17                 je fill
    83 f8 03              cmp eax, 3
    74 22                 je call
    5b                    pop rbx
    c3                    ret
fetch:
    48 8b 7b 18           mov rdi, [rbx+0x18]
    48 8b 73 10           mov rsi, [rbx+0x10]
    48 8b 4b 20           mov rcx, [rbx+0x20]
    f3 a4                 rep movsb
    eb 32                 jmp done
fill:
    48 8b 7b 10           mov rdi, [rbx+0x10]
    48 8b 4b 20           mov rcx, [rbx+0x20]
    48 8b 43 28           mov rax, [rbx+0x28]
    f3 aa                 rep stosb
    eb 22                 jmp done
call:
    48 8b 43 28           mov rax, [rbx+0x28]
    48 8b 7b 30           mov rdi, [rbx+0x30]
    48 8b 73 38           mov rsi, [rbx+0x38]
    48 8b 53 40           mov rdx, [rbx+0x40]
    4c 8b 53 48           mov r10, [rbx+0x48]
    4c 8b 43 50           mov r8, [rbx+0x50]
    4c 8b 4b 58           mov r9, [rbx+0x58]
    0f 05                 syscall
    48 89 43 10           mov [rbx+0x10], rax
done:
    b8 02 00 00 00        mov eax, 2
finish:
    48 89 43 08           mov [rbx+8], rax
    b8 01 00 00 00        mov eax, 1
    8b 7b 64              mov edi, [rbx+0x64]
    48 8d 73 70           lea rsi, [rbx+0x70]
    ba 08 00 00 00        mov edx, 8
    0f 05                 syscall
    e9 6d ff ff ff        jmp wait
handler:
    48 8b 82 a8 00 00 00  mov rax, [rdx+0xa8]
    48 8d 0d 8f ff ff ff  lea rcx, [rip+fetch]
    48 39 c8              cmp rax, rcx
    72 29                 jb foreign
    48 8d 0d a3 ff ff ff  lea rcx, [rip+call]
    48 39 c8              cmp rax, rcx
    73 1d                 jae foreign
    48 8d 0d be ff ff ff  lea rcx, [rip+finish]
    48 89 8a a8 00 00 00  mov [rdx+0xa8], rcx
    89 f8                 mov eax, edi
    0d 00 01 00 00        or eax, 0x100
    48 89 82 90 00 00 00  mov [rdx+0x90], rax
    c3                    ret
foreign:
    bf 87 00 00 00        mov edi, 0x87
    b8 e7 00 00 00        mov eax, 0xe7
    0f 05                 syscall
"""
# In the handler, rdx is the ucontext: 0x90 holds the interrupted rax, 0xa8 rip. A fault outside
# an access is a bug of the driver and ends the process with 0x87, a shell's status of SIGBUS.

_BYTES_END = 26


def assembled() -> tuple[bytes, int]:
    """The code and the offset of the signal handler in it."""
    code = bytearray()
    handler = 0
    for line in LISTING.strip().splitlines():
        if line.startswith(" "):
            code += bytes.fromhex(line[:_BYTES_END])
        elif line == "handler:":
            handler = len(code)
    return bytes(code), handler


def source() -> str:
    """The listing as input for the GNU assembler."""
    listing = LISTING.strip().splitlines()
    text = [line[_BYTES_END:] if line.startswith(" ") else line for line in listing]
    return "\n".join([".intel_syntax noprefix", *text, ""])
