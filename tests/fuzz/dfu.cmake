# SPDX-License-Identifier: Apache-2.0
# Fuzz targets of floor dfu.

smp_add_fuzzer(fuzz_dfu_update
    SOURCES fuzz_dfu_update.c
    LIBS dfu_core
    RUNS 8000)
