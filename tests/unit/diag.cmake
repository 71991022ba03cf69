# SPDX-License-Identifier: Apache-2.0
# Unit tests of floor diag.
#
# smp_add_unit_test(test_NAME SOURCES test_NAME.c LIBS diag_core)

foreach(diag_test capture cases conf events lines mutate rules rust
        trace)
    smp_add_unit_test(test_diag_${diag_test}
        SOURCES test_diag_${diag_test}.c diag_rig.c
        LIBS diag_core)
endforeach()
