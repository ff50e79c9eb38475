/* Any text as a reference file: a reference, or at least one error. */
#include "fuzz_target.h"
#include "fuzz_yaml.h"

#include "base/must.h"
#include "book/book_reader.h"

static void note(void *context, const struct finding *finding)
{
    must(finding->message != NULL && finding->message[0] != '\0');
    *(int *)context += finding->severity == FINDING_ERROR;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int errors = 0;
    const struct reference *reference =
        reference_read_text("reference", (struct bytes){ (const char *)data, size }, note, &errors);
    must((reference == NULL) == (errors > 0));
    reference_free(reference);
    return 0;
}
