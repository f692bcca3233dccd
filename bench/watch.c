/* watch.c - the clocks of bench.h. */
#include <time.h>

#include "bench.h"

double bench_now_s(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

double bench_own_cpu_s(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

#define AWAY_S 5e-6 /* nobody is away for less */

static double thread_cpu_s(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

double bench_lap(struct bench_watch *watch)
{
    double now_s = bench_now_s(), took_s = now_s - watch->last_s, thread_s, away_s;

    watch->last_s = now_s;
    if (took_s < AWAY_S)
        return took_s;
    thread_s = thread_cpu_s();
    away_s = (now_s - watch->wall_s) - (thread_s - watch->thread_s);
    watch->thread_s = thread_s;
    watch->last_s = watch->wall_s = bench_now_s();
    if (away_s > took_s)
        return 0;
    return away_s > 0 ? took_s - away_s : took_s;
}
