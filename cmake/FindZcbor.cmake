# SPDX-License-Identifier: Apache-2.0
# zcbor's C runtime, from the zcbor Python package (a wheel with src/, include/).
#
#   ZCBOR_DIR       hint: the folder that holds src/ and include/
#   Zcbor_FOUND, Zcbor_VERSION, Zcbor_INCLUDE_DIR, Zcbor_SOURCES
#
# Without the hint it is looked for in the project's own virtual environment
# (build/venv, made by script/bootstrap). Nothing of it is in the repository.

set(ZCBOR_DIR "" CACHE PATH "zcbor package folder with src/ and include/")
set(zcbor_pinned 0.9.1)
set(zcbor_root "${ZCBOR_DIR}")
set(zcbor_python ${CMAKE_CURRENT_LIST_DIR}/../build/venv/bin/python)

if(NOT zcbor_root AND EXISTS ${zcbor_python})
    execute_process(
        COMMAND ${zcbor_python} -c [[
import importlib.util
import pathlib
spec = importlib.util.find_spec("zcbor")
print(pathlib.Path(spec.origin).parent if spec else "", end="")]]
        OUTPUT_VARIABLE zcbor_root
        ERROR_QUIET)
endif()

set(Zcbor_SOURCES)
if(zcbor_root AND EXISTS ${zcbor_root}/include/zcbor_common.h)
    set(Zcbor_INCLUDE_DIR ${zcbor_root}/include)
    foreach(part common decode encode)
        list(APPEND Zcbor_SOURCES ${zcbor_root}/src/zcbor_${part}.c)
    endforeach()
    if(EXISTS ${zcbor_root}/zcbor/VERSION)
        file(STRINGS ${zcbor_root}/zcbor/VERSION Zcbor_VERSION LIMIT_COUNT 1)
    endif()
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Zcbor
    REQUIRED_VARS Zcbor_INCLUDE_DIR Zcbor_SOURCES
    VERSION_VAR Zcbor_VERSION
    REASON_FAILURE_MESSAGE
        "run script/bootstrap, or give -DZCBOR_DIR=<folder of the package>")

if(Zcbor_FOUND AND Zcbor_VERSION AND NOT Zcbor_VERSION STREQUAL zcbor_pinned)
    message(WARNING
        "zcbor ${Zcbor_VERSION} found, but ${zcbor_pinned} is what was checked")
endif()

# Its own flags: no warnings of ours, no symbols to the outside. The form
# (definite, indefinite) is written by src/smp, so ZCBOR_CANONICAL stays off.
if(Zcbor_FOUND AND NOT TARGET zcbor_rt)
    add_library(zcbor_rt_objects OBJECT ${Zcbor_SOURCES})
    target_include_directories(zcbor_rt_objects SYSTEM
        PUBLIC ${Zcbor_INCLUDE_DIR})
    set_target_properties(zcbor_rt_objects PROPERTIES
        C_VISIBILITY_PRESET hidden)
    target_compile_options(zcbor_rt_objects PRIVATE -w)
    add_library(zcbor_rt STATIC $<TARGET_OBJECTS:zcbor_rt_objects>)
    target_include_directories(zcbor_rt SYSTEM
        INTERFACE ${Zcbor_INCLUDE_DIR})
    set_target_properties(zcbor_rt PROPERTIES LINKER_LANGUAGE C)
endif()
