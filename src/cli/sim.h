// SPDX-License-Identifier: Apache-2.0
/*
 * `sim:PRESET`: a virtual device inside the process, as a link of the host
 * floor. It stands in cli because host must not know vdev.
 *
 * Time is virtual: when nothing is due, the clock jumps to what is due next,
 * so a swap of twenty seconds takes none. With flash-time=real, and no link
 * model, flash operations cost virtual time as well.
 */
#ifndef CLI_SIM_H
#define CLI_SIM_H

#include "host/link.h"

/**
 * Make a virtual device and the link to it; for host_link_params.sim.
 *
 * @return the link (host_link_destroy()), or NULL with DFU_NO_DEVICE (no such
 *         preset), DFU_OTHER (bad parameter, flash file cannot be used)
 */
struct host_link *cli_sim_create(const struct host_uri *uri,
        const struct host_link_params *params, struct host_error *err);

#endif
