// SPDX-License-Identifier: Apache-2.0
#ifndef SMP_TESTS_FUZZ_H
#define SMP_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/**
 * Feed one input to the parser under test.
 *
 * Every fuzz target defines it; libFuzzer or driver.c calls it. The name is
 * libFuzzer's. The input is in a heap block of exactly size bytes, so that the
 * address sanitizer sees every byte read too far.
 *
 * @param[in] data  input, borrowed for this call; NULL only if size is 0
 * @param     size  bytes in data
 *
 * @return 0, always
 */
// NOLINTNEXTLINE(readability-identifier-naming): given by libFuzzer
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
