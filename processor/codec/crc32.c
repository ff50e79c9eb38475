#include "codec/crc32.h"

#include <zlib.h>

uint32_t crc32_of(struct bytes bytes)
{
    if (bytes.length == 0)
        return 0; /* zlib takes no data for the question how to begin */
    return (uint32_t)crc32_z(0, (const Bytef *)bytes.data, bytes.length);
}
