// SPDX-License-Identifier: Apache-2.0
/* Names of signs, needs and remedies. */
#include "diag/doctor.h"
#include "diag/signs.h"

// NOLINTBEGIN(bugprone-suspicious-missing-comma): long texts are split
const char *diag_sign_text(uint16_t sign)
{
    static const char *const texts[] = { "",
#define SIGN_TEXT(name, text) text,
        DIAG_SIGN_LIST(SIGN_TEXT)
#undef SIGN_TEXT
    };
    return sign < DIAG_SIGNS ? texts[sign] : "";
}

// NOLINTEND(bugprone-suspicious-missing-comma)

const char *diag_sign_name(uint16_t sign)
{
    static const char *const names[] = { "",
#define SIGN_NAME(name, text) #name,
        DIAG_SIGN_LIST(SIGN_NAME)
#undef SIGN_NAME
    };
    return sign < DIAG_SIGNS ? names[sign] : "";
}

const char *diag_need_to_str(enum diag_need need)
{
    switch (need) {
    case DIAG_NEED_WHOLE_LOG:
        return "the whole log, from connecting to the error, with all levels";
    case DIAG_NEED_LIST:
        return "the image list before and after: smpctl image list";
    case DIAG_NEED_PACKAGE:
        return "the package that was sent: --package dfu_application.zip";
    case DIAG_NEED_CONSOLE:
        return "the console of the device over the reset, MCUboot's lines "
               "included";
    case DIAG_NEED_CONF:
        return "the configuration: --conf prj.conf";
    case DIAG_NEED_TRACE:
        return "a recording of a try: smpctl --trace FILE upgrade ...";
    }
    return "";
}

const char *diag_fix_kind_to_str(enum diag_fix_kind kind)
{
    switch (kind) {
    case DIAG_FIX_NONE:
        return "none";
    case DIAG_FIX_COMMAND:
        return "command";
    case DIAG_FIX_KCONFIG:
        return "kconfig";
    case DIAG_FIX_FILE:
        return "file";
    case DIAG_FIX_HARDWARE:
        return "hardware";
    }
    return "unknown";
}
