// SPDX-License-Identifier: Apache-2.0
/* What the tests of links share: links by text, sockets, one message. */
#ifndef TESTS_LINK_RIG_H
#define TESTS_LINK_RIG_H

#include "host_test.h"

#include <sys/socket.h>
#include <unistd.h>

#include "host/link.h"

/** An echo request. */
extern const uint8_t message[13];

/** A link that is not open yet; host_link_destroy() it. */
struct host_link *link_new(const char *text);
/** It has to open. */
void open_link(struct host_link *link);
/** Wait for one message, at most two seconds. */
int receive(struct host_link *link, struct smp_bytes *msg);
/** A server socket on a free port of the loopback, -1: no such family. */
int serve(int type, int family, uint16_t *port);
/** A message as console lines; bytes written. */
size_t frame(const uint8_t *msg, size_t len, uint8_t *out);

#endif
