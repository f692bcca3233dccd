/* model/wide_internal.h - loops that are compiled for wide vectors too.
 *
 * WN_WIDE before a function has it compiled twice, and the processor decides which one runs:
 * that halves the time of a proposal. AVX2 without FMA rounds as SSE2 does, and each number is
 * computed by itself, so that both give the same bits. Sanitizers are not ready when the
 * choice is made; other compilers and processors do without.
 */
#ifndef WN_MODEL_WIDE_INTERNAL_H
#define WN_MODEL_WIDE_INTERNAL_H

#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) &&                   \
    defined(__gnu_linux__) && defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define WN_WIDE __attribute__((target_clones("avx2", "default")))
#else
#define WN_WIDE
#endif

#endif /* WN_MODEL_WIDE_INTERNAL_H */
