// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * KVM for User-Mode Linux: stage-2 translation.
 *
 * A VM's stage-2 table is an XArray from guest frame number to page frame
 * number, with a mark for what hardware would keep in a bit of the entry.  As
 * with hardware, an entry holds no reference to its page: the MMU notifiers of
 * the user's mappings and the invalidations of guest_memfd remove it before
 * the page goes away.
 *
 * The table is changed, and memory is accessed through it, with kvm->mmu_lock
 * held.  Removing an entry therefore waits for the accesses which use it.
 */

#include <linux/highmem.h>
#include <linux/kvm_host.h>
#include <linux/sched/signal.h>

#include "compat.h"
#include "kvm_um.h"

#define STAGE2_ACCESSED	XA_MARK_0
#define STAGE2_WRITABLE	XA_MARK_1

void kvm_um_stage2_init(struct kvm *kvm)
{
	xa_init_flags(&kvm->arch.stage2, XA_FLAGS_ACCOUNT);
}

void kvm_um_stage2_destroy(struct kvm *kvm)
{
	WARN_ON_ONCE(kvm->stat.stage2_pages);
	xa_destroy(&kvm->arch.stage2);
}

static bool stage2_unmap(struct kvm *kvm, gfn_t start, gfn_t end)
{
	XA_STATE(xas, &kvm->arch.stage2, start);
	bool unmapped = false;
	void *entry;

	lockdep_assert_held(&kvm->mmu_lock);

	xas_lock(&xas);
	xas_for_each(&xas, entry, end - 1) {
		xas_store(&xas, NULL);
		kvm->stat.stage2_pages--;
		kvm->stat.stage2_unmaps++;
		unmapped = true;
	}
	xas_unlock(&xas);

	return unmapped;
}

static void stage2_write_protect(struct kvm *kvm, gfn_t start, gfn_t end)
{
	XA_STATE(xas, &kvm->arch.stage2, start);
	void *entry;

	lockdep_assert_held(&kvm->mmu_lock);

	xas_lock(&xas);
	xas_for_each_marked(&xas, entry, end - 1, STAGE2_WRITABLE)
		xas_clear_mark(&xas, STAGE2_WRITABLE);
	xas_unlock(&xas);
}

static int stage2_map(struct kvm_vcpu *vcpu, struct kvm_memory_slot *slot,
		      gfn_t gfn, kvm_pfn_t pfn, bool write,
		      unsigned long mmu_seq)
{
	struct kvm *kvm = vcpu->kvm;
	XA_STATE(xas, &kvm->arch.stage2, gfn);
	void *old;

	do {
		spin_lock(&kvm->mmu_lock);

		/*
		 * The page may have been taken from under us while it was
		 * looked up.  Let the vCPU fault again if it still needs it.
		 */
		if (mmu_invalidate_retry_gfn(kvm, mmu_seq, gfn)) {
			spin_unlock(&kvm->mmu_lock);
			vcpu->stat.stage2_retries++;
			continue;
		}

		xas_lock(&xas);
		old = xas_store(&xas, xa_mk_value(pfn));
		if (!xas_error(&xas)) {
			xas_clear_mark(&xas, STAGE2_ACCESSED);
			xas_clear_mark(&xas, STAGE2_WRITABLE);
			if (write)
				xas_set_mark(&xas, STAGE2_WRITABLE);
			if (!old)
				kvm->stat.stage2_pages++;
		}
		xas_unlock(&xas);

		if (write && !xas_error(&xas))
			mark_page_dirty_in_slot(kvm, slot, gfn);

		spin_unlock(&kvm->mmu_lock);
	} while (xas_nomem(&xas, GFP_KERNEL_ACCOUNT));

	return xas_error(&xas);
}

/* Is @gfn mapped, and may it be written to? */
bool kvm_um_stage2_lookup(struct kvm *kvm, gfn_t gfn, bool *writable)
{
	bool mapped;

	spin_lock(&kvm->mmu_lock);
	mapped = xa_load(&kvm->arch.stage2, gfn);
	*writable = xa_get_mark(&kvm->arch.stage2, gfn, STAGE2_WRITABLE);
	spin_unlock(&kvm->mmu_lock);

	return mapped;
}

/* One instruction for each size that the hardware has one for. */
static void copy_access(void *to, const void *from, unsigned int len)
{
	switch (len) {
	case 1:
		WRITE_ONCE(*(u8 *)to, READ_ONCE(*(u8 *)from));
		break;
	case 2:
		WRITE_ONCE(*(u16 *)to, READ_ONCE(*(u16 *)from));
		break;
	case 4:
		WRITE_ONCE(*(u32 *)to, READ_ONCE(*(u32 *)from));
		break;
	case 8:
		WRITE_ONCE(*(u64 *)to, READ_ONCE(*(u64 *)from));
		break;
	default:
		memcpy(to, from, len);
	}
}

static void access_page(kvm_pfn_t pfn, unsigned int offset, void *data,
			unsigned int len, bool write)
{
	void *page = kmap_local_page(pfn_to_page(pfn));

	if (write)
		copy_access(page + offset, data, len);
	else
		copy_access(data, page + offset, len);
	kunmap_local(page);
}

/**
 * kvm_um_stage2_access() - Access guest memory as a guest does
 *
 * @kvm: the virtual machine
 * @gpa: guest physical address
 * @data: the bytes to write, or where to put the bytes read
 * @len: number of bytes, at most a page; they may lie on two pages
 * @write: whether to write
 * @fault: the first address that could not be accessed
 *
 * All bytes are accessed or none.
 *
 * Return: false if there is no mapping, or not one to write to; see @fault.
 */
bool kvm_um_stage2_access(struct kvm *kvm, gpa_t gpa, void *data,
			  unsigned int len, bool write, gpa_t *fault)
{
	gfn_t first = gpa_to_gfn(gpa), last = gpa_to_gfn(gpa + len - 1), gfn;
	unsigned int head = min_t(unsigned int, len,
				  PAGE_SIZE - offset_in_page(gpa));
	struct xarray *stage2 = &kvm->arch.stage2;
	kvm_pfn_t pfn[2];
	void *entry;

	spin_lock(&kvm->mmu_lock);

	for (gfn = first; gfn <= last; gfn++) {
		entry = xa_load(stage2, gfn);
		if (!entry ||
		    (write && !xa_get_mark(stage2, gfn, STAGE2_WRITABLE))) {
			spin_unlock(&kvm->mmu_lock);
			*fault = gfn == first ? gpa : gfn_to_gpa(gfn);
			return false;
		}
		pfn[gfn - first] = xa_to_value(entry);
	}

	for (gfn = first; gfn <= last; gfn++)
		xa_set_mark(stage2, gfn, STAGE2_ACCESSED);

	access_page(pfn[0], offset_in_page(gpa), data, head, write);
	if (last != first)
		access_page(pfn[1], 0, data + head, len - head, write);

	spin_unlock(&kvm->mmu_lock);
	return true;
}

static int memory_fault_exit(struct kvm_vcpu *vcpu,
			     struct kvm_page_fault *fault, int r)
{
	kvm_um_memory_fault_exit(vcpu, fault);
	return r;
}

/* The errors which only a page of the user's can have; as on x86. */
static int handle_error_pfn(struct kvm_vcpu *vcpu,
			    struct kvm_page_fault *fault, kvm_pfn_t pfn)
{
	if (is_noslot_pfn(pfn))
		return KVM_UM_RETRY;

	if (is_sigpending_pfn(pfn)) {
		vcpu->run->exit_reason = KVM_EXIT_INTR;
		vcpu->stat.signal_exits++;
		return -EINTR;
	}

	/* A write to a read-only slot is for userspace to emulate. */
	if (pfn == KVM_PFN_ERR_RO_FAULT)
		return KVM_UM_MMIO;

	if (pfn == KVM_PFN_ERR_HWPOISON) {
		unsigned long hva = gfn_to_hva_memslot_prot(fault->slot,
							    fault->gfn, NULL);

		send_sig_mceerr(BUS_MCEERR_AR, (void __user *)hva, PAGE_SHIFT,
				current);
		return KVM_UM_RETRY;
	}

	return memory_fault_exit(vcpu, fault, -EFAULT);
}

/**
 * kvm_um_stage2_fault() - Resolve a stage-2 fault
 *
 * @vcpu: the vCPU that has faulted
 * @gpa: the address it was about to access
 * @write: whether it was a write
 * @exec: whether it was an instruction fetch
 *
 * The caller holds kvm->srcu for reading.
 *
 * Return: KVM_UM_RETRY to try the access again, which does not mean that it
 * will succeed; KVM_UM_MMIO if there is no memory to access; or an error for
 * userspace, with vcpu->run filled in.
 */
int kvm_um_stage2_fault(struct kvm_vcpu *vcpu, gpa_t gpa, bool write, bool exec)
{
	struct kvm *kvm = vcpu->kvm;
	gfn_t gfn = gpa_to_gfn(gpa);
	struct kvm_page_fault fault = {
		.gfn = gfn,
		.write = write,
		.exec = exec,
	};
	struct kvm_memory_slot *slot;
	unsigned long mmu_seq;
	bool gmem;
	struct page *page;
	kvm_pfn_t pfn;
	int r;

	vcpu->stat.stage2_faults++;

	mmu_seq = kvm->mmu_invalidate_seq;

	/*
	 * Look up the page only now, so that an invalidation in the meantime
	 * is seen.  Pairs with smp_wmb() in kvm_mmu_invalidate_end().
	 */
	smp_rmb();

	slot = kvm_vcpu_gfn_to_memslot(vcpu, gfn);
	if (!slot)
		return KVM_UM_MMIO;
	if (slot->flags & KVM_MEMSLOT_INVALID)
		return KVM_UM_RETRY;

	fault.slot = slot;
	fault.is_private = kvm_arch_has_private_mem(kvm) &&
			   kvm_mem_is_private(kvm, gfn);
	if (fault.is_private && !kvm_um_slot_has_gmem(slot))
		return memory_fault_exit(vcpu, &fault, -EFAULT);

	if (kvm_do_userfault(vcpu, &fault))
		return -EFAULT;

	gmem = fault.is_private || kvm_um_gmem_is_shared(kvm, slot);
	if (gmem) {
		r = kvm_um_gmem_get_pfn(kvm, slot, gfn, &pfn, &page);
		if (r)
			return memory_fault_exit(vcpu, &fault, r);
	} else {
		pfn = kvm_um_faultin_pfn(slot, gfn, write, &page);
		if (is_error_noslot_pfn(pfn))
			return handle_error_pfn(vcpu, &fault, pfn);
	}

	/* Device memory is not ours to touch. */
	if (!pfn_valid(pfn)) {
		kvm_um_release_page(page, false);
		return memory_fault_exit(vcpu, &fault, -EFAULT);
	}

	/*
	 * An entry gets writable with the first write, not before, which is
	 * what dirty logging and the page's own dirty flag need.  guest_memfd
	 * has neither; its pages are writable at once, as on x86.
	 */
	r = stage2_map(vcpu, slot, gfn, pfn, write || gmem, mmu_seq);
	kvm_um_release_page(page, write && !gmem);

	return r ? r : KVM_UM_RETRY;
}

/* Callbacks of generic KVM. */

bool kvm_unmap_gfn_range(struct kvm *kvm, struct kvm_gfn_range *range)
{
	return stage2_unmap(kvm, range->start, range->end);
}

bool kvm_age_gfn(struct kvm *kvm, struct kvm_gfn_range *range)
{
	XA_STATE(xas, &kvm->arch.stage2, range->start);
	bool young = false;
	void *entry;

	xas_lock(&xas);
	xas_for_each_marked(&xas, entry, range->end - 1, STAGE2_ACCESSED) {
		xas_clear_mark(&xas, STAGE2_ACCESSED);
		young = true;
	}
	xas_unlock(&xas);

	return young;
}

bool kvm_test_age_gfn(struct kvm *kvm, struct kvm_gfn_range *range)
{
	unsigned long index = range->start;

	return xa_find(&kvm->arch.stage2, &index, range->end - 1,
		       STAGE2_ACCESSED);
}

void kvm_arch_flush_shadow_all(struct kvm *kvm)
{
	spin_lock(&kvm->mmu_lock);
	stage2_unmap(kvm, 0, 0);
	spin_unlock(&kvm->mmu_lock);
}

void kvm_arch_flush_shadow_memslot(struct kvm *kvm,
				   struct kvm_memory_slot *slot)
{
	spin_lock(&kvm->mmu_lock);
	stage2_unmap(kvm, slot->base_gfn, slot->base_gfn + slot->npages);
	spin_unlock(&kvm->mmu_lock);
}

int kvm_arch_flush_remote_tlbs(struct kvm *kvm)
{
	return 0;
}

int kvm_arch_flush_remote_tlbs_range(struct kvm *kvm, gfn_t gfn, u64 nr_pages)
{
	return 0;
}

int kvm_arch_prepare_memory_region(struct kvm *kvm,
				   const struct kvm_memory_slot *old,
				   struct kvm_memory_slot *new,
				   enum kvm_mr_change change)
{
	return 0;
}

void kvm_arch_commit_memory_region(struct kvm *kvm, struct kvm_memory_slot *old,
				   const struct kvm_memory_slot *new,
				   enum kvm_mr_change change)
{
	if (change != KVM_MR_FLAGS_ONLY || !kvm_slot_dirty_track_enabled(new))
		return;

	/* From now on the first write to a page has to be noticed again. */
	spin_lock(&kvm->mmu_lock);
	stage2_write_protect(kvm, new->base_gfn, new->base_gfn + new->npages);
	spin_unlock(&kvm->mmu_lock);
}

void kvm_arch_sync_dirty_log(struct kvm *kvm, struct kvm_memory_slot *memslot)
{
}

void kvm_arch_mmu_enable_log_dirty_pt_masked(struct kvm *kvm,
					     struct kvm_memory_slot *slot,
					     gfn_t gfn_offset,
					     unsigned long mask)
{
	gfn_t base = slot->base_gfn + gfn_offset;

	stage2_write_protect(kvm, base + __ffs(mask), base + __fls(mask) + 1);
}

bool kvm_arch_pre_set_memory_attributes(struct kvm *kvm,
					struct kvm_gfn_range *range)
{
	/* Private and shared memory of a gfn are different pages. */
	return stage2_unmap(kvm, range->start, range->end);
}

bool kvm_arch_post_set_memory_attributes(struct kvm *kvm,
					 struct kvm_gfn_range *range)
{
	return false;
}

long kvm_arch_vcpu_pre_fault_memory(struct kvm_vcpu *vcpu,
				    struct kvm_pre_fault_memory *range)
{
	gfn_t gfn = gpa_to_gfn(range->gpa);
	bool writable;
	int r;

	while (!kvm_um_stage2_lookup(vcpu->kvm, gfn, &writable)) {
		if (signal_pending(current))
			return -EINTR;

		r = kvm_um_stage2_fault(vcpu, range->gpa, false, false);
		if (r < 0)
			return r;
		if (r == KVM_UM_MMIO)
			return -ENOENT;
		cond_resched();
	}

	return PAGE_SIZE;
}
