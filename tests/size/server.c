// SPDX-License-Identifier: Apache-2.0
/*
 * Size figure "server": OS, image and enumeration group over one image with
 * swap-using-offset, datagrams.
 */
#include "port.h"

#include "dfu/image_group.h"
#include "smp/server_os.h"

static int flash_read(void *ctx, uint32_t off, void *buf, size_t len)
{
    uint8_t *to = buf;

    (void)ctx;
    for (size_t i = 0; i < len; i++) {
        to[i] = ((volatile const uint8_t *)off)[i];
    }
    return 0;
}

static int flash_write(void *ctx, uint32_t off, const void *buf, size_t len)
{
    const uint8_t *from = buf;

    (void)ctx;
    for (size_t i = 0; i < len; i++) {
        ((volatile uint8_t *)off)[i] = from[i];
    }
    return 0;
}

static int flash_erase(void *ctx, uint32_t off, uint32_t len)
{
    (void)ctx;
    *(volatile uint32_t *)0x40000030u = off;
    *(volatile uint32_t *)0x40000034u = len;
    return 0;
}

static enum smp_rc os_reset(void *ctx, bool force, uint32_t boot_mode)
{
    (void)ctx;
    (void)force;
    *(volatile uint32_t *)0x40000040u = boot_mode;
    return SMP_RC_OK;
}

static const char *os_info(void *ctx, char letter)
{
    (void)ctx;
    return letter == 's' ? "Zephyr" : NULL;
}

static const struct mcub_flash_ops flash_ops = {
    .read = flash_read,
    .write = flash_write,
    .erase = flash_erase,
};

static const struct mcub_sector_run flash_runs[] = {
    { .size = 4096, .count = 128 },
};

static const struct mcub_flash flash = {
    .ops = &flash_ops,
    .size = 512u * 1024u,
    .write_size = 4,
    .erased_val = 0xff,
    .runs = flash_runs,
    .run_count = 1,
};

static const struct mcub_pair pairs[] = {
    { .slot = {
              { .flash = &flash, .off = 0xc000, .size = 0x37000 },
              { .flash = &flash, .off = 0x43000, .size = 0x38000 },
      } },
};

static const struct mcub_board board = {
    .mode = MCUB_MODE_OFFSET,
    .image_count = 1,
    .pairs = pairs,
    .max_align = 8,
    .max_sectors = 64,
};

static const struct smp_os_ops os_ops = {
    .reset = os_reset,
    .info = os_info,
};

static struct smp_server state_server;
static struct smp_os_server state_os;
static struct dfu_image_server state_image;
static struct smp_server_group state_groups[3];
static uint8_t buffer_rx[PORT_MESSAGE_SIZE];
static uint8_t buffer_tx[PORT_MESSAGE_SIZE];

static const struct smp_server_group *const groups[] = {
    &state_groups[0],
    &state_groups[1],
    &state_groups[2],
};

int main(void);

int main(void)
{
    const struct smp_server_config config = {
        .groups = groups,
        .group_count = 3,
        .tx = buffer_tx,
        .tx_size = sizeof(buffer_tx),
        .form = SMP_FORM_INDEFINITE,
    };

    state_os.ops = &os_ops;
    state_os.features = SMP_OS_HAS_ECHO | SMP_OS_HAS_PARAMS | SMP_OS_HAS_INFO |
            SMP_OS_HAS_BOOTLOADER;
    state_os.buf_size = PORT_MESSAGE_SIZE;
    state_os.buf_count = 4;
    state_image.board = &board;
    state_image.policy = &dfu_image_policy_current;
    state_image.options = DFU_IMAGE_SLOT_INFO;
    smp_server_init(&state_server, &config);
    smp_os_group_init(&state_groups[0], &state_os);
    dfu_image_group_init(&state_groups[1], &state_image);
    smp_enum_group_init(&state_groups[2], &state_server);

    for (;;) {
        const uint8_t *answer;
        uint32_t route;
        size_t len = port_receive(buffer_rx);

        if (smp_server_input(&state_server, buffer_rx, len, 0, port_now_ms()) !=
                0) {
            continue;
        }
        while ((answer = smp_server_output(&state_server, &len, &route)) !=
                NULL) {
            port_send(answer, len);
            smp_server_sent(&state_server);
        }
    }
}
