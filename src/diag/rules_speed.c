// SPDX-License-Identifier: Apache-2.0
/* Slow, not broken. */
#include "diag/rules.h"

/* clang-format off */
static const struct diag_rule rows[] = {
    {
        .id = "slow-round-trips",
        .pattern = "P1",
        .must = { S(RATE_SLOW) },
        .must_not = { S(STATE_REFUSED), S(T_TIMEOUT), S(NO_PROGRESS) },
        .stronger = { S(T_CLIENT_V1) },
        .weight = 78,
        .title = "Slow, not broken: one small chunk per long round trip",
        .explanation = "Only one request is open at a time and the "
            "connection interval is long, so every chunk waits for two to "
            "four intervals.",
        .disproof = "a refusal or a time-out later in the log",
        .fixes = {
            KCONFIG("In prj.conf:",
                "CONFIG_MCUMGR_TRANSPORT_BT_CONN_PARAM_CONTROL=y\n"
                "CONFIG_MCUMGR_TRANSPORT_BT_REASSEMBLY=y\n"
                "CONFIG_MCUMGR_GRP_OS_MCUMGR_PARAMS=y\n"
                "CONFIG_BT_L2CAP_TX_MTU=498\nCONFIG_BT_BUF_ACL_RX_SIZE=502"),
            COMMAND("Several requests at a time:",
                "smpctl --window auto upgrade FILE"),
        },
    },
    {
        .id = "tiny-chunks",
        .pattern = "P4",
        .must = { S(TINY_CHUNKS) },
        .weight = 90,
        .benign = true,
        .title = "Chunks of a few bytes: the MTU is small",
        .explanation = "Most of each packet is overhead.",
        .fixes = {
            KCONFIG("In prj.conf:",
                "CONFIG_BT_L2CAP_TX_MTU=498\nCONFIG_BT_BUF_ACL_RX_SIZE=502"),
        },
    },
    {
        .id = "confirm-written-to-trailer",
        .pattern = "I1",
        .must = { S(C_CONFIRM_WRITTEN) },
        .must_not = { S(C_PRIMARY_BAD) },
        .weight = 90,
        .benign = true,
        .title = "The confirm was accepted and written",
        .explanation = "Magic, image_ok and swap type perm are what a "
            "confirm of slot 1 looks like in the trailer.",
    },
};
/* clang-format on */

const struct diag_family diag_rules_speed = {
    "speed",
    "Speed",
    DIAG_FAMILY_ROWS(rows),
};
