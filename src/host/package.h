// SPDX-License-Identifier: Apache-2.0
/*
 * Packages and image files: opened by content, checked, described for dfu;
 * and made.
 */
#ifndef HOST_PACKAGE_H
#define HOST_PACKAGE_H

#include "dfu/package.h"
#include "host/error.h"
#include "mcub/image.h"

/** Bounds on untrusted files. */
#define HOST_FILE_MAX        0x4000000u /**< one file, one entry */
#define HOST_PACKAGE_ENTRIES 64u
#define HOST_PACKAGE_TOTAL   0x10000000u /**< all entries unpacked */
#define HOST_PACKAGE_RATIO   200u        /**< unpacked : packed, above 1 MiB */

struct host_blob;
struct host_decryptor;
struct host_keyring;

/** What is known of the signatures of an image. */
enum host_signature {
    HOST_SIGNATURE_NONE,      /**< not signed */
    HOST_SIGNATURE_UNCHECKED, /**< signed; no key was given */
    HOST_SIGNATURE_GOOD,      /**< by one of the keys given */
    HOST_SIGNATURE_WRONG,     /**< not by them (opened with force) */
};

enum host_package_kind {
    HOST_PACKAGE_IMAGE, /**< one signed image file */
    HOST_PACKAGE_ZIP,   /**< zip with manifest.json */
};

/** One image of a package: what dfu needs, and what can be shown. */
struct host_package_image {
    struct dfu_image *dfu;  /**< entry of package->dfu */
    struct mcub_image mcub; /**< opened over data */
    struct host_blob *blob; /**< whole file, trailer included */
    uint32_t file_size;     /**< bytes of the file */
    uint32_t size;          /**< bytes that are uploaded */
    bool trailer_stripped;  /**< was padded to the slot size */
    bool confirmed_file;    /**< its trailer said "confirmed" */
    bool hash_checked;      /**< recomputed and equal */
    bool hash_wrong;        /**< differs (opened with force) */
    bool clear;     /**< encrypted by its flags, but plain: for slot 0 */
    bool decrypted; /**< the key given opens it */
    enum host_signature signature;
    int signature_key; /**< number of the key; -1 = none */
    bool hex;          /**< read from an Intel HEX file */
    uint32_t hex_base; /**< address of its first byte */
    bool has_security_counter;
    uint32_t security_counter;
    struct dfu_traits traits; /**< dfu->traits points here */
    char *name;               /**< file name, escaped */
    char *type;               /**< of the manifest, NULL = not told */
    char *board;
    char *soc;
    char *version_text; /**< of the manifest */
    char *app;          /**< application descriptor TLV, escaped */
    bool load_address_told;
    uint64_t load_address; /**< of the manifest */
    int64_t modtime;       /**< of the manifest, unix s, 0 = not told */
};

struct host_package {
    struct dfu_package dfu; /**< hand this to the update manager */
    struct host_package_image images[DFU_IMAGES_MAX]; /**< same order */
    enum host_package_kind kind;
    char *path;
    char *title;        /**< `name` of the manifest, NULL = none */
    int format_version; /**< of the manifest, -1 = none */
    int64_t time;       /**< of the manifest, unix s, 0 = not told */
    bool xip;           /**< holds a direct-XIP pair, or says it is for one */
    GPtrArray *notes;   /**< char *: what was tolerated or changed */
};

struct host_package_options {
    bool force; /**< take images whose hash or signature is wrong (a note
                     tells) */
    bool hex;   /**< take Intel HEX files */
    struct host_keyring *keys;            /**< signatures must be theirs; NULL:
                                          signatures are not looked at */
    const struct host_decryptor *decrypt; /**< for encrypted images; NULL:
                                               their hash is not checked */
};

/**
 * Open and check a file.
 *
 * @param opt  may be NULL
 * @return the package (host_package_close()), or NULL with one of the exit 4
 *         codes of dfu/code.h
 */
struct host_package *host_package_open(const char *path,
        const struct host_package_options *opt, struct host_error *err);

/** As host_package_open() for bytes in memory (borrowed for the call). */
struct host_package *host_package_parse(const char *name, const uint8_t *buf,
        size_t len, const struct host_package_options *opt,
        struct host_error *err);

/** Free the package and its bytes; NULL is allowed. */
void host_package_close(struct host_package *pkg);

/**
 * Keep only one image of a package (--image N). A plain image file becomes
 * the file for image N.
 *
 * @return 0, or -1 with DFU_PACKAGE_FILE_MISSING: no such image in it
 */
int host_package_select(struct host_package *pkg, uint8_t image,
        struct host_error *err);

/** What a new image shall be. */
struct host_image_spec {
    const char *payload_path; /**< NULL: generated */
    uint32_t payload_size;    /**< generated: bytes, at least 8 */
    uint64_t seed;            /**< generated: same seed, same bytes */
    struct mcub_version version;
    uint16_t hdr_size; /**< 0 = 0x200 */
    uint32_t flags;    /**< enum mcub_image_flag */
    uint32_t load_addr;
    enum mcub_hash_alg hash_alg; /**< 0 = SHA-256 */
    const char *app; /**< application descriptor (vendor TLV 0x00a0), NULL =
                          none: "name=Nordic_LTS,confirm=no" */
    bool has_security_counter;
    uint32_t security_counter;
    const struct mcub_dependency *deps;
    size_t dep_count;
};

/** Type of the vendor TLV with the virtual application's descriptor. */
#define HOST_TLV_APP 0x00a0u

/**
 * Make a hash-only MCUboot image.
 *
 * @param[out] image  new bytes, g_byte_array_unref()
 * @return 0, or -1 with DFU_FILE_MISSING, DFU_OTHER
 */
int host_image_create(const struct host_image_spec *spec, GByteArray **image,
        struct host_error *err);

/** One file of a new package. */
struct host_package_entry {
    const char *name; /**< entry name, "app_update.bin" */
    const uint8_t *data;
    size_t len;
    uint8_t image;
    int slot;            /**< direct-XIP: 0 or 1; -1 = none */
    const char *board;   /**< NULL = left out */
    const char *soc;     /**< NULL = left out */
    const char *type;    /**< NULL = "application" */
    const char *version; /**< text; NULL = of the image header */
    bool net_core;       /**< writes `version`, not `version_MCUBOOT` */
    bool has_load_address;
    uint32_t load_address;
};

struct host_package_spec {
    const struct host_package_entry *entries;
    size_t count;
    int format_version; /**< 0 or 1 */
    const char *title;  /**< `name`, NULL = left out */
    int64_t time;       /**< unix s: `time`, `modtime`, zip entries */
};

/**
 * Write dfu_application.zip as nRF Connect SDK does: stored entries,
 * manifest.json with its keys and types; equal input gives equal bytes.
 *
 * @return 0, or -1 with DFU_OTHER (cannot be written), or what
 *         host_package_open() says of the images
 */
int host_package_create(const struct host_package_spec *spec, const char *path,
        struct host_error *err);

#endif
