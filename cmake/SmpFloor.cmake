# SPDX-License-Identifier: Apache-2.0
# A floor is a folder under src/ whose name is its prefix. See ARCHITECTURE.md.

set(SMP_FLOORS smp mcub dfu diag host vdev cli)

# smp_add_floor(<floor> [SOURCES <file>...] [DEPS <target>...]
#               [PRIVATE_DEPS <target>...])
#
# Creates <floor>_objects (an object library, so that the installed libraries
# can be put together from the same objects) and <floor>_core (a static
# library of them). DEPS are passed on to users, PRIVATE_DEPS are not.
function(smp_add_floor floor)
    cmake_parse_arguments(arg "" "" "SOURCES;DEPS;PRIVATE_DEPS" ${ARGN})
    if(arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR
            "smp_add_floor(${floor}): unknown ${arg_UNPARSED_ARGUMENTS}")
    endif()
    if(NOT arg_SOURCES)
        set(empty ${CMAKE_CURRENT_BINARY_DIR}/${floor}_empty.c)
        file(WRITE ${empty} "extern int ${floor}_empty;\n")
        set(arg_SOURCES ${empty})
    endif()

    add_library(${floor}_objects OBJECT ${arg_SOURCES})
    target_include_directories(${floor}_objects PUBLIC
        $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
        $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src>)
    target_link_libraries(${floor}_objects
        PUBLIC ${arg_DEPS}
        PRIVATE ${arg_PRIVATE_DEPS} smp_warnings)
    if(SMP_NO_ASSERT)
        target_compile_definitions(${floor}_objects PUBLIC SMP_NO_ASSERT=1)
    endif()
    if(floor MATCHES "^(host|vdev|cli)$")
        target_compile_definitions(${floor}_objects PRIVATE
            SMPCTL_VERSION="${PROJECT_VERSION}"
            _GNU_SOURCE)
    endif()

    add_library(${floor}_core STATIC $<TARGET_OBJECTS:${floor}_objects>)
    target_include_directories(${floor}_core INTERFACE
        $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
        $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src>)
    target_link_libraries(${floor}_core
        INTERFACE ${arg_DEPS}
        PRIVATE ${arg_PRIVATE_DEPS})
    if(SMP_NO_ASSERT)
        target_compile_definitions(${floor}_core INTERFACE SMP_NO_ASSERT=1)
    endif()
    set_target_properties(${floor}_core PROPERTIES LINKER_LANGUAGE C)
endfunction()
