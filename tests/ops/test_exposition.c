#include "ops/exposition.h"
#include "ops/http_server.h"

#include <criterion/criterion.h>

TestSuite(exposition, .timeout = 10);

static struct exposition begin(enum exposition_form form)
{
    return (struct exposition){ .form = form };
}

static void expect_text(struct exposition *exposition, const char *wanted)
{
    struct bytes text = buffer_bytes(&exposition->text);
    cr_expect(bytes_equal(text, bytes_of(wanted)), "%.*s", BYTES_ARGS(text));
    buffer_release(&exposition->text);
}

static void write_all(struct exposition *exposition)
{
    const int64_t bounds[] = { 5000, 1000000 }, counts[] = { 2, 0, 1 };
    exposition_family(exposition, METRIC_COUNTER, "x_busy_seconds", 1000000, "time");
    exposition_sample(exposition, &(struct label){ "by", BYTES("a\"b\\c\nd") }, 1, 1500);
    exposition_family(exposition, METRIC_GAUGE, "x_left", 1, "left");
    exposition_sample(exposition, NULL, 0, -7);
    exposition_family(exposition, METRIC_HISTOGRAM, "x_commit_seconds", 1000000, "commits");
    exposition_histogram(exposition, bounds, COUNT(bounds), counts, 2000001);
    exposition_end(exposition);
}

#define SAMPLES_OF_A_HISTOGRAM                                                                              \
    "x_commit_seconds_bucket{le=\"0.005\"} 2\nx_commit_seconds_bucket{le=\"1\"} 2\n"                        \
    "x_commit_seconds_bucket{le=\"+Inf\"} 3\nx_commit_seconds_sum 2.000001\nx_commit_seconds_count 3\n"

Test(exposition, is_what_prometheus_reads)
{
    struct exposition exposition = begin(EXPOSITION_PROMETHEUS);
    write_all(&exposition);
    expect_text(&exposition, "# HELP x_busy_seconds_total time\n# TYPE x_busy_seconds_total counter\n"
                             "x_busy_seconds_total{by=\"a\\\"b\\\\c\\nd\"} 0.0015\n"
                             "# HELP x_left left\n# TYPE x_left gauge\nx_left -7\n"
                             "# HELP x_commit_seconds commits\n# TYPE x_commit_seconds histogram\n"
                             SAMPLES_OF_A_HISTOGRAM);
}

Test(exposition, is_what_openmetrics_says)
{
    struct exposition exposition = begin(EXPOSITION_OPENMETRICS);
    write_all(&exposition);
    expect_text(&exposition, "# HELP x_busy_seconds time\n# TYPE x_busy_seconds counter\n"
                             "# UNIT x_busy_seconds seconds\n"
                             "x_busy_seconds_total{by=\"a\\\"b\\\\c\\nd\"} 0.0015\n"
                             "# HELP x_left left\n# TYPE x_left gauge\nx_left -7\n"
                             "# HELP x_commit_seconds commits\n# TYPE x_commit_seconds histogram\n"
                             "# UNIT x_commit_seconds seconds\n" SAMPLES_OF_A_HISTOGRAM "# EOF\n");
}

Test(exposition, rounds_nothing)
{
    const struct {
        int64_t value, per;
        const char *text;
    } rows[] = {
        { 0, 1, "x 0\n" },
        { 1, 1000, "x 0.001\n" },
        { -1, 1000000, "x -0.000001\n" },
        { 1234500, 1000000, "x 1.2345\n" },
        { INT64_MAX, 1, "x 9223372036854775807\n" },
        { INT64_MIN, 1000, "x -9223372036854775.808\n" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct exposition exposition = begin(EXPOSITION_PROMETHEUS);
        exposition_family(&exposition, METRIC_GAUGE, "x", rows[i].per, "");
        buffer_clear(&exposition.text);
        exposition_sample(&exposition, NULL, 0, rows[i].value);
        expect_text(&exposition, rows[i].text);
    }
}

Test(exposition, has_the_form_that_is_asked_for)
{
    cr_expect_eq(exposition_form_for(NULL), EXPOSITION_PROMETHEUS);
    cr_expect_eq(exposition_form_for("*/*"), EXPOSITION_PROMETHEUS);
    cr_expect_eq(exposition_form_for("application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.1"),
                 EXPOSITION_OPENMETRICS);
}

Test(exposition, an_address_has_a_port_and_no_name)
{
    const char *const good[] = { "127.0.0.1:9464", ":1", "0.0.0.0:65535", "[::1]:9464" };
    const char *const bad[] = { "",
                                "9464",
                                "127.0.0.1",
                                "127.0.0.1:",
                                "127.0.0.1:0",
                                "[::1:99",
                                "127.0.0.1:1x",
                                "127.0.0.1:65536",
                                "localhost:9464",
                                "::1:9464",
                                "[]]:9464",
                                "127.0.0.1:-99",
                                "127.0.0.1: 99",
                                "[",
                                ":" };
    for (size_t i = 0; i < COUNT(good); i++)
        cr_expect(http_address_is_good(good[i]), "%s", good[i]);
    for (size_t i = 0; i < COUNT(bad); i++)
        cr_expect_not(http_address_is_good(bad[i]), "%s", bad[i]);
}
