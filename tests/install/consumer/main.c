// SPDX-License-Identifier: Apache-2.0
/* A program of somebody else that uses the installed library. */
#include <stdio.h>

#include <mcub/version.h>
#include <smp/header.h>

int main(void)
{
    /* v2 write response, image group, state of images. */
    static const uint8_t message[] = { 0x0b, 0, 0, 4, 0, 1, 42, 0 };
    struct smp_header header;
    struct mcub_version version;
    char text[MCUB_VERSION_TEXT_SIZE];

    if (smp_header_decode(message, sizeof(message), &header) !=
            (int)SMP_HEADER_SIZE) {
        return 1;
    }
    if (mcub_version_parse("1.2.3+4", 7, &version) != 0) {
        return 1;
    }
    (void)mcub_version_print(&version, '+', text);
    printf("group %u seq %u version %s\n", (unsigned)header.group,
            (unsigned)header.seq, text);
    return 0;
}
