/* base/checksum.h - CRC-32 (zlib's) and a 64-bit hash for tables.
 *
 * The CRC guards bytes on disk and on the wire. The hash (FNV-1a over 8-byte words, folded
 * after each, with a final mix) is for in-memory tables and fingerprints of equal bytes on this machine
 * family; it is stored only where a mismatch is merely reported.
 */
#ifndef WN_BASE_CHECKSUM_H
#define WN_BASE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

uint32_t wn_crc32(uint32_t crc, const void *bytes, size_t n); /* start with crc = 0 */
uint64_t wn_hash64(const void *bytes, size_t n, uint64_t seed);

const char *wn_checksum_library(void); /* version of zlib, "1.2.13" */

#endif /* WN_BASE_CHECKSUM_H */
