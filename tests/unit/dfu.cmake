# SPDX-License-Identifier: Apache-2.0
# Unit tests of floor dfu.
#
# smp_add_unit_test(test_NAME SOURCES test_NAME.c LIBS dfu_core)

foreach(image_test group session slots upload)
    smp_add_unit_test(test_dfu_image_${image_test}
        SOURCES test_dfu_image_${image_test}.c dfu_image_rig.c dfu_device.c
        LIBS dfu_core)
endforeach()
smp_add_unit_test(test_dfu_image_replay
    SOURCES test_dfu_image_replay.c dfu_device.c vectors.c
    LIBS dfu_core)
set(dfu_fake dfu_fake.c dfu_fake_image.c dfu_fake_pump.c)
foreach(upload_test upload upload_chunk upload_limits upload_trouble)
    smp_add_unit_test(test_dfu_${upload_test}
        SOURCES test_dfu_${upload_test}.c dfu_upload_rig.c ${dfu_fake}
        LIBS dfu_core)
endforeach()
foreach(update_test revert silence update update_images update_reset
        update_trouble)
    smp_add_unit_test(test_dfu_${update_test}
        SOURCES test_dfu_${update_test}.c dfu_update_rig.c ${dfu_fake}
        LIBS dfu_core)
endforeach()
smp_add_unit_test(test_dfu_device
    SOURCES test_dfu_device.c ${dfu_fake}
    LIBS dfu_core)
foreach(unit plan plan_boot plan_modes)
    smp_add_unit_test(test_dfu_${unit}
        SOURCES test_dfu_${unit}.c dfu_plan_rig.c
        LIBS dfu_core)
endforeach()
smp_add_unit_test(test_dfu_outlook
    SOURCES test_dfu_outlook.c
    LIBS dfu_core)
