// SPDX-License-Identifier: Apache-2.0
/*
 * A board that does not exist, for the size figures: registers at fixed
 * addresses, so that the compiler can drop nothing of what is measured.
 *
 * Variables named state_* count as static RAM, buffer_* are the message
 * buffers that every user sizes for himself.
 */
#ifndef SMP_TESTS_SIZE_PORT_H
#define SMP_TESTS_SIZE_PORT_H

#include <stddef.h>
#include <stdint.h>

/** Largest message of the figures: Zephyr's default of 384 bytes. */
#define PORT_MESSAGE_SIZE 384u

static inline uint32_t port_now_ms(void)
{
    return *(volatile uint32_t *)0x40000000u;
}

/** Bytes received into buf; 0 = none. */
static inline size_t port_receive(uint8_t *buf)
{
    size_t len = *(volatile uint32_t *)0x40000010u;

    for (size_t i = 0; i < len; i++) {
        buf[i] = *(volatile uint8_t *)0x40000014u;
    }
    return len;
}

static inline void port_send(const uint8_t *buf, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        *(volatile uint8_t *)0x40000020u = buf[i];
    }
}

#endif
