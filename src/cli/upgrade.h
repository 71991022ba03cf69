// SPDX-License-Identifier: Apache-2.0
/* One update on the command line: events to text, results to JSON. */
#ifndef CLI_UPGRADE_H
#define CLI_UPGRADE_H

#include "cli/cli.h"
#include "host/package.h"

/** A running update or revert and what is shown of it. */
struct cli_upgrade {
    struct cli *cli;
    struct host_package *package; /**< NULL with revert */
    struct dfu_update *update;    /**< inside revert, with revert */
    bool dry_run;
    uint8_t shown_step; /**< step whose progress is shown, DFU_NONE */
    struct host_ble_facts ble[DFU_IMAGES_MAX]; /**< at the end of its upload,
                                                    zero with other links */
    uint32_t shown_ms;                         /**< last progress output */
};

/** "test-only" to a mode, NULL to the usual one. @return 0, exit status */
int cli_parse_mode(struct cli *cli, const char *text, enum dfu_mode *mode);

/** The package an update speaks of. */
const struct dfu_package *cli_upgrade_package(const struct cli_upgrade *up);

/** What the update's plan was made of. */
struct cli_view cli_upgrade_view(const struct cli_upgrade *up);

/** Hooks of the session, ctx is a struct cli_upgrade: show what happens. */
int cli_upgrade_poll(void *ctx, struct host_session *s);
uint32_t cli_upgrade_wait_ms(void *ctx, uint32_t now_ms);

/**
 * Tell what came out, as text and JSON.
 *
 * @param run  what host_session_run() returned
 * @return exit status
 */
int cli_upgrade_finish(struct cli_upgrade *up, int run);

#endif
