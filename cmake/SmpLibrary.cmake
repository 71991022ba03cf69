# SPDX-License-Identifier: Apache-2.0
# What is installed: libsmp (smp, mcub, dfu and, hidden, zcbor), libsmpdiag,
# their headers, pkg-config files and the CMake package `smp`.

set(smp_parts
    $<TARGET_OBJECTS:smp_objects>
    $<TARGET_OBJECTS:mcub_objects>
    $<TARGET_OBJECTS:dfu_objects>
    $<TARGET_OBJECTS:zcbor_rt_objects>)

add_library(smp_static STATIC ${smp_parts})
set_target_properties(smp_static PROPERTIES
    OUTPUT_NAME smp EXPORT_NAME smp LINKER_LANGUAGE C)
# Hidden symbols of a static library are still global while linking: rename
# them, so that a program may bring a zcbor of its own.
add_custom_command(TARGET smp_static POST_BUILD
    COMMAND ${CMAKE_COMMAND}
        -DNM=${CMAKE_NM} -DOBJCOPY=${CMAKE_OBJCOPY}
        -DARCHIVE=$<TARGET_FILE:smp_static>
        -P ${PROJECT_SOURCE_DIR}/cmake/RenameZcbor.cmake
    VERBATIM)
set(smp_libraries smp_static)
# The same name for those who add_subdirectory() us.
add_library(smp::smp ALIAS smp_static)

if(NOT CMAKE_CROSSCOMPILING)
    add_library(smp_shared SHARED ${smp_parts})
    set_target_properties(smp_shared PROPERTIES
        OUTPUT_NAME smp LINKER_LANGUAGE C
        VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
    list(APPEND smp_libraries smp_shared)
endif()

if(SMP_BUILD_HOST)
    add_library(smpdiag_static STATIC $<TARGET_OBJECTS:diag_objects>)
    set_target_properties(smpdiag_static PROPERTIES
        OUTPUT_NAME smpdiag EXPORT_NAME diag LINKER_LANGUAGE C)
    target_link_libraries(smpdiag_static INTERFACE smp_static)

    add_library(smpdiag_shared SHARED $<TARGET_OBJECTS:diag_objects>)
    set_target_properties(smpdiag_shared PROPERTIES
        OUTPUT_NAME smpdiag EXPORT_NAME diag_shared LINKER_LANGUAGE C
        VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
    target_link_libraries(smpdiag_shared PUBLIC smp_shared)
    list(APPEND smp_libraries smpdiag_static smpdiag_shared)
endif()

foreach(library IN LISTS smp_libraries)
    target_include_directories(${library} INTERFACE
        $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
        $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
endforeach()

if(NOT SMP_INSTALL)
    return()
endif()

set(smp_cmakedir ${CMAKE_INSTALL_LIBDIR}/cmake/smp)
include(CMakePackageConfigHelpers)
write_basic_package_version_file(
    ${PROJECT_BINARY_DIR}/smpConfigVersion.cmake
    COMPATIBILITY SameMinorVersion)
# From where the .pc file lies: the prefix may be chosen as late as at install.
file(RELATIVE_PATH smp_pc_prefix
    ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
configure_file(${PROJECT_SOURCE_DIR}/cmake/smp.pc.in
    ${PROJECT_BINARY_DIR}/smp.pc @ONLY)
set(smp_public smp mcub dfu)

install(TARGETS ${smp_libraries} EXPORT smpTargets
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT smpTargets NAMESPACE smp:: DESTINATION ${smp_cmakedir})
install(FILES
    ${PROJECT_SOURCE_DIR}/cmake/smpConfig.cmake
    ${PROJECT_BINARY_DIR}/smpConfigVersion.cmake
    DESTINATION ${smp_cmakedir})
install(FILES ${PROJECT_BINARY_DIR}/smp.pc
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
if(SMP_BUILD_HOST)
    list(APPEND smp_public diag)
    configure_file(${PROJECT_SOURCE_DIR}/cmake/smpdiag.pc.in
        ${PROJECT_BINARY_DIR}/smpdiag.pc @ONLY)
    install(FILES ${PROJECT_BINARY_DIR}/smpdiag.pc
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
    foreach(program smpctl smpsim)
        if(TARGET ${program})
            install(TARGETS ${program} DESTINATION ${CMAKE_INSTALL_BINDIR})
        endif()
    endforeach()
endif()
foreach(part IN LISTS smp_public)
    if(EXISTS ${PROJECT_SOURCE_DIR}/include/${part})
        install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/${part}
            DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
            FILES_MATCHING PATTERN "*.h")
    endif()
endforeach()
