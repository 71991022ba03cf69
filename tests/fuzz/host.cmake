# SPDX-License-Identifier: Apache-2.0
# Fuzz targets of floor host.

smp_add_fuzzer(fuzz_host_zip
    SOURCES fuzz_host_zip.c
    LIBS host_core
    RUNS 4000)
smp_add_fuzzer(fuzz_host_manifest
    SOURCES fuzz_host_manifest.c
    LIBS host_core
    RUNS 20000)
smp_add_fuzzer(fuzz_host_uri
    SOURCES fuzz_host_uri.c
    LIBS host_core
    RUNS 20000)
smp_add_fuzzer(fuzz_host_ihex
    SOURCES fuzz_host_ihex.c
    LIBS host_core
    RUNS 50000)
