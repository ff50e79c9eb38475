#include "pipeline/topic_load.h"

#include "base/must.h"
#include "stream/load_producer.h"

#include <stdio.h>
#include <stdlib.h>

#define DELIVERY_WAIT_MS 60000

struct topic_load {
    struct load_producer *producer;
};

static bool failed(const struct failure *failure, struct topic_load_error *ret_error)
{
    ret_error->trouble = failure->cause == CAUSE_UNREACHABLE ? TOPIC_UNREACHABLE
                         : failure->cause == CAUSE_CONFIG    ? TOPIC_MISCONFIGURED
                                                             : TOPIC_FAILED;
    snprintf(ret_error->text, sizeof(ret_error->text), "%s", failure->text);
    return false;
}

/* NAME=VALUE cut in two; the copies live in `texts`, which the caller frees one by one. */
static bool split_properties(const struct topic_load_options *options, struct property properties[],
                             char *texts[])
{
    for (size_t at = 0; at < options->properties_count; at++) {
        const char *text = options->properties[at], *equals = strchr(text, '=');
        if (equals == NULL || equals == text)
            return false;
        texts[at] = strdup(text);
        must(texts[at] != NULL);
        texts[at][equals - text] = 0;
        properties[at + 1] =
            (struct property){ PROPERTY_PRODUCER, texts[at], texts[at] + (equals - text) + 1 };
    }
    return true;
}

struct topic_load *topic_load_open(const struct topic_load_options *options,
                                   struct topic_load_error *ret_error)
{
    struct property properties[TOPIC_LOAD_PROPERTIES_MAX + 1] = { { PROPERTY_PRODUCER, "bootstrap.servers",
                                                                    options->bootstrap_servers } };
    char *texts[TOPIC_LOAD_PROPERTIES_MAX] = { NULL };
    struct failure failure = { .cause = CAUSE_CONFIG,
                               .text = "a property must be NAME=VALUE, and there may be 60 of them" };
    struct load_producer *producer = NULL;
    if (options->properties_count <= TOPIC_LOAD_PROPERTIES_MAX &&
        split_properties(options, properties, texts)) {
        struct load_producer_options producer_options = { { properties, options->properties_count + 1 },
                                                          options->topic };
        producer = load_producer_open(&producer_options, &failure);
    }
    for (size_t at = 0; at < COUNT(texts); at++)
        free(texts[at]);
    if (producer == NULL) {
        failed(&failure, ret_error);
        return NULL;
    }
    struct topic_load *load = malloc(sizeof(*load));
    must(load != NULL);
    load->producer = producer;
    return load;
}

bool topic_load_send(struct topic_load *load, struct bytes key, struct bytes value, int64_t timestamp,
                     struct topic_load_error *ret_error)
{
    struct failure failure;
    struct load_record record = { key, value, LOAD_PARTITION_BY_KEY, timestamp };
    return load_producer_send(load->producer, &record, &failure) || failed(&failure, ret_error);
}

bool topic_load_close(struct topic_load *load, struct topic_load_error *ret_error)
{
    struct failure failure;
    bool delivered =
        load_producer_flush(load->producer, DELIVERY_WAIT_MS, &failure) || failed(&failure, ret_error);
    load_producer_close(load->producer);
    free(load);
    return delivered;
}
