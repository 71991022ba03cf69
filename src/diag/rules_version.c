// SPDX-License-Identifier: Apache-2.0
/* Protocol versions. */
#include "diag/rules.h"

/* clang-format off */
static const struct diag_rule rows[] = {
    {
        .id = "v1-requests-not-accepted",
        .pattern = "V4",
        .must = { S(TOO_OLD) },
        .weight = 94,
        .title = "The device does not accept SMP v1",
        .explanation = "rc 12: its firmware is built without the original "
            "protocol.",
        .disproof = "an SMP v1 request that is answered",
        .fixes = {
            COMMAND("Use version 2:", "smpctl --smp-version 2 image list"),
            KCONFIG("Or, in prj.conf:",
                "CONFIG_MCUMGR_SMP_SUPPORT_ORIGINAL_PROTOCOL=y"),
        },
    },
    {
        .id = "v2-requests-not-accepted",
        .pattern = "V1",
        .must = { S(TOO_NEW) },
        .weight = 90,
        .title = "The device does not accept SMP v2",
        .explanation = "rc 13: an older server.",
        .disproof = "an SMP v2 request that is answered",
        .fixes = {
            COMMAND("Use version 1:", "smpctl --smp-version 1 image list"),
        },
    },
    {
        .id = "errors-as-ret",
        .pattern = "V3",
        .must = { S(RET_SHAPE) },
        .weight = 92,
        .benign = true,
        .title = "Errors come as `ret` instead of `err`",
        .explanation = "Servers of Zephyr 3.4 (nRF Connect SDK 2.4) spell it "
            "so; the codes are the same.",
    },
    {
        .id = "v1-answers-to-v2-requests",
        .pattern = "V1",
        .must = { 0 },
        .any = { S(V1_ANSWER), S(T_CLIENT_V1) },
        .weight = 92,
        .benign = true,
        .title = "SMP v1 answers to v2 requests are normal for older servers",
        .explanation = "Servers before Zephyr 3.3 know version 1 only; "
            "clients fall back.",
    },
    {
        .id = "client-does-not-know-v2-errors",
        .pattern = "V2",
        .must = { S(WENT_ON) },
        .weight = 84,
        .title = "The client does not understand the refusal: it goes on as if "
            "the device had agreed",
        .explanation = "The device answered with `err`, as SMP v2 has it; an "
            "older client looks for `rc` only and takes its absence for "
            "success.",
        .disproof = "an answer without `err` in between",
        .fixes = {
            COMMAND("Use a client that knows SMP v2; it shows the real "
                "refusal:",
                "smpctl upgrade FILE"),
        },
    },
    {
        .id = "every-version-is-zero",
        .pattern = "E13",
        .must = { S(LIST_VERSION_0) },
        .weight = 90,
        .benign = true,
        .title = "Every image has version 0.0.0: nobody can tell the builds "
            "apart",
        .explanation = "Checks against downgrades compare equal versions then, "
            "and a list does not show whether the new build runs; its hash "
            "does.",
        .fixes = {
            KCONFIG("Give builds a version: a file VERSION beside prj.conf, "
                "or in prj.conf:",
                "CONFIG_MCUBOOT_IMGTOOL_SIGN_VERSION=\"1.2.3+0\""),
        },
    },
};
/* clang-format on */

const struct diag_family diag_rules_version = {
    "version",
    "Protocol versions",
    DIAG_FAMILY_ROWS(rows),
};
