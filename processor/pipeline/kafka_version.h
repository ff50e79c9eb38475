/* kafka_version.h - which Kafka library answers, for rooms that may not ask stream.
 * Owner:   a static string.
 * Threads: any. */
#ifndef BUNDELWACHT_PIPELINE_KAFKA_VERSION_H
#define BUNDELWACHT_PIPELINE_KAFKA_VERSION_H

const char *kafka_version(void);

#endif
