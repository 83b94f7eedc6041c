// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * KVM for User-Mode Linux: the device, virtual machines and statistics.
 */

#include <linux/kvm_host.h>
#include <linux/module.h>

#include "kvm_um.h"

const struct kvm_stats_desc kvm_vm_stats_desc[] = {
	KVM_GENERIC_VM_STATS(),
	STATS_DESC_ICOUNTER(VM, stage2_pages),
	STATS_DESC_COUNTER(VM, stage2_unmaps),
};

const struct kvm_stats_header kvm_vm_stats_header = {
	.name_size = KVM_STATS_NAME_SIZE,
	.num_desc = ARRAY_SIZE(kvm_vm_stats_desc),
	.id_offset = sizeof(struct kvm_stats_header),
	.desc_offset = sizeof(struct kvm_stats_header) + KVM_STATS_NAME_SIZE,
	.data_offset = sizeof(struct kvm_stats_header) + KVM_STATS_NAME_SIZE +
		       sizeof(kvm_vm_stats_desc),
};

const struct kvm_stats_desc kvm_vcpu_stats_desc[] = {
	KVM_GENERIC_VCPU_STATS(),
	STATS_DESC_COUNTER(VCPU, accesses),
	STATS_DESC_COUNTER(VCPU, stage2_faults),
	STATS_DESC_COUNTER(VCPU, stage2_retries),
	STATS_DESC_COUNTER(VCPU, mmio_exits),
	STATS_DESC_COUNTER(VCPU, signal_exits),
};

const struct kvm_stats_header kvm_vcpu_stats_header = {
	.name_size = KVM_STATS_NAME_SIZE,
	.num_desc = ARRAY_SIZE(kvm_vcpu_stats_desc),
	.id_offset = sizeof(struct kvm_stats_header),
	.desc_offset = sizeof(struct kvm_stats_header) + KVM_STATS_NAME_SIZE,
	.data_offset = sizeof(struct kvm_stats_header) + KVM_STATS_NAME_SIZE +
		       sizeof(kvm_vcpu_stats_desc),
};

#define KVM_UM_VM_TYPES	(BIT(KVM_X86_DEFAULT_VM) | BIT(KVM_X86_SW_PROTECTED_VM))

int kvm_vm_ioctl_check_extension(struct kvm *kvm, long ext)
{
	switch (ext) {
	case KVM_CAP_EXT_CPUID:
	case KVM_CAP_IMMEDIATE_EXIT:
	case KVM_CAP_IOEVENTFD:
	case KVM_CAP_MEMORY_FAULT_INFO:
	case KVM_CAP_MP_STATE:
	case KVM_CAP_PRE_FAULT_MEMORY:
	case KVM_CAP_READONLY_MEM:
	case KVM_CAP_SYNC_MMU:
		return 1;
	case KVM_CAP_NR_VCPUS:
	case KVM_CAP_MAX_VCPUS:
		return KVM_MAX_VCPUS;
	case KVM_CAP_MAX_VCPU_ID:
		return KVM_MAX_VCPU_IDS;
	case KVM_CAP_VM_TYPES:
		return KVM_UM_VM_TYPES;
	default:
		return 0;
	}
}

int kvm_vm_ioctl_enable_cap(struct kvm *kvm, struct kvm_enable_cap *cap)
{
	return -EINVAL;
}

/* No instruction is executed.  What there is to tell is how wide addresses are. */
static const struct kvm_cpuid_entry2 kvm_um_cpuid[] = {
	{ .function = 0x80000000, .eax = 0x80000008 },
	{ .function = 0x80000008, .eax = 48 << 8 | 46 },
};

static long kvm_um_get_supported_cpuid(struct kvm_cpuid2 __user *user)
{
	u32 room;

	if (get_user(room, &user->nent))
		return -EFAULT;
	if (room < ARRAY_SIZE(kvm_um_cpuid))
		return -E2BIG;
	if (copy_to_user(user->entries, kvm_um_cpuid, sizeof(kvm_um_cpuid)) ||
	    put_user(ARRAY_SIZE(kvm_um_cpuid), &user->nent))
		return -EFAULT;
	return 0;
}

long kvm_arch_dev_ioctl(struct file *filp, unsigned int ioctl,
			unsigned long arg)
{
	switch (ioctl) {
	case KVM_GET_SUPPORTED_CPUID:
		return kvm_um_get_supported_cpuid((void __user *)arg);
	default:
		return -ENOTTY;
	}
}

int kvm_arch_vm_ioctl(struct file *filp, unsigned int ioctl, unsigned long arg)
{
	return -ENOTTY;
}

int kvm_arch_init_vm(struct kvm *kvm, unsigned long type)
{
	if (type >= BITS_PER_LONG || !(BIT(type) & KVM_UM_VM_TYPES))
		return -EINVAL;

	kvm->arch.has_private_mem = type == KVM_X86_SW_PROTECTED_VM;
	kvm_um_stage2_init(kvm);
	return 0;
}

void kvm_arch_destroy_vm(struct kvm *kvm)
{
	kvm_destroy_vcpus(kvm);
	kvm_um_stage2_destroy(kvm);
}

static int __init kvm_um_init(void)
{
	return kvm_init(sizeof(struct kvm_vcpu), __alignof__(struct kvm_vcpu),
			THIS_MODULE);
}
module_init(kvm_um_init);
