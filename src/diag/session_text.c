// SPDX-License-Identifier: Apache-2.0
/* What clients, files and configurations say in words. */
#include <stdio.h>
#include <string.h>

#include "diag/conf.h"
#include "diag/kconfig.h"
#include "diag/session.h"

/* error.code of smpctl */
static const struct {
    const char *code;
    uint16_t sign;
} error_signs[] = {
    { "no-answer", SIGN_SILENCE },
    { "no-device", SIGN_E_NO_DEVICE },
    { "link-lost", SIGN_E_LINK_LOST },
    { "device-did-not-return", SIGN_NO_RETURN },
    { "upload-no-progress", SIGN_NO_PROGRESS },
    { "upload-mismatch", SIGN_MATCH_FALSE },
    { "image-replaced", SIGN_E_REPLACED },
    { "swap-refused", SIGN_E_SWAP_REFUSED },
    { "reverted", SIGN_E_REVERTED },
    { "other-image", SIGN_E_OTHER },
    { "package-needs-more-images", SIGN_E_NEEDS_MORE },
    { "device-image-count-unknown", SIGN_E_COUNT_UNKNOWN },
    { "not-an-mcuboot-image", SIGN_E_NO_IMAGE },
    { "image-truncated", SIGN_E_TRUNCATED },
    { "image-malformed", SIGN_E_MALFORMED },
    { "image-hash-mismatch", SIGN_E_HASH },
    { "signature-missing", SIGN_E_UNSIGNED },
    { "signature-wrong-key", SIGN_E_WRONG_KEY },
    { "package-bad-zip", SIGN_E_BAD_ZIP },
    { "package-no-manifest", SIGN_E_NO_MANIFEST },
    { "package-bad-manifest", SIGN_E_BAD_MANIFEST },
    { "package-file-missing", SIGN_E_FILE_MISSING },
    { "package-wrong-kind", SIGN_E_WRONG_KIND },
    { "image-too-large-for-slot", SIGN_E_TOO_LARGE_SLOT },
    { "image-too-large-for-swap", SIGN_E_TOO_LARGE_SWAP },
    { "image-wrong-slot", SIGN_E_WRONG_SLOT },
    { "image-downgrade", SIGN_E_DOWNGRADE },
    { "mode-not-supported", SIGN_E_MODE },
    { "dependency-unmet", SIGN_E_DEPENDENCY },
    { "image-refused-at-boot", SIGN_E_AT_BOOT },
    { "board-mismatch", SIGN_E_BOARD },
};

/* Names that builds give to images of the network core. */
static bool is_net(const char *name)
{
    return strstr(name, "net_core") != NULL ||
            strstr(name, "ipc_radio") != NULL ||
            strstr(name, "hci_ipc") != NULL ||
            strstr(name, "hci_rpmsg") != NULL || strstr(name, "cpunet") != NULL;
}

/* What the program in a file tells by its first words. */
static void look_at_program(struct diag_reader *r, const struct diag_event *e)
{
    const struct diag_file *f = e->about;
    if (f->vector_off != 0) {
        diag_show(r, SIGN_FILE_VECTOR, e,
                "%.60s: header of 0x%x bytes, the program starts at 0x%x",
                e->text, (unsigned)f->header_size, (unsigned)f->vector_off);
    }
    if (f->image == 0 && f->net_core) {
        diag_show(r, SIGN_FILE_NET_AS_0, e,
                "%.60s is linked for the network core and meant for image 0",
                e->text);
    }
    if (strstr(e->text, "xip") != NULL || strstr(e->text, "qspi") != NULL) {
        diag_show(r, SIGN_FILES_XIP, e, "%.60s runs from external flash",
                e->text);
    }
    if (f->version_0) {
        diag_show(r, SIGN_BYTES_VERSION_0, e, "%.60s is version 0.0.0",
                e->text);
    }
}

void diag_on_error(struct diag_reader *r, const struct diag_event *e)
{
    for (size_t i = 0; i < sizeof(error_signs) / sizeof(error_signs[0]); i++) {
        if (strcmp(e->text, error_signs[i].code) == 0) {
            diag_show(r, (enum diag_sign)error_signs[i].sign, e, "client: %s",
                    e->text);
        }
    }
    if (strcmp(e->text, "not-an-mcuboot-image") == 0 && is_net(e->quote)) {
        diag_show(r, SIGN_FILES_NET_BAD, e,
                "the file for the network core is no MCUboot image");
    }
    if (strcmp(e->text, "no-answer") == 0 && !r->answered) {
        diag_show(r, SIGN_NEVER_ANSWERED, e, "no request was ever answered");
    }
}

/* A number in a client's words; the message itself is better. */
void diag_on_refused_text(struct diag_reader *r, const struct diag_event *e)
{
    static const uint16_t flat[] = { 0, SIGN_T_RC1, SIGN_T_RC2, SIGN_T_RC3, 0,
        SIGN_T_RC5, SIGN_T_RC6, SIGN_T_RC7, SIGN_T_RC8, 0, SIGN_T_RC10 };
    uint16_t sign = 0;
    if (r->last_rc_event != NULL && (uint32_t)r->last_rc == e->a) {
        return;
    }
    if (e->b == 0 && e->a < sizeof(flat) / sizeof(flat[0])) {
        sign = flat[e->a];
    } else if (e->b == 2) {
        sign = e->a == 25    ? SIGN_T_GROUP_25
                : e->a == 8  ? SIGN_T_GROUP_8
                : e->a == 9  ? SIGN_T_GROUP_9
                : e->a == 13 ? SIGN_T_GROUP_13
                             : 0;
    }
    if (sign != 0) {
        diag_show(r, (enum diag_sign)sign, e, "the client reports error %u",
                (unsigned)e->a);
    }
}

void diag_on_file(struct diag_reader *r, const struct diag_event *e)
{
    for (unsigned i = 0; i < r->file_count; i++) {
        if (r->files[i]->about->image != e->about->image) {
            diag_show(r, SIGN_FILES_2, e,
                    "the package has files for image %d and %d",
                    r->files[i]->about->image, e->about->image);
        }
    }
    if (e->about->hash_len > 0 && !e->about->no_image) {
        diag_show(r, SIGN_FILE_GOOD, e, "%.80s is an image of %u bytes",
                e->text, (unsigned)e->about->size);
    }
    if (e->about->padded) {
        diag_show(r, SIGN_FILE_PADDED, e, "%.80s is padded with a trailer",
                e->text);
    }
    if (e->about->encrypted) {
        diag_show(r, SIGN_NEW_ENCRYPTED, e, "%.80s is encrypted", e->text);
    }
    look_at_program(r, e);
    if (is_net(e->text)) {
        diag_show(r, SIGN_FILES_NET, e, "%.80s is for the network core",
                e->text);
    }
    if (e->about->no_image) {
        diag_show(r, SIGN_E_NO_IMAGE, e, "%.80s has no MCUboot header",
                e->text);
    }
    if (r->file_count < sizeof(r->files) / sizeof(r->files[0])) {
        r->files[r->file_count++] = e;
    }
}

/* ---- configuration ---- */

static void on_symbol(struct diag_reader *r, const char *symbol,
        enum diag_sign sign)
{
    const struct diag_event *e = diag_conf_find(r->events, symbol);
    if (e != NULL && strcmp(diag_conf_value(e), "y") == 0) {
        diag_show(r, sign, e, "%.100s", e->text);
    }
}

/* What is told by two lines together, or by one that is missing. */
static void on_combinations(struct diag_reader *r,
        const struct diag_event *first)
{
    const struct diag_events *list = r->events;
    uint32_t mtu = diag_conf_number(list, "CONFIG_BT_L2CAP_TX_MTU", 0);
    uint32_t acl = diag_conf_number(list, "CONFIG_BT_BUF_ACL_RX_SIZE", 0);
    const struct diag_event *stack =
            diag_conf_find(list, "CONFIG_SYSTEM_WORKQUEUE_STACK_SIZE");
    if (mtu > 0 && acl > 0 && acl < mtu + 4) {
        diag_show(r, SIGN_CONF_ACL_SMALL,
                diag_conf_find(list, "CONFIG_BT_BUF_ACL_RX_SIZE"),
                "ACL buffers of %u bytes for an MTU of %u", (unsigned)acl,
                (unsigned)mtu);
    }
    uint32_t buf = diag_conf_number(list, "CONFIG_MCUMGR_BUF_SIZE", 0);
    if (buf > 0 && buf < mtu) {
        diag_show(r, SIGN_CONF_BUF_SMALL,
                diag_conf_find(list, "CONFIG_MCUMGR_BUF_SIZE"),
                "SMP buffers of %u bytes, writes of up to %u", (unsigned)buf,
                (unsigned)mtu - 3);
    }
    if (stack != NULL &&
            diag_conf_find(list,
                    "CONFIG_MCUMGR_TRANSPORT_WORKQUEUE_STACK_SIZE") == NULL) {
        diag_show(r, SIGN_CONF_STACK_WRONG, stack,
                "the system work queue is enlarged, not that of SMP");
    }
    if (diag_conf_on(list,
                "CONFIG_MCUMGR_GRP_IMG_USE_HEAP_FOR_FLASH_IMG_CONTEXT") &&
            diag_conf_number(list, "CONFIG_HEAP_MEM_POOL_SIZE", 0) == 0) {
        diag_show(r, SIGN_CONF_NO_HEAP, first,
                "the flash context is to be on the heap, there is none");
    }
    if (diag_conf_on(list, "CONFIG_MCUMGR_TRANSPORT_UDP") &&
            !diag_conf_on(list, "CONFIG_NET_IPV4_FRAGMENT")) {
        diag_show(r, SIGN_CONF_UDP_NO_FRAGMENT, first,
                "UDP without IP fragments");
    }
    if (strstr(first->file, "mcuboot") != NULL &&
            !diag_conf_on(list, "CONFIG_NORDIC_QSPI_NOR") &&
            !diag_conf_on(list, "CONFIG_SPI_NOR")) {
        diag_show(r, SIGN_CONF_NO_EXT_FLASH, first,
                "the bootloader has no driver for external flash");
    }
}

static const struct {
    const char *symbol;
    uint16_t sign;
} symbol_signs[] = {
    { "CONFIG_MCUMGR_SMP_BT_AUTHEN", SIGN_CONF_AUTHEN },
    { "CONFIG_MCUMGR_TRANSPORT_BT_AUTHEN", SIGN_CONF_AUTHEN },
    { "CONFIG_MCUMGR_TRANSPORT_BT_PERM_RW_AUTHEN", SIGN_CONF_AUTHEN },
    { "CONFIG_MCUMGR_TRANSPORT_BT_PERM_RW_ENCRYPT", SIGN_CONF_ENCRYPT },
    { "CONFIG_BT_FIXED_PASSKEY", SIGN_CONF_PASSKEY },
    { "CONFIG_BOOT_UPGRADE_ONLY", SIGN_CONF_OVERWRITE },
    { "SB_CONFIG_MCUBOOT_MODE_OVERWRITE_ONLY", SIGN_CONF_OVERWRITE },
    { "CONFIG_MCUBOOT_DOWNGRADE_PREVENTION", SIGN_CONF_NO_DOWNGRADE },
    { "CONFIG_MCUBOOT_SERIAL", SIGN_CONF_BOOT_RECOVERY },
    { "CONFIG_BOOT_DIRECT_XIP", SIGN_CONF_XIP },
    { "CONFIG_MCUBOOT_BOOTLOADER_MODE_DIRECT_XIP", SIGN_CONF_XIP },
    { "CONFIG_BOOT_ENCRYPT_EC256", SIGN_CONF_ENC },
    { "CONFIG_BOOT_ENCRYPT_RSA", SIGN_CONF_ENC },
    { "CONFIG_BOOT_ENCRYPT_X25519", SIGN_CONF_ENC },
};

/* Names of older versions; returns the first line of all. */
static const struct diag_event *look_at_names(struct diag_reader *r)
{
    const struct diag_event *first = NULL;
    for (size_t i = 0; i < r->events->count; i++) {
        const struct diag_event *e = &r->events->items[i];
        char symbol[128];
        bool old = false;
        if (e->kind != DIAG_CONF) {
            continue;
        }
        first = first == NULL ? e : first;
        size_t n = strcspn(e->text, "=");
        snprintf(symbol, sizeof(symbol), "%.*s", (int)(n > 120 ? 120 : n),
                e->text);
        if (diag_kconfig_find(symbol, &old) != NULL && old) {
            diag_show(r, SIGN_CONF_OLD_NAMES, e,
                    "%s is a name from before Zephyr 3.3", symbol);
        }
    }
    return first;
}

static void look_at_device(struct diag_reader *r,
        const struct diag_conf_device *d, const struct diag_event *first)
{
    diag_show(r, d->images > 1 ? SIGN_CONF_TWO_IMAGES : SIGN_CONF_ONE_IMAGE,
            first, "%u updatable image%s configured%s", (unsigned)d->images,
            d->images > 1 ? "s" : "", d->images > 1 ? "" : ": no line says 2");
    if (!d->image_group) {
        diag_show(r, SIGN_CONF_NO_IMG, first, "no image group configured");
    }
    if (!d->os_group) {
        diag_show(r, SIGN_CONF_NO_OS, first, "no OS group configured");
    }
    if (!d->params) {
        diag_show(r, SIGN_CONF_NO_PARAMS, first,
                "MCUmgr parameters are not configured");
    }
    if (!d->erase_settings) {
        diag_show(r, SIGN_CONF_NO_STORAGE, first,
                "erase of the settings is not configured");
    }
    if (d->mtu > 0 && !d->reassembly) {
        diag_show(r, SIGN_CONF_NO_REASSEMBLY, first,
                "no SMP reassembly configured");
    }
    if (!diag_conf_on(r->events, "CONFIG_IMG_ERASE_PROGRESSIVELY")) {
        diag_show(r, SIGN_CONF_NO_PROGRESSIVE, first,
                "CONFIG_IMG_ERASE_PROGRESSIVELY is not set");
    }
}

void diag_on_conf(struct diag_reader *r)
{
    struct diag_conf_device d;
    const struct diag_event *first = look_at_names(r);
    if (first == NULL || !diag_conf_describe(r->events, &d)) {
        return;
    }
    diag_show(r, SIGN_CONF, first, "a configuration was given");
    for (size_t i = 0; i < sizeof(symbol_signs) / sizeof(symbol_signs[0]);
            i++) {
        on_symbol(r, symbol_signs[i].symbol,
                (enum diag_sign)symbol_signs[i].sign);
    }
    on_combinations(r, first);
    look_at_device(r, &d, first);
}
