// SPDX-License-Identifier: Apache-2.0
#include "mcub/trailer.h"

#include <stdio.h>
#include <string.h>

#include "mcub/boot_private.h"
#include "mcub_rig.h"
#include "mcub_vectors.h"

static void trailer_layout_agrees_with_every_vector(void **state)
{
    (void)state;
    assert_int_equal(vec_layouts_count, 14);
    for (size_t i = 0; i < vec_layouts_count; i++) {
        const struct vec_layout *v = &vec_layouts[i];
        struct mcub_trailer_params p = {
            .slot_size = v->slot_size,
            .write_size = v->write_size,
            .max_align = v->max_align,
            .max_sectors = v->max_sectors,
            .mode = v->mode,
            .enc_size = v->enc_size,
        };
        struct mcub_trailer_layout l;

        assert_int_equal(mcub_trailer_layout(&p, &l), 0);
        assert_int_equal(l.status_size, v->status_size);
        assert_int_equal(l.info_size, v->info_size);
        assert_int_equal(l.size, v->size);
        assert_int_equal(l.magic, v->magic);
        assert_int_equal(l.image_ok, v->image_ok);
        assert_int_equal(l.copy_done, v->copy_done);
        assert_int_equal(l.swap_info, v->swap_info);
        assert_int_equal(l.tlv_sizes, v->tlv_sizes);
        assert_int_equal(l.swap_size, v->swap_size);
        assert_int_equal(l.enc_key0, v->enc_key0);
        assert_int_equal(l.enc_key1, v->enc_key1);
        assert_int_equal(l.status, v->status);
        if (v->scratch_size != 0) {
            assert_int_equal(l.scratch_size, v->scratch_size);
        }
    }
}

static void trailer_layout_refuses_impossible_parameters(void **state)
{
    const struct mcub_trailer_params good = {
        .slot_size = 8192,
        .write_size = 4,
        .max_align = 8,
        .max_sectors = 16,
        .mode = MCUB_MODE_MOVE,
    };
    struct mcub_trailer_params p = good;
    struct mcub_trailer_layout l;

    (void)state;
    assert_int_equal(mcub_trailer_layout(&p, &l), 0);
    p.max_align = 4;
    assert_int_equal(mcub_trailer_layout(&p, &l), MCUB_E_GEOMETRY);
    p = good;
    p.write_size = 16;
    assert_int_equal(mcub_trailer_layout(&p, &l), MCUB_E_GEOMETRY);
    p = good;
    p.write_size = 3;
    assert_int_equal(mcub_trailer_layout(&p, &l), MCUB_E_GEOMETRY);
    p = good;
    p.max_sectors = 100000;
    assert_int_equal(mcub_trailer_layout(&p, &l), MCUB_E_GEOMETRY);
    p = good;
    p.slot_size = 128;
    assert_int_equal(mcub_trailer_layout(&p, &l), MCUB_E_GEOMETRY);
    p = good;
    p.slot_size = 8191;
    assert_int_equal(mcub_trailer_layout(&p, &l), MCUB_E_GEOMETRY);
}

struct bench {
    struct flash_power power;
    struct flash_model model;
    struct mcub_trailer trailer;
};

static void bench_init(struct bench *b, uint32_t max_align, uint32_t write)
{
    struct mcub_sector_run run = { 4096, 2 };
    struct mcub_trailer_params p = {
        .slot_size = 8192,
        .write_size = write,
        .max_align = max_align,
        .max_sectors = 8,
        .mode = MCUB_MODE_MOVE,
    };

    memset(b, 0, sizeof(*b));
    b->power.cut_at = FLASH_NO_CUT;
    flash_model_init(&b->model, &b->power, 'P', run, write);
    b->trailer.flash = &b->model.flash;
    b->trailer.max_align = max_align;
    assert_int_equal(mcub_trailer_layout(&p, &b->trailer.layout), 0);
}

/* Bring about the state a tail describes, through the field writers. */
static void make_tail(struct mcub_trailer *t, const char *name)
{
    bool second = strstr(name, "image pair 1") != NULL;
    struct mcub_mark_request request = { .image = second ? 1 : 0 };

    if (strstr(name, "marked") != NULL) {
        request.confirm = strstr(name, "marked permanent") != NULL;
        assert_int_equal(mcub_trailer_mark(t, &request), 0);
        return;
    }
    if (strncmp(name, "host tool", 9) == 0) {
        assert_int_equal(mcub_trailer_write_magic(t), 0);
        if (strstr(name, "--confirm") != NULL) {
            assert_int_equal(mcub_trailer_write_image_ok(t), 0);
        }
        return;
    }
    enum mcub_swap_type type = strstr(name, "permanent") ? MCUB_SWAP_PERM
            : strstr(name, "revert")                     ? MCUB_SWAP_REVERT
                                                         : MCUB_SWAP_TEST;

    assert_int_equal(mcub_trailer_write_swap_info(t, 0, type), 0);
    assert_int_equal(mcub_trailer_write_swap_size(t, 0x1234), 0);
    assert_int_equal(mcub_trailer_write_magic(t), 0);
    if (strstr(name, "in progress") == NULL) {
        assert_int_equal(mcub_trailer_write_copy_done(t), 0);
        if (type != MCUB_SWAP_TEST) {
            assert_int_equal(mcub_trailer_write_image_ok(t), 0);
        }
    }
    if (strstr(name, "after application confirmed") != NULL) {
        request.active = true;
        request.confirm = true;
        assert_int_equal(mcub_trailer_mark(t, &request), 0);
    }
}

static void trailer_tails_are_written_as_in_the_vectors(void **state)
{
    (void)state;
    assert_int_equal(vec_tails_count, 30);
    for (size_t i = 0; i < vec_tails_count; i++) {
        const struct vec_tail *v = &vec_tails[i];

        for (uint32_t write = 1; write <= v->max_align; write *= 2) {
            struct bench b;

            bench_init(&b, v->max_align, write);
            make_tail(&b.trailer, v->state);
            assert_memory_equal(b.model.mem + 8192 - v->data.len, v->data.ptr,
                    v->data.len);
            assert_int_equal(b.model.violations, 0);
            flash_model_finish(&b.model);
        }
    }
}

static void trailer_tails_are_read_as_they_were_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < vec_tails_count; i++) {
        const struct vec_tail *v = &vec_tails[i];
        struct mcub_trailer_state s;
        struct bench b;
        bool on_trial = strstr(v->state, "not permanent") ||
                strstr(v->state, "--test") || strstr(v->state, "marked test") ||
                strstr(v->state, "progress") || strstr(v->state, "not yet");

        bench_init(&b, v->max_align, 4);
        flash_model_load(&b.model, (uint32_t)(8192 - v->data.len), v->data.ptr,
                v->data.len);
        assert_int_equal(mcub_trailer_read(&b.trailer, &s), 0);
        assert_int_equal(s.magic, MCUB_MARK_GOOD);
        assert_int_equal(s.image_ok,
                on_trial ? MCUB_MARK_UNSET : MCUB_MARK_SET);
        if (strncmp(v->state, "primary", 7) == 0) {
            assert_true(s.has_swap_size);
            assert_int_equal(s.swap_size, 0x1234);
        } else {
            assert_false(s.has_swap_size);
        }
        assert_int_equal(s.image, strstr(v->state, "pair 1") ? 1 : 0);
        flash_model_finish(&b.model);
    }
}

static void trailer_magic_of_another_alignment_is_bad(void **state)
{
    struct bench b;
    struct mcub_trailer_state s;

    (void)state;
    bench_init(&b, 16, 4);
    assert_int_equal(mcub_trailer_write_magic(&b.trailer), 0);
    b.trailer.max_align = 8;
    assert_int_equal(mcub_trailer_read(&b.trailer, &s), 0);
    assert_int_equal(s.magic, MCUB_MARK_BAD);
    flash_model_finish(&b.model);
}

static void swap_type_agrees_with_all_729_states(void **state)
{
    static const char code[] = { 0, 'N', 'T', 'P', 'R' };
    size_t i = 0;
    struct mcub_trailer_state p;
    struct mcub_trailer_state s;

    (void)state;
    mcub_trailer_state_init(&p);
    mcub_trailer_state_init(&s);
    for (i = 0; i < 729; i++) {
        p.magic = (uint8_t)(i / 243 % 3 + 1);
        p.image_ok = (uint8_t)(i / 81 % 3 + 1);
        p.copy_done = (uint8_t)(i / 27 % 3 + 1);
        s.magic = (uint8_t)(i / 9 % 3 + 1);
        s.image_ok = (uint8_t)(i / 3 % 3 + 1);
        s.copy_done = (uint8_t)(i % 3 + 1);
        assert_int_equal(code[mcub_swap_type_decide(&p, &s, false)],
                vec_decision[i]);
        assert_int_equal(code[mcub_swap_type_decide(&p, &s, true)],
                vec_decision_offset[i]);
    }
}

static void set_flag(struct bench *b, uint32_t off, uint8_t mark)
{
    uint8_t value = mark == MCUB_MARK_SET ? 0x01
            : mark == MCUB_MARK_BAD       ? 0x5a
                                          : 0xff;

    flash_model_load(&b->model, off, &value, 1);
}

static void name_write(const struct bench *b, const char *line, char *name,
        size_t size)
{
    const struct mcub_trailer_layout *l = &b->trailer.layout;
    unsigned off;
    unsigned len;

    assert_int_equal(sscanf(line, "W P 0x%x %u", &off, &len), 2);
    if (off == l->magic) {
        snprintf(name, size, "magic");
    } else if (off == l->image_ok) {
        snprintf(name, size, "image_ok=%u", b->model.mem[off]);
    } else if (off == l->copy_done) {
        snprintf(name, size, "copy_done=%u", b->model.mem[off]);
    } else if (off == l->swap_info) {
        snprintf(name, size, "swap_info=type %u", b->model.mem[off]);
    } else {
        snprintf(name, size, "?");
    }
}

static void check_mark(const struct vec_mark *v, bool xip)
{
    static const int rc_of[] = { 0, 0, 0, MCUB_E_BAD_TRAILER,
        MCUB_E_BAD_VECTOR };
    struct mcub_mark_request request = { .active = v->active,
        .confirm = v->confirm,
        .direct_xip = xip };
    char trace[8][40];
    char name[40];
    struct bench b;

    bench_init(&b, 8, 4);
    b.model.loose = true;
    if (v->magic == MCUB_MARK_GOOD) {
        assert_int_equal(mcub_trailer_write_magic(&b.trailer), 0);
    } else if (v->magic == MCUB_MARK_BAD) {
        flash_model_load(&b.model, b.trailer.layout.magic, "torn", 4);
    }
    set_flag(&b, b.trailer.layout.image_ok, v->image_ok);
    set_flag(&b, b.trailer.layout.copy_done, v->copy_done);
    b.power.trace = trace;
    b.power.trace_max = 8;
    assert_int_equal(mcub_trailer_mark(&b.trailer, &request), rc_of[v->rc]);
    assert_int_equal(b.power.trace_count, v->write_count);
    for (size_t i = 0; i < v->write_count; i++) {
        name_write(&b, trace[i], name, sizeof(name));
        assert_string_equal(name, v->writes[i]);
    }
    flash_model_finish(&b.model);
}

static void mark_does_what_the_vectors_say(void **state)
{
    (void)state;
    assert_int_equal(vec_marks_count, 36);
    for (size_t i = 0; i < vec_marks_count; i++) {
        check_mark(&vec_marks[i], false);
    }
    assert_int_equal(vec_marks_xip_count, 48);
    for (size_t i = 0; i < vec_marks_xip_count; i++) {
        check_mark(&vec_marks_xip[i], true);
    }
}

static void progress_is_decoded_as_in_the_vectors(void **state)
{
    (void)state;
    assert_int_equal(vec_progresses_count, 28);
    for (size_t i = 0; i < vec_progresses_count; i++) {
        const struct vec_progress *v = &vec_progresses[i];
        struct mcub_progress p =
                mcub_progress_decode(v->mode, v->records, v->max_sectors);

        assert_int_equal(p.moving, v->moving);
        assert_int_equal(p.idx, v->idx);
        assert_int_equal(p.state, v->state);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trailer_layout_agrees_with_every_vector),
        cmocka_unit_test(trailer_layout_refuses_impossible_parameters),
        cmocka_unit_test(trailer_tails_are_written_as_in_the_vectors),
        cmocka_unit_test(trailer_tails_are_read_as_they_were_written),
        cmocka_unit_test(trailer_magic_of_another_alignment_is_bad),
        cmocka_unit_test(swap_type_agrees_with_all_729_states),
        cmocka_unit_test(mark_does_what_the_vectors_say),
        cmocka_unit_test(progress_is_decoded_as_in_the_vectors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
