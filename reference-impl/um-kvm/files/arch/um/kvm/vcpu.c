// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * KVM for User-Mode Linux: the software vCPU.
 *
 * It executes no instructions but carries out one request at a time, see
 * enum kvm_um_op.  KVM_RUN ends with KVM_EXIT_HLT when that is done.
 */

#include <linux/kvm_host.h>
#include <linux/sched/signal.h>
#include <kvm/iodev.h>

#include "compat.h"
#include "kvm_um.h"

#define KVM_UM_MAX_ACCESS	sizeof_field(struct kvm_vcpu_arch, data)

static bool is_write(const struct kvm_regs *regs)
{
	return regs->rax == KVM_UM_OP_WRITE || regs->rax == KVM_UM_OP_KVM_WRITE;
}

static bool is_through_user(const struct kvm_regs *regs)
{
	return regs->rax == KVM_UM_OP_KVM_READ ||
	       regs->rax == KVM_UM_OP_KVM_WRITE;
}

/* Userspace has set the registers to something no vCPU can do. */
static int exit_bad_request(struct kvm_vcpu *vcpu)
{
	vcpu->run->exit_reason = KVM_EXIT_INTERNAL_ERROR;
	vcpu->run->internal.suberror = KVM_INTERNAL_ERROR_EMULATION;
	vcpu->run->internal.ndata = 0;
	return 0;
}

static int exit_hlt(struct kvm_vcpu *vcpu)
{
	vcpu->run->exit_reason = KVM_EXIT_HLT;
	return 0;
}

/* There is no memory at @gpa: ask KVM's own devices, then userspace. */
static int access_mmio(struct kvm_vcpu *vcpu, gpa_t gpa, void *data,
		       unsigned int len)
{
	bool write = is_write(&vcpu->arch.regs);
	struct kvm_run *run = vcpu->run;

	if (write && !kvm_io_bus_write(vcpu, KVM_MMIO_BUS, gpa, len, data))
		return KVM_UM_DONE;
	if (!write && !kvm_io_bus_read(vcpu, KVM_MMIO_BUS, gpa, len, data))
		return KVM_UM_DONE;

	run->exit_reason = KVM_EXIT_MMIO;
	run->mmio.phys_addr = gpa;
	run->mmio.len = len;
	run->mmio.is_write = write;
	memset(run->mmio.data, 0, sizeof(run->mmio.data));
	if (write)
		memcpy(run->mmio.data, data, len);

	vcpu->arch.mmio_pending = true;
	vcpu->stat.mmio_exits++;
	return KVM_UM_MMIO;
}

static void complete_mmio(struct kvm_vcpu *vcpu)
{
	struct kvm_vcpu_arch *arch = &vcpu->arch;
	unsigned int len = arch->mmio_len;

	if (!is_write(&arch->regs))
		memcpy(arch->data + arch->done, vcpu->run->mmio.data, len);
	arch->done += len;
	arch->mmio_pending = false;
}

/*
 * KVM reads and writes guest memory for its own purposes, too, such as a
 * paravirtual clock.  That goes through the user's mapping in kernel mode.
 */
static int access_through_user(struct kvm_vcpu *vcpu, gpa_t gpa, void *data,
			       unsigned int len, gpa_t *fault)
{
	bool write = is_write(&vcpu->arch.regs);
	unsigned int offset = offset_in_page(gpa);
	gfn_t gfn = gpa_to_gfn(gpa);
	struct kvm_memory_slot *slot;
	bool writable;
	int r;

	*fault = gpa;

	slot = kvm_vcpu_gfn_to_memslot(vcpu, gfn);
	if (slot && slot->flags & KVM_MEMSLOT_INVALID)
		return KVM_UM_RETRY;
	if (kvm_is_error_hva(kvm_vcpu_gfn_to_hva_prot(vcpu, gfn, &writable)) ||
	    (write && !writable))
		return KVM_UM_MMIO;

	if (write)
		r = kvm_vcpu_write_guest_page(vcpu, gfn, data, offset, len);
	else
		r = kvm_vcpu_read_guest_page(vcpu, gfn, data, offset, len);
	if (!r)
		return KVM_UM_DONE;

	kvm_um_memory_fault_exit(vcpu, &(struct kvm_page_fault) {
		.gfn = gfn,
		.slot = slot,
		.write = write,
	});
	return r;
}

static int access_through_stage2(struct kvm_vcpu *vcpu, gpa_t gpa, void *data,
				 unsigned int len, gpa_t *fault)
{
	bool exec = vcpu->arch.regs.rax == KVM_UM_OP_FETCH;
	bool write = is_write(&vcpu->arch.regs);

	if (kvm_um_stage2_access(vcpu->kvm, gpa, data, len, write, fault))
		return KVM_UM_DONE;

	return kvm_um_stage2_fault(vcpu, *fault, write, exec);
}

/* Do as much of the access under way as can be done at once. */
static int access_step(struct kvm_vcpu *vcpu)
{
	struct kvm_vcpu_arch *arch = &vcpu->arch;
	unsigned int len = arch->regs.rcx - arch->done;
	gpa_t gpa = arch->regs.rbx + arch->done, fault;
	unsigned int head = min_t(unsigned int, len,
				  PAGE_SIZE - offset_in_page(gpa));
	void *data = arch->data + arch->done;
	int r;

	/* The guest accesses two pages at once, KVM one after the other. */
	if (is_through_user(&arch->regs)) {
		len = head;
		r = access_through_user(vcpu, gpa, data, len, &fault);
	} else {
		r = access_through_stage2(vcpu, gpa, data, len, &fault);
	}

	if (r == KVM_UM_MMIO) {
		/* No instruction can be fetched from a device. */
		if (arch->regs.rax == KVM_UM_OP_FETCH) {
			exit_bad_request(vcpu);
			return KVM_UM_MMIO;
		}

		/* The second page only: do what lies on the first one. */
		len = head;
		if (gpa_to_gfn(fault) != gpa_to_gfn(gpa)) {
			if (!kvm_um_stage2_access(vcpu->kvm, gpa, data, len,
						  is_write(&arch->regs),
						  &fault))
				return KVM_UM_RETRY;
			r = KVM_UM_DONE;
		} else {
			arch->mmio_len = len;
			r = access_mmio(vcpu, gpa, data, len);
		}
	}

	if (r == KVM_UM_DONE)
		arch->done += len;
	return r;
}

static void access_begin(struct kvm_vcpu *vcpu)
{
	struct kvm_vcpu_arch *arch = &vcpu->arch;

	memset(arch->data, 0, sizeof(arch->data));
	if (is_write(&arch->regs))
		memcpy(arch->data, &arch->regs.rdx, sizeof(arch->data));
	arch->done = 0;
}

/* Returns whether there is another access to do. */
static bool access_end(struct kvm_vcpu *vcpu)
{
	struct kvm_vcpu_arch *arch = &vcpu->arch;
	struct kvm_regs *regs = &arch->regs;

	vcpu->stat.accesses++;

	if (!is_write(regs)) {
		u64 value;

		memcpy(&value, arch->data, sizeof(value));
		if (arch->scanning && value != regs->rdx)
			return false;
		regs->rdx = value;
		arch->scanning = true;
	}

	regs->rbx += regs->rcx;
	if (regs->rsi)
		regs->rsi--;
	return regs->rsi;
}

static int vcpu_run(struct kvm_vcpu *vcpu)
{
	struct kvm_vcpu_arch *arch = &vcpu->arch;
	struct kvm_regs *regs = &arch->regs;
	int r;

	for (;;) {
		if (kvm_test_request(KVM_REQ_VM_DEAD, vcpu))
			return -EIO;

		if (signal_pending(current)) {
			vcpu->run->exit_reason = KVM_EXIT_INTR;
			vcpu->stat.signal_exits++;
			return -EINTR;
		}

		if (regs->rax == KVM_UM_OP_HALT)
			return exit_hlt(vcpu);
		if (regs->rax > KVM_UM_OP_KVM_WRITE ||
		    !regs->rcx || regs->rcx > KVM_UM_MAX_ACCESS ||
		    regs->rbx + regs->rcx - 1 < regs->rbx)
			return exit_bad_request(vcpu);

		if (!arch->done)
			access_begin(vcpu);

		if (arch->done < regs->rcx) {
			kvm_vcpu_srcu_read_lock(vcpu);
			r = access_step(vcpu);
			kvm_vcpu_srcu_read_unlock(vcpu);

			if (r < 0)
				return r;
			if (r == KVM_UM_MMIO)
				return 0;
		}

		if (arch->done == regs->rcx) {
			arch->done = 0;
			if (!access_end(vcpu)) {
				regs->rax = KVM_UM_OP_HALT;
				regs->rip++;
				return exit_hlt(vcpu);
			}
		}

		cond_resched();
	}
}

int kvm_arch_vcpu_ioctl_run(struct kvm_vcpu *vcpu)
{
	int r;

	vcpu_load(vcpu);
	kvm_sigset_activate(vcpu);

	if (vcpu->arch.mmio_pending)
		complete_mmio(vcpu);

	vcpu->run->exit_reason = KVM_EXIT_UNKNOWN;
	r = vcpu->wants_to_run ? vcpu_run(vcpu) : -EINTR;

	kvm_sigset_deactivate(vcpu);
	vcpu_put(vcpu);
	return r;
}

int kvm_arch_vcpu_ioctl_get_regs(struct kvm_vcpu *vcpu, struct kvm_regs *regs)
{
	*regs = vcpu->arch.regs;
	return 0;
}

/* A new request: whatever was under way is forgotten. */
int kvm_arch_vcpu_ioctl_set_regs(struct kvm_vcpu *vcpu, struct kvm_regs *regs)
{
	vcpu->arch.regs = *regs;
	vcpu->arch.done = 0;
	vcpu->arch.scanning = false;
	vcpu->arch.mmio_pending = false;
	return 0;
}

int kvm_arch_vcpu_ioctl_get_sregs(struct kvm_vcpu *vcpu,
				  struct kvm_sregs *sregs)
{
	return -EINVAL;
}

int kvm_arch_vcpu_ioctl_set_sregs(struct kvm_vcpu *vcpu,
				  struct kvm_sregs *sregs)
{
	return -EINVAL;
}

int kvm_arch_vcpu_ioctl_get_fpu(struct kvm_vcpu *vcpu, struct kvm_fpu *fpu)
{
	return -EINVAL;
}

int kvm_arch_vcpu_ioctl_set_fpu(struct kvm_vcpu *vcpu, struct kvm_fpu *fpu)
{
	return -EINVAL;
}

int kvm_arch_vcpu_ioctl_set_guest_debug(struct kvm_vcpu *vcpu,
					struct kvm_guest_debug *dbg)
{
	return -EINVAL;
}

int kvm_arch_vcpu_ioctl_get_mpstate(struct kvm_vcpu *vcpu,
				    struct kvm_mp_state *mp_state)
{
	mp_state->mp_state = KVM_MP_STATE_RUNNABLE;
	return 0;
}

int kvm_arch_vcpu_ioctl_set_mpstate(struct kvm_vcpu *vcpu,
				    struct kvm_mp_state *mp_state)
{
	return mp_state->mp_state == KVM_MP_STATE_RUNNABLE ? 0 : -EINVAL;
}

/* There is no stage 1, so the answer is about stage 2: what is mapped now? */
int kvm_arch_vcpu_ioctl_translate(struct kvm_vcpu *vcpu,
				  struct kvm_translation *tr)
{
	bool writable;

	tr->physical_address = tr->linear_address;
	tr->valid = kvm_um_stage2_lookup(vcpu->kvm,
					 gpa_to_gfn(tr->linear_address),
					 &writable);
	tr->writeable = writable;
	tr->usermode = 0;
	return 0;
}

long kvm_arch_vcpu_ioctl(struct file *filp, unsigned int ioctl,
			 unsigned long arg)
{
	return -ENOTTY;
}

#ifdef KVM_UM_VCPU_UNLOCKED_IOCTL
long kvm_arch_vcpu_unlocked_ioctl(struct file *filp, unsigned int ioctl,
				  unsigned long arg)
{
	return -ENOIOCTLCMD;
}
#endif

vm_fault_t kvm_arch_vcpu_fault(struct kvm_vcpu *vcpu, struct vm_fault *vmf)
{
	return VM_FAULT_SIGBUS;
}

int kvm_arch_vcpu_precreate(struct kvm *kvm, unsigned int id)
{
	return 0;
}

int kvm_arch_vcpu_create(struct kvm_vcpu *vcpu)
{
	return 0;
}

void kvm_arch_vcpu_postcreate(struct kvm_vcpu *vcpu)
{
}

void kvm_arch_vcpu_destroy(struct kvm_vcpu *vcpu)
{
}

void kvm_arch_vcpu_load(struct kvm_vcpu *vcpu, int cpu)
{
	vcpu->cpu = cpu;
}

void kvm_arch_vcpu_put(struct kvm_vcpu *vcpu)
{
	vcpu->cpu = -1;
}

int kvm_arch_vcpu_runnable(struct kvm_vcpu *vcpu)
{
	return 1;
}

bool kvm_arch_vcpu_in_kernel(struct kvm_vcpu *vcpu)
{
	return false;
}

int kvm_arch_vcpu_should_kick(struct kvm_vcpu *vcpu)
{
	return kvm_vcpu_exiting_guest_mode(vcpu) == IN_GUEST_MODE;
}

int kvm_cpu_has_pending_timer(struct kvm_vcpu *vcpu)
{
	return 0;
}
