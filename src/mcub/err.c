// SPDX-License-Identifier: Apache-2.0
/*
 * Names of errors.
 */
#include "mcub/err.h"

const char *mcub_err_to_str(int err)
{
    switch ((enum mcub_err)err) {
    case MCUB_OK:
        return "no error";
    case MCUB_E_FLASH:
        return "flash operation failed";
    case MCUB_E_POWER:
        return "power failed";
    case MCUB_E_ARG:
        return "no such image or slot, or malformed argument";
    case MCUB_E_ALIGN:
        return "not on a write or sector boundary";
    case MCUB_E_GEOMETRY:
        return "slots, sectors and mode do not fit together";
    case MCUB_E_NO_IMAGE:
        return "no image, the header is erased";
    case MCUB_E_MAGIC:
        return "no MCUboot image, wrong magic";
    case MCUB_E_HEADER:
        return "image header contradicts itself";
    case MCUB_E_SHORT:
        return "image is truncated";
    case MCUB_E_TLV:
        return "TLV area is malformed";
    case MCUB_E_NO_HASH:
        return "no image hash";
    case MCUB_E_HASH:
        return "image hash does not match";
    case MCUB_E_TOO_LARGE:
        return "image is too large";
    case MCUB_E_BAD_TRAILER:
        return "damaged mark, erase the slot first";
    case MCUB_E_BAD_VECTOR:
        return "trailer of the active slot is damaged";
    case MCUB_E_NOT_BOOTABLE:
        return "no bootable image";
    case MCUB_E_NOT_FOUND:
        return "not found";
    case MCUB_E_UNREADABLE:
        return "slot cannot be read";
    case MCUB_E_SIGNATURE:
        return "no valid signature";
    case MCUB_E_ENCRYPTED:
        return "image is encrypted";
    case MCUB_E_UNSUPPORTED:
        return "not supported by this build";
    case MCUB_E_VERSION:
        return "version or dependency not satisfied";
    case MCUB_E_SPACE:
        return "buffer too small";
    case MCUB_E_CRYPTO:
        return "hash operation failed";
    case MCUB_E_SINK:
        return "output refused bytes";
    case MCUB_E_HOOK:
        return "network core did not take its image";
    case MCUB_E_COUNTER:
        return "security counter missing or too low";
    case MCUB_E_RAM:
        return "the RAM the image asks for is not its";
    }
    return "unknown";
}
