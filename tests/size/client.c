// SPDX-License-Identifier: Apache-2.0
/*
 * Size figure "client + upload": one client with four requests in flight, and
 * the upload of one image, datagrams.
 */
#include "port.h"

#include "dfu/upload.h"
#include "smp/client.h"

#define PLACES 4u

static int source_read(void *ctx, uint32_t off, void *buf, size_t len)
{
    uint8_t *to = buf;

    (void)ctx;
    for (size_t i = 0; i < len; i++) {
        to[i] = ((volatile const uint8_t *)0x20000u)[off + i];
    }
    return 0;
}

static const struct dfu_image image = {
    .slot = 1,
    .source = { .read = source_read, .size = 139592 },
    .hash_len = 32,
};

static struct smp_client state_client;
static struct smp_client_place state_places[PLACES];
static struct dfu_upload state_upload;
static uint8_t buffer_rx[PORT_MESSAGE_SIZE];
static uint8_t buffer_tx[PLACES * PORT_MESSAGE_SIZE];
static uint8_t buffer_chunk[PORT_MESSAGE_SIZE];

static void start(void)
{
    const struct smp_client_config client = {
        .places = state_places,
        .place_count = PLACES,
        .buf = buffer_tx,
        .buf_size = PORT_MESSAGE_SIZE,
        .tries = 3,
        .timeout_ms = 1000,
    };
    const struct dfu_upload_config upload = {
        .image = &image,
        .send_sha = true,
        .align = 1,
        .window = PLACES - 1,
        .chunk = buffer_chunk,
        .chunk_size = sizeof(buffer_chunk),
    };
    const struct smp_link link = {
        .up = true,
        .kind = SMP_LINK_DATAGRAM,
        .epoch = 1,
        .max_message = PORT_MESSAGE_SIZE,
    };

    smp_client_init(&state_client, &client);
    dfu_upload_init(&state_upload, &upload);
    dfu_upload_link(&state_upload, port_now_ms(), &link);
}

int main(void);

int main(void)
{
    start();
    while (!dfu_upload_done(&state_upload)) {
        struct smp_request request;
        struct smp_answer answer;
        const uint8_t *message;
        size_t len;

        while (smp_client_free(&state_client) > 0 &&
                dfu_upload_next(&state_upload, port_now_ms(), &request) > 0) {
            (void)smp_client_request(&state_client, &request, port_now_ms());
        }
        while ((message = smp_client_output(&state_client, &len)) != NULL) {
            port_send(message, len);
            smp_client_sent(&state_client, port_now_ms());
        }
        len = port_receive(buffer_rx);
        (void)smp_client_input(&state_client, buffer_rx, len, port_now_ms());
        while (smp_client_event(&state_client, &answer)) {
            dfu_upload_answer(&state_upload, port_now_ms(), &answer);
        }
        smp_client_tick(&state_client, port_now_ms());
    }
    return 0;
}
