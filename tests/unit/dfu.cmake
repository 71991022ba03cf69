# SPDX-License-Identifier: Apache-2.0
# Unit tests of floor dfu.
#
# smp_add_unit_test(test_NAME SOURCES test_NAME.c LIBS dfu_core)

smp_add_unit_test(test_dfu_image_group
    SOURCES test_dfu_image_group.c dfu_device.c
    LIBS dfu_core)
smp_add_unit_test(test_dfu_image_session
    SOURCES test_dfu_image_session.c dfu_device.c
    LIBS dfu_core)
smp_add_unit_test(test_dfu_image_slots
    SOURCES test_dfu_image_slots.c dfu_device.c
    LIBS dfu_core)
smp_add_unit_test(test_dfu_image_upload
    SOURCES test_dfu_image_upload.c dfu_device.c
    LIBS dfu_core)
smp_add_unit_test(test_dfu_image_replay
    SOURCES test_dfu_image_replay.c dfu_device.c vectors.c
    LIBS dfu_core)
smp_add_unit_test(test_dfu_upload
    SOURCES test_dfu_upload.c dfu_fake.c
    LIBS dfu_core)
smp_add_unit_test(test_dfu_update
    SOURCES test_dfu_update.c dfu_fake.c
    LIBS dfu_core)
smp_add_unit_test(test_dfu_silence
    SOURCES test_dfu_silence.c dfu_fake.c
    LIBS dfu_core)
smp_add_unit_test(test_dfu_device
    SOURCES test_dfu_device.c dfu_fake.c
    LIBS dfu_core)
smp_add_unit_test(test_dfu_plan
    SOURCES test_dfu_plan.c
    LIBS dfu_core)
