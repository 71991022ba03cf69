# SPDX-License-Identifier: Apache-2.0
# The warnings of the project, for our own targets only: foreign code (zcbor)
# is compiled with flags of its own.

add_library(smp_warnings INTERFACE)
target_compile_options(smp_warnings INTERFACE
    -Wall
    -Wextra
    -pedantic
    -Wshadow
    -Wconversion
    -Wsign-conversion
    -Wcast-qual
    -Wcast-align
    -Wpointer-arith
    -Wstrict-prototypes
    -Wmissing-prototypes
    -Wredundant-decls
    -Wundef
    -Wvla
    -Wswitch-enum
    -Wformat=2
    -Wwrite-strings
    -Wimplicit-fallthrough
    -Wdouble-promotion
    -Wnull-dereference)
if(SMP_WERROR)
    target_compile_options(smp_warnings INTERFACE -Werror)
endif()
