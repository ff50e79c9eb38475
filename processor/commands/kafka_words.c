#include "commands/kafka_words.h"

#include "base/memory.h"

#include <stdio.h>
#include <string.h>

extern char **environ;

bool kafka_words_settings(const char *config, struct settings *ret_settings)
{
    if (config)
        return settings_load(config, NULL, environ, ret_settings, finding_print, stderr);
    *ret_settings = (struct settings){ 0 };
    settings_set_defaults(ret_settings);
    return true;
}

/* "NAME=VALUE", cut in two where it stands. */
static struct property property_of(char *text)
{
    char *equals = strchr(text, '=');
    *equals = '\0';
    return (struct property){ PROPERTY_BOTH, text, equals + 1 };
}

struct property_list kafka_words_properties(const char *bootstrap_servers,
                                            const struct option_texts *properties,
                                            const struct settings *settings)
{
    struct property *items =
        memory_alloc_zeroed(settings->kafka_count + properties->count + 1, sizeof(*items));
    size_t count = 0;
    for (size_t i = 0; i < settings->kafka_count; i++)
        if (settings->kafka[i].client != KAFKA_PRODUCER)
            items[count++] =
                (struct property){ PROPERTY_BOTH, settings->kafka[i].name, settings->kafka[i].value };
    if (bootstrap_servers)
        items[count++] = (struct property){ PROPERTY_BOTH, "bootstrap.servers", bootstrap_servers };
    for (size_t i = 0; i < properties->count; i++)
        items[count++] = property_of(properties->items[i]);
    return (struct property_list){ items, count };
}

void kafka_words_free(struct property_list properties)
{
    union {
        const struct property *given;
        void *taken;
    } items = { .given = properties.items };
    memory_free(items.taken);
}
