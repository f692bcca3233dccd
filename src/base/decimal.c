/* decimal.c - see decimal.h.
 *
 * value * 10^k is brought between 10^(digits-1) and 10^digits, where whole numbers are what
 * has so many digits. 10^k is exact up to k = 22, so the product is off by half a unit in the
 * last place at most, 2^-14 below 10^12: unless its fraction is that near to a half, it is
 * rounded as the number itself would be. And the quotient of two exact numbers is the double
 * nearest to the decimal, which is what strtod() gives.
 */
#include "base/decimal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { FAST_DIGITS = 12, EXACT_POWER = 22 };
#define NEAR_HALF  1e-3
#define LOG10_OF_2 0.30102999566398120

static const double powers[EXACT_POWER + 1] = {
    1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

static double print_and_read(double value, int digits)
{
    char text[32];

    snprintf(text, sizeof text, "%.*e", digits - 1, value);
    return strtod(text, NULL);
}

static double times_power(double value, int power)
{
    return power < 0 ? value / powers[-power] : value * powers[power];
}

double wn_decimal_round(double value, int digits)
{
    double size = fabs(value), scaled, whole;
    int two, power;

    if (digits > FAST_DIGITS || !(size > 0) || isinf(size))
        return print_and_read(value, digits);
    (void)frexp(size, &two);
    power = digits - 1 - (int)floor((two - 1) * LOG10_OF_2);
    if (power > EXACT_POWER || power <= -EXACT_POWER)
        return print_and_read(value, digits);
    scaled = times_power(size, power);
    if (scaled >= powers[digits])
        scaled = times_power(size, --power);
    whole = floor(scaled);
    if (fabs(scaled - whole - 0.5) < NEAR_HALF)
        return print_and_read(value, digits);
    whole += scaled - whole > 0.5;
    return copysign(times_power(whole, -power), value);
}
