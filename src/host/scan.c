// SPDX-License-Identifier: Apache-2.0
/*
 * Serial ports: libserialport lists them (it cannot open every one, so it is
 * used for nothing else).
 */
#include "host/scan.h"

#include <dirent.h>
#include <libserialport.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BY_ID "/dev/serial/by-id"

static void port_free(void *p)
{
    struct host_port *port = p;

    g_free(port->device);
    g_free(port->by_id);
    g_free(port->description);
    g_free(port->manufacturer);
    g_free(port->product);
    g_free(port->serial);
    g_free(port);
}

char *host_scan_by_id(const char *device)
{
    char *real = realpath(device, NULL);
    DIR *dir = opendir(BY_ID);
    struct dirent *entry;
    char *found = NULL;

    while (real != NULL && dir != NULL && found == NULL &&
            (entry = readdir(dir)) != NULL) {
        char *path = g_build_filename(BY_ID, entry->d_name, NULL);
        char *target = realpath(path, NULL);

        if (entry->d_name[0] != '.' && target != NULL &&
                strcmp(target, real) == 0) {
            found = g_strdup(path);
        }
        free(target);
        g_free(path);
    }
    if (dir != NULL) {
        closedir(dir);
    }
    free(real);
    return found;
}

/*
 * The kernel makes 32 ttyS nodes whether or not there is a UART; those without
 * one have the type 0.
 */
static bool is_dead_uart(const char *device)
{
    char *path;
    char *text = NULL;
    bool dead;

    if (!g_str_has_prefix(device, "/dev/ttyS")) {
        return false;
    }
    path = g_strdup_printf("/sys/class/tty/%s/type", device + strlen("/dev/"));
    dead = !g_file_get_contents(path, &text, NULL, NULL) || text[0] == '0';
    g_free(text);
    g_free(path);
    return dead;
}

static struct host_port *port_new(const struct sp_port *sp)
{
    struct host_port *port = g_new0(struct host_port, 1);
    int vid;
    int pid;

    port->device = g_strdup(sp_get_port_name(sp));
    port->by_id = host_scan_by_id(port->device);
    port->description = g_strdup(sp_get_port_description(sp));
    if (sp_get_port_transport(sp) == SP_TRANSPORT_USB) {
        port->usb = true;
        port->manufacturer = g_strdup(sp_get_port_usb_manufacturer(sp));
        port->product = g_strdup(sp_get_port_usb_product(sp));
        port->serial = g_strdup(sp_get_port_usb_serial(sp));
        if (sp_get_port_usb_vid_pid(sp, &vid, &pid) == SP_OK) {
            port->vid = (uint16_t)vid;
            port->pid = (uint16_t)pid;
        }
    }
    return port;
}

static int port_compare(const void *a, const void *b)
{
    const struct host_port *const *x = a;
    const struct host_port *const *y = b;

    return strcmp((*x)->device, (*y)->device);
}

int host_scan_serial(GPtrArray **ports, struct host_error *err)
{
    struct sp_port **list;
    GPtrArray *found;

    if (sp_list_ports(&list) != SP_OK) {
        char *text = sp_last_error_message();

        host_error_set(err, DFU_OTHER,
                "name the port yourself: -c serial:/dev/ttyACM0",
                "serial ports: %s", text == NULL ? "cannot be listed" : text);
        if (text != NULL) {
            sp_free_error_message(text);
        }
        return -1;
    }
    found = g_ptr_array_new_with_free_func(port_free);
    for (size_t i = 0; list[i] != NULL; i++) {
        const char *device = sp_get_port_name(list[i]);

        if (device != NULL && !is_dead_uart(device)) {
            g_ptr_array_add(found, port_new(list[i]));
        }
    }
    sp_free_port_list(list);
    g_ptr_array_sort(found, port_compare);
    *ports = found;
    return 0;
}
