/* checksum.c - zlib's CRC-32 and the hash of tables. */
#include "base/checksum.h"

#include <zlib.h>

#define FNV_OFFSET UINT64_C(0xCBF29CE484222325)
#define FNV_PRIME  UINT64_C(0x00000100000001B3)

uint32_t wn_crc32(uint32_t crc, const void *bytes, size_t n)
{
    return n ? (uint32_t)crc32_z(crc, bytes, n) : crc; /* zlib starts afresh at NULL */
}

static uint64_t load_word(const unsigned char *bytes, size_t n)
{
    uint64_t word = 0;

    for (size_t i = 0; i < n; i++)
        word |= (uint64_t)bytes[i] << (8 * i);
    return word;
}

/* The product carries a word's bits only upwards. Without the fold two words whose top
 * bits are both turned (doubles whose signs are) would give the same hash. */
static uint64_t absorb(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * FNV_PRIME;
    return hash ^ hash >> 32;
}

uint64_t wn_hash64(const void *bytes, size_t n, uint64_t seed)
{
    const unsigned char *at = bytes;
    uint64_t hash = absorb(FNV_OFFSET, seed);
    size_t n_left = n;

    for (; n_left >= 8; n_left -= 8, at += 8)
        hash = absorb(hash, load_word(at, 8));
    if (n_left)
        hash = absorb(hash, load_word(at, n_left));
    hash = absorb(hash, n); /* tells trailing zeros apart */
    /* The final mix of MurmurHash3. */
    hash = (hash ^ hash >> 33) * UINT64_C(0xFF51AFD7ED558CCD);
    hash = (hash ^ hash >> 33) * UINT64_C(0xC4CEB9FE1A85EC53);
    return hash ^ hash >> 33;
}
