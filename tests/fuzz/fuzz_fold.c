/* Records of any kind, drawn from the bytes, through the fold of a partition under config/book.yaml
 * (fuzz_records.h). */
#include "fuzz_target.h"
#include "fuzz_yaml.h"

#include "fuzz_records.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct choices choices = { data, data + size };
    read_book();
    fold_draws(book, &choices);
    return 0;
}
