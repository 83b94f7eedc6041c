/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * KVM for User-Mode Linux: what its source files share.
 */

#ifndef __UM_KVM_UM_H
#define __UM_KVM_UM_H

#include <linux/kvm_host.h>

/*
 * What a vCPU can be told to do.  The request is in its registers:
 *
 *	rax	one of these; cleared once the request has been carried out
 *	rbx	guest physical address; advanced by every access that is done
 *	rcx	length of an access, 1 to 8 bytes
 *	rdx	the value to write, or the value that was read
 *	rsi	number of accesses, 0 being taken for 1; counted down
 *	rip	incremented once the request has been carried out
 *
 * A repeated read stops at the first value which differs from the one before,
 * with rsi not yet counted down for it.
 */
enum kvm_um_op {
	KVM_UM_OP_HALT,
	KVM_UM_OP_READ,
	KVM_UM_OP_WRITE,
	KVM_UM_OP_FETCH,

	/* Not the guest but KVM itself, through the user's page tables. */
	KVM_UM_OP_KVM_READ,
	KVM_UM_OP_KVM_WRITE,
};

/* What can become of an access, apart from an error. */
enum kvm_um_result {
	KVM_UM_RETRY,
	KVM_UM_DONE,
	KVM_UM_MMIO,
};

void kvm_um_stage2_init(struct kvm *kvm);
void kvm_um_stage2_destroy(struct kvm *kvm);
bool kvm_um_stage2_lookup(struct kvm *kvm, gfn_t gfn, bool *writable);
bool kvm_um_stage2_access(struct kvm *kvm, gpa_t gpa, void *data,
			  unsigned int len, bool write, gpa_t *fault);
int kvm_um_stage2_fault(struct kvm_vcpu *vcpu, gpa_t gpa, bool write,
			bool exec);

#endif /* __UM_KVM_UM_H */
