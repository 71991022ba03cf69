# SPDX-License-Identifier: Apache-2.0
# Unit tests of floor host.

foreach(host_test ble ihex image image_sign keys package session trace uri)
    smp_add_unit_test(test_host_${host_test}
        SOURCES test_host_${host_test}.c
        LIBS host_core)
endforeach()
smp_add_unit_test(test_host_link
    SOURCES test_host_link.c
    LIBS host_core
    DEFINITIONS _GNU_SOURCE)
smp_add_unit_test(test_host_sim
    SOURCES test_host_sim.c ${PROJECT_SOURCE_DIR}/src/cli/sim.c
    LIBS vdev_core host_core)
