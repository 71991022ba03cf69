// SPDX-License-Identifier: Apache-2.0
/* info: everything worth knowing. */
#include <string.h>

#include "cli/cli.h"

const char *cli_mode_name(int32_t mode)
{
    switch (mode) {
    case SMP_BOOTLOADER_SINGLE:
        return "single slot";
    case SMP_BOOTLOADER_SWAP_SCRATCH:
        return "swap using scratch";
    case SMP_BOOTLOADER_OVERWRITE:
        return "overwrite only (no way back)";
    case SMP_BOOTLOADER_SWAP_MOVE:
        return "swap using move";
    case SMP_BOOTLOADER_DIRECT_XIP:
        return "direct-XIP";
    case SMP_BOOTLOADER_DIRECT_XIP_REVERT:
        return "direct-XIP with revert";
    case SMP_BOOTLOADER_RAM_LOAD:
        return "RAM load";
    case SMP_BOOTLOADER_FIRMWARE_LOADER:
        return "firmware loader";
    case SMP_BOOTLOADER_SINGLE_RAM:
        return "single slot, RAM load";
    case SMP_BOOTLOADER_SWAP_OFFSET:
        return "swap using offset";
    default:
        return "unknown";
    }
}

static char *device_text(const char *text)
{
    return cli_escape(
            (struct smp_bytes){ (const uint8_t *)text, strlen(text) });
}

static void print_info(struct cli *cli, const struct dfu_device *d)
{
    char *board = device_text(d->board);
    char *loader = device_text(d->bootloader);
    cli_out(cli, "connection   %s\n", cli->link->name);
    cli_out(cli, "protocol     SMP v%u\n", d->smp_version + 1u);
    cli_out(cli, "board        %s\n", d->board_told ? board : "(not told)");
    if (d->params_told) {
        cli_out(cli, "buffers      %u x %u bytes\n", d->buf_count, d->buf_size);
    } else {
        cli_out(cli, "buffers      (not told: no MCUmgr parameters)\n");
    }
    cli_out(cli, "bootloader   %s%s%s\n",
            d->bootloader_told ? loader : "(not told)",
            d->mode_told ? ", " : "",
            d->mode_told ? cli_mode_name(d->mode) : "");
    if (d->no_downgrade) {
        cli_out(cli, "             refuses downgrades\n");
    }
    for (unsigned i = 0; i < d->info_count; i++) {
        const struct dfu_slot_info *s = &d->info[i];
        cli_out(cli, "slot         image %u slot %u: %s bytes\n", s->image,
                s->slot, cli_thousands(s->size));
    }
    cli_out(cli, "\n");
    cli_print_slots(cli, d);
    g_free(board);
    g_free(loader);
}

static void add_info(JsonBuilder *b, struct cli *cli,
        const struct dfu_device *d)
{
    char *board = device_text(d->board);
    char *loader = device_text(d->bootloader);
    cli_json_add_string(b, "connection", cli->link->name);
    cli_json_add_int(b, "smp_version", d->smp_version + 1);
    cli_json_add_string(b, "board", d->board_told ? board : NULL);
    json_builder_set_member_name(b, "params");
    if (d->params_told) {
        json_builder_begin_object(b);
        cli_json_add_int(b, "buf_size", d->buf_size);
        cli_json_add_int(b, "buf_count", d->buf_count);
        json_builder_end_object(b);
    } else {
        json_builder_add_null_value(b);
    }
    cli_json_add_string(b, "bootloader", d->bootloader_told ? loader : NULL);
    json_builder_set_member_name(b, "mode");
    if (d->mode_told) {
        json_builder_add_int_value(b, d->mode);
    } else {
        json_builder_add_null_value(b);
    }
    cli_json_add_string(b, "mode_name",
            d->mode_told ? cli_mode_name(d->mode) : NULL);
    cli_json_add_bool(b, "no_downgrade", d->no_downgrade);
    json_builder_set_member_name(b, "image_count");
    if (d->image_count > 0) {
        json_builder_add_int_value(b, d->image_count);
    } else {
        json_builder_add_null_value(b);
    }
    json_builder_set_member_name(b, "slots");
    json_builder_begin_array(b);
    for (unsigned i = 0; i < d->info_count; i++) {
        json_builder_begin_object(b);
        cli_json_add_int(b, "image", d->info[i].image);
        cli_json_add_int(b, "slot", d->info[i].slot);
        cli_json_add_int(b, "size", d->info[i].size);
        json_builder_end_object(b);
    }
    json_builder_end_array(b);
    cli_json_add_slots(b, d);
    g_free(board);
    g_free(loader);
}

int cli_cmd_info(struct cli *cli, int argc, char **argv)
{
    struct dfu_device device;
    int rc = cli_parse(cli, NULL, &argc, &argv, 0, 0);
    if (rc == 0) {
        rc = cli_connect(cli);
    }
    if (rc == 0) {
        rc = cli_query(cli, &device);
    }
    if (rc != 0) {
        return rc;
    }
    JsonBuilder *b = json_builder_new();
    json_builder_begin_object(b);
    print_info(cli, &device);
    add_info(b, cli, &device);
    json_builder_end_object(b);
    cli_result(cli, b);
    return 0;
}
