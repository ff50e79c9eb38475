#include "ops/exposition.h"

#include "base/digits.h"
#include "base/must.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void add_text(struct exposition *exposition, const char *text)
{
    buffer_add(&exposition->text, text, strlen(text));
}

enum exposition_form exposition_form_for(const char *accept)
{
    return accept && strstr(accept, "application/openmetrics-text") ? EXPOSITION_OPENMETRICS
                                                                   : EXPOSITION_PROMETHEUS;
}

const char *exposition_content_type(enum exposition_form form)
{
    return form == EXPOSITION_OPENMETRICS ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                          : "text/plain; version=0.0.4; charset=utf-8";
}

/* --- families --- */

static const char *const type_names[] = {
    [METRIC_COUNTER] = "counter",
    [METRIC_GAUGE] = "gauge",
    [METRIC_HISTOGRAM] = "histogram",
};

/* OpenMetrics names the family without the ending of its samples, Prometheus with it; the first also wants to
 * hear the unit. */
static void add_head(struct exposition *exposition, const char *what, const char *text)
{
    bool has_total = exposition->type == METRIC_COUNTER && exposition->form == EXPOSITION_PROMETHEUS;
    add_text(exposition, "# ");
    add_text(exposition, what);
    add_text(exposition, " ");
    add_text(exposition, exposition->name);
    add_text(exposition, has_total ? "_total " : " ");
    add_text(exposition, text);
    add_text(exposition, "\n");
}

static const char *unit_of(const char *name)
{
    static const char *const units[] = { "seconds", "bytes", "cents" };
    size_t length = strlen(name);
    for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
        size_t ending = strlen(units[i]);
        if (length > ending && name[length - ending - 1] == '_' &&
            strcmp(name + length - ending, units[i]) == 0)
            return units[i];
    }
    return NULL;
}

void exposition_family(struct exposition *exposition, enum metric_type type, const char *name, int64_t per,
                       const char *help)
{
    must(per >= 1);
    exposition->name = name;
    exposition->type = type;
    exposition->per = per;
    add_head(exposition, "HELP", help);
    add_head(exposition, "TYPE", type_names[type]);
    if (exposition->form == EXPOSITION_OPENMETRICS && unit_of(name))
        add_head(exposition, "UNIT", unit_of(name));
}

/* --- samples --- */

/* Exactly, as a decimal fraction: `per` is a power of ten. */
static void add_value(struct exposition *exposition, int64_t value)
{
    char text[48];
    uint64_t size = magnitude(value), per = (uint64_t)exposition->per;
    int length = snprintf(text, sizeof(text), "%s%" PRIu64, value < 0 ? "-" : "", size / per);
    uint64_t rest = size % per;
    if (rest != 0)
        text[length++] = '.';
    for (uint64_t place = per / 10; rest != 0; place /= 10, length++) {
        text[length] = (char)('0' + rest / place);
        rest %= place;
    }
    buffer_add(&exposition->text, text, (size_t)length);
}

static void add_escaped(struct exposition *exposition, struct bytes value)
{
    for (size_t i = 0; i < value.length; i++) {
        char byte = value.data[i];
        if (byte == '"' || byte == '\\')
            buffer_add_byte(&exposition->text, '\\');
        if (byte == '\n')
            add_text(exposition, "\\n");
        else
            buffer_add_byte(&exposition->text, (unsigned char)byte);
    }
}

static void add_labels(struct exposition *exposition, const struct label *labels, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        add_text(exposition, i == 0 ? "{" : ",");
        add_text(exposition, labels[i].name);
        add_text(exposition, "=\"");
        add_escaped(exposition, labels[i].value);
        add_text(exposition, "\"");
    }
    add_text(exposition, count > 0 ? "} " : " ");
}

static void begin_sample(struct exposition *exposition, const char *ending, const struct label *labels,
                         size_t count)
{
    add_text(exposition, exposition->name);
    add_text(exposition, ending);
    add_labels(exposition, labels, count);
}

void exposition_sample(struct exposition *exposition, const struct label *labels, size_t count,
                       int64_t value)
{
    begin_sample(exposition, exposition->type == METRIC_COUNTER ? "_total" : "", labels, count);
    add_value(exposition, value);
    add_text(exposition, "\n");
}

static void add_number(struct exposition *exposition, int64_t value)
{
    char text[32];
    snprintf(text, sizeof(text), "%" PRId64 "\n", value);
    add_text(exposition, text);
}

static void add_bucket(struct exposition *exposition, struct bytes bound, int64_t count)
{
    const struct label label = { "le", bound };
    begin_sample(exposition, "_bucket", &label, 1);
    add_number(exposition, count);
}

/* The bounds are written by add_value, at the end of the text, and taken from there. */
static struct bytes bound_text(struct exposition *exposition, int64_t bound, char ret_text[48])
{
    size_t before = exposition->text.length;
    add_value(exposition, bound);
    size_t length = exposition->text.length - before;
    must(length < 48);
    memcpy(ret_text, exposition->text.data + before, length);
    exposition->text.length = before;
    return (struct bytes){ ret_text, length };
}

void exposition_histogram(struct exposition *exposition, const int64_t *bounds, size_t bounds_count,
                          const int64_t *counts, int64_t sum)
{
    int64_t below = 0;
    char text[48];
    must(exposition->type == METRIC_HISTOGRAM);
    for (size_t i = 0; i < bounds_count; i++) {
        below += counts[i];
        add_bucket(exposition, bound_text(exposition, bounds[i], text), below);
    }
    below += counts[bounds_count];
    add_bucket(exposition, BYTES("+Inf"), below);
    begin_sample(exposition, "_sum", NULL, 0);
    add_value(exposition, sum);
    add_text(exposition, "\n");
    begin_sample(exposition, "_count", NULL, 0);
    add_number(exposition, below);
}

void exposition_end(struct exposition *exposition)
{
    if (exposition->form == EXPOSITION_OPENMETRICS)
        add_text(exposition, "# EOF\n");
}
