/* restore.c - checkpoints of one partition without Kafka: how long a snapshot takes and how
 * long the partition stands still for it, how fast
 * it is read back, against folding the lines again; and a change of book over everybody.
 *
 *     ninja -C build/release && L=build/release && gcc -O2 -std=gnu17 -Iprocessor bench/restore.c \
 *         $L/libpipeline.a $L/libstream.a $L/libcodec.a \
 *         $L/libbook.a $L/libstate.a $L/libops.a $L/libengine.a $L/libsystem.a $L/libbase.a \
 *         -lrdkafka -lfyaml -lavro -ljansson -lz -lzstd -lcrypto -lxxhash \
 *         -lpthread -o build/restore && build/restore BOOK MIX LINES DIRECTORY
 *
 * MIX: identity (99 of 100 lines are identity only) or national. CPU time of one thread; the
 * files are in the page cache. */
#include "base/memory.h"
#include "base/must.h"
#include "book/book_reader.h"
#include "engine/calendar.h"
#include "engine/engine.h"
#include "engine/snapshot.h"
#include "pipeline/generator.h"
#include "state/checkpoint.h"
#include "system/clock.h"

#include <stdio.h>
#include <stdlib.h>

static struct checkpoint_writer *writer;
static char error[400];
static int64_t snapshot_bytes;

static double since(int64_t began_us)
{
    return (double)(clock_cpu_us() - began_us) / 1e6;
}

static void add(void *context, struct bytes block)
{
    (void)context;
    snapshot_bytes += (int64_t)block.length;
    if (!checkpoint_add(writer, block, error, sizeof(error))) {
        fprintf(stderr, "%s\n", error);
        exit(1);
    }
}

static struct generator *generator(bool identity, int64_t lines)
{
    struct generator_options options = { .seed = 1,
                                         .lines = lines,
                                         .mix = identity ? MIX_IDENTITY : MIX_NATIONAL };
    must(day_from_text(BYTES(GENERATOR_START), &options.start));
    return generator_new(&options);
}

/* Some lines, without outputs; the longest single one. */
static int64_t fold(struct engine *engine, struct generator *source, int64_t lines)
{
    struct generated generated;
    struct outputs outputs;
    int64_t longest_us = 0;
    outputs_init(&outputs);
    for (int64_t i = 0; i < lines && generator_next(source, &generated); i++) {
        int64_t began_us = clock_cpu_us();
        if (generated.wrong == WRONG_NOTHING)
            engine_accept(engine, &generated.declaration, &outputs);
        outputs_clear(&outputs);
        int64_t took_us = clock_cpu_us() - began_us;
        longest_us = took_us > longest_us ? took_us : longest_us;
    }
    outputs_release(&outputs);
    return longest_us;
}

static void write_snapshot(struct engine *engine, const struct checkpoint_head *head, const char *directory,
                           struct generator *more)
{
    const struct bytes texts[CHECKPOINT_TEXTS] = { { NULL, 0 } };
    int64_t began_us = clock_cpu_us(), longest_us = 0, longest_line_us = 0;
    writer = checkpoint_create(directory, head, texts, error, sizeof(error));
    must(writer != NULL);
    engine_snapshot_begin(engine, (struct snapshot_sink){ add, NULL });
    int64_t begin_us = clock_cpu_us() - began_us;
    for (bool goes_on = true; goes_on;) {
        int64_t step_us = clock_cpu_us();
        goes_on = engine_snapshot_step(engine);
        step_us = clock_cpu_us() - step_us;
        longest_us = step_us > longest_us ? step_us : longest_us;
        int64_t line_us = fold(engine, more, 200); /* the partition goes on meanwhile */
        longest_line_us = line_us > longest_line_us ? line_us : longest_line_us;
    }
    must(checkpoint_finish(writer, engine_snapshot_digest(engine), error, sizeof(error)));
    printf("snapshot: %.1f MB in %.2f s with lines in between; begin %.1f ms, longest step %.1f ms, longest "
           "line %.1f ms\n",
           (double)snapshot_bytes / 1e6, since(began_us), (double)begin_us / 1e3, (double)longest_us / 1e3,
           (double)longest_line_us / 1e3);
}

static struct engine *load(const struct book *book, const char *path, bool same_book, int64_t lines)
{
    struct checkpoint_head head;
    struct bytes texts[CHECKPOINT_TEXTS], block;
    struct engine *engine = engine_new(&(struct engine_options){ .book = book });
    int64_t began_us = clock_cpu_us();
    struct checkpoint_reader *reader = checkpoint_open(path, &head, texts, error, sizeof(error));
    must(reader != NULL);
    while (checkpoint_next(reader, &block, error, sizeof(error)) == CHECKPOINT_BLOCK)
        must(engine_snapshot_read(engine, block, same_book));
    must(engine_snapshot_read_end(engine, checkpoint_digest(reader)));
    double seconds = since(began_us);
    printf("load: %.1f MB on disk, %.1f MB of state in %.2f s: %.0f MB of state a second, %.2f M lines a "
           "second\n",
           (double)checkpoint_bytes(reader) / 1e6, (double)snapshot_bytes / 1e6, seconds,
           (double)snapshot_bytes / 1e6 / seconds, (double)lines / 1e6 / seconds);
    checkpoint_close(reader);
    return engine;
}

static void change_book(struct engine *engine)
{
    struct outputs outputs;
    int64_t began_us = clock_cpu_us(), longest_us = 0, count = 0;
    bool more = true;
    outputs_init(&outputs);
    while (more) {
        int64_t step_us = clock_cpu_us();
        more = engine_recompute(engine, BYTES("book"), &outputs);
        count += (int64_t)outputs.count;
        outputs_clear(&outputs);
        step_us = clock_cpu_us() - step_us;
        longest_us = step_us > longest_us ? step_us : longest_us;
    }
    outputs_release(&outputs);
    printf("change of book: %lld persons with kept lines in %.2f s, longest step %.1f ms, %lld outputs\n",
           (long long)engine_sums(engine).persons, since(began_us), (double)longest_us / 1e3,
           (long long)count);
}

int main(int argc, char **argv)
{
    if (argc != 5)
        return 64;
    bool identity = strcmp(argv[2], "identity") == 0;
    int64_t lines = strtoll(argv[3], NULL, 10);
    char path[CHECKPOINT_PATH_BYTES];
    struct checkpoint_head head = { .engine_version = ENGINE_VERSION,
                                    .topic = "t",
                                    .group = "g",
                                    .partitions_count = 1,
                                    .offset = lines,
                                    .last_offset = -1 };
    const struct book *book = book_read(argv[1], finding_print, stderr);
    if (!book || !checkpoint_path(argv[4], head.topic, head.group, 0, lines, path))
        return 78;
    struct generator *source = generator(identity, lines + lines / 2 + 1000);
    struct engine *engine = engine_new(&(struct engine_options){ .book = book });
    int64_t began_us = clock_cpu_us();
    fold(engine, source, lines);
    struct engine_sums sums = engine_sums(engine);
    printf("folded: %lld lines (%lld kept, %lld identity only, %lld persons with kept lines) in %.2f s, "
           "generating them included\n",
           (long long)lines, (long long)sums.lines_kept, (long long)sums.lines_identity,
           (long long)sums.persons, since(began_us));
    write_snapshot(engine, &head, argv[4], source);
    engine_free(engine);
    engine_free(load(book, path, true, lines));
    engine = load(book, path, false, lines);
    change_book(engine);
    engine_free(engine);
    generator_free(source);
    book_free(book);
    return 0;
}
