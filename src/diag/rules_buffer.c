// SPDX-License-Identifier: Apache-2.0
/* MTU and buffers. */
#include "diag/rules.h"

/* clang-format off */
static const struct diag_rule rows[] = {
    {
        .id = "image-list-too-large",
        .pattern = "B9",
        .must = { S(LIST_RC7) },
        .weight = 94,
        .title = "The image list does not fit the device's buffer",
        .explanation = "Four slots need a message of about 500 bytes; the "
            "default buffer has 384.",
        .disproof = "an image list that is answered by the same firmware",
        .fixes = {
            KCONFIG("In prj.conf:",
                "CONFIG_MCUMGR_TRANSPORT_NETBUF_SIZE=1024\n"
                "CONFIG_MCUMGR_GRP_IMG_FRUGAL_LIST=y"),
        },
    },
    {
        .id = "answer-too-long-for-buffer",
        .pattern = "B4",
        .must = { S(ANSWER_LONG) },
        .must_not = { S(LIST_RC7) },
        .weight = 90,
        .title = "An answer does not fit the device's buffer",
        .explanation = "rc 7: the request is fine, the answer is too long.",
        .disproof = "the same answer from a build with larger buffers that is "
            "refused too",
        .fixes = {
            KCONFIG("In prj.conf:",
                "CONFIG_MCUMGR_TRANSPORT_NETBUF_SIZE=1024"),
        },
    },
    {
        .id = "requests-above-mtu-dropped",
        .pattern = "B8",
        .must = { S(SPLIT_UNANSWERED), S(MEDIUM_BLE) },
        .must_not = { S(NEVER_ANSWERED), S(T_FIXED_MTU), S(SILENT_AFTER) },
        .stronger = { S(PARAMS_RC8), S(CONF_NO_REASSEMBLY),
            S(BIG_UNANSWERED) },
        .wants = 1,
        .weight = 92,
        .title = "Requests larger than one write are not answered: the "
            "device does not put them together",
        .explanation = "Without SMP reassembly every write counts as a whole "
            "message.",
        .disproof = "an answer to a request above the MTU",
        .fixes = {
            KCONFIG("In prj.conf:",
                "CONFIG_MCUMGR_TRANSPORT_BT_REASSEMBLY=y\n"
                "CONFIG_MCUMGR_TRANSPORT_NETBUF_SIZE=2475"),
        },
    },
    {
        .id = "requests-too-large-for-buffer",
        .pattern = "B4",
        .must = { S(BIG_UNANSWERED) },
        .must_not = { S(MEDIUM_UDP), S(MEDIUM_SERIAL), S(SPLIT_UNANSWERED),
            S(LIST_SLOT1), S(SILENT_AFTER) },
        .weight = 76,
        .title = "Large requests are not answered, small ones are",
        .explanation = "They do not fit a buffer of the device or a packet "
            "of the link, and are dropped without a word.",
        .disproof = "an answer to a request of that size",
        .fixes = {
            KCONFIG("In prj.conf:",
                "CONFIG_MCUMGR_TRANSPORT_NETBUF_SIZE=2475"),
        },
    },
    {
        .id = "client-packet-longer-than-mtu",
        .pattern = "B2",
        .must = { S(T_TOO_LONG) },
        .weight = 94,
        .title = "The client built a packet that is longer than the MTU "
            "allows; nothing was sent",
        .explanation = "It did not count the bytes that the message head "
            "needs.",
        .disproof = "a packet of that length in a capture",
        .fixes = {
            FILE_FIX("Update the client."),
            KCONFIG("A larger MTU, in prj.conf:",
                "CONFIG_BT_L2CAP_TX_MTU=498\nCONFIG_BT_BUF_ACL_RX_SIZE=502"),
        },
    },
    {
        .id = "more-requests-than-buffers",
        .pattern = "B5",
        .must = { S(MANY_LOST) },
        .must_not = { S(LOST_ONE), S(NEVER_ANSWERED), S(DOWN_UPLOAD),
            S(SILENT_AFTER), S(T_UNREACHABLE) },
        .stronger = { S(C_NO_BUFFER), S(NO_MEMORY) },
        .weight = 72,
        .title = "More requests are open than the device has buffers",
        .explanation = "One buffer is for the answer: with n buffers, n - 1 "
            "requests may be open. The rest is lost.",
        .disproof = "the same loss with one request at a time",
        .fixes = {
            COMMAND("One request at a time:",
                "smpctl --window 1 upgrade FILE"),
            KCONFIG("In prj.conf:",
                "CONFIG_MCUMGR_TRANSPORT_NETBUF_COUNT=6"),
        },
    },
    {
        .id = "out-of-buffers",
        .pattern = "B5",
        .must = { S(NO_MEMORY) },
        .must_not = { S(LIST_RC7) },
        .weight = 72,
        .title = "The device ran out of buffers",
        .explanation = "rc 2 to a request that is no upload: no buffer for "
            "the answer, or no heap.",
        .disproof = "the same refusal with one request at a time",
        .fixes = {
            KCONFIG("In prj.conf:",
                "CONFIG_MCUMGR_TRANSPORT_NETBUF_COUNT=6"),
        },
    },
    {
        .id = "client-corrects-packet-size",
        .pattern = "B1",
        .must = { S(T_MTU_IOS) },
        .weight = 85,
        .benign = true,
        .title = "The client corrects its packet size: informational",
        .explanation = "The number is the usable length; the upload starts "
            "again with it. If the update still fails, the next error "
            "counts.",
        .fixes = {
            KCONFIG("In prj.conf:",
                "CONFIG_BT_L2CAP_TX_MTU=498\nCONFIG_BT_BUF_ACL_RX_SIZE=502"),
        },
    },
    {
        .id = "buffer-smaller-than-mtu",
        .pattern = "B10",
        .must = { S(SMALL_BUFFER) },
        .weight = 90,
        .benign = true,
        .title = "The device's SMP buffer is smaller than the MTU",
        .explanation = "Requests are limited by the buffer.",
        .fixes = {
            KCONFIG("In prj.conf:",
                "CONFIG_MCUMGR_TRANSPORT_NETBUF_SIZE=2475"),
        },
    },
    {
        .id = "acl-buffer-limits-mtu",
        .pattern = "B6",
        .must = { S(CONF_ACL_SMALL) },
        .weight = 92,
        .benign = true,
        .title = "The MTU is limited by the ACL buffer",
        .explanation = "CONFIG_BT_BUF_ACL_RX_SIZE has to be "
            "CONFIG_BT_L2CAP_TX_MTU + 4.",
        .fixes = {
            KCONFIG("In prj.conf:",
                "CONFIG_BT_L2CAP_TX_MTU=498\nCONFIG_BT_BUF_ACL_RX_SIZE=502"),
        },
    },
    {
        .id = "client-assumes-a-fixed-mtu",
        .pattern = "B3",
        .must = { S(T_FIXED_MTU) },
        .must_not = { S(NEVER_ANSWERED) },
        .weight = 88,
        .title = "The client sends writes of a fixed size, larger than this "
            "link carries; they are dropped without a word",
        .explanation = "A write without response above MTU - 3 never reaches "
            "the device. Small requests are answered.",
        .disproof = "an answer to a write of that size",
        .fixes = {
            COMMAND("Use a client that keeps to the MTU:",
                "smpctl upgrade FILE"),
            KCONFIG("Or a larger MTU, in prj.conf:",
                "CONFIG_BT_L2CAP_TX_MTU=498\n"
                "CONFIG_BT_BUF_ACL_RX_SIZE=502"),
        },
    },
    {
        .id = "writes-overrun-the-buffer",
        .pattern = "B7",
        .must = { S(CONF_BUF_SMALL) },
        .any = { S(DOWN_UPLOAD), S(DOWN_FIRST), S(DOWN_OPEN),
            S(DEVICE_REBOOTED), S(C_BUS_FAULT) },
        .weight = 86,
        .title = "A write that is longer than the SMP buffer overruns it, and "
            "the device crashes",
        .explanation = "Servers before Zephyr 3.1 copy the write into a buffer "
            "of CONFIG_MCUMGR_BUF_SIZE bytes without a check.",
        .disproof = "the same crash with requests that fit the buffer",
        .fixes = {
            KCONFIG("In prj.conf:",
                "CONFIG_MCUMGR_BUF_SIZE=512"),
            COMMAND("Or one small write at a time:",
                "smpctl --window 1 upgrade FILE"),
        },
    },
};
/* clang-format on */

const struct diag_family diag_rules_buffer = {
    "buffer",
    "MTU and buffers",
    DIAG_FAMILY_ROWS(rows),
};
