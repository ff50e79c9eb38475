#include "system/instance_lock.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char directory[64], error[256];

static void make_name(void)
{
    snprintf(directory, sizeof(directory), "/tmp/bw-lock-%d", (int)getpid());
}

static void remove_all(void)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/instance.lock", directory);
    unlink(path);
    rmdir(directory);
}

TestSuite(instance_lock, .init = make_name, .fini = remove_all, .timeout = 10);

Test(instance_lock, keeps_a_second_process_out_until_it_is_given_back)
{
    int first, second;
    cr_assert_eq(instance_lock(directory, "instance", &first, error, sizeof(error)), LOCK_OURS);
    cr_assert_eq(instance_lock(directory, "instance", &second, error, sizeof(error)), LOCK_TAKEN);
    cr_expect_not_null(strstr(error, "process"));
    instance_unlock(first);
    cr_assert_eq(instance_lock(directory, "instance", &second, error, sizeof(error)), LOCK_OURS);
    instance_unlock(second);
}

Test(instance_lock, says_why_it_cannot_lock)
{
    int descriptor;
    cr_expect_eq(instance_lock("/proc/no/such", "instance", &descriptor, error, sizeof(error)), LOCK_FAILED);
    cr_expect_not_null(strstr(error, "/proc/no/such"), "%s", error);
}
