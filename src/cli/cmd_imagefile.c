// SPDX-License-Identifier: Apache-2.0
/* imagefile show, package show, package verify: what a file is. */
#include <string.h>

#include "cli/cli.h"
#include "host/package.h"
#include "mcub/image.h"

static const char *tlv_name(uint16_t type)
{
    static const struct {
        uint16_t type;
        const char *name;
    } names[] = {
        { MCUB_TLV_KEYHASH, "KEYHASH" },
        { MCUB_TLV_PUBKEY, "PUBKEY" },
        { MCUB_TLV_SHA256, "SHA256" },
        { MCUB_TLV_SHA384, "SHA384" },
        { MCUB_TLV_SHA512, "SHA512" },
        { MCUB_TLV_RSA2048_PSS, "RSA2048_PSS" },
        { MCUB_TLV_ECDSA224, "ECDSA224" },
        { MCUB_TLV_ECDSA_SIG, "ECDSA_SIG" },
        { MCUB_TLV_RSA3072_PSS, "RSA3072_PSS" },
        { MCUB_TLV_ED25519, "ED25519" },
        { MCUB_TLV_SIG_PURE, "SIG_PURE" },
        { MCUB_TLV_ENC_RSA2048, "ENC_RSA2048" },
        { MCUB_TLV_ENC_KW, "ENC_KW" },
        { MCUB_TLV_ENC_EC256, "ENC_EC256" },
        { MCUB_TLV_ENC_X25519, "ENC_X25519" },
        { MCUB_TLV_ENC_X25519_SHA512, "ENC_X25519_SHA512" },
        { MCUB_TLV_DEPENDENCY, "DEPENDENCY" },
        { MCUB_TLV_SEC_CNT, "SEC_CNT" },
        { MCUB_TLV_BOOT_RECORD, "BOOT_RECORD" },
        { MCUB_TLV_DECOMP_SIZE, "DECOMP_SIZE" },
        { MCUB_TLV_DECOMP_SHA, "DECOMP_SHA" },
        { MCUB_TLV_DECOMP_SIGNATURE, "DECOMP_SIGNATURE" },
        { MCUB_TLV_COMP_DEC_SIZE, "COMP_DEC_SIZE" },
        { MCUB_TLV_UUID_VID, "UUID_VID" },
        { MCUB_TLV_UUID_CID, "UUID_CID" },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        if (names[i].type == type) {
            return names[i].name;
        }
    }
    return (type & 0xffu) >= 0xa0u ? "vendor" : "unknown";
}

static const char *hash_state(const struct host_package_image *i)
{
    return i->hash_wrong      ? "WRONG: the content was changed after signing"
            : i->hash_checked ? "matches the content"
                              : "not checked (encrypted)";
}

static void show_tlvs(struct cli *cli, JsonBuilder *b,
        const struct mcub_image *image)
{
    struct mcub_tlv_iter it;
    struct mcub_tlv tlv;
    json_builder_set_member_name(b, "tlvs");
    json_builder_begin_array(b);
    mcub_tlv_iter_init(&it, image, MCUB_TLV_ANY, false);
    while (mcub_tlv_next(&it, &tlv) == 1) {
        uint8_t value[64];
        size_t len = MIN(tlv.len, sizeof(value));
        if (mcub_source_read(&image->src, tlv.off, value, len) != 0) {
            break;
        }
        char *hex = cli_hex(value, len);
        cli_out(cli, "  tlv        0x%04x %-16s %4u bytes  %s%.32s%s\n",
                tlv.type, tlv_name(tlv.type), tlv.len,
                tlv.prot ? "protected  " : "", hex,
                strlen(hex) > 32 ? "…" : "");
        json_builder_begin_object(b);
        cli_json_add_int(b, "type", tlv.type);
        cli_json_add_string(b, "name", tlv_name(tlv.type));
        cli_json_add_int(b, "length", tlv.len);
        cli_json_add_bool(b, "protected", tlv.prot);
        cli_json_add_string(b, "value", hex);
        json_builder_end_object(b);
        g_free(hex);
    }
    json_builder_end_array(b);
}

static void show_image(struct cli *cli, JsonBuilder *b,
        const struct host_package_image *i, bool tlvs)
{
    const struct mcub_image_header *h = &i->mcub.hdr;
    char *hash = cli_hex(i->dfu->hash, i->dfu->hash_len);
    char *sha = cli_hex(i->dfu->sha, sizeof(i->dfu->sha));
    cli_out(cli, "image %u     %s%s\n", i->dfu->image, i->name,
            i->dfu->net_core ? " (network core)" : "");
    cli_out(cli, "  version    %s\n", cli_version(&h->version));
    cli_out(cli, "  size       %s bytes (header %u, payload %s)\n",
            cli_thousands(i->size), h->hdr_size, cli_thousands(h->img_size));
    cli_out(cli, "  hash       %s\n             %s\n", hash, hash_state(i));
    if (i->board != NULL) {
        cli_out(cli, "  board      %s\n", i->board);
    }
    if (i->app != NULL) {
        cli_out(cli, "  app        %s\n", i->app);
    }
    if (i->trailer_stripped) {
        cli_out(cli, "  note       padded file%s: the trailer is not sent\n",
                i->confirmed_file ? ", marked confirmed" : "");
    }
    json_builder_begin_object(b);
    cli_json_add_int(b, "image", i->dfu->image);
    cli_json_add_int(b, "slot", i->dfu->slot);
    cli_json_add_string(b, "file", i->name);
    cli_json_add_string(b, "version", cli_version(&h->version));
    cli_json_add_string(b, "hash", hash);
    cli_json_add_string(b, "hash_state",
            i->hash_wrong             ? "wrong"
                    : i->hash_checked ? "good"
                                      : "unchecked");
    cli_json_add_string(b, "sha256", sha);
    cli_json_add_int(b, "size", i->size);
    cli_json_add_int(b, "file_size", i->file_size);
    cli_json_add_int(b, "header_size", h->hdr_size);
    cli_json_add_int(b, "payload_size", h->img_size);
    cli_json_add_int(b, "flags", h->flags);
    cli_json_add_int(b, "load_address", h->load_addr);
    cli_json_add_string(b, "board", i->board);
    cli_json_add_string(b, "app", i->app);
    cli_json_add_bool(b, "net_core", i->dfu->net_core);
    cli_json_add_bool(b, "encrypted", i->dfu->encrypted);
    cli_json_add_bool(b, "padded", i->trailer_stripped);
    if (i->has_security_counter) {
        cli_out(cli, "  counter    %u\n", i->security_counter);
        cli_json_add_int(b, "security_counter", i->security_counter);
    }
    if (tlvs) {
        cli_out(cli, "  flags      0x%08x\n  load addr  0x%08x\n", h->flags,
                h->load_addr);
        show_tlvs(cli, b, &i->mcub);
    }
    json_builder_end_object(b);
    g_free(hash);
    g_free(sha);
}

static int show(struct cli *cli, const char *path, bool tlvs, bool force)
{
    struct host_package_options opt = { .force = force };
    struct host_package *p = host_package_open(path, &opt, &cli->err);
    if (p == NULL) {
        return cli_failed(cli);
    }
    JsonBuilder *b = json_builder_new();
    json_builder_begin_object(b);
    cli_json_add_string(b, "file", path);
    cli_json_add_string(b, "kind",
            p->kind == HOST_PACKAGE_ZIP ? "package" : "image");
    if (p->kind == HOST_PACKAGE_ZIP) {
        cli_out(cli, "package     %s%s%s, %u image%s, manifest format %d\n",
                path, p->title != NULL ? ", " : "",
                p->title != NULL ? p->title : "", p->dfu.count,
                p->dfu.count == 1 ? "" : "s", p->format_version);
        cli_json_add_string(b, "name", p->title);
        cli_json_add_int(b, "format_version", p->format_version);
        cli_json_add_int(b, "time", p->time);
        cli_json_add_bool(b, "direct_xip", p->xip);
    }
    json_builder_set_member_name(b, "images");
    json_builder_begin_array(b);
    for (unsigned i = 0; i < p->dfu.count; i++) {
        show_image(cli, b, &p->images[i], tlvs);
    }
    json_builder_end_array(b);
    json_builder_set_member_name(b, "notes");
    json_builder_begin_array(b);
    for (guint i = 0; i < p->notes->len; i++) {
        const char *note = g_ptr_array_index(p->notes, i);
        cli_out(cli, "note: %s\n", note);
        json_builder_add_string_value(b, note);
    }
    json_builder_end_array(b);
    json_builder_end_object(b);
    cli_result(cli, b);
    host_package_close(p);
    return 0;
}

int cli_cmd_imagefile(struct cli *cli, int argc, char **argv)
{
    int rc = cli_parse(cli, NULL, &argc, &argv, 1, 1);
    return rc != 0 ? rc : show(cli, argv[1], true, true);
}

int cli_package_show(struct cli *cli, int argc, char **argv)
{
    int rc = cli_parse(cli, NULL, &argc, &argv, 1, 1);
    return rc != 0 ? rc : show(cli, argv[1], false, true);
}

int cli_package_verify(struct cli *cli, int argc, char **argv)
{
    int rc = cli_parse(cli, NULL, &argc, &argv, 1, 1);
    if (rc == 0) {
        rc = show(cli, argv[1], false, false);
    }
    if (rc == 0) {
        cli_out(cli,
                "good: every file is there, every hash matches "
                "(signatures are not checked)\n");
    }
    return rc;
}
