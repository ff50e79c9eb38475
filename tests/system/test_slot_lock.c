#include "system/slot_lock.h"

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
    snprintf(path, sizeof(path), "%s/slot.lock", directory);
    unlink(path);
    rmdir(directory);
}

TestSuite(slot_lock, .init = make_name, .fini = remove_all, .timeout = 10);

Test(slot_lock, keeps_a_second_process_out_until_it_is_given_back)
{
    int first, second;
    cr_assert_eq(slot_lock(directory, "slot", &first, error, sizeof(error)), LOCK_OURS);
    cr_assert_eq(slot_lock(directory, "slot", &second, error, sizeof(error)), LOCK_TAKEN);
    cr_expect_not_null(strstr(error, "process"));
    slot_unlock(first);
    cr_assert_eq(slot_lock(directory, "slot", &second, error, sizeof(error)), LOCK_OURS);
    slot_unlock(second);
}

Test(slot_lock, says_why_it_cannot_lock)
{
    int descriptor;
    cr_expect_eq(slot_lock("/proc/no/such", "slot", &descriptor, error, sizeof(error)), LOCK_FAILED);
    cr_expect_not_null(strstr(error, "/proc/no/such"), "%s", error);
}
