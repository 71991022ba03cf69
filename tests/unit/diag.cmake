# SPDX-License-Identifier: Apache-2.0
# Unit tests of floor diag.
#
# smp_add_unit_test(test_NAME SOURCES test_NAME.c LIBS diag_core)
