/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * KVM for User-Mode Linux: every difference between the kernel versions it can
 * be built with, so that no other file has to know any.
 */

#ifndef __UM_KVM_COMPAT_H
#define __UM_KVM_COMPAT_H

#include <linux/kvm_host.h>
#include <linux/version.h>

#ifndef CONFIG_KVM_GENERIC_MMU_NOTIFIER
#error "KVM for User-Mode Linux needs a kernel whose KVM has a generic MMU notifier (6.8)"
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)

#ifndef CONFIG_KVM_PRIVATE_MEM
#error "KVM for User-Mode Linux needs a kernel with guest_memfd (6.8)"
#endif

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

#else /* >= 6.13 */

static inline bool kvm_um_slot_has_gmem(const struct kvm_memory_slot *slot)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 18, 0)
	return kvm_slot_can_be_private(slot);
#else
	return kvm_slot_has_gmem(slot);
#endif
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
