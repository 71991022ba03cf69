// SPDX-License-Identifier: Apache-2.0
/* A session reduced to signs: what the rules of the doctor look at. */
#ifndef DIAG_SESSION_H
#define DIAG_SESSION_H

#include "diag/doctor.h"
#include "diag/message.h"
#include "diag/signs.h"
#include "smp/response.h"

/** Signs of one session, and where they were seen. */
struct diag_session {
    bool seen[DIAG_SIGNS];
    const struct diag_event *shown[DIAG_SIGNS];
    char text[DIAG_SIGNS][160];
};

/** A list of images as it was told. */
struct diag_snapshot {
    const struct diag_event *event; /* NULL = none yet */
    unsigned count;
    struct {
        uint32_t image;
        uint32_t slot;
        uint8_t hash[64];
        uint8_t hash_len;
        char version[24];
        bool active;
        bool confirmed;
        bool pending;
        bool permanent;
    } slots[8];
};

#define DIAG_OPEN_MAX 32u

/** A request that waits for its answer. */
struct diag_open {
    const struct diag_event *event;
    uint32_t size; /* whole message, cut data included */
    bool alone;    /* no other was open meanwhile */
};

/** A request that was sent some time ago. */
struct diag_past {
    bool used;
    bool given_up;
    struct smp_header header;
};

/** Requests up to this size fit every buffer and every packet, in bytes. */
#define DIAG_SMALL 64u

/** How an upload goes on: waits between answers, at its start and now. */
struct diag_pace {
    int64_t last_ms; /* of the last answer, -1 = none */
    uint32_t early[2];
    unsigned early_count;
    uint32_t late[2]; /* ring */
    unsigned late_count;
    const struct diag_event *end_lost; /* last chunk, not answered */
    bool again;                        /* begun again after a loss */
};

/** What is remembered while a session is read. */
struct diag_reader {
    struct diag_session *s;
    struct diag_report *report;
    uint8_t number; /* of the session */
    const struct diag_events *events;
    struct diag_open open[DIAG_OPEN_MAX];
    unsigned open_count;
    struct diag_past past[DIAG_OPEN_MAX];
    unsigned past_next;
    unsigned shifted;      /* late answers in a row */
    unsigned silent;       /* requests given up since the last answer */
    uint32_t silent_small; /* the smallest of them */
    uint32_t big_answered; /* largest request that was answered */
    uint32_t small_lost;   /* smallest request that was not */
    unsigned lost;
    unsigned lost_open; /* open requests at the worst loss */
    bool lost_alone;    /* and later a request was lost that was alone */
    const struct diag_event *last_lost;
    const struct diag_event *files[8];
    unsigned file_count;
    bool answered;
    bool v2_asked;
    uint32_t mtu;
    uint32_t buf_size;
    uint32_t buf_count;
    /* uploads */
    struct diag_transfer *transfer; /* current one, NULL = none */
    uint32_t off;                   /* last answered */
    bool off_known;
    unsigned stuck;
    uint8_t stuck_seq;
    uint8_t sha[32];
    bool sha_known;
    uint8_t shas[4][32]; /* of whole uploads */
    unsigned sha_count;
    unsigned completed; /* whole uploads since the last reset */
    uint32_t last_size;
    uint32_t last_image;
    bool uploading; /* anything was uploaded in this session */
    bool erased;
    const struct diag_event *left; /* begin of another file, unfinished */
    uint32_t left_off;
    const struct diag_event *first_chunk; /* waits for its answer */
    const struct diag_event *refused_err; /* first chunk, refused with err */
    bool bytes_image;      /* the last upload begins with MCUboot's magic */
    uint32_t down_at;      /* offset at the last link loss */
    uint32_t down_answers; /* answers until then */
    bool down_known;
    struct diag_pace pace;
    /* marking */
    struct smp_bytes refused; /* hash */
    struct smp_bytes target;  /* last hash marked with success or tried */
    bool target_confirm;
    int marked_image; /* of the last mark, -1 = not known */
    /* lists */
    struct diag_snapshot first;
    struct diag_snapshot before; /* last one before a reset */
    struct diag_snapshot now;
    bool reset;
    bool now_later; /* the last list came after that */
    bool rebooted;  /* and there was silence, or a boot, after it */
    int64_t reset_ms;
    bool confirmed_after;
    const struct diag_event *alone; /* list after an upload: slot 0 only */
    const struct diag_event *first_event;
    int64_t last_ms;  /* of the last message */
    unsigned boots;   /* of the bootloader in a row */
    char address[20]; /* of the device, "" = not told */
    char name[48];    /* of the device, "" = not told */
    bool shared;      /* this event is of all sessions */
    /* refusals seen as messages, to know them again in text */
    int32_t last_rc;
    const struct diag_event *last_rc_event;
    const struct diag_event *last_progress;
    uint32_t slot_size; /* from slot info, 0 = not told */
};

/** Note a sign; the first event that shows it stays. */
__attribute__((format(printf, 4, 5))) void diag_show(struct diag_reader *r,
        enum diag_sign sign, const struct diag_event *e, const char *form, ...);

static inline bool diag_seen(const struct diag_reader *r, enum diag_sign sign)
{
    return r->s->seen[sign];
}

/** Bytes of a request as it was sent, cut data included. */
uint32_t diag_request_size(const struct diag_event *e);

/** rc in words: "rc 3 EINVAL", "group 1 code 8 HASH_NOT_FOUND". */
const char *diag_code_text(const struct smp_refusal *f, char *buf, size_t size);

/** "20228 22d…": first bytes of a hash. */
const char *diag_hash_text(struct smp_bytes hash, char buf[24]);

/** Forget an open request. */
void diag_close(struct diag_reader *r, unsigned i);

/** A reset was accepted, or has happened. */
void diag_on_reset(struct diag_reader *r, const struct diag_event *e);

/* ---- session_link.c ---- */
void diag_on_link(struct diag_reader *r, const struct diag_event *e);
void diag_on_words(struct diag_reader *r, const struct diag_event *e);
void diag_on_head(struct diag_reader *r, const struct diag_event *e);

/* ---- session_pace.c ---- */
void diag_pace_begin(struct diag_reader *r, const struct diag_event *e,
        bool again);
void diag_pace_step(struct diag_reader *r, const struct diag_event *e);
void diag_pace_end(struct diag_reader *r);

/* ---- session_bytes.c ---- */

/** What the first bytes of an upload are. */
void diag_on_first_bytes(struct diag_reader *r, const struct diag_event *e,
        const struct diag_chunk *c);

/* ---- session_upload.c ---- */
void diag_on_chunk(struct diag_reader *r, const struct diag_event *e);
void diag_on_chunk_answer(struct diag_reader *r, const struct diag_event *e);
void diag_on_run(struct diag_reader *r, const struct diag_event *e);
void diag_on_sent(struct diag_reader *r, const struct diag_event *e);
void diag_on_progress(struct diag_reader *r, const struct diag_event *e);
void diag_on_upload_refused(struct diag_reader *r, const struct diag_event *e,
        const struct smp_refusal *f);
void diag_on_lost(struct diag_reader *r, const struct diag_event *request,
        const struct diag_event *shown);

/* ---- session_list.c ---- */

/** Read an image list; false: e holds none. */
bool diag_read_list(struct diag_reader *r, const struct diag_event *e,
        struct diag_snapshot *list);
/** What a list says by itself. */
void diag_look_at_list(struct diag_reader *r, const struct diag_event *e,
        const struct diag_snapshot *list);

/* ---- session_state.c ---- */
void diag_on_list(struct diag_reader *r, const struct diag_event *e,
        const struct diag_event *request);
void diag_on_mark(struct diag_reader *r, const struct diag_event *e);
void diag_on_state_refused(struct diag_reader *r, const struct diag_event *e,
        const struct diag_event *request, const struct smp_refusal *f);
void diag_on_slot_info(struct diag_reader *r, const struct diag_event *e);
void diag_after_reset(struct diag_reader *r);
void diag_state_end(struct diag_reader *r);

/* ---- session_text.c ---- */
void diag_on_error(struct diag_reader *r, const struct diag_event *e);
void diag_on_refused_text(struct diag_reader *r, const struct diag_event *e);
void diag_on_conf(struct diag_reader *r);
void diag_on_file(struct diag_reader *r, const struct diag_event *e);

/**
 * Read the events of one session.
 *
 * @param ids     session of each event; 0xffff = of all
 * @param number  of the session to read
 */
void diag_session_read(struct diag_session *s, struct diag_report *report,
        const struct diag_events *events, const uint16_t *ids, uint16_t number);

/** Read the tables with the signs of one session; adds to the report. */
void diag_judge_signs(struct diag_report *report, const struct diag_session *s,
        uint8_t number);

/** Session number of each event. @return sessions, at least 1 */
uint16_t diag_split(const struct diag_events *events, uint16_t *ids);

/** What the session tells about its speed. */
void diag_limits(struct diag_reader *r, struct diag_report *report);

#endif
