/* test_base_checksum.c - CRC-32 against its check value, and the hash's spread. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/checksum.h"

static void crc_has_the_known_value_whole_and_in_parts(void **state)
{
    static const char text[] = "123456789";

    (void)state;
    assert_int_equal(wn_crc32(0, text, 9), 0xCBF43926);
    for (size_t cut = 0; cut <= 9; cut++)
        assert_int_equal(wn_crc32(wn_crc32(0, text, cut), text + cut, 9 - cut),
                         0xCBF43926);
    assert_int_equal(wn_crc32(0, NULL, 0), 0);
    assert_int_equal(wn_crc32(0xCBF43926, NULL, 0), 0xCBF43926);
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static void assert_all_differ(uint64_t *hashes, size_t n)
{
    qsort(hashes, n, sizeof *hashes, compare);
    for (size_t i = 1; i < n; i++)
        assert_true(hashes[i] != hashes[i - 1]);
}

static void hash_tells_near_inputs_apart(void **state)
{
    static uint64_t hashes[64 * 63 / 2 + 64 + 40];
    unsigned char bytes[41] = {0};
    double signs[4][2] = {{1, 2}, {-1, 2}, {1, -2}, {-1, -2}};
    size_t n = 0;

    (void)state;
    for (size_t i = 0; i < 64;
         i++) /* every pair of bits of two words at the same place */
        for (size_t k = i; k < 64; k++) {
            uint64_t words[2] = {UINT64_C(1) << i, k == i ? 0 : UINT64_C(1) << k};

            hashes[n++] = wn_hash64(words, sizeof words, 0);
        }
    for (size_t i = 1; i <= 40; i++) /* zeros of every length */
        hashes[n++] = wn_hash64(bytes, i, 0);
    assert_int_equal(n, sizeof hashes / sizeof hashes[0]);
    assert_all_differ(hashes, n);
    for (size_t i = 0; i < 4; i++) /* top bits turned in both words */
        hashes[i] = wn_hash64(signs[i], sizeof signs[i], 0);
    assert_all_differ(hashes, 4);
}

static void hash_depends_on_the_seed_and_not_on_alignment(void **state)
{
    char bytes[40];
    uint64_t first;

    (void)state;
    memcpy(bytes, "a configuration", 16);
    first = wn_hash64(bytes, 16, 1);
    assert_true(first != wn_hash64(bytes, 16, 2));
    for (size_t shift = 1; shift < 8; shift++) {
        memmove(bytes + shift, bytes + shift - 1, 16);
        assert_true(wn_hash64(bytes + shift, 16, 1) == first);
    }
    assert_true(wn_hash64(NULL, 0, 1) == wn_hash64("", 0, 1));
}

static void hash_bits_are_even(void **state)
{
    int ones[64] = {0};

    (void)state;
    for (uint64_t i = 0; i < 4096; i++) {
        uint64_t hash = wn_hash64(&i, sizeof i, 0);

        for (int bit = 0; bit < 64; bit++)
            ones[bit] += (int)(hash >> bit & 1);
    }
    for (int bit = 0; bit < 64; bit++) /* 2048 expected, deviation 32 */
        assert_in_range(ones[bit], 2048 - 192, 2048 + 192);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crc_has_the_known_value_whole_and_in_parts),
        cmocka_unit_test(hash_tells_near_inputs_apart),
        cmocka_unit_test(hash_depends_on_the_seed_and_not_on_alignment),
        cmocka_unit_test(hash_bits_are_even),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
