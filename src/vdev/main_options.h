// SPDX-License-Identifier: Apache-2.0
/* smpsim's command line, and the configuration it makes. */
#ifndef VDEV_MAIN_OPTIONS_H
#define VDEV_MAIN_OPTIONS_H

#include <glib.h>

#include "vdev/main_conf.h"

/** As given; NULL or -1: not given. */
struct main_options {
    gchar *preset;
    gchar *bootloader;
    gchar **udp;
    gchar **pty;
    gchar **tcp;
    gchar **ble;
    gchar *flash;
    gchar *config;
    gchar **conf;
    gchar *sdk;
    gboolean show_conf;
    gchar **set;
    gchar *flash_time;
    gchar **fault;
    gchar *link;
    gint64 seed;
    gboolean list;
    gchar *show;
    gboolean version;
};

/** Read the command line; false: a line on stderr says what is wrong. */
bool main_options_parse(int *argc, char ***argv, struct main_options *o);

void main_options_free(struct main_options *o);

/**
 * Preset, INI file, Kconfig files, bootloader, single values: each over the
 * former.
 *
 * @param[in,out] conf  empty; takes the Kconfig files
 * @return false and err
 */
bool main_options_config(struct vdev_config *cfg, struct main_conf *conf,
        const struct main_options *o, char err[VDEV_ERR_SIZE]);

#endif
