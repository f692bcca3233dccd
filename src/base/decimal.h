/* base/decimal.h - numbers as people write them. */
#ifndef WN_BASE_DECIMAL_H
#define WN_BASE_DECIMAL_H

/* What printf with so many significant digits (1 to 17) and strtod behind it make of a
 * number, to the last bit, in a tenth of the time for up to 12 digits and numbers of usual
 * size. */
double wn_decimal_round(double value, int digits);

#endif /* WN_BASE_DECIMAL_H */
