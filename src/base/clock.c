/* clock.c - clocks, and durations read and written without the locale. */
#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define MS_PER_DAY  INT64_C(86400000)
#define MS_PER_HOUR INT64_C(3600000)
#define MS_PER_MIN  INT64_C(60000)
#define MS_MOST     (INT64_C(36525) * MS_PER_DAY) /* 100 years */

int64_t wn_clock_mono_us(void)
{
    struct timespec now = {0};

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t wn_clock_wall_ms(void)
{
    struct timespec now = {0};

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Milliseconds of a unit; 0 if it is none. */
static int64_t unit_of(const char *text)
{
    static const struct {
        const char *name;
        int64_t ms;
    } units[] = {
        {"", 1000},         {"s", 1000},       {"m", MS_PER_MIN},
        {"h", MS_PER_HOUR}, {"d", MS_PER_DAY}, {"ms", 1},
    };

    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strcmp(text, units[i].name) == 0)
            return units[i].ms;
    return 0;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool wn_duration_parse(const char *text, int64_t *ms)
{
    int64_t whole = 0, unit, total;
    double part = 0, place = 1;

    if (!is_digit(*text))
        return false;
    for (; is_digit(*text); text++) {
        whole = whole * 10 + (*text - '0');
        if (whole > MS_MOST)
            return false;
    }
    if (*text == '.') {
        if (!is_digit(*++text))
            return false;
        for (; is_digit(*text); text++) {
            place /= 10;
            part += place * (*text - '0');
        }
    }
    unit = unit_of(text);
    if (!unit || whole > MS_MOST / unit)
        return false;
    total = whole * unit + (int64_t)(part * (double)unit + 0.5);
    if (total > MS_MOST)
        return false;
    *ms = total;
    return true;
}

char *wn_duration_print(int64_t ms, char *text, size_t room)
{
    const char *sign = ms < 0 ? "-" : "";
    unsigned long long span =
        ms < 0 ? 0 - (unsigned long long)ms : (unsigned long long)ms;
    unsigned long long s = span / 1000;

    if (span > 0 && span < 1000)
        snprintf(text, room, "%s%llu ms", sign, span);
    else if (s < 60)
        snprintf(text, room, "%s%llu s", sign, s);
    else if (s < 3600)
        snprintf(text, room, "%s%llu min %02llu s", sign, s / 60, s % 60);
    else if (s < 86400)
        snprintf(text, room, "%s%llu h %02llu min", sign, s / 3600, s / 60 % 60);
    else
        snprintf(text, room, "%s%llu d %02llu h", sign, s / 86400, s / 3600 % 24);
    return text;
}
