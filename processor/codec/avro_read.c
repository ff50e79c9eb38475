#include "codec/avro_read.h"

/* The tenth may only hold the 64th bit: anything else is no number of 64 bits. */
const unsigned char *varint_bytewise_at(const unsigned char *at, const unsigned char *end,
                                        uint64_t *ret_value)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < VARINT_BYTES_MAX && at < end; i++) {
        uint64_t byte = *at++;
        if (i == VARINT_BYTES_MAX - 1 && byte > 1)
            return NULL;
        value |= (byte & 0x7F) << (7 * i);
        if (byte < 0x80) {
            *ret_value = value;
            return at;
        }
    }
    return NULL;
}
