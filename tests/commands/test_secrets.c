/* Secrets: from files with their rights, off the list of processes. */
#include "commands/secrets.h"
#include "book/collected.h"
#include "commands/settings.h"
#include "commands/flags_of.h"

#include <criterion/criterion.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(secrets, .timeout = 30);

static void write_file(const char *path, struct bytes text, mode_t mode)
{
    FILE *file = fopen(path, "w");
    cr_assert(file != NULL);
    cr_assert(fwrite(text.data, 1, text.length, file) == text.length);
    fclose(file);
    cr_assert(chmod(path, mode) == 0);
}

Test(secrets, are_read_from_files_that_no_others_may_read)
{
    static const struct {
        const char *label;
        struct bytes text;
        mode_t mode;
        const char *secret, *error;
    } rows[] = {
        { "a line", BYTES("hush\n"), 0640, "hush", "" },
        { "no end of line", BYTES("hush"), 0600, "hush", "" },
        { "an end of line from elsewhere", BYTES("hush\r\n"), 0400, "hush", "" },
        { "blanks stay", BYTES(" hush \n\n"), 0440, " hush \n", "" },
        { "others may read", BYTES("hush\n"), 0644, NULL, "others may read or write" },
        { "others may write", BYTES("hush\n"), 0602, NULL, "others may read or write" },
        { "the group may write", BYTES("hush\n"), 0660, NULL, "others may read or write" },
        { "nothing", BYTES(""), 0600, NULL, "is empty" },
        { "an empty line", BYTES("\n"), 0600, NULL, "is empty" },
        { "a zero byte", BYTES("hu\0sh\n"), 0600, NULL, "zero byte" },
    };
    char path[64], error[256];
    struct arena arena;
    struct bytes text;
    arena_init(&arena, 0);
    snprintf(path, sizeof(path), "secret-file-%d", (int)getpid());
    for (size_t i = 0; i < COUNT(rows); i++) {
        error[0] = '\0';
        write_file(path, rows[i].text, rows[i].mode);
        bool read = secret_file_read(&arena, path, &text, error);
        cr_expect(read == (rows[i].secret != NULL), "%s: %s", rows[i].label, error);
        cr_expect(!read || bytes_equal(text, bytes_of(rows[i].secret)), "%s", rows[i].label);
        cr_expect(strstr(error, rows[i].error) != NULL && !strstr(error, "hush"), "%s: %s", rows[i].label,
                  error);
        remove(path);
    }
    cr_expect(!secret_file_read(&arena, path, &text, error) && strstr(error, "No such file"));
    cr_expect(!secret_file_read(&arena, ".", &text, error) && strstr(error, "no plain file"));
    arena_release(&arena);
}

Test(secrets, reach_librdkafka_from_a_file_a_flag_or_a_variable)
{
    char path[64], variable[128], flag[128], name[] = "bundelwacht", kafka[] = "--kafka";
    char topic[] = "--input-topic=t", book[] = "--rules-book=b";
    char schemas[] = "--input-schemas=s", servers[] = "--kafka=bootstrap.servers=h:1";
    snprintf(path, sizeof(path), "secret-file-%d", (int)getpid());
    snprintf(variable, sizeof(variable), "BUNDELWACHT_KAFKA_SASL_PASSWORD_FILE=%s", path);
    snprintf(flag, sizeof(flag), "producer.ssl.key.password.file=%s", path);
    write_file(path, BYTES("hush\n"), 0600);
    char *argv[] = { name, topic, book, schemas, servers, kafka, flag, NULL };
    char *environment[] = { variable, NULL };
    static struct setting_flags flags;
    struct settings settings;
    cr_assert(flags_of(COUNT(argv) - 1, argv, &flags));
    struct collected found = { 0 };
    bool loaded = settings_load(NULL, &flags, environment, &settings, collect, &found);
    remove(path);
    cr_assert(loaded, "%s", collected_text(&found));
    cr_expect_str_eq(settings_kafka(&settings, KAFKA_CONSUMER, "sasl.password"), "hush");
    cr_expect_str_eq(settings_kafka(&settings, KAFKA_PRODUCER, "ssl.key.password"), "hush");
    cr_expect(settings_kafka(&settings, KAFKA_CONSUMER, "ssl.key.password") == NULL);
    settings_free(&settings);
}

Test(secrets, are_made_empty_where_the_list_of_processes_is_read)
{
    char insured[] = "p-17", password[] = "sasl.password=hush", key[] = "SSL.Key.pem=hush=";
    char servers[] = "bootstrap.servers=h:1", bare[] = "hush";
    cr_expect_str_eq(secret_argument(insured), "p-17");
    cr_expect_arr_eq(insured, "\0\0\0\0", 4);
    cr_expect_str_eq(secret_property_argument(password), "sasl.password=hush");
    cr_expect_arr_eq(password, "sasl.password=\0\0\0\0", sizeof(password));
    cr_expect_str_eq(secret_property_argument(key), "SSL.Key.pem=hush=");
    cr_expect_arr_eq(key, "SSL.Key.pem=\0\0\0\0\0", sizeof(key));
    cr_expect(secret_property_argument(servers) == servers && secret_property_argument(bare) == bare,
              "no secrets");
}
