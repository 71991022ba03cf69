// SPDX-License-Identifier: Apache-2.0
/*
 * The tables of the doctor, one file per family. A row is read from top to
 * bottom; adding a pattern is adding a row here and a case under
 * tests/data/cases.
 */
#ifndef DIAG_RULES_H
#define DIAG_RULES_H

#include "diag/doctor.h"
#include "diag/signs.h"

#define S(name) SIGN_##name

/* Remedies. */
#define COMMAND(text, lines)          \
    {                                 \
        DIAG_FIX_COMMAND, text, lines \
    }
#define KCONFIG(text, lines)          \
    {                                 \
        DIAG_FIX_KCONFIG, text, lines \
    }
#define FILE_FIX(text)            \
    {                             \
        DIAG_FIX_FILE, text, NULL \
    }
#define HARDWARE(text)                \
    {                                 \
        DIAG_FIX_HARDWARE, text, NULL \
    }

#define DIAG_FAMILY_ROWS(array) (array), sizeof(array) / sizeof((array)[0])

extern const struct diag_family diag_rules_multi;
extern const struct diag_family diag_rules_mark;
extern const struct diag_family diag_rules_slot;
extern const struct diag_family diag_rules_file;
extern const struct diag_family diag_rules_boot;
extern const struct diag_family diag_rules_return;
extern const struct diag_family diag_rules_flash;
extern const struct diag_family diag_rules_memory;
extern const struct diag_family diag_rules_offset;
extern const struct diag_family diag_rules_time;
extern const struct diag_family diag_rules_buffer;
extern const struct diag_family diag_rules_serial;
extern const struct diag_family diag_rules_udp;
extern const struct diag_family diag_rules_connect;
extern const struct diag_family diag_rules_version;
extern const struct diag_family diag_rules_crypt;
extern const struct diag_family diag_rules_speed;

#endif
