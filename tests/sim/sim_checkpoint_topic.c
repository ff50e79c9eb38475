/* The checkpoint topic behind the header of pipeline/checkpoint_topic.h: the simulated cluster has none. */
#include "pipeline/checkpoint_topic.h"

#include "base/must.h"

bool checkpoint_topic_name(const char *prefix, char *ret_name, size_t size)
{
    (void)prefix;
    must(size > 0);
    ret_name[0] = 0;
    return true;
}

static bool none(struct failure *failure)
{
    failure_set(failure, REMEDY_STOP, CAUSE_CONFIG, "the simulated cluster has no checkpoint topic");
    return false;
}

bool checkpoint_upload(const struct checkpoint_topic_options *options, const char *path,
                       struct failure *failure)
{
    (void)options;
    (void)path;
    return none(failure);
}

bool checkpoint_download(const struct checkpoint_topic_options *options, int32_t partition, int64_t at_most,
                         const char *directory, bool *ret_found, struct failure *failure)
{
    (void)options;
    (void)partition;
    (void)at_most;
    (void)directory;
    *ret_found = false;
    return none(failure);
}

bool checkpoint_put_text(const struct checkpoint_topic_options *options, struct bytes text,
                         struct failure *failure)
{
    (void)options;
    (void)text;
    return none(failure);
}

bool checkpoint_get_text(const struct checkpoint_topic_options *options, uint64_t hash,
                         struct buffer *ret_text, bool *ret_found, struct failure *failure)
{
    (void)options;
    (void)hash;
    (void)ret_text;
    *ret_found = false;
    return none(failure);
}
