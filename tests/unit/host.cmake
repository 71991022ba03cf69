# SPDX-License-Identifier: Apache-2.0
# Unit tests of floor host.
#
# smp_add_unit_test(test_NAME SOURCES test_NAME.c LIBS host_core)
