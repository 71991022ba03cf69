// SPDX-License-Identifier: Apache-2.0
/*
 * Captures: Bluetooth HCI and UDP packets, raw serial bytes, configuration
 * files. Packet numbers stand in for line numbers.
 */
#ifndef DIAG_CAPTURE_H
#define DIAG_CAPTURE_H

#include "diag/lines.h"

/** "btsnoop" magic: Android bug reports, btmon -w. */
bool diag_is_btsnoop(const uint8_t *data, size_t len);
void diag_read_btsnoop(struct diag_source *s, const uint8_t *data, size_t len);

/** pcap (either byte order, micro- or nanoseconds) and pcapng. */
bool diag_is_pcap(const uint8_t *data, size_t len);
void diag_read_pcap(struct diag_source *s, const uint8_t *data, size_t len);

/** Bytes of a serial line: console framing, text between. */
bool diag_is_serial(const uint8_t *data, size_t len);
void diag_read_serial(struct diag_source *s, const uint8_t *data, size_t len);

/** Kconfig fragments and .config files; see include/diag/kconfig.h. */
void diag_read_conf(struct diag_events *list, const char *file,
        const char *text, size_t len);

/** State of one Bluetooth capture. */
struct diag_hci;

/** @return NULL when there is no memory */
struct diag_hci *diag_hci_create(struct diag_source *s);
void diag_hci_destroy(struct diag_hci *hci);

/** ACL data without the packet type byte; sent = from the host. */
void diag_hci_acl(struct diag_hci *hci, bool sent, const uint8_t *data,
        size_t len);

/** HCI event without the packet type byte. */
void diag_hci_event(struct diag_hci *hci, const uint8_t *data, size_t len);

/** A packet with its type byte in front (H4). */
void diag_hci_h4(struct diag_hci *hci, bool sent, const uint8_t *data,
        size_t len);

#endif
