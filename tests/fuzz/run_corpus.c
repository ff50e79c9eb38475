/* Calls a fuzz target once for every file of its corpus: the targets stay alive in builds without libFuzzer. */
#include "fuzz_target.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

static int run_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return 0;
    static uint8_t buffer[1 << 20];
    size_t length = fread(buffer, 1, sizeof(buffer), file);
    fclose(file);
    uint8_t *exact = malloc(length ? length : 1); /* so that the sanitizer sees every byte too far */
    if (exact == NULL)
        return 0;
    for (size_t i = 0; i < length; i++)
        exact[i] = buffer[i];
    LLVMFuzzerTestOneInput(exact, length);
    free(exact);
    return 1;
}

int main(int argc, char **argv)
{
    int files = 0;
    DIR *directory = argc == 2 ? opendir(argv[1]) : NULL;
    if (directory == NULL) {
        fprintf(stderr, "could not open the corpus\n");
        return 1;
    }
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        char path[4096];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), "%s/%s", argv[1], entry->d_name);
        files += run_file(path);
    }
    closedir(directory);
    printf("%d files\n", files);
    return files == 0;
}
