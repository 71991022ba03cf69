// SPDX-License-Identifier: Apache-2.0
/* What is known of a device beside what it tells: files of what runs, the
 * configuration of its bootloader, boards of its name. */
#ifndef CLI_KNOWN_H
#define CLI_KNOWN_H

#include "cli/imagefile.h"

/** Most files of --running. */
#define CLI_RUNNING_MAX 16u
/** Boards that are known, and the build of --conf. */
#define CLI_BUILDS_MAX 33u

/** Zero it before the first use. */
struct cli_known {
    char **running; /**< --running, may be repeated */
    char **confs;   /**< --conf, may be repeated */
    struct dfu_known images[CLI_RUNNING_MAX];
    struct dfu_build builds[CLI_BUILDS_MAX];
    uint8_t image_count;
    uint8_t build_count;
    GPtrArray *texts; /**< char *, owned, that builds point to */
};

/** Entries of --running and --conf, for option tables. */
#define CLI_KNOWN_ENTRIES(known_)                                          \
    { "running", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &(known_)->running,    \
        "Image file or package that runs now, to compare keys and "        \
        "counters with (may be repeated)",                                 \
        "FILE" },                                                          \
    {                                                                      \
        "conf", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &(known_)->confs,       \
                "Configuration of the bootloader: .config, mcuboot.conf, " \
                "sysbuild.conf, pm.config (may be repeated)",              \
                "FILE"                                                     \
    }

/**
 * Read the files and point the options at what they say.
 *
 * @param keys  gets the key that a configuration names, unless some are
 *              given; NULL: it is not looked for
 * @param opt   known, builds are written; known must outlive it
 *
 * @return 0, or exit status
 */
int cli_known_open(struct cli *cli, struct cli_known *known,
        struct cli_keys *keys, struct dfu_options *opt);

void cli_known_clear(struct cli_known *known);

#endif
