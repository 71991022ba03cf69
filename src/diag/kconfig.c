// SPDX-License-Identifier: Apache-2.0
/*
 * Kconfig symbols, old and new names. The names changed in one wave in Zephyr
 * 3.3 (nRF Connect SDK 2.3).
 *
 * Source: zephyr scripts/utils/migrate_mcumgr_kconfigs.py, the Kconfig files
 * under subsys/mgmt/mcumgr, mcuboot boot/zephyr/Kconfig.
 */
#include "diag/kconfig.h"

#include <string.h>

#define OLD(old, new, value, effect)   \
    {                                  \
        old, new, "3.3", value, effect \
    }
#define SAME(name, value, effect)     \
    {                                 \
        NULL, name, "", value, effect \
    }
#define NEW(name, since, value, effect)  \
    {                                    \
        NULL, name, since, value, effect \
    }

/* clang-format off */
static const struct diag_kconfig table[] = {
    SAME("MCUMGR", "n", "SMP at all"),
    OLD("MCUMGR_CMD_IMG_MGMT", "MCUMGR_GRP_IMG", "n",
        "group 1, images; rc 8 without it"),
    OLD("MCUMGR_CMD_OS_MGMT", "MCUMGR_GRP_OS", "n",
        "group 0: echo, reset, parameters; reset needs REBOOT"),
    OLD("MCUMGR_CMD_STAT_MGMT", "MCUMGR_GRP_STAT", "n",
        "group 2, statistics"),
    OLD("MCUMGR_CMD_FS_MGMT", "MCUMGR_GRP_FS", "n", "group 8, files"),
    OLD("MCUMGR_CMD_SHELL_MGMT", "MCUMGR_GRP_SHELL", "n", "group 9, shell"),
    OLD("MCUMGR_CMD_SHELL_MGMT_LEGACY_RC_RETURN_CODE",
        "MCUMGR_GRP_SHELL_LEGACY_RC_RETURN_CODE", "n",
        "shell answers `rc` instead of `ret`"),
    OLD("MCUMGR_GRP_ZEPHYR_BASIC", "MCUMGR_GRP_ZBASIC", "n",
        "group 63: erase of the settings"),
    OLD("MCUMGR_GRP_BASIC_CMD_STORAGE_ERASE",
        "MCUMGR_GRP_ZBASIC_STORAGE_ERASE", "n", "erase of the settings"),
    NEW("MCUMGR_GRP_SETTINGS", "3.5", "n", "group 3, settings"),
    NEW("MCUMGR_GRP_ENUM", "4.0", "n", "group 10, what is there"),
    NEW("MCUMGR_GRP_ENUM_DETAILS", "4.0", "n", "names of the groups"),
    OLD("IMG_MGMT_UPDATABLE_IMAGE_NUMBER",
        "MCUMGR_GRP_IMG_UPDATABLE_IMAGE_NUMBER", "1",
        "images the server knows; with 1 the image number of an upload is "
        "ignored"),
    SAME("UPDATEABLE_IMAGE_NUMBER", "1",
        "images MCUboot and the application know; must be equal in both"),
    OLD("IMG_MGMT_DIRECT_IMAGE_UPLOAD", "MCUMGR_GRP_IMG_DIRECT_UPLOAD", "n",
        "image of an upload means absolute slot + 1"),
    OLD("IMG_MGMT_REJECT_DIRECT_XIP_MISMATCHED_SLOT",
        "MCUMGR_GRP_IMG_REJECT_DIRECT_XIP_MISMATCHED_SLOT", "n",
        "group 1 code 25 for an image of the other slot"),
    OLD("IMG_MGMT_VERBOSE_ERR", "MCUMGR_GRP_IMG_VERBOSE_ERR", "n",
        "answers say the reason in words"),
    OLD("IMG_MGMT_FRUGAL_LIST", "MCUMGR_GRP_IMG_FRUGAL_LIST", "n",
        "false flags are left out of the list"),
    OLD("IMG_MGMT_USE_HEAP_FOR_FLASH_IMG_CONTEXT",
        "MCUMGR_GRP_IMG_USE_HEAP_FOR_FLASH_IMG_CONTEXT", "n",
        "the flash context is on the heap: group 1 codes 15 to 17"),
    NEW("MCUMGR_GRP_IMG_VERSION_CMP_USE_BUILD_NUMBER", "3.3", "n",
        "build number counts in the upgrade check"),
    NEW("MCUMGR_GRP_IMG_ALLOW_CONFIRM_NON_ACTIVE_IMAGE_SECONDARY", "3.5",
        "y", "confirm of an image that does not run"),
    NEW("MCUMGR_GRP_IMG_ALLOW_CONFIRM_NON_ACTIVE_IMAGE_ANY", "3.5", "n",
        "confirm of any slot"),
    NEW("MCUMGR_GRP_IMG_ALLOW_CONFIRM_NON_ACTIVE_SLOT", "4.3", "y",
        "confirm of a slot that does not run"),
    NEW("MCUMGR_GRP_IMG_ALLOW_ERASE_PENDING", "3.5", "y",
        "upload and erase over a pending slot"),
    NEW("MCUMGR_GRP_IMG_TOO_LARGE_SYSBUILD", "4.0", "n",
        "uploads that cannot be swapped are refused: code 30"),
    NEW("MCUMGR_GRP_IMG_TOO_LARGE_BOOTLOADER_INFO", "4.0", "n",
        "as above, limit told by the bootloader"),
    NEW("MCUMGR_GRP_IMG_TOO_LARGE_DISABLED", "4.0", "y", "no such check"),
    NEW("MCUMGR_GRP_IMG_SLOT_INFO", "4.0", "y with several images",
        "slot sizes (group 1 command 6)"),
    SAME("IMG_ENABLE_IMAGE_CHECK", "n", "`match` in the last upload answer"),
    SAME("IMG_ERASE_PROGRESSIVELY", "n",
        "the slot is erased as the upload goes on, not at its start"),
    SAME("IMG_BLOCK_BUF_SIZE", "512", "bytes written to flash at a time"),
    SAME("IMG_MANAGER", "n", "image access; MCUMGR_GRP_IMG needs it"),
    SAME("MCUBOOT_IMG_MANAGER", "y", "image access by MCUboot's rules"),
    SAME("BOOTLOADER_MCUBOOT", "n", "the application is linked for a slot"),
    SAME("STREAM_FLASH", "n", "MCUMGR_GRP_IMG needs it"),
    SAME("FLASH", "n", "flash driver"),
    SAME("FLASH_MAP", "n", "MCUMGR_GRP_IMG needs it"),
    SAME("REBOOT", "y", "reset by SMP needs it"),
    OLD("OS_MGMT_ECHO", "MCUMGR_GRP_OS_ECHO", "y", "echo"),
    OLD("OS_MGMT_RESET_MS", "MCUMGR_GRP_OS_RESET_MS", "250",
        "time between answer and reset"),
    OLD("OS_MGMT_RESET_HOOK", "MCUMGR_GRP_OS_RESET_HOOK", "n",
        "the application may refuse a reset: rc 10, 11"),
    NEW("MCUMGR_GRP_OS_RESET_BOOT_MODE", "4.2", "n",
        "reset into recovery by boot_mode"),
    OLD("OS_MGMT_TASKSTAT", "MCUMGR_GRP_OS_TASKSTAT", "n", "task list"),
    OLD("OS_MGMT_MCUMGR_PARAMS", "MCUMGR_GRP_OS_MCUMGR_PARAMS", "n",
        "buffer size and count are told; rc 8 without it"),
    NEW("MCUMGR_GRP_OS_INFO", "3.3", "n", "board and versions are told"),
    NEW("MCUMGR_GRP_OS_BOOTLOADER_INFO", "3.5", "n",
        "bootloader mode is told"),
    NEW("MCUMGR_GRP_OS_DATETIME", "4.0", "n", "date and time"),
    OLD("FS_MGMT_DL_CHUNK_SIZE", "MCUMGR_GRP_FS_DL_CHUNK_SIZE", "netbuf",
        "bytes per answer of a download"),
    OLD("FS_MGMT_PATH_SIZE", "MCUMGR_GRP_FS_PATH_LEN", "64",
        "longest file name"),
    OLD("FS_MGMT_FILE_STATUS", "MCUMGR_GRP_FS_FILE_STATUS", "y",
        "file sizes are told"),
    OLD("FS_MGMT_CHECKSUM_HASH", "MCUMGR_GRP_FS_CHECKSUM_HASH", "n",
        "hashes of files"),
    OLD("STAT_MGMT_MAX_NAME_LEN", "MCUMGR_GRP_STAT_MAX_NAME_LEN", "32",
        "longest name"),
    OLD("MCUMGR_SMP_BT", "MCUMGR_TRANSPORT_BT", "n",
        "the SMP service over Bluetooth"),
    OLD("MCUMGR_SMP_BT_AUTHEN", "MCUMGR_TRANSPORT_BT_AUTHEN", "y",
        "pairing with authentication is needed"),
    NEW("MCUMGR_TRANSPORT_BT_AUTHEN", "3.3", "y",
        "pairing with authentication is needed; replaced by a choice later"),
    NEW("MCUMGR_TRANSPORT_BT_PERM_RW", "3.7", "y without BT_SMP",
        "no pairing is needed"),
    NEW("MCUMGR_TRANSPORT_BT_PERM_RW_ENCRYPT", "3.7", "n",
        "an encrypted link is needed"),
    NEW("MCUMGR_TRANSPORT_BT_PERM_RW_AUTHEN", "3.7", "y with BT_SMP",
        "pairing with authentication is needed"),
    OLD("MCUMGR_SMP_REASSEMBLY_BT", "MCUMGR_TRANSPORT_BT_REASSEMBLY", "n",
        "requests may be larger than one write"),
    OLD("MCUMGR_SMP_BT_CONN_PARAM_CONTROL",
        "MCUMGR_TRANSPORT_BT_CONN_PARAM_CONTROL", "n",
        "a short connection interval while SMP is used"),
    NEW("MCUMGR_TRANSPORT_BT_DYNAMIC_SVC_REGISTRATION", "3.7", "y",
        "the service can vanish at run time"),
    OLD("MCUMGR_SMP_UART", "MCUMGR_TRANSPORT_UART", "n", "SMP over a UART"),
    OLD("MCUMGR_SMP_UART_MTU", "MCUMGR_TRANSPORT_UART_MTU", "256",
        "longest answer over a UART"),
    OLD("MCUMGR_SMP_SHELL", "MCUMGR_TRANSPORT_SHELL", "n",
        "SMP through the shell"),
    OLD("MCUMGR_SMP_SHELL_MTU", "MCUMGR_TRANSPORT_SHELL_MTU", "256",
        "longest answer through the shell"),
    OLD("MCUMGR_SMP_SHELL_RX_BUF_COUNT",
        "MCUMGR_TRANSPORT_SHELL_RX_BUF_COUNT", "2", "lines that may wait"),
    OLD("MCUMGR_SMP_UDP", "MCUMGR_TRANSPORT_UDP", "n", "SMP over UDP"),
    OLD("MCUMGR_SMP_UDP_IPV4", "MCUMGR_TRANSPORT_UDP_IPV4", "y", "IPv4"),
    OLD("MCUMGR_SMP_UDP_IPV6", "MCUMGR_TRANSPORT_UDP_IPV6", "n", "IPv6"),
    OLD("MCUMGR_SMP_UDP_PORT", "MCUMGR_TRANSPORT_UDP_PORT", "1337", "port"),
    OLD("MCUMGR_SMP_UDP_MTU", "MCUMGR_TRANSPORT_UDP_MTU", "1500",
        "longest datagram; longer ones are cut: rc 9"),
    OLD("MCUMGR_SMP_UDP_STACK_SIZE", "MCUMGR_TRANSPORT_UDP_STACK_SIZE",
        "512", "stack of the UDP thread"),
    OLD("MCUMGR_SMP_DUMMY", "MCUMGR_TRANSPORT_DUMMY", "n", "for tests"),
    OLD("MCUMGR_BUF_COUNT", "MCUMGR_TRANSPORT_NETBUF_COUNT", "4",
        "requests that may wait, and the answer"),
    OLD("MCUMGR_BUF_SIZE", "MCUMGR_TRANSPORT_NETBUF_SIZE", "384",
        "longest request and answer"),
    OLD("MCUMGR_BUF_USER_DATA_SIZE", "MCUMGR_TRANSPORT_NETBUF_USER_DATA_SIZE",
        "4", "private bytes per buffer"),
    OLD("MCUMGR_SMP_WORKQUEUE_STACK_SIZE",
        "MCUMGR_TRANSPORT_WORKQUEUE_STACK_SIZE", "2048 and more",
        "stack of the SMP work queue: too small crashes the device"),
    OLD("MGMT_VERBOSE_ERR_RESPONSE", "MCUMGR_SMP_VERBOSE_ERR_RESPONSE", "n",
        "answers say the reason in words"),
    OLD("MGMT_MAX_MAIN_MAP_ENTRIES", "MCUMGR_SMP_CBOR_MAX_MAIN_MAP_ENTRIES",
        "15", "keys per request"),
    OLD("MGMT_MAX_DECODING_LEVELS", "MCUMGR_SMP_CBOR_MAX_DECODING_LEVELS",
        "4", "nesting of requests"),
    NEW("MCUMGR_SMP_LEGACY_RC_BEHAVIOUR", "3.3", "n", "rc 0 in every answer"),
    NEW("MCUMGR_SMP_SUPPORT_ORIGINAL_PROTOCOL", "3.5", "y",
        "SMP v1 requests are accepted"),
    SAME("ZCBOR", "n", "the decoder of Zephyr 3.2 and later"),
    SAME("ZCBOR_CANONICAL", "n", "definite lengths only"),
    SAME("BT_L2CAP_TX_MTU", "23 or 247", "largest ATT MTU"),
    SAME("BT_BUF_ACL_RX_SIZE", "27 or 251",
        "must be BT_L2CAP_TX_MTU + 4, or the MTU becomes smaller"),
    SAME("BT_CTLR_DATA_LENGTH_MAX", "27 or 251", "link-layer packet"),
    SAME("BT_FIXED_PASSKEY", "n", "pairing asks for a passkey"),
    SAME("SYSTEM_WORKQUEUE_STACK_SIZE", "1024",
        "served SMP up to Zephyr 3.2; it has its own queue since"),
    SAME("HEAP_MEM_POOL_SIZE", "0", "heap"),
    /* nRF Connect SDK */
    SAME("NCS_SAMPLE_MCUMGR_BT_OTA_DFU", "n",
        "all of the SMP options over Bluetooth; image number stays 1 except "
        "on Thingy:53"),
    SAME("NCS_SAMPLE_MCUMGR_BT_OTA_DFU_SPEEDUP", "n", "large buffers"),
    SAME("NRF53_UPGRADE_NETWORK_CORE", "n", "network core can be updated"),
    SAME("NRF53_MULTI_IMAGE_UPDATE", "n",
        "MCUboot updates both cores in one go"),
    SAME("NRF53_RECOVERY_NETWORK_CORE", "n",
        "network core update in serial recovery"),
    SAME("PCD_APP", "n", "hand-over of the network core image"),
    SAME("NORDIC_QSPI_NOR", "n", "external flash by QSPI"),
    SAME("SPI_NOR", "n", "external flash by SPI"),
    /* MCUboot */
    SAME("BOOT_UPGRADE_ONLY", "n", "overwrite only: no test, no revert"),
    SAME("BOOT_SWAP_USING_MOVE", "y once", "swap without scratch"),
    SAME("BOOT_SWAP_USING_OFFSET", "n", "swap without scratch, newer"),
    SAME("BOOT_SWAP_USING_SCRATCH", "n", "swap with a scratch area"),
    SAME("BOOT_DIRECT_XIP", "n", "both slots run where they are"),
    SAME("BOOT_DIRECT_XIP_REVERT", "n", "as above, with test and revert"),
    SAME("SINGLE_APPLICATION_SLOT", "n", "one slot: recovery only"),
    SAME("MCUBOOT_DOWNGRADE_PREVENTION", "n", "lower versions are erased"),
    SAME("MCUBOOT_HW_DOWNGRADE_PREVENTION", "n", "security counter"),
    SAME("BOOT_MAX_IMG_SECTORS", "128", "sectors per slot"),
    SAME("BOOT_ENCRYPT_EC256", "n", "encrypted images"),
    SAME("BOOT_ENCRYPT_RSA", "n", "encrypted images"),
    SAME("BOOT_ENCRYPT_X25519", "n", "encrypted images"),
    SAME("MCUBOOT_SERIAL", "n", "serial recovery"),
    SAME("BOOT_SERIAL_MAX_RECEIVE_SIZE", "1024",
        "longest request in recovery"),
    SAME("BOOT_MAX_LINE_INPUT_LEN", "128", "longest line in recovery"),
    SAME("BOOT_SERIAL_IMG_GRP_IMAGE_STATE", "n",
        "test and flags in recovery; rc 8 without it"),
    SAME("BOOT_SERIAL_IMG_GRP_HASH", "y", "hashes in recovery"),
    SAME("MCUBOOT_SERIAL_DIRECT_IMAGE_UPLOAD", "n",
        "image of an upload means a slot in recovery"),
    SAME("BOOT_ERASE_PROGRESSIVELY", "n", "erase while an upload goes on"),
    SAME("MCUBOOT_BOOTLOADER_MODE_SINGLE_APP", "n", "no image group"),
    SAME("MCUBOOT_BOOTLOADER_MODE_SWAP_WITHOUT_SCRATCH", "y",
        "what the application believes"),
    SAME("MCUBOOT_BOOTLOADER_MODE_SWAP_USING_OFFSET", "n",
        "what the application believes"),
    SAME("MCUBOOT_BOOTLOADER_MODE_OVERWRITE_ONLY", "n",
        "what the application believes"),
    SAME("MCUBOOT_BOOTLOADER_MODE_DIRECT_XIP", "n",
        "what the application believes; no test or confirm"),
    /* sysbuild */
    SAME("BOOTLOADER_MCUBOOT_SYSBUILD", "n", "MCUboot is built along"),
    SAME("SECURE_BOOT_NETCORE", "n", "network core bootloader"),
    SAME("NETCORE_APP_UPDATE", "n", "network core image in the package"),
    SAME("MCUBOOT_NRF53_MULTI_IMAGE_UPDATE", "n", "both cores in one go"),
    SAME("MCUBOOT_UPDATEABLE_IMAGES", "1", "updatable images"),
    SAME("MCUBOOT_MODE_OVERWRITE_ONLY", "n", "overwrite only"),
};
/* clang-format on */

const struct diag_kconfig *diag_kconfig_table(size_t *count)
{
    *count = sizeof(table) / sizeof(table[0]);
    return table;
}

const struct diag_kconfig *diag_kconfig_find(const char *symbol, bool *old)
{
    if (strncmp(symbol, "SB_CONFIG_", 10) == 0) {
        symbol += 10;
    } else if (strncmp(symbol, "CONFIG_", 7) == 0) {
        symbol += 7;
    }
    *old = false;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (table[i].name != NULL && strcmp(table[i].name, symbol) == 0) {
            return &table[i];
        }
    }
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (table[i].old_name != NULL &&
                strcmp(table[i].old_name, symbol) == 0) {
            *old = true;
            return &table[i];
        }
    }
    return NULL;
}
