/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * KVM for User-Mode Linux: every difference between the kernel versions it can
 * be built with, so that no other file has to know any.
 */

#ifndef __UM_KVM_COMPAT_H
#define __UM_KVM_COMPAT_H

#include <linux/kvm_host.h>
#include <linux/version.h>

#define KVM_UM_VERSION(major, minor) \
	(LINUX_VERSION_CODE >= KERNEL_VERSION(major, minor, 0))

#if !KVM_UM_VERSION(6, 13)

#if !defined(CONFIG_KVM_GENERIC_MMU_NOTIFIER) || !defined(CONFIG_KVM_PRIVATE_MEM)
#error "KVM for User-Mode Linux needs a kernel with guest_memfd, 6.8 or later"
#endif

/*
 * Does @slot map guest_memfd for memory which is not private?  Upstream had
 * nothing of the kind; here it is all there is in a VM without private memory.
 */
static inline bool kvm_um_gmem_is_shared(struct kvm *kvm,
					 const struct kvm_memory_slot *slot)
{
	return !kvm_arch_has_private_mem(kvm) && kvm_slot_can_be_private(slot);
}

static inline bool kvm_um_slot_has_gmem(const struct kvm_memory_slot *slot)
{
	return kvm_slot_can_be_private(slot);
}

/* @page takes the reference that has to be given up, if there is one. */
static inline int kvm_um_gmem_get_pfn(struct kvm *kvm,
				      struct kvm_memory_slot *slot, gfn_t gfn,
				      kvm_pfn_t *pfn, struct page **page)
{
	int r = kvm_gmem_get_pfn(kvm, slot, gfn, pfn, NULL);

	*page = r ? NULL : pfn_to_page(*pfn);
	return r;
}

static inline kvm_pfn_t kvm_um_faultin_pfn(struct kvm_memory_slot *slot,
					   gfn_t gfn, bool write,
					   struct page **page)
{
	bool writable;
	kvm_pfn_t pfn = __gfn_to_pfn_memslot(slot, gfn, false, true, NULL,
					     write, &writable, NULL);

	*page = is_error_noslot_pfn(pfn) ? NULL :
					   kvm_pfn_to_refcounted_page(pfn);
	return pfn;
}

#elif KVM_UM_VERSION(7, 0)

/* The architecture handles ioctls of its own before the vCPU is locked. */
#define KVM_UM_VCPU_UNLOCKED_IOCTL

static inline bool kvm_um_gmem_is_shared(struct kvm *kvm,
					 const struct kvm_memory_slot *slot)
{
	return kvm_memslot_is_gmem_only(slot);
}

static inline bool kvm_um_slot_has_gmem(const struct kvm_memory_slot *slot)
{
	return kvm_slot_has_gmem(slot);
}

static inline int kvm_um_gmem_get_pfn(struct kvm *kvm,
				      struct kvm_memory_slot *slot, gfn_t gfn,
				      kvm_pfn_t *pfn, struct page **page)
{
	int r = kvm_gmem_get_pfn(kvm, slot, gfn, pfn, page, NULL);

	if (r)
		*page = NULL;
	return r;
}

static inline kvm_pfn_t kvm_um_faultin_pfn(struct kvm_memory_slot *slot,
					   gfn_t gfn, bool write,
					   struct page **page)
{
	unsigned int foll = FOLL_INTERRUPTIBLE | (write ? FOLL_WRITE : 0);
	bool writable;

	*page = NULL;
	return __kvm_faultin_pfn(slot, gfn, foll, &writable, page);
}

#else
#error "KVM for User-Mode Linux has not been tried with this kernel version"
#endif

#ifdef CONFIG_KVM_GENERIC_PAGE_FAULT

static inline void kvm_um_memory_fault_exit(struct kvm_vcpu *vcpu,
					    struct kvm_page_fault *fault)
{
	kvm_prepare_memory_fault_exit(vcpu, fault);
}

#else

static inline void kvm_um_memory_fault_exit(struct kvm_vcpu *vcpu,
					    struct kvm_page_fault *fault)
{
	kvm_prepare_memory_fault_exit(vcpu, gfn_to_gpa(fault->gfn), PAGE_SIZE,
				      fault->write, fault->exec,
				      fault->is_private);
}

static inline bool kvm_do_userfault(struct kvm_vcpu *vcpu,
				    struct kvm_page_fault *fault)
{
	return false;
}

#endif

static inline void kvm_um_release_page(struct page *page, bool dirty)
{
	if (!page)
		return;
	if (dirty)
		kvm_release_page_dirty(page);
	else
		kvm_release_page_clean(page);
}

#endif /* __UM_KVM_COMPAT_H */
