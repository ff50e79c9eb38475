#include "explain/explain.h"

#include "book/book_reader.h"
#include "explain/explained.h"

#include <stdio.h>

/* --- the question --- */

static struct bytes said(const char *text)
{
    return text ? bytes_of(text) : BYTES_NULL;
}

static struct explain_options options_of(const struct explain_question *question)
{
    return (struct explain_options){
        .insured = said(question->insured),
        .declaration = said(question->declaration),
        .episode = said(question->episode),
        .why_not = said(question->why_not),
        .has_as_of = question->as_of != EXPLAIN_LATEST,
        .as_of = question->as_of,
        .input = { .paths = question->inputs,
                   .paths_count = question->inputs_count,
                   .partitions_count = question->partitions_count },
        .partitioner = question->partitioner,
    };
}

static const char *inputs_are_wrong(const struct explain_question *question)
{
    for (size_t i = 0; i < question->inputs_count; i++) {
        const char *path = question->inputs[i];
        if (!replay_path_is_readable(path))
            return "an INPUT is neither .jsonl, .avro nor .dump";
        if (replay_path_is_dump(path) && !question->schemas && question->framing != FRAMING_JSON)
            return "an INPUT is a dump: say with --schemas where the schemas of its values are";
        if (replay_path_is_dump(path) != replay_path_is_dump(question->inputs[0]))
            return "dumps cannot be read with other files: a dump has keys, other files have none";
    }
    return NULL;
}

const char *explain_question_is_wrong(const struct explain_question *question)
{
    if (is_bsn(bytes_of(question->insured))) /* and do not repeat it */
        return "--insured is a BSN: give the pseudonym that stands in the records";
    if ((question->declaration != NULL) + (question->episode != NULL) + (question->why_not != NULL) > 1)
        return "--declaration, --episode and --why-not are one question each: ask one";
    return inputs_are_wrong(question);
}

/* --- the answer --- */

static bool answer(const struct explained *explained, struct page *page)
{
    if (!bytes_is_null(explained->options->declaration))
        return explain_declaration(explained, page);
    if (!bytes_is_null(explained->options->episode))
        return explain_episode(explained, page);
    if (!bytes_is_null(explained->options->why_not))
        return explain_why_not(explained, page);
    explain_timeline(explained, page);
    return true;
}

static enum explain_end explain_person(const struct explain_options *options, bool colour)
{
    struct explained explained;
    struct page page = { .colour = colour };
    char error[1024] = "";
    enum explain_end end = explained_read(&explained, options, error, sizeof(error));
    arena_init(&page.arena, 0);
    if (end != EXPLAIN_DONE)
        fprintf(stderr, "explain: %s\n", error);
    else if (!answer(&explained, &page))
        end = EXPLAIN_NOTHING;
    arena_release(&page.arena);
    explained_release(&explained);
    return end;
}

/* What they wrote is missing on the page, as it is in the outputs. */
static void warn_of_schemas(const struct schema_set *schemas)
{
    char problem[640];
    for (size_t i = 0; schema_set_problem(schemas, i, problem, sizeof(problem)); i++)
        fprintf(stderr, "explain: %s; its records are dead letters, bad_schema, and not on this page\n",
                problem);
}

static enum explain_end explain_with_schemas(const struct explain_question *question,
                                             struct explain_options *options)
{
    char error[512];
    struct schema_set *schemas = NULL;
    if (question->schemas && question->framing != FRAMING_JSON) {
        schemas = schema_set_load(question->schemas, question->framing, error, sizeof(error));
        if (!schemas) {
            fprintf(stderr, "explain: %s\n", error);
            return EXPLAIN_REFUSED;
        }
        warn_of_schemas(schemas);
    }
    bool reads_dumps = schemas || question->framing == FRAMING_JSON;
    options->input.dump_decoder = reads_dumps ? decoder_new(schemas, question->framing, 0) : NULL;
    enum explain_end end = explain_person(options, question->colour);
    decoder_free(options->input.dump_decoder);
    schema_set_free(schemas);
    return end;
}

enum explain_end explain(const struct explain_question *question)
{
    enum explain_end end = EXPLAIN_REFUSED;
    struct explain_options options = options_of(question);
    options.book = book_read(question->book, finding_print, stderr);
    if (options.book && question->reference)
        options.reference = reference_read(question->reference, finding_print, stderr);
    if (options.book && (options.reference || !question->reference))
        end = explain_with_schemas(question, &options);
    book_free(options.book);
    reference_free(options.reference);
    return end;
}
