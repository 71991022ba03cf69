# SPDX-License-Identifier: Apache-2.0
# find_package(smp): smp::smp (static), smp::smp_shared, smp::diag,
# smp::diag_shared
include("${CMAKE_CURRENT_LIST_DIR}/smpTargets.cmake")
