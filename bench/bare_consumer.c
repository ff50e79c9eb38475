/* bare_consumer.c - librdkafka reading a topic and doing nothing with it: the floor of everything that reads
 * from Kafka. Each thread has its own consumer and every N-th partition, takes messages in batches as the
 * workers do, with their properties, and stops where the partitions ended when it began. Prints records,
 * bytes, seconds and CPU-seconds of the whole process.
 *     cc -O2 -std=gnu17 bench/bare_consumer.c -lrdkafka -lpthread -o build/bare_consumer
 *     build/bare_consumer HOST:PORT TOPIC THREADS */
#include <librdkafka/rdkafka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define BATCH 1000
#define PARTITIONS_MAX 1024

struct reader {
    const char *servers, *topic;
    int number, threads;
    long long records, bytes;
};

static void stop(const char *what, const char *why)
{
    fprintf(stderr, "bare_consumer: %s: %s\n", what, why);
    exit(1);
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char text[256];
    if (rd_kafka_conf_set(conf, name, value, text, sizeof(text)) != RD_KAFKA_CONF_OK)
        stop(name, text);
}

static rd_kafka_t *consumer_new(const char *servers)
{
    char text[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", servers);
    set(conf, "group.id", "bare-consumer");
    set(conf, "enable.auto.commit", "false");
    set(conf, "enable.auto.offset.store", "false");
    set(conf, "socket.nagle.disable", "true");
    set(conf, "check.crcs", "true");
    set(conf, "fetch.min.bytes", "65536");
    set(conf, "fetch.wait.max.ms", "20");
    set(conf, "fetch.message.max.bytes", "4194304");
    if (rd_kafka_version() < 0x02020000) {
        set(conf, "queued.min.messages", "1000000");
    } else {
        set(conf, "queued.min.messages", "50000");
        set(conf, "fetch.queue.backoff.ms", "1");
    }
    rd_kafka_t *handle = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof(text));
    if (handle == NULL)
        stop("consumer", text);
    rd_kafka_poll_set_consumer(handle);
    return handle;
}

static int partitions_of(rd_kafka_t *handle, const char *name)
{
    const struct rd_kafka_metadata *metadata;
    rd_kafka_topic_t *topic = rd_kafka_topic_new(handle, name, NULL);
    rd_kafka_resp_err_t error = rd_kafka_metadata(handle, 0, topic, &metadata, 15000);
    if (error)
        stop(name, rd_kafka_err2str(error));
    int count = metadata->topics[0].partition_cnt;
    rd_kafka_metadata_destroy(metadata);
    rd_kafka_topic_destroy(topic);
    if (count < 1 || count > PARTITIONS_MAX)
        stop(name, "no such topic, or too many partitions");
    return count;
}

static void *reader_main(void *context)
{
    struct reader *reader = context;
    rd_kafka_t *handle = consumer_new(reader->servers);
    int count = partitions_of(handle, reader->topic), open = 0;
    long long ends[PARTITIONS_MAX] = { 0 };
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(count);
    for (int at = reader->number; at < count; at += reader->threads) {
        int64_t low, high;
        rd_kafka_resp_err_t error =
            rd_kafka_query_watermark_offsets(handle, reader->topic, at, &low, &high, 15000);
        if (error)
            stop("ends", rd_kafka_err2str(error));
        rd_kafka_topic_partition_list_add(list, reader->topic, at)->offset = low;
        ends[at] = high;
        open += high > low;
    }
    rd_kafka_assign(handle, list);
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(handle);
    rd_kafka_message_t *batch[BATCH];
    while (open > 0) {
        ssize_t taken = rd_kafka_consume_batch_queue(queue, 10, batch, BATCH);
        for (ssize_t at = 0; at < taken; at++) {
            if (batch[at]->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
                reader->records++;
                reader->bytes += (long long)(batch[at]->len + batch[at]->key_len);
                open -= batch[at]->offset + 1 == ends[batch[at]->partition];
            }
            rd_kafka_message_destroy(batch[at]);
        }
    }
    rd_kafka_queue_destroy(queue);
    rd_kafka_consumer_close(handle);
    rd_kafka_destroy(handle);
    return NULL;
}

int main(int argc, char **argv)
{
    int threads = argc == 4 ? (int)strtol(argv[3], NULL, 10) : 0;
    if (threads < 1 || threads > 64) {
        fprintf(stderr, "usage: bare_consumer HOST:PORT TOPIC THREADS\n");
        return 64;
    }
    struct reader readers[64] = { 0 };
    pthread_t ids[64];
    struct timespec begin, end;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    for (int at = 0; at < threads; at++) {
        readers[at] =
            (struct reader){ .servers = argv[1], .topic = argv[2], .number = at, .threads = threads };
        if (pthread_create(&ids[at], NULL, reader_main, &readers[at]) != 0)
            stop("thread", "could not be started");
    }
    long long records = 0, bytes = 0;
    for (int at = 0; at < threads; at++) {
        pthread_join(ids[at], NULL);
        records += readers[at].records;
        bytes += readers[at].bytes;
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    double seconds = (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9;
    double cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                 (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    printf("records=%lld bytes=%lld seconds=%.3f cpu=%.3f\n", records, bytes, seconds, cpu);
    return 0;
}
