# SPDX-License-Identifier: Apache-2.0
# Fuzz targets of floor diag. The corpus of the reader is the real cases.

smp_add_fuzzer(fuzz_diag_read
    SOURCES fuzz_diag_read.c
    LIBS diag_core
    RUNS 20000
    CORPUS ${PROJECT_SOURCE_DIR}/tests/data/cases)
smp_add_fuzzer(fuzz_diag_capture
    SOURCES fuzz_diag_capture.c
    LIBS diag_core
    RUNS 20000)
smp_add_fuzzer(fuzz_diag_value
    SOURCES fuzz_diag_value.c
    LIBS diag_core
    RUNS 50000)
