// SPDX-License-Identifier: Apache-2.0
/* Group 63: both messages of its one command are the empty map. */
#include "smp/group_basic.h"

/* ISO C wants a declaration in every file. */
_Static_assert(SMP_BASIC_ERASE_STORAGE == 0, "as on the wire");
