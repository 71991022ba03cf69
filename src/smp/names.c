// SPDX-License-Identifier: Apache-2.0
/*
 * Names and meanings of the codes of every namespace, and of groups and
 * commands. A file of its own: who prints nothing links nothing of it.
 *
 * Sources: zephyr include/zephyr/mgmt/mcumgr/mgmt/mgmt_defines.h and the
 * enums of grp/<group>/<group>.h; codes of groups without a public table stay
 * unnamed.
 */
#include "smp/response.h"

/* A code; its number is its place in the table. */
struct code {
    const char *name;
    const char *text;
};

/* A namespace. */
struct space {
    const struct code *codes;
    uint16_t group;
    uint8_t count;
};

/* clang-format off */
static const struct code rc_codes[] = {
    { "EOK", "success" },
    { "EUNKNOWN", "unspecified error" },
    { "ENOMEM", "the device has no buffer for the answer" },
    { "EINVAL", "a value in the request is wrong or cannot be decoded" },
    { "ETIMEOUT", "the device's own operation timed out" },
    { "ENOENT", "no such object" },
    { "EBADSTATE", "the current state of the device forbids the command" },
    { "EMSGSIZE", "the answer does not fit the device's buffer" },
    { "ENOTSUP", "this group or command is not built into the device" },
    { "ECORRUPT", "the device received a damaged message" },
    { "EBUSY", "the device is busy with other work" },
    { "EACCESSDENIED", "the application on the device refused" },
    { "UNSUPPORTED_TOO_OLD", "the device wants a newer SMP version" },
    { "UNSUPPORTED_TOO_NEW", "the device wants an older SMP version" },
};

/* Codes from here on belong to the application. */
static const struct code rc_peruser = {
    "EPERUSER", "a code of the application on the device"
};

static const struct code os_codes[] = {
    { "OK", "success" },
    { "UNKNOWN", "unspecified error" },
    { "INVALID_FORMAT", "the format holds a letter the device does not know" },
    { "QUERY_YIELDS_NO_ANSWER", "the device does not know this query" },
    { "RTC_NOT_SET", "the clock of the device has not been set" },
    { "RTC_COMMAND_FAILED", "the clock of the device reported an error" },
    { "QUERY_RESPONSE_VALUE_NOT_VALID",
      "the device has no valid answer to this query" },
};

static const struct code image_codes[] = {
    { "OK", "success" },
    { "UNKNOWN", "unspecified error" },
    { "FLASH_CONFIG_QUERY_FAIL", "the flash of the slot cannot be asked" },
    { "NO_IMAGE", "there is no image in the slot" },
    { "NO_TLVS", "the image has no TLV area" },
    { "INVALID_TLV", "the TLV area of the image is damaged" },
    { "TLV_MULTIPLE_HASHES_FOUND", "the image has more than one hash" },
    { "TLV_INVALID_SIZE", "the hash of the image has a wrong size" },
    { "HASH_NOT_FOUND", "no slot holds an image with this hash" },
    { "NO_FREE_SLOT", "the slot is in use: active, pending or on trial" },
    { "FLASH_OPEN_FAILED", "the flash of the slot cannot be opened" },
    { "FLASH_READ_FAILED", "reading the flash failed" },
    { "FLASH_WRITE_FAILED", "writing the flash failed" },
    { "FLASH_ERASE_FAILED", "erasing the flash failed" },
    { "INVALID_SLOT", "this slot cannot be used" },
    { "NO_FREE_MEMORY", "the device has no memory for the upload" },
    { "FLASH_CONTEXT_ALREADY_SET", "another upload is running" },
    { "FLASH_CONTEXT_NOT_SET", "no upload is running" },
    { "FLASH_AREA_DEVICE_NULL", "the flash device of the slot is missing" },
    { "INVALID_PAGE_OFFSET", "the area to erase ends outside of the flash" },
    { "INVALID_OFFSET", "the upload request has no offset" },
    { "INVALID_LENGTH", "the first upload request has no length" },
    { "INVALID_IMAGE_HEADER",
      "the first upload request is too short for an image header" },
    { "INVALID_IMAGE_HEADER_MAGIC", "the file is not an MCUboot image" },
    { "INVALID_HASH", "the hash in the request has a wrong length" },
    { "INVALID_FLASH_ADDRESS", "the image was linked for another slot" },
    { "VERSION_GET_FAILED", "the version of the running image is unreadable" },
    { "CURRENT_VERSION_IS_NEWER",
      "the running image is as new as the uploaded one, or newer" },
    { "IMAGE_ALREADY_PENDING", "another image is planned for the next boot" },
    { "INVALID_IMAGE_VECTOR_TABLE", "the trailer of the slot is damaged" },
    { "INVALID_IMAGE_TOO_LARGE", "the image is too large for the slot" },
    { "INVALID_IMAGE_DATA_OVERRUN", "more data came than was announced" },
    { "IMAGE_CONFIRMATION_DENIED",
      "the device does not allow confirming this slot" },
    { "IMAGE_SETTING_TEST_TO_ACTIVE_DENIED",
      "the image to test is the one that is running" },
    { "ACTIVE_SLOT_NOT_KNOWN", "the device does not know its active slot" },
};

static const struct code stat_codes[] = {
    { "OK", "success" },
    { "UNKNOWN", "unspecified error" },
    { "INVALID_GROUP", "no such statistics group" },
    { "INVALID_STAT_NAME", "no statistics of this name" },
    { "INVALID_STAT_SIZE", "a statistics value has an unknown size" },
    { "WALK_ABORTED", "the walk over the statistics was aborted" },
};

static const struct code settings_codes[] = {
    { "OK", "success" },
    { "UNKNOWN", "unspecified error" },
    { "KEY_TOO_LONG", "the name of the setting is too long" },
    { "KEY_NOT_FOUND", "no setting of this name" },
    { "READ_NOT_SUPPORTED", "this setting cannot be read" },
    { "ROOT_KEY_NOT_FOUND", "nothing handles settings of this root" },
    { "WRITE_NOT_SUPPORTED", "this setting cannot be written" },
    { "DELETE_NOT_SUPPORTED", "this setting cannot be deleted" },
    { "SAVE_NOT_SUPPORTED", "the device has no storage for settings" },
};

static const struct code fs_codes[] = {
    { "OK", "success" },
    { "UNKNOWN", "unspecified error" },
    { "FILE_INVALID_NAME", "the file name is not valid" },
    { "FILE_NOT_FOUND", "no such file" },
    { "FILE_IS_DIRECTORY", "this is a directory" },
    { "FILE_OPEN_FAILED", "the file cannot be opened" },
    { "FILE_SEEK_FAILED", "seeking in the file failed" },
    { "FILE_READ_FAILED", "reading the file failed" },
    { "FILE_TRUNCATE_FAILED", "truncating the file failed" },
    { "FILE_DELETE_FAILED", "deleting the file failed" },
    { "FILE_WRITE_FAILED", "writing the file failed" },
    { "FILE_OFFSET_NOT_VALID", "the offset is not where the file ends" },
    { "FILE_OFFSET_LARGER_THAN_FILE", "the offset is behind the file's end" },
    { "CHECKSUM_HASH_NOT_FOUND", "no such checksum or hash" },
    { "MOUNT_POINT_NOT_FOUND", "nothing is mounted there" },
    { "READ_ONLY_FILESYSTEM", "the file system is read-only" },
    { "FILE_EMPTY", "the file is empty" },
};

static const struct code shell_codes[] = {
    { "OK", "success" },
    { "UNKNOWN", "unspecified error" },
    { "COMMAND_TOO_LONG", "the command is too long" },
    { "EMPTY_COMMAND", "the command is empty" },
};

static const struct code enum_codes[] = {
    { "OK", "success" },
    { "UNKNOWN", "unspecified error" },
    { "TOO_MANY_GROUP_ENTRIES", "the request names too many groups" },
    { "INSUFFICIENT_HEAP_FOR_ENTRIES", "the device has too little memory" },
    { "INDEX_TOO_LARGE", "there is no group of this index" },
};

static const struct code basic_codes[] = {
    { "OK", "success" },
    { "UNKNOWN", "unspecified error" },
    { "FLASH_OPEN_FAILED", "the storage partition cannot be opened" },
    { "FLASH_CONFIG_QUERY_FAIL", "the storage partition cannot be asked" },
    { "FLASH_ERASE_FAILED", "erasing the storage partition failed" },
};

#define SPACE(id, table) \
    { (table), (id), (uint8_t)(sizeof(table) / sizeof((table)[0])) }

static const struct space spaces[] = {
    SPACE(SMP_GROUP_OS, os_codes),
    SPACE(SMP_GROUP_IMAGE, image_codes),
    SPACE(SMP_GROUP_STAT, stat_codes),
    SPACE(SMP_GROUP_SETTINGS, settings_codes),
    SPACE(SMP_GROUP_FS, fs_codes),
    SPACE(SMP_GROUP_SHELL, shell_codes),
    SPACE(SMP_GROUP_ENUM, enum_codes),
    SPACE(SMP_GROUP_BASIC, basic_codes),
};

static const char *const group_names[] = {
    "os", "image", "stat", "settings", "log", "crash", "split", "run", "fs",
    "shell", "enum", "transport",
};

struct command {
    uint8_t group;
    uint8_t id;
    const char *name;
};

static const struct command commands[] = {
    { SMP_GROUP_OS, 0, "os echo" },
    { SMP_GROUP_OS, 1, "os console-echo" },
    { SMP_GROUP_OS, 2, "os tasks" },
    { SMP_GROUP_OS, 3, "os memory" },
    { SMP_GROUP_OS, 4, "os datetime" },
    { SMP_GROUP_OS, 5, "os reset" },
    { SMP_GROUP_OS, 6, "os params" },
    { SMP_GROUP_OS, 7, "os info" },
    { SMP_GROUP_OS, 8, "os bootloader" },
    { SMP_GROUP_IMAGE, 0, "image state" },
    { SMP_GROUP_IMAGE, 1, "image upload" },
    { SMP_GROUP_IMAGE, 2, "image file" },
    { SMP_GROUP_IMAGE, 3, "image corelist" },
    { SMP_GROUP_IMAGE, 4, "image coreload" },
    { SMP_GROUP_IMAGE, 5, "image erase" },
    { SMP_GROUP_IMAGE, 6, "image slots" },
    { SMP_GROUP_STAT, 0, "stat show" },
    { SMP_GROUP_STAT, 1, "stat list" },
    { SMP_GROUP_SETTINGS, 0, "settings value" },
    { SMP_GROUP_SETTINGS, 1, "settings delete" },
    { SMP_GROUP_SETTINGS, 2, "settings commit" },
    { SMP_GROUP_SETTINGS, 3, "settings storage" },
    { SMP_GROUP_LOG, 0, "log show" },
    { SMP_GROUP_LOG, 1, "log clear" },
    { SMP_GROUP_LOG, 2, "log append" },
    { SMP_GROUP_LOG, 3, "log module-list" },
    { SMP_GROUP_LOG, 4, "log level-list" },
    { SMP_GROUP_LOG, 5, "log list" },
    { SMP_GROUP_CRASH, 0, "crash" },
    { SMP_GROUP_RUN, 0, "run test" },
    { SMP_GROUP_RUN, 1, "run list" },
    { SMP_GROUP_FS, 0, "fs file" },
    { SMP_GROUP_FS, 1, "fs stat" },
    { SMP_GROUP_FS, 2, "fs hash" },
    { SMP_GROUP_FS, 3, "fs hash-types" },
    { SMP_GROUP_FS, 4, "fs close" },
    { SMP_GROUP_SHELL, 0, "shell exec" },
    { SMP_GROUP_ENUM, 0, "enum count" },
    { SMP_GROUP_ENUM, 1, "enum list" },
    { SMP_GROUP_ENUM, 2, "enum single" },
    { SMP_GROUP_ENUM, 3, "enum details" },
    { SMP_GROUP_BASIC, 0, "basic erase-storage" },
};
/* clang-format on */

static const char unknown[] = "unknown";

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct code *find_rc(int32_t rc)
{
    if (rc >= 0 && (size_t)rc < COUNT(rc_codes)) {
        return &rc_codes[rc];
    }
    return rc >= 256 ? &rc_peruser : NULL;
}

static const struct code *find_group_rc(uint16_t group, int32_t rc)
{
    for (size_t i = 0; i < COUNT(spaces); i++) {
        if (spaces[i].group == group) {
            return rc >= 0 && rc < spaces[i].count ? &spaces[i].codes[rc]
                                                   : NULL;
        }
    }
    return NULL;
}

const char *smp_rc_name(int32_t rc)
{
    const struct code *code = find_rc(rc);

    return code != NULL ? code->name : unknown;
}

const char *smp_rc_text(int32_t rc)
{
    const struct code *code = find_rc(rc);

    return code != NULL ? code->text : unknown;
}

const char *smp_group_rc_name(uint16_t group, int32_t rc)
{
    const struct code *code = find_group_rc(group, rc);

    return code != NULL ? code->name : unknown;
}

const char *smp_group_rc_text(uint16_t group, int32_t rc)
{
    const struct code *code = find_group_rc(group, rc);

    return code != NULL ? code->text : unknown;
}

const char *smp_refusal_name(const struct smp_refusal *refusal)
{
    return refusal->shape == SMP_REFUSAL_RC
            ? smp_rc_name(refusal->rc)
            : smp_group_rc_name(refusal->rc_group, refusal->rc);
}

const char *smp_group_name(uint16_t group)
{
    if (group < COUNT(group_names)) {
        return group_names[group];
    }
    if (group == SMP_GROUP_BASIC) {
        return "basic";
    }
    return group >= SMP_GROUP_USER ? "user" : unknown;
}

const char *smp_command_name(uint16_t group, uint8_t id)
{
    for (size_t i = 0; i < COUNT(commands); i++) {
        if (commands[i].group == group && commands[i].id == id) {
            return commands[i].name;
        }
    }
    return NULL;
}
