/* model/exp.h - e^x of numbers that are not above 0, many at once.
 *
 * A density at a point is a sum of as many exponentials as there were trials, and most of
 * the time of a proposal. This one has no branch, call or table, so that compilers
 * work on several numbers at once, and it gives the same bits on every processor, which
 * the C library's need not. For -708 <= x <= 0 the relative error is below 3e-16 (2.0e-16 is
 * the largest seen in 10^9 numbers); what is smaller than e^-708 comes out as some number
 * between 0 and 1e-307.
 *
 * x = n log 2 + r with |r| <= log(2) / 2; e^r is 1 + r + r^2 q(r), q of degree 9 being the
 * minimax polynomial of the relative error on that interval, 3.7e-18; 2^n is put together from
 * bits. log 2 is in two parts, the first of 32 bits, so that n times it is exact.
 */
#ifndef WN_MODEL_EXP_H
#define WN_MODEL_EXP_H

#include <math.h>
#include <stdint.h>
#include <string.h>

/* For x in [-1e15, 0]. */
static inline double wn_exp_down(double x)
{
    const double round = 0x1.8p52; /* adding it leaves whole numbers, in the low bits */
    double n = (x * 0x1.71547652b82fep+0 + round) - round;
    double r = (x - n * 0x1.62e42feep-1) - n * 0x1.a39ef35793c76p-33;
    double q = 0x1.ad7f6f0799ee2p-26;
    uint64_t scale, bits;

    q = q * r + 0x1.28ad72cc30daap-22;
    q = q * r + 0x1.71df2552390c2p-19;
    q = q * r + 0x1.a0199a0c677acp-16;
    q = q * r + 0x1.a01a012a57b51p-13;
    q = q * r + 0x1.6c16c1842a11dp-10;
    q = q * r + 0x1.1111111127be5p-7;
    q = q * r + 0x1.555555555087cp-5;
    q = q * r + 0x1.55555555554fap-3;
    q = q * r + 0x1.000000000000ap-1;
    q = 1 + (r + r * r * q);
    n = 0.5 * ((n - 1021) + fabs(n + 1021)); /* the larger of n and -1021, exactly */
    n += round;
    memcpy(&scale, &n, sizeof scale);
    memcpy(&bits, &q, sizeof bits);
    bits += scale << 52;
    memcpy(&q, &bits, sizeof q);
    return q;
}

#endif /* WN_MODEL_EXP_H */
