# SPDX-License-Identifier: Apache-2.0
# Unit tests of floor smp.
#
# smp_add_unit_test(test_NAME SOURCES test_NAME.c LIBS smp_core)

foreach(smp_test header cbor message encode packets response console stream)
    smp_add_unit_test(test_smp_${smp_test}
        SOURCES test_smp_${smp_test}.c
        LIBS smp_core)
endforeach()

smp_add_unit_test(test_smp_vectors
    SOURCES test_smp_vectors.c vectors.c
    LIBS smp_core)

smp_add_unit_test(test_smp_replay
    SOURCES test_smp_replay.c vectors.c
    LIBS smp_core)
smp_add_unit_test(test_smp_client SOURCES test_smp_client.c LIBS smp_core)
smp_add_unit_test(test_smp_client_timers
    SOURCES test_smp_client_timers.c
    LIBS smp_core)
smp_add_unit_test(test_smp_server SOURCES test_smp_server.c LIBS smp_core)
smp_add_unit_test(test_smp_server_os SOURCES test_smp_server_os.c LIBS smp_core)
smp_add_unit_test(test_smp_engine SOURCES test_smp_engine.c LIBS smp_core)
