#include "pipeline/checkpoint_sets.h"

#include "base/array.h"
#include "base/hash.h"
#include "base/limits.h"
#include "base/memory.h"
#include "pipeline/checkpoint_topic.h"
#include "state/signature.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

uint64_t set_owner(const char *input_topic, const char *group)
{
    return hash64(group, strlen(group), hash64(input_topic, strlen(input_topic), 0));
}

uint64_t set_hash(struct bytes chunk, uint64_t before)
{
    return hash64(chunk.data, chunk.length, before);
}

/* --- scanning: a text that must be exactly what we would have written --- */

struct scan {
    struct bytes rest;
    bool fine;
};

static void scan_text(struct scan *scan, struct bytes text)
{
    scan->fine = scan->fine && bytes_begin_with(scan->rest, text);
    if (!scan->fine)
        return;
    scan->rest.data += text.length;
    scan->rest.length -= text.length;
}

static int digit_of(char c, int base)
{
    int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : base;
    return digit < base ? digit : -1;
}

static int64_t scan_decimal(struct scan *scan, int64_t max)
{
    int64_t value = 0;
    size_t at = 0;
    for (int digit; at < scan->rest.length && (digit = digit_of(scan->rest.data[at], 10)) >= 0; at++) {
        if (value > (max - digit) / 10) {
            scan->fine = false;
            return 0;
        }
        value = 10 * value + digit;
    }
    scan->fine = scan->fine && at > 0;
    scan->rest.data += at;
    scan->rest.length -= at;
    return value;
}

enum { HEX_DIGITS = 16 };

static uint64_t scan_hex(struct scan *scan)
{
    uint64_t value = 0;
    scan->fine = scan->fine && scan->rest.length >= HEX_DIGITS;
    for (size_t at = 0; scan->fine && at < HEX_DIGITS; at++) {
        int digit = digit_of(scan->rest.data[at], 16);
        scan->fine = digit >= 0;
        value = 16 * value + (uint64_t)(digit & 15);
    }
    if (!scan->fine)
        return 0;
    scan->rest.data += HEX_DIGITS;
    scan->rest.length -= HEX_DIGITS;
    return value;
}

/* --- keys --- */

struct bytes set_key(int32_t partition, const struct checkpoint_set *set, enum set_part part, uint32_t chunk,
                     char room[SET_KEY_BYTES])
{
    int length = snprintf(room, SET_KEY_BYTES, "%" PRId32 "/%" PRId64 "/%016" PRIx64 "/", partition,
                          set->offset, set->tag);
    size_t left = SET_KEY_BYTES - (size_t)length;
    if (part == SET_CHUNK)
        length += snprintf(room + length, left, "%" PRIu32, chunk);
    else
        length += snprintf(room + length, left, "%s", part == SET_BEGIN ? "begin" : "manifest");
    return (struct bytes){ room, (size_t)length };
}

enum set_part set_key_read(int32_t partition, struct bytes key, int64_t *ret_offset, uint64_t *ret_tag,
                           uint32_t *ret_chunk)
{
    struct scan scan = { key, !bytes_is_null(key) };
    bool ours = scan_decimal(&scan, INT32_MAX) == partition;
    scan_text(&scan, BYTES("/"));
    *ret_offset = scan_decimal(&scan, INT64_MAX);
    scan_text(&scan, BYTES("/"));
    *ret_tag = scan_hex(&scan);
    scan_text(&scan, BYTES("/"));
    if (!scan.fine || !ours)
        return SET_NONE;
    if (bytes_equal(scan.rest, BYTES("begin")))
        return SET_BEGIN;
    if (bytes_equal(scan.rest, BYTES("manifest")))
        return SET_MANIFEST;
    *ret_chunk = (uint32_t)scan_decimal(&scan, UINT32_MAX);
    return scan.fine && scan.rest.length == 0 ? SET_CHUNK : SET_NONE;
}

/* --- records --- */

enum { RECORD_FORMAT = 1, LINE_BYTES = 256 };

static char standing_of(const struct checkpoint_set *set)
{
    return set->retired ? 'd' : set->complete ? 'c' : 'o'; /* retired, complete, or one that was only begun */
}

void set_record(const struct checkpoint_set *set, const struct set_table *others, struct buffer *ret_value)
{
    char line[LINE_BYTES];
    int length = snprintf(line, sizeof(line),
                          "{\"format\":%d,\"of\":\"%016" PRIx64 "\",\"chunks\":%" PRIu32 ",\"bytes\":%" PRId64
                          ",\"hash\":\"%016" PRIx64 "\",\"from\":%" PRId64 ",\"others\":[",
                          RECORD_FORMAT, set->of, set->chunks_count, set->bytes, set->hash, set->from);
    buffer_add(ret_value, line, (size_t)length);
    const char *between = "";
    for (size_t i = 0; i < others->count; i++) {
        const struct checkpoint_set *other = &others->sets[i];
        if (other->tombstoned || (other->offset == set->offset && other->tag == set->tag))
            continue;
        length = snprintf(line, sizeof(line), "%s\"%" PRId64 "/%016" PRIx64 "/%" PRIu32 "/%c\"", between,
                          other->offset, other->tag, other->chunks_count, standing_of(other));
        buffer_add(ret_value, line, (size_t)length);
        between = ",";
    }
    buffer_add_bytes(ret_value, BYTES("]}"));
}

/* --- signatures: at the end of a record, over its key and all that stands before --- */

enum { TAIL_BYTES = 99 }; /* ,"key":"16 digits","mac":"64 digits"} */

static struct signature *signature_of(uint64_t key_id, struct bytes key, struct bytes text)
{
    uint64_t key_bytes = key.length;
    struct signature *signature = signature_begin(key_id, "bundelwacht set");
    if (!signature)
        return NULL;
    signature_add(signature, &key_bytes,
                  sizeof(key_bytes)); /* so that no byte of the one can be one of the other */
    signature_add(signature, key.data, key.length);
    signature_add(signature, text.data, text.length);
    return signature;
}

void set_sign(struct bytes key, struct buffer *value)
{
    unsigned char mac[SIGNATURE_BYTES];
    char tail[TAIL_BYTES + 1];
    if (!signing_is_on())
        return;
    value->length--;
    struct signature *signature = signature_of(signing_key_id(), key, buffer_bytes(value));
    signature_now(signature, mac);
    signature_end(signature);
    int length = snprintf(tail, sizeof(tail), ",\"key\":\"%016" PRIx64 "\",\"mac\":\"", signing_key_id());
    for (size_t i = 0; i < SIGNATURE_BYTES; i++)
        length += snprintf(tail + length, sizeof(tail) - (size_t)length, "%02x", mac[i]);
    buffer_add(value, tail, (size_t)length);
    buffer_add_bytes(value, BYTES("\"}"));
}

/* Eight bytes of it. */
static void mac_part(struct scan *scan, unsigned char *into)
{
    uint64_t part = scan_hex(scan);
    for (size_t i = 8; i-- > 0; part >>= 8)
        into[i] = (unsigned char)part;
}

bool set_is_signed(struct bytes key, struct bytes value)
{
    unsigned char mac[SIGNATURE_BYTES];
    if (bytes_is_null(value) || value.length < TAIL_BYTES)
        return false;
    struct bytes text = { value.data, value.length - TAIL_BYTES };
    struct scan scan = { { value.data + text.length, TAIL_BYTES }, true };
    scan_text(&scan, BYTES(",\"key\":\""));
    uint64_t key_id = scan_hex(&scan);
    scan_text(&scan, BYTES("\",\"mac\":\""));
    for (size_t at = 0; at < SIGNATURE_BYTES; at += 8)
        mac_part(&scan, mac + at);
    scan_text(&scan, BYTES("\"}"));
    struct signature *signature = scan.fine ? signature_of(key_id, key, text) : NULL;
    bool right = signature && signature_is(signature, mac);
    signature_end(signature);
    return right;
}

static const struct bytes comment = { "\n#", 2 };

void text_keep(struct bytes key, struct bytes text, struct buffer *ret_value)
{
    buffer_add_bytes(ret_value, text);
    if (!signing_is_on())
        return;
    buffer_add_bytes(ret_value, comment);
    buffer_add_byte(ret_value, '}');
    set_sign(key, ret_value);
}

static bool is_text_of(struct bytes text, uint64_t hash)
{
    return text.length <= BOOK_BYTES_MAX && hash64(text.data, text.length, 0) == hash;
}

bool text_of(struct bytes key, struct bytes value, uint64_t hash, struct bytes *ret_text)
{
    if (bytes_is_null(value) || value.length > STORED_TEXT_BYTES_MAX ||
        (signing_is_on() && !set_is_signed(key, value)))
        return false;
    *ret_text = value;
    if (value.length >= comment.length + TAIL_BYTES &&
        !is_text_of(value, hash)) /* also for whoever has no key */
        ret_text->length -= comment.length + TAIL_BYTES;
    return is_text_of(*ret_text, hash);
}

/* --- what a record says --- */

static bool is_sensible(const struct checkpoint_set *set, int64_t at)
{
    return set->chunks_count > 0 && set->bytes > (int64_t)(set->chunks_count - 1) * CHECKPOINT_CHUNK_BYTES &&
           set->bytes <= (int64_t)set->chunks_count * CHECKPOINT_CHUNK_BYTES && set->from <= at;
}

/* The record's own part; the scan stands at the others then. */
static bool record_read(struct scan *scan, struct checkpoint_set *ret_set)
{
    scan_text(scan, BYTES("{\"format\":1,\"of\":\""));
    ret_set->of = scan_hex(scan);
    scan_text(scan, BYTES("\",\"chunks\":"));
    ret_set->chunks_count = (uint32_t)scan_decimal(scan, CHECKPOINT_CHUNKS_MAX);
    scan_text(scan, BYTES(",\"bytes\":"));
    ret_set->bytes = scan_decimal(scan, INT64_MAX);
    scan_text(scan, BYTES(",\"hash\":\""));
    ret_set->hash = scan_hex(scan);
    scan_text(scan, BYTES("\",\"from\":"));
    ret_set->from = scan_decimal(scan, INT64_MAX);
    scan_text(scan, BYTES(",\"others\":["));
    return scan->fine;
}

static void other_read(struct scan *scan, struct set_table *table)
{
    scan_text(scan, BYTES("\""));
    int64_t offset = scan_decimal(scan, INT64_MAX);
    scan_text(scan, BYTES("/"));
    uint64_t tag = scan_hex(scan);
    scan_text(scan, BYTES("/"));
    uint32_t chunks_count = (uint32_t)scan_decimal(scan, CHECKPOINT_CHUNKS_MAX);
    scan_text(scan, BYTES("/"));
    char standing = scan->fine && scan->rest.length > 0 ? scan->rest.data[0] : '?';
    scan_text(scan, (struct bytes){ &standing, 1 });
    scan_text(scan, BYTES("\""));
    struct checkpoint_set *set = scan->fine ? set_table_add(table, offset, tag) : NULL;
    if (!set)
        return;
    set->chunks_count = chunks_count > set->chunks_count ? chunks_count : set->chunks_count;
    set->complete = set->complete || standing == 'c';
    set->retired = set->retired || standing == 'd';
}

static void others_read(struct scan *scan, struct set_table *table)
{
    while (scan->fine && scan->rest.length > 0 && scan->rest.data[0] == '"') {
        other_read(scan, table);
        if (scan->rest.length > 0 && scan->rest.data[0] == ',')
            scan_text(scan, BYTES(","));
    }
}

/* --- the table --- */

void set_table_release(struct set_table *table)
{
    for (size_t i = 0; i < table->count; i++)
        memory_free(table->sets[i].seen);
    memory_free(table->sets);
    table->sets = NULL;
    table->count = table->capacity = 0;
}

struct checkpoint_set *set_table_add(struct set_table *table, int64_t offset, uint64_t tag)
{
    for (size_t i = 0; i < table->count; i++)
        if (table->sets[i].offset == offset && table->sets[i].tag == tag)
            return &table->sets[i];
    if (table->count == CHECKPOINT_SETS_MAX)
        return NULL;
    ARRAY_ROOM(table->sets, table->count, table->capacity);
    table->sets[table->count] = (struct checkpoint_set){ .offset = offset, .tag = tag, .at = -1 };
    return &table->sets[table->count++];
}

/* --- chunks --- */

static void see_chunk(struct checkpoint_set *set, uint32_t chunk, bool tombstone)
{
    ARRAY_ROOM(set->seen, set->seen_count, set->seen_capacity);
    set->seen[set->seen_count++] = 2 * chunk + tombstone;
}

static int order_upwards(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

uint32_t *set_living_chunks(const struct checkpoint_set *set, size_t *ret_count)
{
    size_t count = 0;
    uint32_t *living = memory_alloc(set->seen_count, sizeof(*living));
    if (set->seen_count > 0)
        memcpy(living, set->seen, set->seen_count * sizeof(*living));
    qsort(living, set->seen_count, sizeof(*living), order_upwards);
    for (size_t i = 0; i < set->seen_count; i++) /* of one number the last is its tombstone, if it has one */
        if ((living[i] & 1) == 0 && (i + 1 == set->seen_count || living[i + 1] / 2 != living[i] / 2))
            living[count++] = living[i] / 2;
    *ret_count = count;
    return living;
}

/* --- what records say --- */

/* A tombstone: of the manifest, which comes first, or of `begin`, which comes last. */
static void see_tombstone(struct checkpoint_set *set, enum set_part part)
{
    set->retired = true;
    set->tombstoned = set->tombstoned || part == SET_BEGIN;
}

/* It is there, so that it can be tombstoned; nothing that it says of others counts. Where a right manifest of
 * ours was seen it counts for nothing at all. */
static void see_forged(struct checkpoint_set *set, enum set_part part, const struct checkpoint_set *said,
                       int64_t at)
{
    set->begun = set->begun || part == SET_BEGIN;
    if (part != SET_MANIFEST || set->at >= 0)
        return;
    set->forged = true;
    set->from = said->from;
    set->at = at;
}

void set_table_see(struct set_table *table, int64_t at, struct bytes key, struct bytes value)
{
    struct checkpoint_set said = { 0 };
    int64_t offset;
    uint64_t tag;
    uint32_t chunk;
    enum set_part part = set_key_read(table->partition, key, &offset, &tag, &chunk);
    if (part == SET_NONE || (part == SET_CHUNK && chunk >= CHECKPOINT_CHUNKS_MAX))
        return;
    if (part == SET_CHUNK) {
        struct checkpoint_set *of = set_table_add(table, offset, tag);
        if (of)
            see_chunk(of, chunk, bytes_is_null(value));
        return;
    }
    struct scan scan = { value, !bytes_is_null(value) };
    if (!bytes_is_null(value) && (!record_read(&scan, &said) || !is_sensible(&said, at)))
        return;
    struct checkpoint_set *set = set_table_add(table, offset, tag);
    if (!set)
        return;
    if (bytes_is_null(value)) {
        see_tombstone(set, part);
        return;
    }
    if (signing_is_on() && !set_is_signed(key, value)) {
        see_forged(set, part, &said, at);
        return;
    }
    table->records_count++;
    set->of = said.of;
    set->chunks_count = said.chunks_count;
    set->bytes = said.bytes;
    set->from = said.from;
    set->begun = set->begun || part == SET_BEGIN;
    if (part == SET_MANIFEST) {
        set->hash = said.hash;
        set->at = at;
        set->complete = true;
        set->forged = false;
    }
    others_read(&scan, table);
}

bool set_is_alive(const struct checkpoint_set *set)
{
    return set->complete && !set->retired && !set->tombstoned && !set->forged;
}

struct checkpoint_set *set_table_newest(struct set_table *table, const struct checkpoint_set *but)
{
    struct checkpoint_set *newest = NULL;
    for (size_t i = 0; i < table->count; i++) {
        struct checkpoint_set *set = &table->sets[i];
        if (set != but && set_is_alive(set) &&
            (!newest || set->at > newest->at || (set->at == newest->at && set->offset > newest->offset)))
            newest = set;
    }
    return newest;
}

struct checkpoint_set *set_table_furthest(struct set_table *table, uint64_t of)
{
    struct checkpoint_set *furthest = NULL;
    for (size_t i = 0; i < table->count; i++) {
        struct checkpoint_set *set = &table->sets[i];
        if (set_is_alive(set) && (set->at < 0 || set->of == of) &&
            (!furthest || set->offset > furthest->offset))
            furthest = set;
    }
    return furthest;
}
