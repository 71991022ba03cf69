// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "vdev/link.h"

static const struct vdev_link_spec origin = {
    .interval_us = 40000,
    .mtu = 252,
    .per_interval = 6,
};

static void link_spec_is_read_key_by_key(void **state)
{
    struct vdev_link_spec spec = { 0 };
    (void)state;
    assert_int_equal(vdev_link_parse(&spec,
                             "interval=7.5ms,mtu=498,per_interval=4,loss=0.1"),
            0);
    assert_int_equal(spec.interval_us, 7500);
    assert_int_equal(spec.mtu, 498);
    assert_int_equal(spec.per_interval, 4);
    assert_true(spec.loss > 0.09 && spec.loss < 0.11);
    assert_int_equal(vdev_link_parse(&spec, "interval=40000us"), 0);
    assert_int_equal(spec.interval_us, 40000);
    assert_int_equal(spec.mtu, 498);
}

static void link_refuses_bad_specs(void **state)
{
    static const char *const bad[] = { "", "interval", "interval=x", "mtu=22",
        "mtu=600", "per_interval=0", "loss=1", "speed=3", "interval=4h" };
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct vdev_link_spec spec = origin;
        assert_int_equal(vdev_link_parse(&spec, bad[i]), -1);
        assert_memory_equal(&spec, &origin, sizeof(spec));
    }
}

static void link_counts_pdus_of_mtu_minus_three(void **state)
{
    (void)state;
    assert_int_equal(vdev_link_pdus(&origin, 1), 1);
    assert_int_equal(vdev_link_pdus(&origin, 249), 1);
    assert_int_equal(vdev_link_pdus(&origin, 250), 2);
    assert_int_equal(vdev_link_pdus(&origin, 2475), 10);
}

static void link_bound_is_window_or_pdus_whichever_binds(void **state)
{
    (void)state;
    /* Window 1, one PDU: one chunk of 234 bytes per 40 ms, 5.85 kB/s: the
     * faster of the origin log's two uploads. */
    assert_true(fabs(vdev_link_bound(&origin, 1, 249, 234) - 5850) < 1);
    assert_true(fabs(vdev_link_bound(&origin, 3, 249, 234) - 17550) < 1);
    assert_true(fabs(vdev_link_bound(&origin, 9, 249, 234) - 35100) < 1);
    /* 10 PDUs per message: 0.6 messages per event, whatever the window. */
    assert_true(fabs(vdev_link_bound(&origin, 3, 2475, 2440) - 36600) < 1);
}

/* A client with a window and a device that answers at once. */
struct pipe {
    struct vdev_link link;
    uint64_t now_us;
    uint32_t sent;
    uint32_t answered;
};

static void pipe_turn(struct pipe *p, size_t message)
{
    enum vdev_link_dir dir;
    struct vdev_link_pdu pdu;
    uint64_t at_us;
    uint64_t wait = vdev_link_wait_us(&p->link, p->now_us);
    assert_true(wait != UINT64_MAX);
    p->now_us += wait;
    while (vdev_link_next(&p->link, p->now_us, &dir, &pdu, &at_us) == 1) {
        assert_true(at_us <= p->now_us);
        if (!pdu.last) {
            continue;
        }
        if (dir == VDEV_LINK_UP) {
            assert_int_equal(vdev_link_queue(&p->link, VDEV_LINK_DOWN,
                                     pdu.message, 20, p->now_us),
                    0);
        } else {
            p->answered++;
            assert_int_equal(vdev_link_queue(&p->link, VDEV_LINK_UP, p->sent++,
                                     message, p->now_us),
                    0);
        }
    }
}

static double pipe_run(uint32_t window, size_t message, double loss)
{
    struct pipe p = { .now_us = 1234 };
    struct vdev_link_spec spec = origin;
    spec.loss = loss;
    vdev_link_init(&p.link, &spec, 5, 0);
    for (uint32_t i = 0; i < window; i++) {
        assert_int_equal(vdev_link_queue(&p.link, VDEV_LINK_UP, p.sent++,
                                 message, p.now_us),
                0);
    }
    while (p.now_us < 40000000) {
        pipe_turn(&p, message);
    }
    return (double)p.answered / 1000.0;
}

static void link_window_one_carries_one_message_per_event(void **state)
{
    (void)state;
    double n = pipe_run(1, 249, 0);
    assert_true(n > 0.99 && n <= 1.0);
}

static void link_reaches_its_bound_and_never_passes_it(void **state)
{
    static const struct {
        uint32_t window;
        size_t message;
    } rows[] = { { 1, 100 }, { 2, 249 }, { 3, 249 }, { 6, 249 }, { 15, 249 },
        { 3, 498 }, { 3, 2475 }, { 2, 2475 } };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        double n = pipe_run(rows[i].window, rows[i].message, 0);
        double bound =
                vdev_link_bound(&origin, rows[i].window, rows[i].message, 40) /
                1000.0;
        if (n > bound * 1.001 || n < bound * 0.95) {
            fail_msg("window %u, %zu bytes: %f of %f per event", rows[i].window,
                    rows[i].message, n, bound);
        }
    }
}

static void link_loss_costs_time_not_messages(void **state)
{
    (void)state;
    double clean = pipe_run(3, 2475, 0);
    double lossy = pipe_run(3, 2475, 0.3);
    assert_true(lossy < clean * 0.8);
    assert_true(lossy > clean * 0.5);
}

static void link_answer_waits_for_the_next_event(void **state)
{
    struct vdev_link link;
    enum vdev_link_dir dir;
    struct vdev_link_pdu pdu;
    uint64_t at;
    (void)state;
    vdev_link_init(&link, &origin, 1, 0);
    vdev_link_queue(&link, VDEV_LINK_UP, 1, 100, 10);
    assert_int_equal(vdev_link_wait_us(&link, 10), 39990);
    assert_int_equal(vdev_link_next(&link, 39999, &dir, &pdu, &at), 0);
    assert_int_equal(vdev_link_next(&link, 40000, &dir, &pdu, &at), 1);
    assert_int_equal(dir, VDEV_LINK_UP);
    vdev_link_queue(&link, VDEV_LINK_DOWN, 1, 20, 40000);
    assert_int_equal(vdev_link_next(&link, 79999, &dir, &pdu, &at), 0);
    assert_int_equal(vdev_link_next(&link, 80000, &dir, &pdu, &at), 1);
    assert_int_equal(dir, VDEV_LINK_DOWN);
    assert_int_equal(at, 80000);
}

static void link_late_request_still_goes_out_with_the_answers(void **state)
{
    struct vdev_link link;
    enum vdev_link_dir dir;
    struct vdev_link_pdu pdu;
    uint64_t at;
    (void)state;
    vdev_link_init(&link, &origin, 1, 0);
    vdev_link_queue(&link, VDEV_LINK_DOWN, 1, 20, 100);
    assert_int_equal(vdev_link_next(&link, 40000, &dir, &pdu, &at), 1);
    vdev_link_queue(&link, VDEV_LINK_UP, 2, 20, 45000);
    assert_int_equal(vdev_link_wait_us(&link, 45000), 0);
    assert_int_equal(vdev_link_next(&link, 45000, &dir, &pdu, &at), 1);
    assert_int_equal(dir, VDEV_LINK_UP);
    /* Half an interval later it is the next event's. */
    vdev_link_queue(&link, VDEV_LINK_UP, 3, 20, 61000);
    assert_int_equal(vdev_link_next(&link, 61000, &dir, &pdu, &at), 0);
    assert_int_equal(vdev_link_wait_us(&link, 61000), 19000);
}

static void link_full_queue_refuses_whole_messages(void **state)
{
    struct vdev_link link;
    uint32_t n = 0;
    (void)state;
    vdev_link_init(&link, &origin, 1, 0);
    while (vdev_link_queue(&link, VDEV_LINK_UP, n, 2475, 0) == 0) {
        n++;
    }
    assert_int_equal(n, VDEV_LINK_QUEUE / 10);
    assert_int_equal(vdev_link_queue(&link, VDEV_LINK_UP, n, 249, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(link_spec_is_read_key_by_key),
        cmocka_unit_test(link_refuses_bad_specs),
        cmocka_unit_test(link_counts_pdus_of_mtu_minus_three),
        cmocka_unit_test(link_bound_is_window_or_pdus_whichever_binds),
        cmocka_unit_test(link_window_one_carries_one_message_per_event),
        cmocka_unit_test(link_reaches_its_bound_and_never_passes_it),
        cmocka_unit_test(link_loss_costs_time_not_messages),
        cmocka_unit_test(link_answer_waits_for_the_next_event),
        cmocka_unit_test(link_late_request_still_goes_out_with_the_answers),
        cmocka_unit_test(link_full_queue_refuses_whole_messages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
