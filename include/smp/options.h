// SPDX-License-Identifier: Apache-2.0
/*
 * Compile-time options of the smp floor. Define them on the command line, or
 * in the file that SMP_OPTIONS_FILE names (with its quotes).
 *
 * SMP_NO_ASSERT   define it to compile SMP_ASSERT() out; default: asserts are
 *                 in, through <assert.h>. The code stays memory-safe without.
 * SMP_COVERAGE    define it in coverage builds: SMP_NEVER() is then 0.
 * SMP_CBOR_DEPTH  deepest nesting of a message, see below.
 */
#ifndef SMP_OPTIONS_H
#define SMP_OPTIONS_H

#ifdef SMP_OPTIONS_FILE
// cppcheck-suppress preprocessorErrorDirective ; the user names the file
#    include SMP_OPTIONS_FILE
#endif

/**
 * Deepest nesting that we accept, the outer map included.
 *
 * Default 8 (Zephyr's own messages need 4; it skips unknown values about as
 * deep); range 4..250; costs two words of stack per level while a message is
 * checked, and nothing else.
 */
#ifndef SMP_CBOR_DEPTH
#    define SMP_CBOR_DEPTH 8u
#endif

/**
 * An invariant of ours, or a duty of the caller that is documented. Never
 * used on what comes from wire, flash, file, clock or user.
 */
#if defined(SMP_NO_ASSERT)
#    define SMP_ASSERT(x) ((void)sizeof((x) ? 1 : 0))
#elif !defined(SMP_ASSERT)
#    include <assert.h>
#    define SMP_ASSERT(x) assert(x)
#endif

/**
 * A defence believed dead: asserts in debug builds, is 0 in coverage builds
 * and a real check in the others.
 */
#if defined(SMP_COVERAGE)
#    define SMP_NEVER(x) (0)
#elif defined(SMP_NO_ASSERT)
#    define SMP_NEVER(x) (x)
#else
#    define SMP_NEVER(x) smp_never(x)
static inline int smp_never(int happened)
{
    SMP_ASSERT(!happened);
    return happened;
}
#endif

/** The caller must look at the result. */
#if defined(__GNUC__)
#    define SMP_MUST_CHECK __attribute__((warn_unused_result))
#else
#    define SMP_MUST_CHECK
#endif

#endif
