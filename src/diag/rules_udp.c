// SPDX-License-Identifier: Apache-2.0
/* UDP. */
#include "diag/rules.h"

/* clang-format off */
static const struct diag_rule rows[] = {
    {
        .id = "datagrams-too-large",
        .pattern = "U1",
        .must = { S(BIG_UNANSWERED), S(MEDIUM_UDP) },
        .must_not = { S(NEVER_ANSWERED), S(SILENT_AFTER), S(T_UNREACHABLE),
            S(SHIFTED) },
        .stronger = { S(SMALL_AFTER), S(CONF_UDP_NO_FRAGMENT) },
        .wants = 1,
        .weight = 86,
        .title = "Large datagrams get lost, small ones are answered",
        .explanation = "They are cut into IP fragments and the device does "
            "not put them together, or they are larger than its buffer.",
        .disproof = "an answer to a datagram of that size",
        .fixes = {
            COMMAND("Smaller ones:",
                "smpctl -c 'udp:HOST?mtu=1024' upgrade FILE"),
            KCONFIG("In prj.conf:", "CONFIG_NET_IPV4_FRAGMENT=y"),
        },
    },
    {
        .id = "datagram-cut-by-receiver",
        .pattern = "U1",
        .must = { S(CORRUPT) },
        .weight = 80,
        .title = "A request arrived cut: it is larger than the device takes",
        .explanation = "rc 9: the header tells more bytes than came. UDP "
            "datagrams above MCUMGR_TRANSPORT_UDP_MTU are cut.",
        .disproof = "a small request that gets rc 9 too",
        .fixes = {
            KCONFIG("In prj.conf:", "CONFIG_MCUMGR_TRANSPORT_UDP_MTU=2048"),
            COMMAND("Or smaller ones:",
                "smpctl -c 'udp:HOST?mtu=1024' upgrade FILE"),
        },
    },
    {
        .id = "udp-thread-stack-overflow",
        .pattern = "U6",
        .must = { S(C_STACK), S(MEDIUM_UDP) },
        .weight = 94,
        .title = "The stack of the SMP thread for UDP overflows",
        .explanation = "Its default is too small for uploads.",
        .disproof = "a fault in another thread",
        .fixes = {
            KCONFIG("In prj.conf:",
                "CONFIG_MCUMGR_TRANSPORT_UDP_STACK_SIZE=2048"),
        },
    },
    {
        .id = "stale-answers",
        .pattern = "U3",
        .must = { S(T_BAD_SEQ) },
        .must_not = { S(LOST_ONE) },
        .stronger = { S(LATE_ANSWER), S(WRONG_SEQ) },
        .weight = 84,
        .title = "A late answer shifts all that follow by one",
        .explanation = "The client gave up, the answer came later and was "
            "taken for that of the next request. Old sequence numbers have "
            "to be dropped.",
        .disproof = "the same complaint with a long time limit",
        .fixes = { FILE_FIX("Update the client; allow more time for the "
            "last chunk.") },
    },
    {
        .id = "answers-with-foreign-sequence",
        .pattern = "U3",
        .must = { S(SILENCE) },
        .any = { S(SHIFTED), S(WRONG_SEQ) },
        .must_not = { S(T_BAD_SEQ), S(SILENT_AFTER), S(DOWN_UPLOAD),
            S(RESET) },
        .weight = 82,
        .title = "Answers carry sequence numbers that nobody waits for",
        .explanation = "Every answer comes after its request was given up, "
            "or the server numbers wrongly.",
        .disproof = "answers that carry the number of the request that is open",
        .fixes = { COMMAND("More time:", "smpctl --timeout 10 upgrade FILE") },
    },
    {
        .id = "nothing-listens-on-port",
        .pattern = "U5",
        .must = { S(T_UNREACHABLE) },
        .must_not = { S(ANSWERED) },
        .weight = 92,
        .title = "Nothing listens on that port",
        .explanation = "The host answers that the port is closed: another "
            "address, or no SMP server running.",
        .disproof = "an answer from this address and port",
        .fixes = {
            KCONFIG("In prj.conf:", "CONFIG_MCUMGR_TRANSPORT_UDP=y"),
            COMMAND("Check address and port:",
                "smpctl -c udp:HOST:1337 os echo hello"),
        },
    },
    {
        .id = "udp-never-answered",
        .pattern = "U5",
        .must = { S(NEVER_ANSWERED), S(MEDIUM_UDP) },
        .must_not = { S(T_UNREACHABLE) },
        .weight = 86,
        .title = "Nothing ever came back from this address",
        .explanation = "Another address after a reset (DHCP), a firewall, "
            "or no SMP server on port 1337.",
        .disproof = "an answer from this address and port",
        .fixes = {
            COMMAND("Check address and port:",
                "ping HOST\nsmpctl -c udp:HOST:1337 os echo hello"),
        },
    },
    {
        .id = "udp-datagram-lost",
        .pattern = "U2",
        .must = { S(MIDDLE_UNANSWERED), S(MEDIUM_UDP), S(SILENCE) },
        .must_not = { S(BIG_UNANSWERED), S(NEVER_ANSWERED),
            S(MANY_LOST), S(SILENT_AFTER), S(T_UNREACHABLE) },
        .weight = 78,
        .title = "Datagrams get lost and were not sent again often enough",
        .explanation = "UDP repeats nothing by itself.",
        .disproof = "a console that shows a restart of the device at that "
            "moment",
        .fixes = {
            COMMAND("More tries:", "smpctl --retries 8 upgrade FILE"),
        },
    },
    {
        .id = "erase-blocks-the-network",
        .pattern = "U4",
        .must = { S(FIRST_UNANSWERED), S(MEDIUM_UDP), S(ANSWERED) },
        .must_not = { S(LIST_SLOT1), S(LATE_ANSWER), S(SMALL_AFTER),
            S(BIG_UNANSWERED),
            S(SILENT_AFTER), S(T_UNREACHABLE), S(AGAIN_WENT_WELL) },
        .weight = 62,
        .fallback = true,
        .title = "Small requests work over UDP, the first chunk does not: "
            "erasing the slot blocks the network thread, most likely",
        .explanation = "The device erases before it answers; on boards with "
            "Ethernet and external flash that takes longer than the client "
            "waits.",
        .disproof = "an answer to a first chunk within a second",
        .fixes = {
            COMMAND("Wait longer:",
                "smpctl --timeout 60 upgrade FILE"),
            KCONFIG("In prj.conf:",
                "CONFIG_IMG_ERASE_PROGRESSIVELY=y"),
        },
    },
};
/* clang-format on */

const struct diag_family diag_rules_udp = {
    "udp",
    "UDP",
    DIAG_FAMILY_ROWS(rows),
};
