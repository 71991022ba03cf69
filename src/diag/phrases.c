// SPDX-License-Identifier: Apache-2.0
/*
 * Texts that mean something wherever they stand: what bootloaders, devices
 * and clients print. One row: the text, and what it says. The first that is
 * found counts, so longer texts stand before shorter ones.
 */
#include <string.h>

#include "diag/lines.h"
#include "diag/message.h"

struct phrase {
    const char *text;
    uint16_t sign;
    uint8_t kind; /* enum diag_event_kind */
};

#define CONSOLE(text, name)           \
    {                                 \
        text, SIGN_##name, DIAG_NOISE \
    }
#define CLIENT(text, name)            \
    {                                 \
        text, SIGN_##name, DIAG_ERROR \
    }
#define NOTE(text, name)             \
    {                                \
        text, SIGN_##name, DIAG_NOTE \
    }

/* clang-format off */
static const struct phrase phrases[] = {
    /* MCUboot */
    CONSOLE("Not enough free space to run swap upgrade", C_NO_ROOM),
    CONSOLE("Failed reading sectors; BOOT_MAX_IMG_SECTORS", C_SECTORS),
    CONSOLE("Cannot upgrade: ", C_INCOMPATIBLE),
    CONSOLE("more sectors than allowed", C_INCOMPATIBLE),
    CONSOLE("Image in the secondary slot is not valid", C_SECONDARY_BAD),
    CONSOLE("Image in the primary slot is not valid", C_PRIMARY_BAD),
    CONSOLE("Unable to find bootable image", C_NO_BOOTABLE),
    CONSOLE("insufficient version in secondary slot", C_DOWNGRADE),
    CONSOLE("Insufficient version in secondary slot", C_DOWNGRADE),
    CONSOLE("erased due to downgrade prevention", C_DOWNGRADE),
    CONSOLE("ecurity counter value", C_COUNTER),
    CONSOLE("Secondary header magic detected in first sector", C_OFFSET_MODE),
    CONSOLE("is not designated for the primary slot", C_NOT_DESIGNATED),
    CONSOLE("has been built for offset", C_BUILT_OFFSET),
    CONSOLE("Bad image magic", C_BAD_MAGIC),
    CONSOLE("Starting Direct-XIP bootloader", C_XIP_BOOT),
    CONSOLE("Starting swap using move algorithm", C_SWAP_MOVE),
    CONSOLE("Swap type: test", C_SWAP_TEST),
    CONSOLE("Swap type: perm", C_SWAP_PERM),
    CONSOLE("Swap type: revert", C_SWAP_REVERT),
    CONSOLE("Swap type: none", C_SWAP_NONE),
    CONSOLE("Enter the serial recovery mode", C_RECOVERY),
    CONSOLE("Starting bootloader", C_BOOT),
    CONSOLE("*** Booting MCUboot", C_BOOT),
    CONSOLE("*** Booting ", C_BANNER),
    CONSOLE("ependency", C_DEPENDENCY),
    CONSOLE("Failed to decrypt", C_DECRYPT),
    CONSOLE("Failed to load encryption key", C_DECRYPT),
    CONSOLE("Secondary image: magic=unset", C_UNSET),
    CONSOLE("Starting network core update", C_NET_COPY),
    CONSOLE("Done updating network core", C_NET_COPY),
    CONSOLE("PCD: failed", C_PCD),
    CONSOLE("Network core update failed", C_PCD),
    NOTE("mode: Direct XIP", MODE_XIP),
    NOTE("Mode: Direct XIP", MODE_XIP),
    NOTE("mode: Overwrite-only", MODE_OVERWRITE),
    NOTE("mode: Firmware Loader", MODE_LOADER),
    /* Zephyr */
    CONSOLE("flash_sync_mpsl: timeout", C_FLASH_TIMEOUT),
    CONSOLE("image slot erase of", C_ERASE_FAILED),
    CONSOLE("Failed to erase flash", C_ERASE_FAILED),
    CONSOLE("flash_img_buffered_write", C_WRITE_FAILED),
    CONSOLE("stream_flash: flash_write error", C_WRITE_FAILED),
    CONSOLE("flash_write error", C_WRITE_FAILED),
    CONSOLE("Failed to open flash area ID", C_OPEN_FAILED),
    CONSOLE("Image upload inspect failed: 2", C_INSPECT_2),
    CONSOLE("Image upload inspect failed: 3", C_INSPECT_3),
    CONSOLE("Image upload inspect failed: 5", C_INSPECT_5),
    CONSOLE("Image upload inspect failed: 6", C_INSPECT_6),
    CONSOLE("Image upload inspect failed: 9", C_INSPECT_6),
    CONSOLE("Image upload inspect failed: 23", C_INSPECT_3),
    CONSOLE("BFAR Address: 0x0", C_NULL),
    CONSOLE("BFAR Address: 0xc", C_NULL),
    CONSOLE("BUS FAULT", C_BUS_FAULT),
    CONSOLE("MPU FAULT", C_BUS_FAULT),
    CONSOLE("USAGE FAULT", C_BUS_FAULT),
    CONSOLE("HARD FAULT", C_BUS_FAULT),
    CONSOLE("ZEPHYR FATAL ERROR 2", C_STACK),
    CONSOLE("ZEPHYR FATAL ERROR", C_BUS_FAULT),
    CONSOLE("Stack overflow", C_STACK),
    CONSOLE("stack overflow", C_STACK),
    CONSOLE("(mcumgr smp)", C_SMP_WORK),
    CONSOLE("ASSERTION FAIL", C_ASSERT),
    CONSOLE("eset cause: watchdog", C_WATCHDOG),
    CONSOLE("RESET_WATCHDOG", C_WATCHDOG),
    CONSOLE("watchdog expired", C_WATCHDOG),
    CONSOLE("watchdog reset", C_WATCHDOG),
    CONSOLE("JEDEC ID mismatch", C_QSPI),
    CONSOLE("qspi_nor: ", C_QSPI),
    CONSOLE("spi_nor: Device id", C_QSPI),
    CONSOLE("No more buffers", C_NO_BUFFER),
    CONSOLE("unable to allocate net_buf", C_NO_BUFFER),
    CONSOLE("img_mgmt_set_next_boot_slot: (1, confirm)", C_CONFIRM_WRITTEN),
    CONSOLE("PIN or Key Missing", C_BOND_LOST),
    /* clients: Bluetooth */
    CLIENT("nsufficient authentication", T_AUTH),
    CLIENT("nsufficient encryption", T_AUTH),
    CLIENT("nsufficient Authentication", T_AUTH),
    CLIENT("InsufficientAuthentication", T_AUTH),
    CLIENT("GATT INSUF AUTHENTICATION", T_AUTH),
    CLIENT("GATT_INSUF", T_AUTH),
    CLIENT("eer removed pairing information", T_BOND),
    CLIENT("airing removed from peer", T_BOND),
    CLIENT("GATT AUTH FAIL", T_BOND),
    CLIENT("does not support SMP service", T_NO_SERVICE),
    CLIENT("SMP service not found", T_NO_SERVICE),
    CLIENT("equired service not supported", T_NO_SERVICE),
    CLIENT("equired service has not been found", T_NO_SERVICE),
    CLIENT("DFU Service not found", T_OLD_DFU),
    CLIENT("DFU SERVICE NOT FOUND", T_OLD_DFU),
    CLIENT("GATT INVALID HANDLE", T_CACHE),
    CLIENT("nvalid handle", T_CACHE),
    CLIENT("(0x85): GATT ERROR", T_133),
    CLIENT("status 133", T_133),
    CLIENT("UNKNOWN(147)", T_147),
    CLIENT("UNKNOWN (147)", T_147),
    CLIENT("Unknown (147)", T_147),
    CLIENT("(0x93)", T_147),
    CLIENT("can't init hci", T_HCI),
    CLIENT("D-Bus system bus", T_NO_BLUETOOTH),
    CLIENT("system bus does not let this user", T_NO_BLUETOOTH),
    CLIENT("bluetoothd does not run", T_NO_BLUETOOTH),
    CLIENT("Bluetooth: this machine has no adapter", T_NO_BLUETOOTH),
    CLIENT("Bluetooth: there is no adapter", T_NO_BLUETOOTH),
    CLIENT("adapter is switched off", T_NO_BLUETOOTH),
    CLIENT("Bluetooth: every adapter is switched off", T_NO_BLUETOOTH),
    CLIENT("GATT CONN TIMEOUT", GATT_TIMEOUT_RESET),
    CLIENT("Insufficient MTU: ", T_MTU_IOS),
    CLIENT(" too long for MTU: ", T_TOO_LONG),
    /* smpctl */
    CLIENT("a merged Intel HEX file", F_MERGED),
    CLIENT("is a merged binary", F_MERGED),
    CLIENT("an Intel HEX file", F_HEX),
    CLIENT("an ELF file", F_HEX),
    CLIENT("a UF2 file", F_HEX),
    CLIENT("is a SUIT envelope", FILE_SUIT),
    CLIENT("a bootloader package (dfu_mcuboot.zip)", F_MCUBOOT_ZIP),
    CLIENT("not responding after 6 attempts", T_FIXED_MTU),
    NOTE("dfu-util -", T_DFU_UTIL),
    NOTE("dfu-util --", T_DFU_UTIL),
    NOTE("nrfutil dfu ", T_DFU_UTIL),
    CLIENT("is encrypted for a", F_ENC_KEY),
    CLIENT("does not decrypt, or has another key", NEW_ENCRYPTED),
    CLIENT("its flags say NON_BOOTABLE", BYTES_NOT_BOOTABLE),
    CLIENT("but the bootloader is built without encryption", F_ENC_NO),
    CLIENT("and cannot decrypt", F_ENC_NO),
    CLIENT("not signed, ", E_UNSIGNED),
    CLIENT("signed with another key", E_WRONG_KEY),
    CLIENT(", but the bootloader wants ", E_WRONG_KEY),
    CLIENT("built for flash address 0x", E_WRONG_SLOT),
    CLIENT(": security counter ", F_COUNTER),
    CLIENT("no security counter, ", F_COUNTER),
    CLIENT("and this bootloader starts the newest image", F_NOT_NEWEST),
    CLIENT("and a bootloader knows one kind", F_HASH_KIND),
    CLIENT("(no RAM_LOAD flag)", F_RAM),
    CLIENT("made to run from RAM at 0x", F_RAM),
    CLIENT("a network core's image by its ", FILE_NET_AS_0),
    /* clients: protocol */
    CLIENT("pgrade is already in progress", T_TWICE),
    CLIENT("seq: 0) failed: Sending the request timed out", T_FIRST_TIMEOUT),
    CLIENT("timed out without receiving a response", T_TIMEOUT),
    CLIENT("Sending the request timed out", T_TIMEOUT),
    CLIENT(") waiting for request", T_TIMEOUT),
    CLIENT("TimeoutError", T_TIMEOUT),
    CLIENT("was lost, but the chunk was ack-ed by later chunk", T_LOST_ACKED),
    CLIENT("has been lost (expected offset=", T_LOST_CHUNK),
    CLIENT("Possible reason: downgrade prevention", T_NOT_PENDING),
    CLIENT("Downgrade forbidden", T_NOT_PENDING),
    CLIENT("did not switch to pending", T_NOT_PENDING),
    CLIENT("or more images, but received", T_EXPECTED_MORE),
    CLIENT("Bad sequence", T_BAD_SEQ),
    CLIENT("bad sequence", T_BAD_SEQ),
    CLIENT("SMPBadSequence", T_BAD_SEQ),
    CLIENT("Error: EOF", T_NO_CBOR),
    CLIENT("CRC mismatch", T_CRC),
    CLIENT("crc mismatch", T_CRC),
    CLIENT("CRC error", T_CRC),
    CLIENT("Invalid CRC", T_CRC),
    CLIENT("illegal base64 data", T_CRC),
    CLIENT("Error code: 603", T_603),
    CLIENT("xclusively lock port", T_PORT_BUSY),
    CLIENT("evice or resource busy", T_PORT_BUSY),
    CLIENT("Serial port busy", T_PORT_BUSY),
    CLIENT("in use by another program", T_PORT_BUSY),
    CLIENT("could not open port 'COM", T_PORT_BUSY),
    CLIENT("SerialException", T_PORT),
    CLIENT("nput/output error", T_PORT),
    CLIENT("device disconnected or multiple access", T_PORT),
    CLIENT("onnection refused", T_UNREACHABLE),
    NOTE("uart:~$", SHELL_PROMPT),
    NOTE("<Version.V1: 0> from the provided header", T_CLIENT_V1),
};
/* clang-format on */

#define PHRASES (sizeof(phrases) / sizeof(phrases[0]))

static unsigned pair_of(const char *p)
{
    return (unsigned)(uint8_t)p[0] << 8 | (uint8_t)p[1];
}

void diag_phrases_init(struct diag_source *s)
{
    memset(s->pairs, 0, sizeof(s->pairs));
    for (size_t i = 0; i < PHRASES; i++) {
        unsigned pair = pair_of(phrases[i].text);
        s->pairs[pair >> 3] |= (uint8_t)(1u << (pair & 7u));
    }
}

/* The first row whose text is in the line, or NULL. */
static const struct phrase *find(const struct diag_source *s)
{
    size_t best = PHRASES;
    struct diag_span t = s->text;
    for (size_t i = 0; i + 1 < t.len; i++) {
        unsigned pair = pair_of(t.ptr + i);
        if ((s->pairs[pair >> 3] & (1u << (pair & 7u))) == 0) {
            continue;
        }
        for (size_t k = 0; k < best; k++) {
            if (phrases[k].text[0] == t.ptr[i] &&
                    diag_starts(diag_skip(t, i), phrases[k].text)) {
                best = k;
            }
        }
    }
    return best == PHRASES ? NULL : &phrases[best];
}

uint16_t diag_phrase_sign(const struct diag_source *s)
{
    const struct phrase *p = find(s);
    return p == NULL ? (uint16_t)SIGN_NONE : p->sign;
}

bool diag_line_phrase(struct diag_source *s)
{
    const struct phrase *p = find(s);
    if (p == NULL) {
        return false;
    }
    /* "dependency" is a common word: only what MCUboot prints counts. */
    if (p->sign == SIGN_C_DEPENDENCY && !diag_has(s->text, "mage ")) {
        return false;
    }
    diag_emit_sign(s, (enum diag_event_kind)p->kind, (enum diag_sign)p->sign);
    return true;
}

/* ---- consoles ---- */

/* `[00:00:16.278,594] <err> module: text`, `I: text` */
static bool is_console(struct diag_span t)
{
    static const char *const levels[] = { "<inf> ", "<err> ", "<wrn> ",
        "<dbg> " };
    if (t.len > 3 && t.ptr[1] == ':' && t.ptr[2] == ' ' &&
            strchr("IWED", t.ptr[0]) != NULL && t.ptr[0] != '\0') {
        return true;
    }
    if (diag_starts(t, "*** ") || diag_starts(t, "uart:~$")) {
        return true;
    }
    if (t.len == 0 || t.ptr[0] != '[') {
        return false;
    }
    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        if (diag_has(diag_first(t, 48), levels[i])) {
            return true;
        }
    }
    return false;
}

bool diag_line_console(struct diag_source *s)
{
    struct diag_span t = diag_trim(s->text);
    if (!s->console_only && !is_console(t)) {
        return false;
    }
    diag_emit_text(s, DIAG_NOISE, t);
    return true;
}

/* ---- hexadecimal on a line of its own ---- */

/* Dump of words: a good trailer of an image slot. */
static bool is_trailer_word(struct diag_span t)
{
    return diag_has(t, "F395C277") || diag_has(t, "f395c277");
}

bool diag_line_hex(struct diag_source *s)
{
    uint8_t bytes[DIAG_MESSAGE_MAX];
    size_t used;
    struct diag_span t = diag_trim(s->text);
    if (is_trailer_word(t)) {
        diag_emit_sign(s, DIAG_NOTE, SIGN_C_ORPHAN);
        return true;
    }
    if (s->dumping || t.len < 18) {
        return false;
    }
    if (diag_dump_line(s, t)) {
        /* a dump without a word before it */
        s->dumping = true;
        s->dump_body = false;
        s->dump_line = s->line;
        size_t n = t.len < DIAG_QUOTE_MAX ? t.len : DIAG_QUOTE_MAX;
        memcpy(s->dump_quote, t.ptr, n);
        s->dump_quote[n] = '\0';
        return true;
    }
    if (diag_starts(t, "0x")) {
        t = diag_skip(t, 2);
    }
    size_t n = diag_hex(t, bytes, sizeof(bytes), &used);
    if (used != t.len || !diag_is_message(bytes, n)) {
        return false;
    }
    diag_emit_message(s, DIAG_FORM_RAW, bytes, n);
    return true;
}
