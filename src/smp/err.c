// SPDX-License-Identifier: Apache-2.0
/* Names of our own errors. */
#include "smp/err.h"

const char *smp_err_to_str(int err)
{
    switch ((enum smp_err)err) {
    case SMP_OK:
        return "success";
    case SMP_E_SHORT:
        return "the data ends too early";
    case SMP_E_PROTO:
        return "not a valid SMP message";
    case SMP_E_SPACE:
        return "the buffer is too small";
    case SMP_E_CBOR:
        return "not well-formed CBOR";
    case SMP_E_TYPE:
        return "a key holds a value of the wrong type";
    case SMP_E_RANGE:
        return "a value is out of range";
    case SMP_E_DUPLICATE:
        return "a key comes twice";
    case SMP_E_MISSING:
        return "a required key is missing";
    case SMP_E_REMOTE:
        return "the device refused";
    case SMP_E_TIMEOUT:
        return "no answer in time";
    case SMP_E_LINK:
        return "the link was lost";
    case SMP_E_BUSY:
        return "busy";
    case SMP_E_CANCELLED:
        return "cancelled";
    case SMP_E_CRC:
        return "wrong checksum";
    case SMP_E_NOT_FOUND:
        return "not found";
    }
    return "unknown";
}
