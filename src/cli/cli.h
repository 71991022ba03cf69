// SPDX-License-Identifier: Apache-2.0
/*
 * smpctl: what every command shares. A command reads its arguments, works
 * through host and dfu, and either leaves a JSON document and prints text, or
 * calls cli_fail*() and returns the exit status.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stdio.h>

#include <glib.h>
#include <json-glib/json-glib.h>

#include "dfu/outlook.h"
#include "dfu/update.h"
#include "host/bluez.h"
#include "host/error.h"
#include "host/session.h"
#include "host/trace.h"

/** Exit status of the program; see smpctl(1). */
enum cli_exit {
    CLI_EXIT_DONE = 0,
    CLI_EXIT_OTHER = 1,
    CLI_EXIT_USAGE = 2,
};

/** Options that every command takes. */
struct cli_options {
    char *connect;
    double timeout_s; /**< 0 = default */
    int retries;      /**< -1 = default */
    char *window;     /**< "auto" or a number */
    char *smp_version;
    char *trace;
    char *color;
    char *pair;    /**< BLE: yes, no or ask */
    char *passkey; /**< BLE */
    gboolean trace_data;
    gboolean json;
    gboolean events;
    gboolean quiet;
    gboolean verbose;
};

/** What the device refused, kept for the error document. */
struct cli_refusal {
    bool told;
    struct smp_refusal smp;
};

struct cli_command;

struct cli {
    struct cli_options opt;
    const struct cli_command *command; /**< being run */
    bool tty;       /**< stderr is a terminal: one live progress line */
    bool color_out; /**< colours on stdout */
    bool color_err; /**< colours on stderr */
    bool line_open; /**< a progress line is on the terminal */
    struct host_cancel cancel;
    struct host_link *link;
    struct host_session *session;
    struct host_trace *trace;
    struct host_ble_options ble; /**< of the link */
    struct host_error err;       /**< first failure wins */
    struct cli_refusal refusal;
    bool judged;        /**< print the doctor's verdict on failure */
    const char *file;   /**< what is being sent, for the doctor's advice */
    JsonNode *document; /**< result for --json */
    JsonNode *findings; /**< of the last plan; NULL: there was none */
};

/** One command of the program. */
struct cli_command {
    const char *name;    /**< "image list": one or two words */
    const char *args;    /**< for the usage line */
    const char *summary; /**< one line */
    /**
     * Run it. argv[0] is the last word of the command; it parses its own
     * options with cli_parse(). @return exit status, or -1: help was printed
     */
    int (*run)(struct cli *cli, int argc, char **argv);
    bool group_head; /**< first row of a block in the help text */
};

/** Every command, in the order of the help text. */
extern const struct cli_command cli_commands[];
extern const size_t cli_command_count;

/* ---- options.c ---- */

/**
 * Parse a command's own options together with the global ones.
 *
 * @param entries  of the command, NULL terminated array, or NULL
 * @param min,max  how many words must remain; max -1 = any number
 * @return 0 with *argc and *argv holding the remaining words (command name
 *         first), CLI_EXIT_USAGE (reported), or -1: help was printed
 */
int cli_parse(struct cli *cli, const GOptionEntry *entries, int *argc,
        char ***argv, int min, int max);

/** Global option table, for the first pass in main. */
const GOptionEntry *cli_global_entries(struct cli *cli);

/**
 * Find the command that argv begins with, behind the options.
 *
 * @param[out] words  how many words it has, 1 or 2; written when found
 * @return NULL: there is none
 */
const struct cli_command *cli_find(int argc, char **argv, int *words);

/** Every command and every global option. */
void cli_print_help(FILE *out);

/**
 * A first word alone, "image": list the commands that begin with it.
 *
 * @return false: no command begins with word
 */
bool cli_print_family(const char *word, FILE *out);
/** One command and its options (may be NULL); command NULL = all of them. */
void cli_print_command_help(const struct cli_command *command, FILE *out,
        const GOptionEntry *entries);

/* ---- fail.c ---- */

/** Set the failure (first one wins). @return its exit status */
int cli_fail(struct cli *cli, enum dfu_code code, const char *next,
        const char *format, ...) G_GNUC_PRINTF(4, 5);

/** The failure is in cli->err already. @return its exit status, never 0 */
int cli_failed(struct cli *cli);

/** The device refused: keep the numbers. @return exit status */
int cli_fail_refused(struct cli *cli, const struct smp_refusal *refusal,
        const char *what);

/** Wrong usage: printed at once. @return CLI_EXIT_USAGE */
int cli_usage(struct cli *cli, const char *format, ...) G_GNUC_PRINTF(2, 3);

/** Print the failure (text on stderr, or the JSON document). */
void cli_report_failure(struct cli *cli, int status);

/* ---- connect.c ---- */

/** Open the session of --connect. @return 0 or exit status */
int cli_connect(struct cli *cli);

/** Close session, link and trace. */
void cli_disconnect(struct cli *cli);

/**
 * One request, one answer. body points into the session until the next.
 *
 * @param what  for errors: "image list"
 * @return 0 or exit status (failure set, refusal kept)
 */
int cli_request(struct cli *cli, const struct smp_request *req,
        const char *what, struct smp_bytes *body);

/**
 * How long a device may take to erase a slot or its settings: a slot of 1 MiB
 * takes 20 s on chips whose flash is not fast, and no answer comes before.
 */
#define CLI_ERASE_TIMEOUT_MS 40000u

/** Ask the device what it is. @return 0 or exit status */
int cli_query(struct cli *cli, struct dfu_device *device);

/* ---- json.c ---- */

/** Print a document: one line when compact; doubles with two decimals. */
void cli_json_print(FILE *out, JsonNode *node, bool compact);

/** CBOR to JSON; byte strings become hex. Never NULL. */
JsonNode *cli_json_from_cbor(struct smp_bytes cbor);

/**
 * JSON to CBOR, definite form; {"$hex": "…"} is a byte string.
 *
 * @return bytes, or negative: out of room or depth
 */
int cli_json_to_cbor(JsonNode *node, uint8_t *buf, size_t size);

/** Parse untrusted JSON text (bounded size and depth); NULL = *err set. */
JsonNode *cli_json_parse(const char *text, GError **err);

/** Take the builder's root as the command's result. Frees the builder. */
void cli_result(struct cli *cli, JsonBuilder *builder);

/** Members of the object that is open; a text may be NULL: null. */
void cli_json_add_hex(JsonBuilder *b, const char *name, const uint8_t *bytes,
        size_t len);
void cli_json_add_string(JsonBuilder *b, const char *name, const char *text);
void cli_json_add_int(JsonBuilder *b, const char *name, int64_t value);
void cli_json_add_bool(JsonBuilder *b, const char *name, bool value);
void cli_json_add_double(JsonBuilder *b, const char *name, double value);

/* ---- output.c ---- */

/** Print to stdout, unless JSON is the output. */
void cli_out(struct cli *cli, const char *format, ...) G_GNUC_PRINTF(2, 3);

/** Print a line to stderr, unless --quiet; ends an open progress line. */
void cli_note(struct cli *cli, const char *format, ...) G_GNUC_PRINTF(2, 3);

/** As cli_note(), only with --verbose. */
void cli_verbose(struct cli *cli, const char *format, ...) G_GNUC_PRINTF(2, 3);

/** One --events line: {"event": name, …}; takes the builder. */
void cli_event(struct cli *cli, JsonBuilder *builder);

/** The document as the last --events line. */
void cli_result_event(struct cli *cli);

/** Replace the live line (terminal only). */
void cli_progress(struct cli *cli, const char *text);

/** End the live line. */
void cli_progress_end(struct cli *cli);

/** Decide on colours and the live line from --color and the terminals. */
void cli_set_colors(struct cli *cli);

/** Bytes as hex; g_free(). */
char *cli_hex(const uint8_t *bytes, size_t len);

/** "139,592". Static buffers, four in turn. */
const char *cli_thousands(uint64_t value);

/** Show a device's text safely; g_free(). */
char *cli_escape(struct smp_bytes text);

/**
 * "bold", "red", "green", "yellow", "dim" or "reset" as what a terminal reads.
 *
 * @param err  for stderr; else for stdout
 * @return static; "" where that stream has no colours
 */
const char *cli_style(const struct cli *cli, bool err, const char *name);

/* ---- slots.c ---- */

/** The image list as a table on stdout. */
void cli_print_slots(struct cli *cli, const struct dfu_device *device);

/** The image list as the member "images" of the object that is open. */
void cli_json_add_slots(JsonBuilder *b, const struct dfu_device *device);

/** Version of a slot in one form, 1.2.3+4; escaped when unreadable. g_free() */
char *cli_slot_version(const struct dfu_slot *slot);

/** Flags in words: "active, confirmed". Static buffer. */
const char *cli_flags(const struct dfu_slot *slot);

/** What the next reset does with an image, in words. g_free() */
char *cli_outlook_text(const struct dfu_outlook *outlook,
        const struct dfu_device *device, uint8_t image);

/** The same as members of the open object: next_reset, runs_next, … */
void cli_json_add_outlook(JsonBuilder *b, const struct dfu_outlook *outlook);

/** One paragraph per image: what runs, what waits, what a reset does. mode is
 *  that of dfu_plan_mode(). */
void cli_explain_slots(struct cli *cli, const struct dfu_device *device,
        int32_t mode, JsonBuilder *b);

/* ---- cmd_info.c ---- */

/** A bootloader mode (enum smp_bootloader_mode) in words. Never NULL. */
const char *cli_mode_name(int32_t mode);

/* ---- plan_text.c ---- */

/** What a plan was made of. */
struct cli_view {
    const struct dfu_package *package;
    const struct dfu_device *device;
    const struct dfu_options *options;
};

/** A finding in words: what, which image, what the device has. g_free(). */
char *cli_finding_text(const struct dfu_finding *f,
        const struct cli_view *view);

/** What to do about a fatal finding; static or "" when nothing is known. */
const char *cli_finding_next(const struct dfu_finding *f);

/** The findings as a JSON array: id, severity, code, image, slot, text. */
JsonNode *cli_findings_json(const struct dfu_plan *plan,
        const struct cli_view *view);

/** Member "findings" of the open object, when there was a plan. */
void cli_json_add_findings(JsonBuilder *b, const struct cli *cli);

/** A step of the plan in words. g_free(). */
char *cli_step_text(const struct dfu_step *step,
        const struct dfu_package *package);

/** "image 1 (net_core.bin)"; static buffers, two in turn. */
const char *cli_image_name(const struct dfu_package *package, uint8_t index);

/** A version as one form, "1.2.3+4"; static buffers, four in turn. */
const char *cli_version(const struct mcub_version *version);

/* ---- finding_text.c ---- */

/** As cli_finding_text(), about bootloader and resets. NULL: f is about
 * neither. */
char *cli_boot_finding_text(const struct dfu_finding *f,
        const struct cli_view *view);

/** As cli_finding_next(). NULL: nothing is known. */
const char *cli_boot_finding_next(const struct dfu_finding *f);

/* ---- commands ---- */

/** For struct cli_command.run, and the parts that stand in other files. */
int cli_cmd_upgrade(struct cli *cli, int argc, char **argv);
int cli_cmd_revert(struct cli *cli, int argc, char **argv);
int cli_cmd_why(struct cli *cli, int argc, char **argv);
int cli_cmd_info(struct cli *cli, int argc, char **argv);
int cli_cmd_image(struct cli *cli, int argc, char **argv);
/** image upload: an upgrade in mode upload-only. */
int cli_cmd_image_upload(struct cli *cli, int argc, char **argv);
int cli_cmd_os(struct cli *cli, int argc, char **argv);
int cli_cmd_groups(struct cli *cli, int argc, char **argv);
int cli_cmd_erase_storage(struct cli *cli, int argc, char **argv);
int cli_cmd_raw(struct cli *cli, int argc, char **argv);
int cli_cmd_scan(struct cli *cli, int argc, char **argv);
int cli_cmd_bluetooth(struct cli *cli, int argc, char **argv);
int cli_cmd_device(struct cli *cli, int argc, char **argv);
int cli_cmd_package(struct cli *cli, int argc, char **argv);
int cli_package_show(struct cli *cli, int argc, char **argv);
int cli_package_verify(struct cli *cli, int argc, char **argv);
int cli_cmd_imagefile(struct cli *cli, int argc, char **argv);
int cli_cmd_doctor(struct cli *cli, int argc, char **argv);
int cli_cmd_decode(struct cli *cli, int argc, char **argv);

/* ---- cmd_bluetooth.c ---- */

/** Fill cli->ble from the options. @return 0 or exit status */
int cli_ble_options(struct cli *cli);

/** Longest listening, in seconds. */
#define CLI_SCAN_MAX_S 600.0

/** Options of scan. */
struct cli_scan {
    gboolean ble_only;
    gboolean serial_only;
    gboolean all;
    char *name;
    char *adapter;
    int rssi;
    double seconds;
};

/** Listen for Bluetooth LE devices, add member "ble". @return exit status */
int cli_scan_ble(struct cli *cli, struct cli_scan *scan, JsonBuilder *b);

/* ---- doctor.c ---- */

/** Write the failure into the trace, unless it is there. */
void cli_trace_failure(struct cli *cli);

/** Judge the session's own trace and print or add the verdicts. */
void cli_judge(struct cli *cli, JsonBuilder *b);

#endif
