// SPDX-License-Identifier: Apache-2.0
/*
 * What a virtual device is: board, flash, slots, bootloader, server, link,
 * faults. Filled from a preset, an INI text and single overrides.
 */
#ifndef VDEV_CONFIG_H
#define VDEV_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mcub/ops.h"
#include "mcub/trailer.h"

#include "vdev/fault.h"
#include "vdev/link.h"

#define VDEV_IMAGES_MAX 2
#define VDEV_TEXT_MAX   64
#define VDEV_PATH_MAX   512
#define VDEV_ERR_SIZE   256

/** Server generations: facts about each are in docs/presets.md. */
enum vdev_era {
    VDEV_ERA_A, /**< mcumgr module, up to Zephyr 2.7: rc 0, whole words */
    VDEV_ERA_C, /**< Zephyr 3.3, NCS 2.3 and 2.4: flat rc, SMP v1 */
    VDEV_ERA_E, /**< Zephyr 3.5 to 4.4: SMP v2, err maps */
};

/** Memories of the board; the flash file holds INTERNAL, then EXTERNAL. */
enum vdev_part {
    VDEV_PART_INTERNAL,
    VDEV_PART_EXTERNAL, /**< QSPI flash; size 0 = none */
    VDEV_PART_RAM,      /**< the network core's, or for images that the
                             bootloader loads into RAM; size 0 = none */
    VDEV_PARTS,
};

/** Words of the memories: "internal". */
extern const char *const vdev_part_names[VDEV_PARTS];

/** One memory: uniform sectors. */
struct vdev_part_config {
    uint32_t size;        /**< bytes */
    uint32_t sector_size; /**< bytes erased at once */
    uint32_t write_size;  /**< bytes written at once, and only once */
    uint32_t erase_us;    /**< virtual time of one sector erase */
    uint32_t word_us;     /**< virtual time of 4 bytes written */
};

struct vdev_slot_config {
    uint8_t part; /**< enum vdev_part */
    uint32_t off; /**< bytes from the start of the part */
    uint32_t size;
};

struct vdev_image_config {
    struct vdev_slot_config slot[2];
    bool overwrite;  /**< network core: copied, never swapped */
    bool unreadable; /**< network core: nobody can read the primary */
};

/** Optional commands of the server; an option that is off answers rc 8. */
enum vdev_feature {
    VDEV_FEATURE_ECHO = 1 << 0,
    VDEV_FEATURE_PARAMS = 1 << 1,
    VDEV_FEATURE_INFO = 1 << 2,
    VDEV_FEATURE_BOOTLOADER = 1 << 3,
    VDEV_FEATURE_DATETIME = 1 << 4,
    VDEV_FEATURE_SLOT_INFO = 1 << 5,
    VDEV_FEATURE_ENUM = 1 << 6,         /**< group 10 */
    VDEV_FEATURE_BASIC = 1 << 7,        /**< group 63, erase storage */
    VDEV_FEATURE_ERASE = 1 << 8,        /**< image erase */
    VDEV_FEATURE_MATCH = 1 << 9,        /**< image check after upload */
    VDEV_FEATURE_PROGRESSIVE = 1 << 10, /**< erase while writing */
    VDEV_FEATURE_VERBOSE = 1 << 11,     /**< rsn in flat answers */
    VDEV_FEATURE_NO_OS = 1 << 12,       /**< group 0 is left out: rc 8 */
    VDEV_FEATURE_NO_IMAGES = 1 << 13,   /**< group 1 is left out: rc 8 */
};

/** What brings the bootloader to serial recovery. */
enum vdev_enter {
    VDEV_ENTER_BUTTON = 1 << 0,    /**< held when the power comes */
    VDEV_ENTER_BOOT_MODE = 1 << 1, /**< reset with boot_mode 1 */
    VDEV_ENTER_NO_IMAGE = 1 << 2,  /**< nothing to boot */
    VDEV_ENTER_WAIT = 1 << 3,      /**< a request within wait_ms of each boot */
};

/** Options of a bootloader's own server. */
enum vdev_recovery_option {
    VDEV_RECOVERY_ECHO = 1 << 0,
    VDEV_RECOVERY_PARAMS = 1 << 1,
    VDEV_RECOVERY_HASH = 1 << 2,
    VDEV_RECOVERY_STATE = 1 << 3, /**< flags in lists, and marks */
    VDEV_RECOVERY_SLOT_INFO = 1 << 4,
    VDEV_RECOVERY_DIRECT = 1 << 5, /**< `image` of an upload is a slot */
    VDEV_RECOVERY_PROGRESSIVE = 1 << 6,
    VDEV_RECOVERY_ERASE_STORAGE = 1 << 7,
};

/** MCUboot's own server, on serial lines. */
struct vdev_recovery_config {
    uint32_t enter;   /**< mask of enum vdev_enter; 0 = not built in */
    uint32_t options; /**< mask of enum vdev_recovery_option */
    uint32_t wait_ms;
    uint32_t buf_size; /**< longest frame without its text form */
};

/** Everything about one device. Plain data: copy it freely. */
struct vdev_config {
    char name[VDEV_TEXT_MAX]; /**< of the preset */
    char title[VDEV_TEXT_MAX * 2];
    char board[VDEV_TEXT_MAX]; /**< "nrf5340dk_nrf5340_cpuapp" */
    char processor[VDEV_TEXT_MAX];
    char kernel[VDEV_TEXT_MAX]; /**< kernel version, "3.3.99" */
    enum vdev_era era;

    struct vdev_part_config part[VDEV_PARTS];
    struct vdev_image_config image[VDEV_IMAGES_MAX];
    uint8_t image_count;             /**< the bootloader updates */
    uint8_t server_images;           /**< the application manages */
    struct vdev_slot_config storage; /**< settings; size 0 = none */

    enum mcub_mode mode;
    struct vdev_slot_config scratch; /**< swap-scratch only */
    uint32_t ram_base; /**< ram-load: address of the first byte of RAM */
    uint32_t max_align;
    uint32_t max_sectors;
    uint32_t boot_options; /**< enum mcub_boot_option */
    uint32_t boot_ms;      /**< reset to application, without flash time */
    char boot_banner[VDEV_TEXT_MAX]; /**< "MCUboot v1.9.99-ncs4" */
    char keys[VDEV_PATH_MAX];        /**< trusted: PEM files, "development";
                                          empty: signatures are not checked */
    enum mcub_hash_alg hash;         /**< of images, with keys */
    char decrypt_key[VDEV_PATH_MAX]; /**< private: PEM file, or one with a key
                                          encryption key; empty: encrypted
                                          images are refused */
    uint32_t encrypt_keylen;         /**< bits of image keys, 128 or 256 */
    bool save_enctlv;                /**< trailers keep key TLVs, not keys */

    uint32_t features;      /**< mask of enum vdev_feature */
    uint32_t image_options; /**< enum dfu_image_option, beside the features */
    uint32_t buf_size;      /**< bytes of one server buffer */
    uint32_t buf_count;     /**< buffers for requests and answers together */
    uint32_t udp_mtu;       /**< longer datagrams are truncated */
    uint32_t cpu_us;        /**< virtual time of one request without flash */
    uint32_t reset_ms;      /**< answer to reset */

    struct vdev_recovery_config recovery;

    uint32_t att_mtu; /**< BLE */
    bool reassembly;  /**< several writes make one message */

    char app_name[VDEV_TEXT_MAX];    /**< of the first application */
    char app_version[VDEV_TEXT_MAX]; /**< "1.0.0" */
    uint32_t app_size;               /**< payload bytes of it */
    uint32_t app_header;             /**< header bytes of it */

    uint64_t seed;
    char flash_path[VDEV_PATH_MAX]; /**< empty = memory only */
    bool flash_time;                /**< flash costs virtual time */
    struct vdev_link_spec link;     /**< of ports that ask for a link */
    struct vdev_fault fault[VDEV_FAULTS_MAX];
    size_t fault_count;
};

/** Number of presets compiled in. */
size_t vdev_preset_count(void);

/** Name of preset i; NULL behind the last one. */
const char *vdev_preset_name(size_t i);

/** INI text of a preset; NULL for an unknown name. */
const char *vdev_preset_text(const char *name);

/** A device of no particular kind: what a key not given in an INI means. */
void vdev_config_init(struct vdev_config *cfg);

/**
 * Fill a configuration from a preset.
 *
 * @param[out] cfg  written on success
 * @param[out] err  VDEV_ERR_SIZE bytes, text on failure
 *
 * @return 0, or -1 for a name that is not compiled in
 */
int vdev_config_preset(struct vdev_config *cfg, const char *name,
        char err[VDEV_ERR_SIZE]);

/**
 * Change a configuration by an INI text: [section], key = value, # comments.
 *
 * @return 0, or -1 and err "line N: …"; cfg may then be half changed
 */
int vdev_config_ini(struct vdev_config *cfg, const char *text,
        char err[VDEV_ERR_SIZE]);

/**
 * Set one value.
 *
 * @param key    "section.key", as listed in docs/presets.md
 * @param value  text as in an INI file
 *
 * @return 0, or -1 and err
 */
int vdev_config_set(struct vdev_config *cfg, const char *key, const char *value,
        char err[VDEV_ERR_SIZE]);

/**
 * Tell the words of a value (mode, era, hash, features, options).
 *
 * @param[out] out  VDEV_ERR_SIZE bytes; "" for keys of other types
 */
void vdev_config_get(const struct vdev_config *cfg, const char *key,
        char out[VDEV_ERR_SIZE]);

/** Number of bootloaders that vdev_config_bootloader() knows. */
size_t vdev_bootloader_count(void);

/** Name of bootloader i, "direct-xip"; NULL behind the last one. */
const char *vdev_bootloader_name(size_t i);

/** What bootloader i does, in a few words; NULL behind the last one. */
const char *vdev_bootloader_text(size_t i);

/**
 * Give the device another bootloader, and what that needs besides: a scratch
 * area, one slot less, RAM to load images into.
 *
 * @param name  as vdev_bootloader_name(); also the words of boot.mode, and
 *              overwrite-fast for overwrite
 *
 * @return 0, or -1 and err: unknown name, or why this device cannot have it;
 *         cfg is unchanged then
 */
int vdev_config_bootloader(struct vdev_config *cfg, const char *name,
        char err[VDEV_ERR_SIZE]);

/** Add a fault (see vdev/fault.h for the form). @return 0, or -1 and err */
int vdev_config_add_fault(struct vdev_config *cfg, const char *spec,
        char err[VDEV_ERR_SIZE]);

/** Check that parts, slots and buffers fit together. @return 0, -1 and err */
int vdev_config_check(const struct vdev_config *cfg, char err[VDEV_ERR_SIZE]);

#endif
