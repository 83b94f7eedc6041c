/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * KVM for User-Mode Linux: the architecture's part of KVM's data structures.
 */

#ifndef __UM_KVM_HOST_H
#define __UM_KVM_HOST_H

#include <linux/err.h>
#include <linux/file.h>		/* guest_memfd.c counts on its architecture */
#include <linux/kvm_types.h>
#include <linux/types.h>
#include <linux/xarray.h>

#include <asm/kvm.h>

/* <asm/kvm.h> is x86's, but there are no interrupts to inject here. */
#undef __KVM_HAVE_IRQ_LINE

#define KVM_MAX_VCPUS			64
#define KVM_HALT_POLL_NS_DEFAULT	0

/*
 * PAGE_OFFSET, which generic KVM takes for the border between user addresses
 * and errors, lies below most of user space on UML.
 */
#define KVM_HVA_ERR_BAD			(-1UL)
#define KVM_HVA_ERR_RO_BAD		(-2UL)

static inline bool kvm_is_error_hva(unsigned long addr)
{
	return IS_ERR_VALUE(addr);
}

struct kvm_arch_memory_slot {
};

/* A stage-2 fault, as far as generic code may ask. */
struct kvm_page_fault {
	gfn_t gfn;
	struct kvm_memory_slot *slot;
	bool write;
	bool exec;
	bool is_private;
};

struct kvm_arch {
	/* gfn => stage-2 entry; written with kvm->mmu_lock held. */
	struct xarray stage2;

	/* KVM_X86_SW_PROTECTED_VM: private memory, selected per gfn. */
	bool has_private_mem;
};

#define kvm_arch_has_private_mem(kvm)	((kvm)->arch.has_private_mem)

/*
 * Without private memory, guest_memfd is shared memory.  Only kernels on which
 * guest_memfd is private by nature ask.
 */
#define kvm_arch_has_shared_gmem(kvm)	(!(kvm)->arch.has_private_mem)

struct kvm_vcpu_arch {
	struct kvm_regs regs;

	/* The bytes of the access under way, and how many of them are done. */
	u8 data[8];
	unsigned int done;

	/* A repeated read has its first value. */
	bool scanning;

	/* KVM_EXIT_MMIO waits for userspace to complete it. */
	bool mmio_pending;
	unsigned int mmio_len;
};

struct kvm_vm_stat {
	struct kvm_vm_stat_generic generic;
	u64 stage2_pages;
	u64 stage2_unmaps;
};

struct kvm_vcpu_stat {
	struct kvm_vcpu_stat_generic generic;
	u64 accesses;
	u64 stage2_faults;
	u64 stage2_retries;
	u64 mmio_exits;
	u64 signal_exits;
};

static inline void kvm_arch_sync_events(struct kvm *kvm) {}
static inline void kvm_arch_free_memslot(struct kvm *kvm,
					 struct kvm_memory_slot *slot) {}
static inline void kvm_arch_memslots_updated(struct kvm *kvm, u64 gen) {}
static inline void kvm_arch_vcpu_blocking(struct kvm_vcpu *vcpu) {}
static inline void kvm_arch_vcpu_unblocking(struct kvm_vcpu *vcpu) {}

/*
 * Accesses happen with kvm->mmu_lock held, so that an entry which was removed
 * with the lock held is not in use any more: there is no TLB to flush.
 */
#define __KVM_HAVE_ARCH_FLUSH_REMOTE_TLBS
#define __KVM_HAVE_ARCH_FLUSH_REMOTE_TLBS_RANGE

#endif /* __UM_KVM_HOST_H */
