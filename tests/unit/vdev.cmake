# SPDX-License-Identifier: Apache-2.0
# Unit tests of floor vdev.

add_library(vdev_test_support STATIC vdev_lab.c)
target_include_directories(vdev_test_support PRIVATE
    ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(vdev_test_support PRIVATE
    vdev_core host_core smp_warnings PkgConfig::CMOCKA)

foreach(unit app chip config fault)
    smp_add_unit_test(test_vdev_${unit}
        SOURCES test_vdev_${unit}.c
        LIBS vdev_core)
endforeach()
smp_add_unit_test(test_vdev_link SOURCES test_vdev_link.c LIBS vdev_core m)
foreach(unit chaos device keys modes power recovery wire)
    smp_add_unit_test(test_vdev_${unit}
        SOURCES test_vdev_${unit}.c
        LIBS vdev_test_support vdev_core host_core)
endforeach()
smp_add_unit_test(test_vdev_conf
    SOURCES test_vdev_conf.c
        ${PROJECT_SOURCE_DIR}/src/vdev/main_conf.c
        ${PROJECT_SOURCE_DIR}/src/vdev/main_conf_rules.c
    LIBS vdev_core diag_core PkgConfig::GLIB)
smp_add_unit_test(test_vdev_predict
    SOURCES test_vdev_predict.c predict_world.c
    LIBS vdev_test_support vdev_core host_core)
smp_add_unit_test(test_vdev_model
    SOURCES test_vdev_model.c vdev_model.c
    LIBS vdev_test_support vdev_core host_core)
