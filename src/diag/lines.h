// SPDX-License-Identifier: Apache-2.0
/*
 * Readers of text: one line at a time, several shapes tried in turn. What a
 * reader understands becomes an event; messages that a log shows in several
 * forms (bytes set, bytes written, decoded) are merged.
 */
#ifndef DIAG_LINES_H
#define DIAG_LINES_H

#include "diag/event.h"
#include "diag/signs.h"
#include "diag/text.h"
#include "smp/message.h"

/** How a message was written; different forms of one message are merged. */
enum diag_form {
    DIAG_FORM_SET = 1 << 0,     /**< characteristic.setValue() */
    DIAG_FORM_WRITE = 1 << 1,   /**< gatt.writeCharacteristic(…, value=…) */
    DIAG_FORM_VALUE = 1 << 2,   /**< bytes written, notification received */
    DIAG_FORM_DECODED = 1 << 3, /**< header fields and JSON */
    DIAG_FORM_DUMP = 1 << 4,    /**< hexdump of a whole message */
    DIAG_FORM_STRUCT = 1 << 5,  /**< Go: Encoded &{…} */
    DIAG_FORM_RAW = 1 << 6,     /**< hex on a line of its own, iOS -> and <- */
};

/** Largest SMP message that is put together. */
#define DIAG_MESSAGE_MAX 8200u

/** A message that arrives in pieces. */
struct diag_pieces {
    uint8_t buf[DIAG_MESSAGE_MAX];
    size_t len;
    uint32_t line;
    int64_t t_ms;
    uint16_t form;
    char quote[DIAG_QUOTE_MAX + 1];
};

/** A file being read. */
struct diag_source {
    struct diag_events *list;
    const char *file;
    const char *dev;
    uint32_t line;         /**< of what is being read */
    int64_t t_ms;          /**< of it, -1 = unknown */
    int64_t last_ms;       /**< to notice midnight */
    struct diag_span text; /**< the cleaned line */
    bool medium_told;      /**< a capture: what it was taken from is told */
    bool console_only;     /**< every line is console text of the device */
    struct diag_pieces rx;
    struct diag_pieces tx;
    /* hexdump in progress */
    bool dumping;
    size_t dump_len;
    uint8_t dump[DIAG_MESSAGE_MAX];
    uint32_t dump_line;
    char dump_quote[DIAG_QUOTE_MAX + 1];
    struct smp_header dump_header; /**< Go: the body follows */
    bool dump_body;
    /* request of the old multi-line form, and what answers refer to */
    struct smp_header old;
    bool old_open;
    struct smp_header last_tx;
    bool last_tx_known;
    /* image list as text */
    struct smp_encoder list_enc;
    uint8_t list_buf[2048];
    bool list_open;
    bool slot_open;
    bool list_bare; /**< absent keys are known to be absent */
    uint32_t list_line;
    char list_quote[DIAG_QUOTE_MAX + 1];
    /* the clients in Rust */
    struct {
        struct smp_header about; /**< answer to what was asked last */
        bool about_known;
        bool code_next;           /**< a long name is on the next line */
        bool bytes_shown;         /**< its messages were shown as bytes */
        struct smp_header header; /**< of an answer: the body follows */
        bool header_known;
        size_t sent_at; /**< events when a request was read, 0 = none */
    } rust;
    /* what iOS and others announce */
    uint32_t upload_size;
    uint32_t progress;
    bool link_up;
    bool asked; /**< a request was seen that needs an answer */
    /* phrases by their first two bytes */
    uint8_t pairs[8192];
    uint32_t found; /**< lines understood */
};

/** Make a source; it is large: allocate it. */
void diag_source_init(struct diag_source *s, struct diag_events *list,
        const char *name);

/** Read one line; it is copied where needed. */
void diag_source_line(struct diag_source *s, uint32_t line,
        struct diag_span text);

/** The text is over: what is open becomes events. */
void diag_source_end(struct diag_source *s);

/* ---- for the readers ---- */

/** An event at the current line. */
struct diag_event diag_draft(const struct diag_source *s,
        enum diag_event_kind kind, const char *quote);

/** Add an event with two numbers. */
void diag_emit(struct diag_source *s, enum diag_event_kind kind, uint32_t a,
        uint32_t b);

/** Add an event with a text of its own. */
void diag_emit_text(struct diag_source *s, enum diag_event_kind kind,
        struct diag_span text);

/** Add what a phrase says. */
void diag_emit_sign(struct diag_source *s, enum diag_event_kind kind,
        enum diag_sign sign);

/** A capture: tell once what kind of link it shows. */
void diag_emit_medium(struct diag_source *s, enum diag_sign medium);

/** Add, or merge, a message with header; body CBOR is mended. */
void diag_emit_message(struct diag_source *s, uint16_t form,
        const uint8_t *message, size_t len);

/** Add, or merge, a message whose header is told apart from its body. */
void diag_emit_parts(struct diag_source *s, uint16_t form,
        const struct smp_header *h, struct smp_bytes body, bool cut,
        bool loose);

/** Bytes of a notification or a write: put together by header length. */
void diag_emit_piece(struct diag_source *s, uint16_t form, bool tx,
        const uint8_t *bytes, size_t len);

/** What is still in pieces becomes a cut message. */
void diag_flush_pieces(struct diag_source *s);

/* Readers: true when the line was theirs. */
bool diag_line_android(struct diag_source *s);
bool diag_line_session(struct diag_source *s);
bool diag_line_ios(struct diag_source *s);
bool diag_line_go(struct diag_source *s);
bool diag_line_python(struct diag_source *s);
bool diag_line_rust(struct diag_source *s);
bool diag_line_listing(struct diag_source *s);
bool diag_line_hex(struct diag_source *s);
bool diag_line_console(struct diag_source *s);
bool diag_line_phrase(struct diag_source *s);
void diag_listing_start(struct diag_source *s);
void diag_listing_end(struct diag_source *s);
/** The next slot of the list that is open. */
void diag_listing_slot(struct diag_source *s, uint32_t image, uint32_t slot);
void diag_dump_end(struct diag_source *s);
bool diag_dump_line(struct diag_source *s, struct diag_span dump);
void diag_phrases_init(struct diag_source *s);
/** What a phrase in the current line says; SIGN_NONE. */
uint16_t diag_phrase_sign(const struct diag_source *s);

/**
 * One line of our trace.
 *
 * @return 1 an event was added, 0 no trace line
 */
int diag_line_trace(struct diag_source *s);

/** true: the text is a Kconfig fragment or a .config. */
bool diag_is_conf(const char *text, size_t len);

/** Group number of a name in a log ("image", "default", "os"); -1 unknown. */
int diag_group_of(struct diag_span name);

/** Command number of a name in a log; -1 unknown. */
int diag_command_of(int group, struct diag_span name);

#endif
