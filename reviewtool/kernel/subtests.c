// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Linked into a selftest that is one long program ending at its first failed assertion: makes a
 * subtest of every function named in the environment, tells when each begins and how it ends, and
 * goes on after a failure by returning from the function in its place.
 *
 * The selftest's own file is compiled with -finstrument-functions and no function of it inlined that
 * does not ask for it, the program is linked with --wrap=exit.
 *
 *	SUBTESTS=HEX,...	the functions, as distances from the first hook
 *	SKIPPED=HEX,...		those of them to return from at once
 *
 * Says on standard output:	RT begin HEX
 *				RT end HEX STATUS	(4: skipped, 0: passed, as for exit(3))
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <unwind.h>

#define DEEPEST 16
#define SKIP 4

/* Where a function returns to, and what its caller finds in the registers it relies on. */
struct caller {
	unsigned long rbx, rbp, r12, r13, r14, r15, rsp, rip;
};

static struct level {
	long function;
	struct caller caller;
} levels[DEEPEST];
static int depth;

void __cyg_profile_func_enter(void *address, void *site);
void __cyg_profile_func_exit(void *address, void *site);
void __wrap_exit(int status);
void __real_exit(int status) __attribute__((noreturn));
void return_to(const struct caller *caller) __attribute__((noreturn));

asm(".type return_to, @function\n"
    "return_to:\n"
    "	mov (%rdi), %rbx\n	mov 8(%rdi), %rbp\n	mov 16(%rdi), %r12\n"
    "	mov 24(%rdi), %r13\n	mov 32(%rdi), %r14\n	mov 40(%rdi), %r15\n"
    "	mov 48(%rdi), %rsp\n"
    "	xor %eax, %eax\n"
    "	jmp *56(%rdi)\n"
    ".size return_to, . - return_to\n");

struct search {
	int frame;
	struct caller *caller;
};

/* The frames are those of the hook, of the function that called it, and of that one's caller. */
static _Unwind_Reason_Code look(struct _Unwind_Context *context, void *argument)
{
	struct search *search = argument;

	if (search->frame++ < 2)
		return _URC_NO_REASON;
	/* The numbers of the registers are DWARF's. */
	*search->caller = (struct caller){
		.rbx = _Unwind_GetGR(context, 3),
		.rbp = _Unwind_GetGR(context, 6),
		.r12 = _Unwind_GetGR(context, 12),
		.r13 = _Unwind_GetGR(context, 13),
		.r14 = _Unwind_GetGR(context, 14),
		.r15 = _Unwind_GetGR(context, 15),
		.rsp = _Unwind_GetCFA(context),
		.rip = _Unwind_GetIP(context),
	};
	return _URC_END_OF_STACK;
}

static void say(const char *what, long function, const char *rest)
{
	char line[64];
	int length = snprintf(line, sizeof(line), "RT %s %lx%s\n", what,
			      (unsigned long)function, rest);

	fflush(NULL);
	if (write(STDOUT_FILENO, line, length) != length)
		__real_exit(254);
}

static int named(const char *variable, long function)
{
	const char *list = getenv(variable);
	char *end;

	while (list && *list) {
		if ((long)strtoul(list, &end, 16) == function)
			return 1;
		list = *end ? end + 1 : end;
	}
	return 0;
}

static void leave(int status)
{
	char rest[16];

	snprintf(rest, sizeof(rest), " %d", status);
	say("end", levels[--depth].function, rest);
}

void __cyg_profile_func_enter(void *address, void *site)
{
	long function = (char *)address - (char *)__cyg_profile_func_enter;
	struct search search = { .caller = &levels[depth].caller };

	if (depth == DEEPEST - 1 || !named("SUBTESTS", function))
		return;
	_Unwind_Backtrace(look, &search);
	levels[depth++].function = function;
	say("begin", function, "");
	if (named("SKIPPED", function)) {
		leave(SKIP);
		return_to(&levels[depth].caller);
	}
}

void __cyg_profile_func_exit(void *address, void *site)
{
	if (depth && levels[depth - 1].function == (char *)address - (char *)__cyg_profile_func_enter)
		leave(0);
}

void __wrap_exit(int status)
{
	sigset_t none;

	if (!depth)
		__real_exit(status);
	/* It may come from a handler that reports a signal nobody expected. */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	leave(status);
	return_to(&levels[depth].caller);
}
