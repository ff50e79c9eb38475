#include "watch/alert_lines.h"

#include "base/arena.h"
#include "base/array.h"
#include "base/hash.h"
#include "base/key_table.h"
#include "base/memory.h"
#include "engine/text.h"
#include "watch/line_parts.h"

/* Of so many alerts it is known since when they stand; of what is older it is not said. */
enum { STANDING_MAX = 1000000 };

struct item {
    int64_t at_ms;
    const struct alert *alert;
    struct bytes key;
    bool is_shown;
};

struct alert_lines {
    FILE *to;
    bool colour;
    struct arena arena; /* of the batch */
    struct item *items;
    size_t count, capacity;
    struct key_table standing; /* hash of the key; the value is its as_of, moved above 0 */
};

struct alert_lines *alert_lines_new(FILE *to, bool colour)
{
    struct alert_lines *lines = memory_alloc_zeroed(1, sizeof(*lines));
    lines->to = to;
    lines->colour = colour;
    arena_init(&lines->arena, 0);
    return lines;
}

void alert_lines_free(struct alert_lines *lines)
{
    arena_release(&lines->arena);
    key_table_release(&lines->standing);
    memory_free(lines->items);
    memory_free(lines);
}

static struct bytes copy(struct alert_lines *lines, struct bytes text)
{
    if (bytes_is_null(text))
        return text;
    char *data = arena_alloc(&lines->arena, text.length + 1);
    memcpy(data, text.data, text.length);
    return (struct bytes){ data, text.length };
}

void alert_lines_add(struct alert_lines *lines, int64_t at_ms, const struct output *output)
{
    struct alert *alert = ARENA_ARRAY(&lines->arena, struct alert, 1);
    *alert = output->alert;
    alert->insured = copy(lines, alert->insured);
    alert->episode = copy(lines, alert->episode);
    alert->provider = copy(lines, alert->provider);
    alert->message = copy(lines, alert->message);
    ARRAY_ROOM(lines->items, lines->count, lines->capacity);
    lines->items[lines->count++] = (struct item){ at_ms, alert, copy(lines, output->key), false };
}

/* --- how long it stood --- */

static uint64_t value_of_day(int32_t day)
{
    return (uint64_t)((int64_t)day - INT32_MIN + 1);
}

/* Days since it was raised, or -1: that was not seen. Two keys of one hash would say another's days, which
 * nobody decides by. */
static int64_t note_standing(struct alert_lines *lines, const struct item *item)
{
    uint64_t hash = hash64(item->key.data, item->key.length, 0);
    struct key_entry *entry = lines->standing.capacity ? key_table_first(&lines->standing, hash) : NULL;
    int64_t days = entry ? (int64_t)(value_of_day(item->alert->as_of) - entry->value) : -1;
    if (entry && item->alert->action == ACTION_CLEARED)
        key_table_remove(&lines->standing, entry);
    else if (!entry && item->alert->action == ACTION_RAISED && lines->standing.count < STANDING_MAX)
        key_table_add(&lines->standing, hash, value_of_day(item->alert->as_of));
    return days;
}

/* --- a line --- */

static void print_action(struct alert_lines *lines, const struct item *item)
{
    int64_t days = note_standing(lines, item);
    if (item->alert->action == ACTION_RAISED)
        fprintf(lines->to, "%s", days < 0 ? "raised " : "changed ");
    else if (days < 0)
        fprintf(lines->to, "cleared ");
    else
        fprintf(lines->to, "cleared after %lld day%s ", (long long)days, days == 1 ? "" : "s");
}

static void print_item(struct alert_lines *lines, struct item *item, bool is_inside)
{
    item->is_shown = true;
    fprintf(lines->to, "%s", is_inside ? "    " : "");
    print_time(lines->to, item->at_ms);
    print_severity(lines->to, (enum severity)item->alert->severity, lines->colour);
    print_action(lines, item);
    fprintf(lines->to, "%.*s: %.*s\n", BYTES_ARGS(alert_type_names[item->alert->type]),
            BYTES_ARGS(item->alert->message));
}

/* --- storms --- */

static bool is_alike(const struct alert *a, const struct alert *b)
{
    return a->type == b->type && a->action == b->action && bytes_equal(a->provider, b->provider);
}

static size_t count_alike(const struct alert_lines *lines, size_t from, int64_t *ret_prevented)
{
    size_t count = 0;
    *ret_prevented = 0;
    for (size_t i = from; i < lines->count; i++)
        if (!lines->items[i].is_shown && is_alike(lines->items[i].alert, lines->items[from].alert)) {
            count++;
            if (lines->items[i].alert->prevented.known)
                *ret_prevented += lines->items[i].alert->prevented.value;
        }
    return count;
}

static void print_storm(struct alert_lines *lines, size_t from, size_t count, int64_t prevented)
{
    const struct item *first = &lines->items[from];
    const struct alert *alert = first->alert;
    print_time(lines->to, first->at_ms);
    print_severity(lines->to, (enum severity)alert->severity, lines->colour);
    fprintf(lines->to, "%s %zu times %.*s of provider %.*s",
            alert->action == ACTION_RAISED ? "raised" : "cleared", count,
            BYTES_ARGS(alert_type_names[alert->type]), BYTES_ARGS(alert->provider));
    if (prevented != 0) {
        fprintf(lines->to, ", ");
        print_euros(lines->to, prevented);
        fprintf(lines->to, " prevented");
    }
    fprintf(lines->to, "; the first: %.*s\n", BYTES_ARGS(alert->message));
    for (size_t i = from; i < lines->count; i++)
        if (!lines->items[i].is_shown && is_alike(lines->items[i].alert, alert)) {
            note_standing(lines, &lines->items[i]);
            lines->items[i].is_shown = true;
        }
}

/* --- a batch --- */

static bool is_of_one_episode(const struct alert *a, const struct alert *b)
{
    return !bytes_is_null(a->episode) && bytes_equal(a->episode, b->episode) && a->insurer == b->insurer &&
           bytes_equal(a->insured, b->insured);
}

static void print_episode(struct alert_lines *lines, size_t from)
{
    const struct alert *first = lines->items[from].alert;
    size_t count = 0;
    for (size_t i = from; i < lines->count; i++)
        count += !lines->items[i].is_shown && is_of_one_episode(first, lines->items[i].alert);
    if (count > 1)
        fprintf(lines->to, "%.*s of %.*s, insurer %d:\n", BYTES_ARGS(first->episode),
                BYTES_ARGS(first->insured), (int)first->insurer);
    for (size_t i = from; i < lines->count; i++)
        if (i == from || (!lines->items[i].is_shown && is_of_one_episode(first, lines->items[i].alert)))
            print_item(lines, &lines->items[i], count > 1);
}

/* Storms first: what is in one does not stand with its episode. A batch has at most a thousand. */
static void show_storms(struct alert_lines *lines)
{
    for (size_t i = 0; i < lines->count; i++) {
        int64_t prevented;
        size_t count = lines->items[i].is_shown ? 0 : count_alike(lines, i, &prevented);
        if (count > STORM_MAX)
            print_storm(lines, i, count, prevented);
    }
}

void alert_lines_show(struct alert_lines *lines)
{
    show_storms(lines);
    for (size_t i = 0; i < lines->count; i++)
        if (!lines->items[i].is_shown)
            print_episode(lines, i);
    lines->count = 0;
    arena_clear(&lines->arena);
}
