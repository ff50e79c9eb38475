#include "system/process.h"

#include "system/clock.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* Fields of /proc/self/stat behind the name in brackets, which may hold anything: the first is the third. */
enum { STAT_BYTES = 1024, FIRST_FIELD = 3, THREADS_FIELD = 20, START_FIELD = 22 };

static int64_t field_of(const char *stat, int field)
{
    long long value = 0;
    const char *at = strrchr(stat, ')');
    for (int i = FIRST_FIELD; at && i <= field; i++)
        at = strchr(at + 1, ' ');
    return at && sscanf(at, "%lld", &value) == 1 ? value : 0;
}

static bool read_text(const char *path, char *text, size_t size)
{
    FILE *file = fopen(path, "re");
    size_t length = file ? fread(text, 1, size - 1, file) : 0;
    text[length] = 0;
    if (file)
        fclose(file);
    return length > 0;
}

/* Both clocks count from the start of the system. */
static int64_t started_ms(const char *stat)
{
    char text[64];
    double uptime = 0;
    int64_t ticks = field_of(stat, START_FIELD), hertz = sysconf(_SC_CLK_TCK);
    if (ticks == 0 || hertz <= 0 || !read_text("/proc/uptime", text, sizeof(text)) ||
        sscanf(text, "%lf", &uptime) != 1)
        return 0;
    return clock_wall_ms() - (int64_t)(uptime * 1000) + ticks * 1000 / hertz;
}

static int64_t open_files(void)
{
    int64_t count = -3; /* `.`, `..` and this one */
    DIR *directory = opendir("/proc/self/fd");
    if (!directory)
        return 0;
    while (readdir(directory))
        count++;
    closedir(directory);
    return count;
}

struct process_figures process_figures(void)
{
    struct process_figures figures = { 0 };
    char text[STAT_BYTES];
    long long pages = 0, resident = 0;
    struct rlimit files;
    if (read_text("/proc/self/stat", text, sizeof(text))) {
        figures.threads = field_of(text, THREADS_FIELD);
        figures.started_ms = started_ms(text);
    }
    if (read_text("/proc/self/statm", text, sizeof(text)) &&
        sscanf(text, "%lld %lld", &pages, &resident) == 2) {
        figures.virtual_bytes = pages * sysconf(_SC_PAGESIZE);
        figures.resident_bytes = resident * sysconf(_SC_PAGESIZE);
    }
    figures.open_files = open_files();
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur != RLIM_INFINITY)
        figures.open_files_max = (int64_t)files.rlim_cur;
    return figures;
}
