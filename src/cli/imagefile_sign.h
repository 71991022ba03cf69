// SPDX-License-Identifier: Apache-2.0
/* imagefile sign: what was asked for, as text and as what host takes. */
#ifndef CLI_IMAGEFILE_SIGN_H
#define CLI_IMAGEFILE_SIGN_H

#include "cli/imagefile.h"
#include "host/image_sign.h"

/** Texts and flags as they stand on the command line; NULL = not given. */
struct cli_sign_options {
    struct cli_keys keys; /**< --key, --passphrase-file */
    char *version;
    char *hdr_size;
    char *slot_size;
    char *align;
    char *max_align;
    int max_sectors;
    char *counter;
    char *dependencies;
    char *boot_record;
    char *vid;
    char *cid;
    char **custom;
    char *load_addr;
    char *rom_fixed;
    char *encrypt;
    char *encrypt_keylen;
    char *hmac;
    char *sha;
    char *key_format;
    char *erased;
    char *hex_addr;
    gboolean pad_header;
    gboolean pad;
    gboolean test;
    gboolean confirm;
    gboolean overwrite_only;
    gboolean clear;
    gboolean save_enctlv;
    gboolean pure;
    gboolean non_bootable;
};

/** What the texts mean, and what they own. */
struct cli_signing {
    struct cli *cli;
    const struct cli_sign_options *o;
    struct host_sign_spec spec;
    struct mcub_dependency deps[HOST_SIGN_DEPS_MAX];
    struct host_custom_tlv tlvs[HOST_SIGN_TLVS_MAX];
    struct host_key *encrypt;
    GByteArray *input;
    bool has_base; /**< the input told an address */
    uint32_t base;
};

/**
 * Read a number, decimal or 0x.
 *
 * @param      option  its name, for the message
 * @param      text    NULL: not given, *value stays
 * @param[out] value   at most max
 * @return 0 or CLI_EXIT_USAGE (reported)
 */
int cli_sign_number(struct cli *cli, const char *option, const char *text,
        uint32_t max, uint32_t *value);

/**
 * Fill s->spec from s->o, and load the program and the keys.
 *
 * @param s      cli and o are set; the rest is zero
 * @param input  path of the program
 * @return 0 or exit status
 */
int cli_sign_parse(struct cli_signing *s, const char *input);

#endif
