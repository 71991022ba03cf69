// SPDX-License-Identifier: Apache-2.0
#include "dfu_update_rig.h"

struct fake_device device;
struct fake_pump pump;
struct dfu_package package;
struct dfu_update update;
struct dfu_update_config config;
const struct dfu_update_result *result;
uint32_t file_size = 6000;

static struct fake_file files[3];
static uint8_t chunk[4096];

static bool take_event(void *self, struct dfu_event *ev)
{
    return dfu_update_event(self, ev);
}

void add_image(uint8_t index, uint8_t tag)
{
    struct fake_file *f = &files[package.count];
    fake_file_init(f, tag, file_size);
    fake_image_init(&package.images[package.count++], f, index, tag);
}

void new_pump(void)
{
    fake_pump_init(&pump, &device, &dfu_update_procedure, &update);
    pump.event = take_event;
}

int setup(void **state)
{
    (void)state;
    fake_device_init(&device);
    memset(&package, 0, sizeof(package));
    add_image(0, 2);
    config = (struct dfu_update_config){
        .package = &package,
        .chunk = chunk,
        .chunk_size = sizeof(chunk),
    };
    new_pump();
    return 0;
}

void two_cores(enum fake_era era)
{
    device.era = era;
    device.images = 2;
    device.slot_info = era == FAKE_ERA_E;
    device.params = era == FAKE_ERA_E;
    device.image[1].net = true;
    if (era == FAKE_ERA_C) {
        device.mode_told = false;
        device.board = NULL;
    }
    add_image(1, 7);
    package.images[1].net_core = true;
}

void begin(void)
{
    dfu_update_init(&update, &config);
    pump.link.up = true;
    dfu_update_link(&update, pump.now_ms, &pump.link);
}

void finish(void)
{
    fake_pump_go(&pump, 3600 * 1000);
    result = dfu_update_result(&update);
}

void expect_code(enum dfu_code code)
{
    begin();
    finish();
    if (!result->finished || result->code != code) {
        print_message("%s at step %u (%s), %u ms\n",
                result->finished ? dfu_code_to_str(result->code) : "hangs",
                update.step,
                dfu_step_to_str(update.plan.steps[update.step].kind),
                pump.now_ms);
    }
    assert_true(result->finished);
    assert_string_equal(dfu_code_to_str(result->code), dfu_code_to_str(code));
}

uint8_t runs(int image)
{
    return device.image[image].slot[0].hash[0];
}
