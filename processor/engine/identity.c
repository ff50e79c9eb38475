#include "engine/identity.h"

#include "base/limits.h"
#include "base/memory.h"
#include "base/must.h"
#include "engine/calendar.h"
#include "engine/line.h"

enum { PROVIDER_MAX = 99999999 };
enum { SHARD_CAPACITY_FIRST = 16, COPY_PIECE = 4096 /* entries, 224 KiB */ };

void identities_init(struct identities *identities)
{
    *identities = (struct identities){ 0 };
}

void identities_release(struct identities *identities)
{
    identities_copy_cancel(identities);
    for (size_t i = 0; i < IDENTITY_SHARDS; i++)
        memory_free(identities->shards[i].entries);
    identities_init(identities);
}

struct hash128 identity_hash(struct bytes insured, struct bytes declaration_id)
{
    char text[INSURED_BYTES_MAX + 1 + DECLARATION_ID_BYTES_MAX];
    must(insured.length + 1 + declaration_id.length <= sizeof(text));
    memcpy(text, insured.data, insured.length);
    text[insured.length] = '/'; /* a pseudonym has none, so no two pairs look alike */
    memcpy(text + insured.length + 1, declaration_id.data, declaration_id.length);
    return hash128(text, insured.length + 1 + declaration_id.length, 0);
}

static uint64_t slot_of(const struct identity_shard *shard, struct hash128 id)
{
    return id.low & (shard->capacity - 1);
}

static struct identity_shard *shard_of(struct identities *identities, struct hash128 id)
{
    return &identities->shards[identity_shard_at(id)];
}

void identity_prefetch(const struct identities *identities, struct hash128 id)
{
    const struct identity_shard *shard = &identities->shards[identity_shard_at(id)];
    const char *entry = (const char *)(shard->entries + (shard->capacity ? slot_of(shard, id) : 0));
    __builtin_prefetch(entry, 1);
    /* an entry may lie over two lines, and the next is often asked too */
    __builtin_prefetch(entry + sizeof(struct identity), 1);
}

struct identity *identity_find(struct identities *identities, struct hash128 id)
{
    struct identity_shard *shard = shard_of(identities, id);
    if (shard->capacity == 0)
        return NULL;
    for (uint64_t at = slot_of(shard, id); shard->entries[at].is != IDENTITY_FREE;
         at = (at + 1) & (shard->capacity - 1))
        if (shard->entries[at].id.low == id.low && shard->entries[at].id.high == id.high)
            return &shard->entries[at];
    return NULL;
}

/* --- copying before writing --- */

static void copy_piece(const struct identities *identities, struct identity_shard *shard, uint64_t piece)
{
    uint64_t first = piece * COPY_PIECE, left = shard->capacity - first;
    if (shard->copied[piece])
        return;
    shard->copied[piece] = 1;
    identities->copy(identities->copy_context, shard->entries + first, left < COPY_PIECE ? left : COPY_PIECE);
}

static void before_write(const struct identities *identities, struct identity_shard *shard, uint64_t at)
{
    if (shard->copied)
        copy_piece(identities, shard, at / COPY_PIECE);
}

static void copy_end(struct identity_shard *shard)
{
    memory_free(shard->copied);
    shard->copied = NULL;
}

static void copy_rest(const struct identities *identities, struct identity_shard *shard)
{
    if (!shard->copied)
        return;
    for (uint64_t piece = 0; piece * COPY_PIECE < shard->capacity; piece++)
        copy_piece(identities, shard, piece);
    copy_end(shard);
}

void identity_touch(struct identities *identities, const struct identity *entry)
{
    struct identity_shard *shard = shard_of(identities, entry->id);
    before_write(identities, shard, (uint64_t)(entry - shard->entries));
}

void identities_copy_begin(struct identities *identities, identity_copy_fn *copy, void *context)
{
    identities->copy = copy;
    identities->copy_context = context;
    identities->copy_shard = 0;
    identities->copy_at = 0;
    for (size_t i = 0; i < IDENTITY_SHARDS; i++)
        if (identities->shards[i].capacity)
            identities->shards[i].copied =
                memory_alloc_zeroed(identities->shards[i].capacity / COPY_PIECE + 1, 1);
}

bool identities_copy_step(struct identities *identities)
{
    while (identities->copy_shard < IDENTITY_SHARDS) {
        struct identity_shard *shard = &identities->shards[identities->copy_shard];
        if (shard->copied && identities->copy_at * COPY_PIECE < shard->capacity) {
            copy_piece(identities, shard, identities->copy_at++);
            return true;
        }
        copy_end(shard);
        identities->copy_shard++;
        identities->copy_at = 0;
    }
    return false;
}

void identities_copy_cancel(struct identities *identities)
{
    for (size_t i = 0; i < IDENTITY_SHARDS; i++)
        copy_end(&identities->shards[i]);
}

/* --- entries --- */

static struct identity *shard_free_slot(struct identity_shard *shard, struct hash128 id)
{
    uint64_t at = slot_of(shard, id);
    while (shard->entries[at].is != IDENTITY_FREE)
        at = (at + 1) & (shard->capacity - 1);
    return &shard->entries[at];
}

static void shard_grow_to(const struct identities *identities, struct identity_shard *shard,
                          uint64_t capacity)
{
    struct identity_shard grown = { .count = shard->count, .capacity = capacity };
    copy_rest(identities, shard);
    grown.entries = memory_alloc_zeroed(grown.capacity, sizeof(*grown.entries));
    for (uint64_t i = 0; i < shard->capacity; i++)
        if (shard->entries[i].is != IDENTITY_FREE)
            *shard_free_slot(&grown, shard->entries[i].id) = shard->entries[i];
    memory_free(shard->entries);
    *shard = grown;
}

static void shard_grow(const struct identities *identities, struct identity_shard *shard)
{
    shard_grow_to(identities, shard, shard->capacity ? shard->capacity * 2 : SHARD_CAPACITY_FIRST);
}

struct identity *identity_add(struct identities *identities, struct hash128 id)
{
    struct identity_shard *shard = shard_of(identities, id);
    if (shard->count * 4 >= shard->capacity * 3)
        shard_grow(identities, shard);
    struct identity *entry = shard_free_slot(shard, id);
    before_write(identities, shard, (uint64_t)(entry - shard->entries));
    *entry = (struct identity){ .id = id, .is = IDENTITY_NAMED };
    shard->count++;
    return entry;
}

/* Entries that were pushed past the hole move back into it, so that no search ends too early. */
void identity_remove(struct identities *identities, struct identity *entry)
{
    struct identity_shard *shard = shard_of(identities, entry->id);
    uint64_t mask = shard->capacity - 1, hole = (uint64_t)(entry - shard->entries);
    for (uint64_t at = (hole + 1) & mask; shard->entries[at].is != IDENTITY_FREE; at = (at + 1) & mask) {
        uint64_t home = slot_of(shard, shard->entries[at].id);
        if (((at - home) & mask) < ((at - hole) & mask))
            continue; /* its home lies behind the hole */
        before_write(identities, shard, hole);
        shard->entries[hole] = shard->entries[at];
        hole = at;
    }
    before_write(identities, shard, hole);
    shard->entries[hole].is = IDENTITY_FREE;
    shard->count--;
}

void identities_reserve(struct identities *identities, struct hash128 id, uint64_t count)
{
    struct identity_shard *shard = shard_of(identities, id);
    uint64_t capacity = shard->capacity ? shard->capacity : SHARD_CAPACITY_FIRST;
    while (count * 4 >= capacity * 3)
        capacity *= 2;
    if (capacity > shard->capacity)
        shard_grow_to(identities, shard, capacity);
}

static size_t code_length(const struct identity *entry)
{
    size_t length = 0;
    while (length < CODE_BYTES_MAX && entry->care_code[length])
        length++;
    return length;
}

/* What §1 says of the fields that are here. Of an id whose line is kept, or is still to come, only the id
 * counts. */
static bool is_possible(const struct identity *entry)
{
    size_t length = code_length(entry);
    for (size_t i = length; i < sizeof(entry->care_code); i++)
        if (entry->care_code[i] != 0)
            return false;
    if (entry->is != IDENTITY_ONLY)
        return entry->is != IDENTITY_FREE;
    return entry->submitted_at >= MOMENT_2000_01_01 && entry->submitted_at <= MOMENT_2099_12_31_LAST &&
           entry->insurer >= INSURER_MIN && entry->insurer <= INSURER_MAX &&
           entry->amount <= AMOUNT_CENTS_MAX && entry->start_day <= DAY_2099_12_31 - DAY_1990_01_01 &&
           entry->unused == 0 && entry->provider <= PROVIDER_MAX &&
           is_text((struct bytes){ entry->care_code, length }, CODE_BYTES_MAX);
}

/* A copy comes in the order of its shards and slots: one walk through memory, if nothing has to grow
 * (identities_reserve). */
bool identity_put(struct identities *identities, const struct identity *entry)
{
    struct identity_shard *shard = shard_of(identities, entry->id);
    if (!is_possible(entry))
        return false;
    if (shard->count * 4 >= shard->capacity * 3)
        shard_grow(identities, shard);
    uint64_t at = slot_of(shard, entry->id);
    for (; shard->entries[at].is != IDENTITY_FREE; at = (at + 1) & (shard->capacity - 1))
        if (shard->entries[at].id.low == entry->id.low && shard->entries[at].id.high == entry->id.high)
            return false;
    shard->entries[at] = *entry;
    shard->count++;
    return true;
}

static uint32_t digits_value(struct bytes digits)
{
    uint32_t value = 0;
    for (size_t i = 0; i < digits.length; i++)
        value = value * 10 + (uint32_t)(digits.data[i] - '0');
    return value;
}

void identity_write(struct identity *entry, const struct declaration *declaration)
{
    must(declaration->kind == KIND_DEBIT);
    entry->content = declaration_content(declaration);
    entry->submitted_at = (uint64_t)declaration->submitted_at & ((1ull << 42) - 1);
    entry->insurer = (unsigned)declaration->insurer & 0x3FFF;
    entry->care_type = (unsigned)declaration->care_type & 0xF;
    entry->is = IDENTITY_ONLY;
    entry->amount = (uint64_t)declaration->amount & ((1ull << 40) - 1);
    entry->start_day = (unsigned)(declaration->start_date - DAY_1990_01_01) & 0xFFFF;
    entry->provider = digits_value(declaration->provider);
    memcpy(entry->care_code, declaration->care_code.data, declaration->care_code.length);
}
_Static_assert(AMOUNT_CENTS_MAX < 1ll << 40, "an amount fits");
_Static_assert(MOMENT_2099_12_31_LAST < 1ll << 42, "a moment fits");
_Static_assert(CARE_TYPE_COUNT <= 16, "a care type fits");
_Static_assert(DAY_2099_12_31 - DAY_1990_01_01 < 1 << 16, "a day fits");
_Static_assert(CODE_BYTES_MAX == 12, "a care code fits");

int32_t identity_start_date(const struct identity *entry)
{
    return (int32_t)entry->start_day + DAY_1990_01_01;
}

struct declaration identity_declaration(const struct identity *entry, struct bytes declaration_id,
                                        char provider[8])
{
    uint32_t rest = entry->provider;
    for (size_t i = 8; i-- > 0; rest /= 10)
        provider[i] = (char)('0' + rest % 10);
    return (struct declaration){ .declaration_id = declaration_id,
                                 .kind = KIND_DEBIT,
                                 .insurer = (int32_t)entry->insurer,
                                 .provider = { provider, 8 },
                                 .care_type = entry->care_type,
                                 .care_code = { entry->care_code, code_length(entry) },
                                 .amount = (int64_t)entry->amount,
                                 .start_date = identity_start_date(entry),
                                 .end_date = identity_start_date(entry),
                                 .submitted_at = (int64_t)entry->submitted_at };
}
