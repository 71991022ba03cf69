# SPDX-License-Identifier: Apache-2.0
# cmake -DNM= -DOBJCOPY= -DARCHIVE= -P RenameZcbor.cmake
#
# Gives every global zcbor_* of the archive the prefix smp_, where it is defined
# and where it is used.

execute_process(
    COMMAND ${NM} -g --defined-only ${ARCHIVE}
    OUTPUT_VARIABLE symbols
    ERROR_QUIET
    COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "[A-Za-z] zcbor_[A-Za-z0-9_]+" found "${symbols}")
set(map "")
foreach(entry IN LISTS found)
    string(REGEX REPLACE "^. " "" name "${entry}")
    string(APPEND map "${name} smp_${name}\n")
endforeach()
file(WRITE ${ARCHIVE}.map "${map}")
execute_process(
    COMMAND ${OBJCOPY} --redefine-syms=${ARCHIVE}.map ${ARCHIVE}
    COMMAND_ERROR_IS_FATAL ANY)
