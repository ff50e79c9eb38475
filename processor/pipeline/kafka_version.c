#include "pipeline/kafka_version.h"

#include "stream/properties.h"

const char *kafka_version(void)
{
    return stream_library_version();
}
