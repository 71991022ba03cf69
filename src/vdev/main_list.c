// SPDX-License-Identifier: Apache-2.0
/* smpsim: what it can be, printed. */
#include <stdio.h>
#include <stdlib.h>

#include "vdev/main.h"

int main_list_presets(void)
{
    for (size_t i = 0; i < vdev_preset_count(); i++) {
        struct vdev_config cfg;
        char err[VDEV_ERR_SIZE];
        const char *name = vdev_preset_name(i);
        if (vdev_config_preset(&cfg, name, err) == 0) {
            printf("%-36s %s\n", name, cfg.title);
        }
    }
    return EXIT_SUCCESS;
}

int main_list_bootloaders(void)
{
    for (size_t i = 0; i < vdev_bootloader_count(); i++) {
        printf("%-18s %s\n", vdev_bootloader_name(i), vdev_bootloader_text(i));
    }
    return EXIT_SUCCESS;
}

int main_show_preset(const char *name)
{
    const char *text = vdev_preset_text(name);
    if (text == NULL) {
        fprintf(stderr, "smpsim: no preset \"%s\"\n", name);
        return MAIN_EXIT_USAGE;
    }
    fputs(text, stdout);
    return EXIT_SUCCESS;
}
