// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "vdev/app.h"

static int parse(const char *text, struct vdev_app *app)
{
    return vdev_app_parse(text, strlen(text), app);
}

static void app_reads_every_key(void **state)
{
    struct vdev_app app;
    (void)state;
    assert_int_equal(parse("name=Nordic_LTS;confirm=1;crash=1;smp=0;start=5000",
                             &app),
            0);
    assert_string_equal(app.name, "Nordic_LTS");
    assert_true(app.confirm);
    assert_true(app.crash);
    assert_false(app.smp);
    assert_int_equal(app.start_ms, 5000);
}

static void app_empty_text_is_a_plain_application(void **state)
{
    struct vdev_app app;
    (void)state;
    assert_int_equal(parse("", &app), 0);
    assert_true(app.smp);
    assert_false(app.crash);
    assert_string_equal(app.name, "");
}

static void app_commas_and_unknown_keys_are_fine(void **state)
{
    struct vdev_app app;
    (void)state;
    assert_int_equal(parse("name=a,future=3,,start=7", &app), 0);
    assert_string_equal(app.name, "a");
    assert_int_equal(app.start_ms, 7);
}

static void app_refuses_nonsense_and_leaves_the_output(void **state)
{
    static const char *const bad[] = { "name", "confirm=2", "start=-1",
        "start=3600001", "start=", "smp=maybe",
        "name=12345678901234567890123456789012" };
    struct vdev_app app;
    (void)state;
    vdev_app_init(&app);
    app.start_ms = 42;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(parse(bad[i], &app), -1);
        assert_int_equal(app.start_ms, 42);
    }
}

static void app_names_lose_what_hurts_a_terminal(void **state)
{
    struct vdev_app app;
    (void)state;
    assert_int_equal(parse("name=a\033[2Jb\n", &app), 0);
    assert_string_equal(app.name, "a?[2Jb?");
}

static void app_text_survives_a_round_trip(void **state)
{
    static const char *const texts[] = { "", "name=x", "smp=0",
        "name=Nordic_LTS;confirm=1;crash=1;smp=0;start=5000", "start=1" };
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct vdev_app app;
        char out[VDEV_APP_TEXT_SIZE];
        assert_int_equal(parse(texts[i], &app), 0);
        assert_int_equal(vdev_app_format(&app, out), strlen(texts[i]));
        assert_string_equal(out, texts[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(app_reads_every_key),
        cmocka_unit_test(app_empty_text_is_a_plain_application),
        cmocka_unit_test(app_commas_and_unknown_keys_are_fine),
        cmocka_unit_test(app_refuses_nonsense_and_leaves_the_output),
        cmocka_unit_test(app_names_lose_what_hurts_a_terminal),
        cmocka_unit_test(app_text_survives_a_round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
