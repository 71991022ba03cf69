// SPDX-License-Identifier: Apache-2.0
#include "vdev_model.h"

#include <stdio.h>
#include <string.h>

#define CRASHES 20

void model_init(struct model *m, const char *bootloader)
{
    static const struct {
        const char *name;
        enum model_family family;
        bool reverts;
    } kinds[] = {
        { "scratch", MODEL_SWAP, true },
        { "move", MODEL_SWAP, true },
        { "offset", MODEL_SWAP, true },
        { "overwrite", MODEL_OVERWRITE, false },
        { "overwrite-whole", MODEL_OVERWRITE, false },
        { "direct-xip", MODEL_SELECT, false },
        { "direct-xip-revert", MODEL_SELECT, true },
        { "ram-load", MODEL_SELECT, false },
        { "ram-load-revert", MODEL_SELECT, true },
        { "single", MODEL_SINGLE, false },
        { "single-ram", MODEL_SINGLE, false },
        { "firmware-loader", MODEL_LOADER, false },
    };
    memset(m, 0, sizeof(*m));
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kinds[i].name, bootloader) == 0) {
            m->family = kinds[i].family;
            m->reverts = kinds[i].reverts;
        }
    }
    m->offset = strcmp(bootloader, "offset") == 0;
    m->slot[0] = MODEL_FACTORY;
    m->slot[1] = MODEL_NONE;
    m->image[MODEL_FACTORY] = (struct model_image){ .version = 1,
        .valid = true,
        .placed = true,
        .only_slot = MODEL_NONE };
    if (m->family == MODEL_SELECT) {
        m->mark[0] = MODEL_FOR_GOOD;
    }
}

static const struct model_image *image_in(const struct model *m, int slot)
{
    return m->slot[slot] == MODEL_NONE ? NULL : &m->image[m->slot[slot]];
}

static void clear(struct model *m, int slot)
{
    m->slot[slot] = MODEL_NONE;
    m->mark[slot] = MODEL_UNMARKED;
    if (slot == 1) {
        m->hidden = false;
    }
}

/* ---- boot ---- */

static void exchange(struct model *m)
{
    int old = m->slot[0];
    m->slot[0] = m->slot[1];
    m->slot[1] = old;
    m->mark[1] = MODEL_UNMARKED;
}

static void boot_swap(struct model *m)
{
    bool copies = m->family == MODEL_OVERWRITE;
    bool once = m->mark[1] == MODEL_ONCE;
    if (m->mark[1] == MODEL_UNMARKED) {
        if (m->trial) {
            exchange(m);
            m->trial = false;
            m->hidden = false;
        }
        return;
    }
    if (!image_in(m, 1)->valid) {
        clear(m, 1);
        return;
    }
    exchange(m);
    if (copies) {
        clear(m, 1);
    }
    m->trial = once && !copies;
    m->hidden = m->offset && !m->trial;
}

static void boot_select(struct model *m)
{
    for (;;) {
        int best = MODEL_NONE;
        for (int slot = 0; slot < 2; slot++) {
            const struct model_image *im = image_in(m, slot);
            if (im != NULL && im->placed &&
                    (best == MODEL_NONE ||
                            im->version > image_in(m, best)->version)) {
                best = slot;
            }
        }
        if (best == MODEL_NONE) {
            m->halted = true;
            return;
        }
        bool may = !m->reverts || m->mark[best] == MODEL_ONCE ||
                m->mark[best] == MODEL_FOR_GOOD;
        if (may && image_in(m, best)->valid) {
            m->run = best;
            if (m->mark[best] == MODEL_ONCE) {
                m->mark[best] = MODEL_RAN;
            }
            return;
        }
        clear(m, best);
    }
}

static void confirm_running(struct model *m)
{
    if (m->family == MODEL_SELECT) {
        m->mark[m->run] = MODEL_FOR_GOOD;
    } else if (m->trial) {
        m->trial = false;
        m->hidden = m->offset;
    }
}

void model_boot(struct model *m, bool to_loader)
{
    for (int i = 0; i < CRASHES && !m->halted; i++) {
        switch (m->family) {
        case MODEL_SWAP:
        case MODEL_OVERWRITE:
            boot_swap(m);
            break;
        case MODEL_SELECT:
            boot_select(m);
            break;
        case MODEL_SINGLE:
            break;
        case MODEL_LOADER:
            m->loader_runs = (to_loader && i == 0) || image_in(m, 0) == NULL ||
                    !image_in(m, 0)->valid;
            break;
        }
        const struct model_image *running =
                m->loader_runs ? NULL : image_in(m, m->run);
        if (m->halted || running == NULL) {
            return;
        }
        if (!running->crashes) {
            if (running->confirms) {
                confirm_running(m);
            }
            return;
        }
    }
    m->halted = true;
}

int model_running(const struct model *m)
{
    return m->family == MODEL_LOADER && m->loader_runs ? MODEL_NONE
                                                       : m->slot[m->run];
}

/* ---- the list ---- */

/* What the next boot does with the two slots, as flags tell it. */
struct flags {
    const char *running;
    const char *other;
};

static struct flags flags_of(const struct model *m)
{
    static const char *const waits[] = {
        [MODEL_UNMARKED] = "",
        [MODEL_ONCE] = "P",
        [MODEL_RAN] = "",
        [MODEL_FOR_GOOD] = "P!",
    };
    struct flags f = { "AC", "" };
    int o = 1 - m->run;
    if (m->family == MODEL_LOADER) {
        f.other = "";
        return f;
    }
    if (m->family != MODEL_SELECT) {
        if (m->trial && m->mark[1] == MODEL_UNMARKED) {
            return (struct flags){ "A", "C" };
        }
        f.other = waits[m->mark[1]];
        return f;
    }
    const struct model_image *other = image_in(m, o);
    const struct model_image *running = image_in(m, m->run);
    if (other == NULL || running == NULL) {
        return f;
    }
    if (m->reverts && m->mark[m->run] == MODEL_RAN) {
        return (struct flags){ "A", "C" };
    }
    if (other->version > running->version) {
        f.other = m->reverts ? waits[m->mark[o]] : "P!";
    }
    return f;
}

static bool listed(const struct model *m, int slot)
{
    if (m->slot[slot] == MODEL_NONE || (slot == 1 && m->hidden)) {
        return false;
    }
    return slot == 0 ||
            (m->family != MODEL_SINGLE && m->family != MODEL_LOADER);
}

const char *model_list(const struct model *m)
{
    static char text[128];
    struct flags f = flags_of(m);
    size_t len = 0;
    text[0] = 0;
    if (m->family == MODEL_LOADER && !m->loader_runs) {
        return NULL;
    }
    for (int slot = 0; slot < 2; slot++) {
        bool runs = slot == m->run && m->family != MODEL_LOADER;
        if (listed(m, slot)) {
            len += (size_t)snprintf(text + len, sizeof(text) - len,
                    "%s0.%d %u.0.0 %s", len != 0 ? ", " : "", slot,
                    image_in(m, slot)->version, runs ? f.running : f.other);
        }
    }
    return text;
}

/* ---- operations ---- */

/* Where an upload goes; or the negative code it is refused with. */
static int target(const struct model *m, int image)
{
    int to = m->family == MODEL_LOADER ? 0 : 1 - m->run;
    int only = m->image[image].only_slot;
    if (m->family == MODEL_LOADER) {
        return m->loader_runs ? to : -MODEL_UNSUPPORTED;
    }
    if (m->family == MODEL_SINGLE || flags_of(m).other[0] == 'C') {
        return -MODEL_NO_FREE_SLOT;
    }
    if (m->family == MODEL_SELECT && only != MODEL_NONE && only != to) {
        return -MODEL_WRONG_ADDRESS;
    }
    return to;
}

int model_begin_upload(struct model *m, int image)
{
    int to = target(m, image);
    if (to < 0) {
        return -to;
    }
    clear(m, to);
    return MODEL_OK;
}

int model_upload(struct model *m, int image)
{
    int to = target(m, image);
    int code = model_begin_upload(m, image);
    if (code == MODEL_OK) {
        m->slot[to] = image;
    }
    return code;
}

static int mark_select(struct model *m, int slot, bool confirm)
{
    if (slot == m->run && !confirm) {
        return MODEL_TEST_OF_ACTIVE;
    }
    if (confirm) {
        m->mark[slot] = MODEL_FOR_GOOD;
    } else if (m->mark[slot] == MODEL_UNMARKED) {
        m->mark[slot] = MODEL_ONCE;
    }
    return MODEL_OK;
}

static int mark_swap(struct model *m, int slot, bool confirm)
{
    if (!confirm && slot == 0) {
        return MODEL_TEST_OF_ACTIVE;
    }
    if (m->mark[1] == MODEL_ONCE) {
        return !confirm ? MODEL_OK : MODEL_ALREADY_PENDING;
    }
    if (m->mark[1] == MODEL_FOR_GOOD) {
        return confirm && slot == 1 ? MODEL_OK : MODEL_ALREADY_PENDING;
    }
    if (m->trial && !confirm) {
        return MODEL_ALREADY_PENDING;
    }
    if (slot == 0) {
        confirm_running(m);
    } else if (!m->trial) {
        m->mark[1] = confirm ? MODEL_FOR_GOOD : MODEL_ONCE;
    }
    return MODEL_OK;
}

int model_mark(struct model *m, int image, bool confirm)
{
    int slot = m->run;
    if (m->family == MODEL_LOADER ||
            (m->family == MODEL_SELECT && !m->reverts)) {
        return MODEL_UNSUPPORTED;
    }
    if (image != MODEL_NONE) {
        for (slot = 0; slot < 2; slot++) {
            if (listed(m, slot) && m->slot[slot] == image) {
                break;
            }
        }
        if (slot == 2) {
            return MODEL_HASH_UNKNOWN;
        }
    }
    return m->family == MODEL_SELECT ? mark_select(m, slot, confirm)
                                     : mark_swap(m, slot, confirm);
}

int model_erase(struct model *m, unsigned slot)
{
    int s = (int)slot;
    if (m->family == MODEL_LOADER && !m->loader_runs) {
        return MODEL_UNSUPPORTED;
    }
    if (slot > 1 ||
            (slot == 1 &&
                    (m->family == MODEL_SINGLE || m->family == MODEL_LOADER))) {
        return MODEL_NO_SLOT;
    }
    if (m->family != MODEL_LOADER && listed(m, s) &&
            (s == m->run || flags_of(m).other[0] == 'C')) {
        return MODEL_NO_FREE_SLOT;
    }
    clear(m, s);
    return MODEL_OK;
}
