// SPDX-License-Identifier: Apache-2.0
/* What the commands about image files and keys share. */
#ifndef CLI_IMAGEFILE_H
#define CLI_IMAGEFILE_H

#include "cli/cli.h"
#include "host/crypto_cipher.h"
#include "host/keys.h"
#include "host/package.h"

/** One image as a table and as an object; all: with TLVs and trailer. */
void cli_imagefile_show(struct cli *cli, JsonBuilder *b,
        const struct host_package_image *image, const struct host_keyring *keys,
        bool all);

/**
 * Say which images of a package are a network core's by their file, but are to
 * go where the application is.
 *
 * @return new texts (char *), g_ptr_array_unref()
 */
GPtrArray *cli_core_warnings(const struct host_package *package);

/** Keys that a command was given; zero it before the first use. */
struct cli_keys {
    char **files;          /**< --key, may be repeated */
    char *decrypt_file;    /**< --decrypt-key */
    char *passphrase_file; /**< --passphrase-file */
    struct host_keyring ring;
    struct host_decryptor decryptor;
    struct host_key *decrypt_key;
};

/** Entries of --key and --decrypt-key, for option tables. */
#define CLI_KEYS_ENTRIES(keys_)                                             \
    { "key", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &(keys_)->files,            \
        "Check signatures with this key (may be repeated)", "PUBKEY.pem" }, \
    {                                                                       \
        "decrypt-key", 0, 0, G_OPTION_ARG_FILENAME, &(keys_)->decrypt_file, \
                "Private key of the device, to check encrypted images",     \
                "KEY.pem"                                                   \
    }

/**
 * Load the keys and point the options at them; those that were not given
 * stay NULL. keys must outlive opt.
 *
 * @return 0, or exit status
 */
int cli_keys_open(struct cli *cli, struct cli_keys *keys,
        struct host_package_options *opt);

/** Wipe and free everything. */
void cli_keys_clear(struct cli_keys *keys);

/** Where a passphrase comes from. */
struct cli_passphrase {
    struct cli *cli;
    const char *file; /**< first line of it; NULL: the terminal is asked */
};

/** For host_key_load(); ctx is a struct cli_passphrase. */
struct host_passphrase cli_passphrase(struct cli_passphrase *from);

/**
 * Ask for a new passphrase, twice at a terminal.
 *
 * @return a new string, or NULL: none, too short, or not the same
 */
char *cli_passphrase_new(struct cli_passphrase *from);

/** Write bytes to a file, or to standard output for "-". @return 0, status */
int cli_write_file(struct cli *cli, const char *path, const void *data,
        size_t len);

/** imagefile sign. */
int cli_imagefile_sign(struct cli *cli, int argc, char **argv);

/** imagefile keygen, imagefile getpub. */
int cli_key_generate(struct cli *cli, int argc, char **argv);
int cli_key_public(struct cli *cli, int argc, char **argv);

#endif
