# SPDX-License-Identifier: Apache-2.0
# Fuzz targets of floor smp.

foreach(smp_fuzzer message response console stream)
    smp_add_fuzzer(fuzz_smp_${smp_fuzzer}
        SOURCES fuzz_smp_${smp_fuzzer}.c
        LIBS smp_core)
endforeach()

foreach(peer client server)
    smp_add_fuzzer(fuzz_smp_${peer}
        SOURCES fuzz_smp_${peer}.c
        LIBS smp_core
        RUNS 100000)
endforeach()
