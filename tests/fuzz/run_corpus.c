/* Calls a fuzz target once for every file of its corpus: the targets stay alive in builds without libFuzzer.
 * With a number behind the directory also that many times for a file with some bytes changed: blind, but
 * several times as many as libFuzzer in the same time. */
#include "fuzz_target.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILES_MAX = 65536, BYTES_MAX = 1 << 20, CHANGES_MAX = 64 };

static struct file {
    uint8_t *bytes;
    size_t length;
} files[FILES_MAX];
static size_t files_count;

static void read_file(const char *path)
{
    static uint8_t buffer[BYTES_MAX];
    FILE *file = fopen(path, "rb");
    if (file == NULL || files_count == FILES_MAX)
        return;
    size_t length = fread(buffer, 1, sizeof(buffer), file);
    fclose(file);
    uint8_t *exact = malloc(length ? length : 1); /* so that the sanitizer sees every byte too far */
    if (exact == NULL)
        return;
    memcpy(exact, buffer, length);
    files[files_count++] = (struct file){ exact, length };
}

static void read_files(const char *path)
{
    DIR *directory = opendir(path);
    if (directory == NULL)
        return;
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        char name[4096];
        int length = snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
        if (entry->d_name[0] != '.' && length > 0 && (size_t)length < sizeof(name))
            read_file(name);
    }
    closedir(directory);
}

static uint64_t random_below(uint64_t bound)
{
    static uint64_t state = 1;
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (state >> 33) % bound;
}

static void run_changed(const struct file *file)
{
    uint8_t *bytes = malloc(file->length);
    if (bytes == NULL)
        return;
    memcpy(bytes, file->bytes, file->length);
    for (uint64_t changes = 1 + random_below(CHANGES_MAX); changes > 0; changes--)
        bytes[random_below(file->length)] = (uint8_t)random_below(256);
    LLVMFuzzerTestOneInput(bytes, file->length);
    free(bytes);
}

int main(int argc, char **argv)
{
    if (argc >= 2)
        read_files(argv[1]);
    if (files_count == 0) {
        fprintf(stderr, "could not read the corpus\n");
        return 1;
    }
    for (size_t i = 0; i < files_count; i++)
        LLVMFuzzerTestOneInput(files[i].bytes, files[i].length);
    for (long more = argc == 3 ? strtol(argv[2], NULL, 10) : 0; more > 0; more--) {
        const struct file *file = &files[random_below(files_count)];
        if (file->length > 0)
            run_changed(file);
    }
    printf("%zu files\n", files_count);
    for (size_t i = 0; i < files_count; i++)
        free(files[i].bytes);
    return 0;
}
