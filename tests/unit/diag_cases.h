// SPDX-License-Identifier: Apache-2.0
/* The real logs of tests/data/cases, and what they have to give. */
#ifndef DIAG_CASES_H
#define DIAG_CASES_H

struct expected {
    const char *log;
    const char *verdict; /* patterns, blank between; "-" = silence */
    const char *benign;  /* patterns that must be among the harmless lines */
    const char *also;    /* what a damaged log may be certain of as well */
};

static const struct expected cases[] = {
    { "s00-origin-nrf5340-two-images-one-slot-pair", "N1", "A7", NULL },
    { "s01-nrfconnect-android-pending-left-over", "- H1", "V1", NULL },
    { "s02-nrfconnect-android-testconfirm-reset-ok", "- I2", "O3", NULL },
    { "s03-android-lib-upload-rc2-after-reset", "H2", "", NULL },
    { "s04-android-dm-optional-queries-rc8", "-", "A7", NULL },
    { "s05-device-manager-ncs22-connect-head", "-", "A7", NULL },
    { "s06-device-manager-upload-repeats-list", "-", "A7", NULL },
    { "s07-flutter-direct-xip-err25-list", "-", "", NULL },
    { "s08-ios-confirm-response-without-image-key", "N3", "", NULL },
    { "s09-ios-validate-started-twice", "A3", "", NULL },
    { "s10-zephyr-swapmove-image-too-big-stuck", "I5", "", NULL },
    { "s11-mcumgr-cli-upload-loops-at-offset-0", "D3", "", NULL },
    { "s12-mcuboot-serial-list-answer-truncated", "-", "", NULL },
    { "s13-mcumgr-cli-stall-debug-sample", "-", "", NULL },
    { "s14-smpmgr-test-refused-rc1-v1", "G2", "", NULL },
    { "s15-smpclient-udp-late-answer-off-by-one", "-", "", NULL },
    { "s16-smpclient-v1-device-slow-upload", "P1", "V1", NULL },
    { "s17-device-log-test-vs-confirm-trailer", "-", "", NULL },
    { "s18-device-log-upload-inspect-failed-5", "H4", "", NULL },
    { "s19-nrf5340-multi-image-slots-not-compatible-boot", "K4", "", NULL },
    { "s20-nrfconnect-android-nrf54l15-connect", "-", "", NULL },
    { "s21-mcuboot-serial-recovery-list-bootable-false", "F7", "", NULL },
    { "s22-nrf54l15-erase-timeout-device-log", "C2", "", NULL },
    { "s23-mcumgr-cli-ble-nmp-timeout-mid-upload", "- C4", "", NULL },
    { "s24-device-bus-fault-on-upload", "- M2", "", NULL },
    { "s25-mcuboot-primary-invalid-after-move", "I6", "", NULL },
    { "s26-smpmgr-same-hash-in-both-slots", "H6", "", NULL },
    { "s27-ios-insufficient-mtu-line", "-", "B1", NULL },
    { "s28-mcumgr-android-errors-during-reset", "-", "", NULL },
    { "s29-mcuboot-trailer-without-image", "- H5", "", NULL },
    { "s30-mcumgr-client-rust-serial-mtu-hang", "- F5", "", NULL },
};

#endif
