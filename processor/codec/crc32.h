/* crc32.h - CRC-32 (IEEE 802.3), by zlib: what snappy blocks end with, and how librdkafka's default
 * partitioner counts.
 * Errors:  none.
 * Threads: pure. */
#ifndef BUNDELWACHT_CODEC_CRC32_H
#define BUNDELWACHT_CODEC_CRC32_H

#include "base/bytes.h"

uint32_t crc32_of(struct bytes bytes);

#endif
