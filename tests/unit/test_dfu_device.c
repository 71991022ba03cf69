// SPDX-License-Identifier: Apache-2.0
#include "dfu_fake.h"

#include <string.h>

static struct fake_device device;
static struct fake_pump pump;
static struct dfu_query query;
static struct dfu_device told;
static uint8_t buf[4096];
static struct smp_encoder e;

static int setup(void **state)
{
    (void)state;
    fake_device_init(&device);
    memset(&told, 0, sizeof(told));
    fake_pump_init(&pump, &device, &dfu_query_procedure, &query);
    smp_encoder_init(&e, buf, sizeof(buf), SMP_FORM_INDEFINITE);
    return 0;
}

static void ask(void)
{
    dfu_query_init(&query, &told, DFU_QUERY_ALL);
    fake_pump_run(&pump, 600 * 1000);
    assert_true(dfu_query_done(&query));
}

static void query_tells_everything(void **state)
{
    (void)state;
    ask();
    assert_int_equal(dfu_query_code(&query), DFU_OK);
    assert_true(told.params_told);
    assert_int_equal(told.buf_size, 512);
    assert_int_equal(told.buf_count, 4);
    assert_string_equal(told.bootloader, "MCUboot");
    assert_true(told.mode_told);
    assert_int_equal(told.mode, SMP_BOOTLOADER_SWAP_MOVE);
    assert_string_equal(told.board, device.board);
    assert_int_equal(told.slot_count, 1);
    assert_true(told.slots[0].active);
    assert_int_equal(told.slots[0].version.major, 1);
    assert_int_equal(told.image_count, 1);
    assert_int_equal(told.count_source, DFU_COUNT_SLOT_INFO);
    assert_int_equal(told.smp_version, SMP_V2);
    assert_int_equal(dfu_device_slot_info(&told, 0, 1)->size, 256 * 1024);
    assert_int_equal(pump.messages, 6);
}

static void query_of_the_origin_device_knows_what_it_was_not_told(void **state)
{
    (void)state;
    device.era = FAKE_ERA_C;
    device.params = false;
    device.mode_told = false;
    device.slot_info = false;
    device.board = NULL;
    ask();
    assert_int_equal(dfu_query_code(&query), DFU_OK);
    assert_false(told.params_told);
    assert_false(told.bootloader_told);
    assert_false(told.mode_told);
    assert_int_equal(told.mode, SMP_BOOTLOADER_UNKNOWN);
    assert_false(told.slot_info_told);
    assert_false(told.board_told);
    assert_int_equal(told.image_count, 1);
    assert_int_equal(told.count_source, DFU_COUNT_NO_KEY);
    assert_int_equal(pump.messages, 5); /* the mode was not asked */
}

static void query_gives_up_soon_on_silence(void **state)
{
    (void)state;
    device.silent = true;
    ask();
    assert_int_equal(dfu_query_code(&query), DFU_NO_ANSWER);
    assert_int_equal(pump.messages, 2);
    assert_true(pump.now_ms < 25000);
}

static void query_needs_the_list(void **state)
{
    (void)state;
    device.refuse_list = 7;
    ask();
    assert_int_equal(dfu_query_code(&query), DFU_DEVICE_REFUSED);
    assert_int_equal(query.refusal.rc, 7);
    setup(state);
    device.refuse_list = 8; /* no such command: not told */
    ask();
    assert_int_equal(dfu_query_code(&query), DFU_OK);
    assert_false(told.list_told);
}

static void query_starts_anew_on_a_new_link(void **state)
{
    for (uint32_t cut = 1; cut <= 6; cut++) {
        setup(state);
        pump.cut_at_message = cut;
        ask();
        assert_int_equal(dfu_query_code(&query), DFU_OK);
        assert_int_equal(pump.messages, 6 + cut);
        assert_true(told.list_told && told.board_told);
    }
}

/* --- lists -------------------------------------------------------------- */

static void open_list(void)
{
    smp_put_map(&e, 0);
    smp_put_key(&e, "images");
    smp_put_array(&e, 0);
}

static void put_entry(int image, int slot, const char *version, bool flags)
{
    static const uint8_t hash[32] = { 1 };
    smp_put_map(&e, 0);
    if (image >= 0) {
        smp_put_key(&e, "image");
        smp_put_uint(&e, (uint64_t)image);
    }
    smp_put_key(&e, "slot");
    smp_put_uint(&e, (uint64_t)slot);
    smp_put_key(&e, "version");
    smp_put_str(&e, version);
    smp_put_key(&e, "hash");
    smp_put_bytes(&e, (struct smp_bytes){ hash, 32 });
    if (flags) {
        smp_put_key(&e, "active");
        smp_put_bool(&e, slot == 0);
    }
    smp_put_end(&e);
}

static int close_list(void)
{
    smp_put_end(&e);
    smp_put_end(&e);
    assert_true(smp_encoder_finish(&e) > 0);
    return dfu_device_set_list(&told, (struct smp_bytes){ buf, e.len });
}

static void list_counts_images_by_their_keys(void **state)
{
    static const struct {
        int image[2];
        bool flags;
        uint8_t count;
        uint8_t source;
    } rows[] = {
        { { -1, -1 }, true, 1, DFU_COUNT_NO_KEY },
        { { 0, 0 }, true, 2, DFU_COUNT_LIST },
        { { 0, 1 }, true, 2, DFU_COUNT_LIST },
        { { 0, 2 }, true, 3, DFU_COUNT_LIST },
        { { -1, -1 }, false, 0, DFU_COUNT_UNKNOWN }, /* recovery */
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        setup(state);
        open_list();
        put_entry(rows[i].image[0], 0, "1.2.3", rows[i].flags);
        put_entry(rows[i].image[1], 1, "1.2.4", rows[i].flags);
        assert_int_equal(close_list(), 0);
        assert_int_equal(told.image_count, rows[i].count);
        assert_int_equal(told.count_source, rows[i].source);
    }
    setup(state);
    open_list();
    assert_int_equal(close_list(), 0);
    assert_int_equal(told.image_count, 0);
    assert_true(told.list_told);
}

static void list_keeps_hostile_texts_bounded(void **state)
{
    (void)state;
    char text[300];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = 0;
    open_list();
    put_entry(-1, 0, text, true);
    assert_int_equal(close_list(), 0);
    assert_false(told.slots[0].version_told);
    assert_int_equal(strlen(told.slots[0].version_text),
            sizeof(told.slots[0].version_text) - 1);
}

static void list_that_is_too_long_is_cut(void **state)
{
    (void)state;
    open_list();
    for (int i = 0; i < 20; i++) {
        put_entry(i, 0, "1.0.0", true);
    }
    assert_int_equal(close_list(), 0);
    assert_int_equal(told.slot_count, DFU_SLOTS_MAX);
    assert_true(told.list_cut);
}

static void list_that_cannot_be_read_changes_nothing(void **state)
{
    (void)state;
    open_list();
    put_entry(-1, 0, "1.0.0", true);
    assert_int_equal(close_list(), 0);
    size_t len = e.len;
    struct dfu_device before = told;
    for (size_t cut = 0; cut < len; cut++) {
        assert_true(
                dfu_device_set_list(&told, (struct smp_bytes){ buf, cut }) < 0);
        assert_memory_equal(&told, &before, sizeof(told));
    }
    static const uint8_t none[] = { 0xa0 };
    assert_int_equal(dfu_device_set_list(&told, (struct smp_bytes){ none, 1 }),
            SMP_E_MISSING);
    /* a slot number that no device has */
    smp_encoder_init(&e, buf, sizeof(buf), SMP_FORM_INDEFINITE);
    open_list();
    put_entry(300, 0, "1.0.0", true);
    assert_int_equal(close_list(), SMP_E_RANGE);
}

static void running_slot_is_the_active_one_or_the_first(void **state)
{
    (void)state;
    told.slot_count = 3;
    told.slots[0] = (struct dfu_slot){ .image = 0, .slot = 0 };
    told.slots[1] = (struct dfu_slot){ .image = 0, .slot = 1, .active = true };
    told.slots[2] = (struct dfu_slot){ .image = 1, .slot = 1 };
    assert_int_equal(dfu_device_running(&told, 0)->slot, 1);
    assert_true(dfu_device_on_trial(&told));
    told.slots[1].active = false;
    assert_int_equal(dfu_device_running(&told, 0)->slot, 0);
    assert_false(dfu_device_on_trial(&told));
    assert_null(dfu_device_running(&told, 1));
    assert_null(dfu_device_running(&told, 2));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup(name, setup)
    const struct CMUnitTest tests[] = {
        T(query_tells_everything),
        T(query_of_the_origin_device_knows_what_it_was_not_told),
        T(query_gives_up_soon_on_silence),
        T(query_needs_the_list),
        T(query_starts_anew_on_a_new_link),
        T(list_counts_images_by_their_keys),
        T(list_keeps_hostile_texts_bounded),
        T(list_that_is_too_long_is_cut),
        T(list_that_cannot_be_read_changes_nothing),
        T(running_slot_is_the_active_one_or_the_first),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
