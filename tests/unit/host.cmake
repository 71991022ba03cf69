# SPDX-License-Identifier: Apache-2.0
# Unit tests of floor host.

foreach(host_test ble ihex image image_sign keys trace uri)
    smp_add_unit_test(test_host_${host_test}
        SOURCES test_host_${host_test}.c
        LIBS host_core)
endforeach()
foreach(session_test session pump)
    smp_add_unit_test(test_host_${session_test}
        SOURCES test_host_${session_test}.c host_rig.c
        LIBS host_core)
endforeach()
foreach(package_test package zip)
    smp_add_unit_test(test_host_${package_test}
        SOURCES test_host_${package_test}.c zip_box.c
        LIBS host_core)
endforeach()
foreach(link_test moved serial tcp udp)
    smp_add_unit_test(test_host_link_${link_test}
        SOURCES test_host_link_${link_test}.c link_rig.c
        LIBS host_core
        DEFINITIONS _GNU_SOURCE)
endforeach()
foreach(crypt_test crypt crypt_refuse)
    smp_add_unit_test(test_mcub_${crypt_test}
        SOURCES test_mcub_${crypt_test}.c crypt_rig.c
        LIBS mcub_test_support host_core OpenSSL::Crypto)
endforeach()
smp_add_unit_test(test_host_sim
    SOURCES test_host_sim.c ${PROJECT_SOURCE_DIR}/src/cli/sim.c
    LIBS vdev_core host_core)
