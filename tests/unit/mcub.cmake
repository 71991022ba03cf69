# SPDX-License-Identifier: Apache-2.0
# Unit tests of floor mcub, against vectors that a script turns into C.

find_package(Python3 REQUIRED COMPONENTS Interpreter)
find_package(OpenSSL 3 REQUIRED)

set(mcub_vectors_c ${CMAKE_CURRENT_BINARY_DIR}/mcub_vectors.c)
add_custom_command(
    OUTPUT ${mcub_vectors_c}
    COMMAND Python3::Interpreter
        ${PROJECT_SOURCE_DIR}/tests/tools/gen_mcub_vectors.py
        ${PROJECT_SOURCE_DIR}/tests/data/mcuboot-vectors.json
        ${mcub_vectors_c}
    DEPENDS
        ${PROJECT_SOURCE_DIR}/tests/tools/gen_mcub_vectors.py
        ${PROJECT_SOURCE_DIR}/tests/data/mcuboot-vectors.json
    VERBATIM)
add_library(mcub_test_support STATIC
    flash_model.c
    mcub_rig.c
    ${mcub_vectors_c})
target_include_directories(mcub_test_support PRIVATE
    ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(mcub_test_support PRIVATE
    mcub_core OpenSSL::Crypto smp_warnings PkgConfig::CMOCKA)

foreach(unit version image write sign trailer slot boot pairs power
        flash_model scratch resume select ramload single counter)
    smp_add_unit_test(test_mcub_${unit}
        SOURCES test_mcub_${unit}.c
        LIBS mcub_test_support mcub_core OpenSSL::Crypto)
endforeach()
