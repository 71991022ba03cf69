# SPDX-License-Identifier: Apache-2.0
# Fuzz targets of floor mcub.

smp_add_fuzzer(fuzz_mcub_image
    SOURCES fuzz_mcub_image.c
    LIBS mcub_core
    RUNS 200000)
