#define _GNU_SOURCE 1 /* memfd_create */
/* Any text as the settings of `run`; when its last line begins with `#!`, the words behind it are flags as
 * well. */
#include "fuzz_target.h"
#include "fuzz_yaml.h"

#include "commands/flags_of.h"
#include "fuzz_file.h"

#include <stdlib.h>

enum { FLAGS_MAX = 16 };

static void note(void *context, const struct finding *finding)
{
    must(finding->message != NULL && finding->message[0] != '\0');
    *(int *)context += finding->severity == FINDING_ERROR;
}

/* The flags, in a copy that ends with a zero. */
static int take_flags(struct bytes text, char **ret_copy, char *flags[FLAGS_MAX + 2])
{
    static char name[] = "bundelwacht";
    int count = 0;
    size_t from = text.length;
    while (from > 0 && text.data[from - 1] != '\n')
        from--;
    struct bytes line = { text.data + from, text.length - from };
    flags[count++] = name;
    *ret_copy = calloc(line.length + 1, 1);
    must(*ret_copy != NULL);
    memcpy(*ret_copy, line.data, line.length);
    if (bytes_begin_with(line, BYTES("#!")))
        for (char *at = *ret_copy + 2, *word; count <= FLAGS_MAX && (word = strtok_r(at, " ", &at)) != NULL;)
            flags[count++] = word;
    flags[count] = NULL;
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct settings settings;
    char *copy, *flags[FLAGS_MAX + 2];
    int errors = 0, count = take_flags((struct bytes){ (const char *)data, size }, &copy, flags);
    static struct setting_flags said;
    bool fine = flags_of(count, flags, &said); /* else a sentence is said, and `run` would end */
    bool loaded = settings_load(fuzz_file(data, size), fine ? &said : NULL, NULL, &settings, note, &errors);
    must(loaded == (errors == 0));
    if (loaded) {
        must(settings.input_topic != NULL && settings.workers >= 1 && settings.workers <= WORKERS_MAX);
        must(settings.input_value_bytes_max >= 1024 && settings.input_value_bytes_max <= VALUE_BYTES_MAX);
        (void)settings_kafka(&settings, KAFKA_PRODUCER, "acks");
        settings_free(&settings);
    }
    free(copy);
    return 0;
}
