// SPDX-License-Identifier: Apache-2.0
/*
 * Terminal settings through the kernel's own interface, because the C
 * library's cannot set any speed that is not in its list.
 */
#include <asm/termbits.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>

#include "host/link_private.h"

int host_tty_configure(int fd, uint32_t baud)
{
    struct termios2 tio;

    if (ioctl(fd, TCGETS2, &tio) != 0) {
        return -1;
    }
    tio.c_iflag = 0;
    tio.c_oflag = 0;
    tio.c_lflag = 0;
    /* HUPCL off: closing must not drop DTR and so reset the board. */
    tio.c_cflag = CS8 | CREAD | CLOCAL | BOTHER;
    tio.c_ispeed = baud;
    tio.c_ospeed = baud;
    memset(tio.c_cc, 0, sizeof(tio.c_cc));
    tio.c_cc[VMIN] = 1;
    if (ioctl(fd, TCSETS2, &tio) != 0) {
        return -1;
    }
    return ioctl(fd, TCFLSH, TCIFLUSH);
}

void host_tty_claim(int fd)
{
    (void)ioctl(fd, TIOCEXCL);
}
