// SPDX-License-Identifier: Apache-2.0
/* Looking things up in configuration events. */
#ifndef DIAG_CONF_H
#define DIAG_CONF_H

#include "diag/event.h"

/** The last line that sets the symbol (with CONFIG_), or NULL. */
const struct diag_event *diag_conf_find(const struct diag_events *events,
        const char *symbol);

/** What stands behind the '='; "" for NULL. */
const char *diag_conf_value(const struct diag_event *e);

/** true: the symbol is y. */
bool diag_conf_on(const struct diag_events *events, const char *symbol);

/** The symbol's number, or what it is otherwise. */
uint32_t diag_conf_number(const struct diag_events *events, const char *symbol,
        uint32_t otherwise);

#endif
