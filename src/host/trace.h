// SPDX-License-Identifier: Apache-2.0
/*
 * The record of a session: JSON lines, written to a file and kept in memory
 * (the last part of them), so that a failed update can be judged without
 * having been recorded. The format is described in docs/spec/trace.md.
 */
#ifndef HOST_TRACE_H
#define HOST_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dfu/package.h"
#include "host/error.h"
#include "smp/client.h"

/** What is kept in memory when nobody says otherwise, in bytes. */
#define HOST_TRACE_KEEP_DEFAULT 0x80000u

/** How to record. */
struct host_trace_config {
    const char *path; /**< file to write, "-" = standard output, NULL = none */
    bool data;        /**< keep upload data whole (--trace-data) */
    size_t keep;      /**< bytes kept in memory, 0 = default */
    const char *tool; /**< "smpctl 0.1.0" */
};

struct host_trace;

/** @return the trace, or NULL with DFU_OTHER: the file cannot be written */
struct host_trace *host_trace_create(const struct host_trace_config *cfg,
        struct host_error *err);

/** Flush and free; NULL is allowed. */
void host_trace_destroy(struct host_trace *trace);

/**
 * All functions below take the clock of the link in ms; `t` of the lines
 * counts from the first of them. dev names the device ("a"). A NULL trace is
 * allowed and records nothing.
 */

/** A whole SMP message at the door of the client. */
void host_trace_message(struct host_trace *trace, uint32_t now_ms,
        const char *dev, enum smp_trace_kind kind, struct smp_bytes message);

/**
 * A message with which a link tries out what passes: no answer to it, or a
 * refusal, is no failure.
 *
 * @param kind  SMP_TRACE_TX or SMP_TRACE_RX
 */
void host_trace_probe(struct host_trace *trace, uint32_t now_ms,
        const char *dev, enum smp_trace_kind kind, struct smp_bytes message);

/** The link went up or down, or its sizes changed. */
void host_trace_link(struct host_trace *trace, uint32_t now_ms, const char *dev,
        const struct smp_link *link, const char *name);

/** MCUmgr parameters the device told. */
void host_trace_params(struct host_trace *trace, uint32_t now_ms,
        const char *dev, uint32_t buf_size, uint32_t buf_count);

/** Text between frames. */
void host_trace_noise(struct host_trace *trace, uint32_t now_ms,
        const char *dev, const uint8_t *text, size_t len);

/** A file that is going to be installed. */
void host_trace_file(struct host_trace *trace, uint32_t now_ms, const char *dev,
        const struct dfu_image *image);

/** A step of a procedure; image and slot -1 = not about one. */
void host_trace_step(struct host_trace *trace, uint32_t now_ms, const char *dev,
        const char *state, int image, int slot);

/** How it failed: the code, and the sentence for people. */
void host_trace_error(struct host_trace *trace, uint32_t now_ms,
        const char *dev, enum dfu_code code, const char *message);

/** Anything else that the doctor or a reader should know. */
void host_trace_note(struct host_trace *trace, uint32_t now_ms, const char *dev,
        const char *text);

/**
 * What is kept in memory: the head line and the newest whole lines.
 *
 * @return a new string, lines end with \n (g_free()); len may be NULL
 */
char *host_trace_recent(const struct host_trace *trace, size_t *len);

#endif
