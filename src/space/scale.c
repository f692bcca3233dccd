/* scale.c - where a number lies between two others on a scale, and back.
 *
 * Numbers are given and returned as distances from the lower end, because the value itself
 * would lose the digits that tell neighbours apart where the range is narrow.
 *
 * Logarithmic positions are computed two ways. Where high/low is large, from logs: the
 * error is a few ulps of log(high), below 3e-13 of the value for any double. Where it
 * is small, logs of neighbours would cancel, and log1p and expm1 of the distance from
 * low keep its relative precision. Both invert each other to less than half a unit of
 * the 12th digit and of an int below WN_SPACE_MAX_COUNT values, which rounding removes:
 * that is what makes the round trip exact. On the reverse scale log((1 - low) / (1 - x)) is
 * -log1p(-distance / (1 - low)), which keeps the precision of the distance near low; near 1
 * what is lost is below 1e-15 where neighbours are 1e-12 apart.
 */
#include "space/space_internal.h"

#include <math.h>

const char *wn_scale_name(enum wn_scale scale)
{
    switch (scale) {
    case WN_SCALE_LINEAR: return "linear";
    case WN_SCALE_LOG: return "log";
    case WN_SCALE_REVERSE_LOG: return "reverse-log";
    }
    return "";
}

/* The scale from `low` to `low + width`, both positive: see the head of the file. */
static bool is_short(double low, double width)
{
    return width < 3 * low;
}

static double log_place(double low, double width, double distance)
{
    if (is_short(low, width))
        return log1p(distance / low) / log1p(width / low);
    return (log(low + distance) - log(low)) / (log(low + width) - log(low));
}

static double log_distance(double low, double width, double place)
{
    double from = log(low);

    if (is_short(low, width))
        return low * expm1(place * log1p(width / low));
    return exp(from + place * (log(low + width) - from)) - low;
}

double wn_place_clip(double place)
{
    if (!(place > 0))
        return 0;
    return place < 1 ? place : 1;
}

double wn_scale_place(enum wn_scale scale, double low, double width, double distance)
{
    switch (scale) {
    case WN_SCALE_LINEAR: return distance / width;
    case WN_SCALE_LOG: return log_place(low, width, distance);
    case WN_SCALE_REVERSE_LOG:
        return log1p(-distance / (1 - low)) / log1p(-width / (1 - low));
    }
    return 0;
}

double wn_scale_distance(enum wn_scale scale, double low, double width, double place)
{
    switch (scale) {
    case WN_SCALE_LINEAR: return place * width;
    case WN_SCALE_LOG: return log_distance(low, width, place);
    case WN_SCALE_REVERSE_LOG:
        return (low - 1) * expm1(place * log1p(-width / (1 - low)));
    }
    return 0;
}
