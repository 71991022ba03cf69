# SPDX-License-Identifier: Apache-2.0
# Unit tests of floor smp.
#
# smp_add_unit_test(test_NAME SOURCES test_NAME.c LIBS smp_core)

smp_add_unit_test(test_smp_replay
    SOURCES test_smp_replay.c vectors.c
    LIBS smp_core)
