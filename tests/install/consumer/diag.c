// SPDX-License-Identifier: Apache-2.0
/* Uses the doctor's library, which brings libsmp along. */
#include <stdio.h>

#include <diag/event.h>
#include <smp/err.h>

int main(void)
{
    printf("%s\n", smp_err_to_str(SMP_E_TIMEOUT));
    return 0;
}
