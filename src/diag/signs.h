// SPDX-License-Identifier: Apache-2.0
/*
 * What can be seen in a session: the words that the rules are written in.
 * Each has a sentence for `--explain`; numbers are private and may change.
 */
#ifndef DIAG_SIGNS_H
#define DIAG_SIGNS_H

/* clang-format off */
#define DIAG_SIGN_LIST(X) \
    /* the device */ \
    X(ANSWERED, "the device answered at least one request") \
    X(V1_ANSWER, "SMP v1 answers to v2 requests") \
    X(PARAMS_RC8, "rc 8 to the MCUmgr parameters (group 0 command 6)") \
    X(QUERY_RC8, "rc 8 to another optional query") \
    X(STORAGE_RC8, "rc 8 to erasing the settings (group 63 command 0)") \
    X(STORAGE_ERASED, "the settings were erased") \
    X(RET_SHAPE, "errors come as `ret` instead of `err`") \
    X(TOO_OLD, "rc 12: this protocol version is too old") \
    X(TOO_NEW, "rc 13: this protocol version is too new") \
    X(CORRUPT, "rc 9: a request arrived cut or damaged") \
    X(NO_MEMORY, "rc 2 to a request that is no upload") \
    X(ANSWER_LONG, "rc 7: the answer does not fit the buffer") \
    X(SMALL_BUFFER, "the device's buffer is smaller than the MTU") \
    X(MODE_XIP, "bootloader mode: direct XIP") \
    X(MODE_OVERWRITE, "bootloader mode: overwrite only") \
    X(MODE_LOADER, "bootloader mode: firmware loader") \
    /* image lists */ \
    X(LIST_NO_KEY, "an image list without `image` keys") \
    X(LIST_KEY, "an image list with `image` keys") \
    X(LIST_NO_ACTIVE, "an image list without an active image") \
    X(LIST_ONE_SLOT, "only the running slot is listed") \
    X(LIST_PENDING, "a slot is pending before the upload") \
    X(LIST_TRIAL, "the running image is not confirmed") \
    X(LIST_SLOT1, "slot 1 is in use before the upload, not pending") \
    X(LIST_SAME_HASH, "both slots hold the same image") \
    X(LIST_HASH_ZERO, "a listed hash is all zero") \
    X(LIST_NOT_BOOTABLE, "a slot is listed as not bootable") \
    X(LIST_HASH_LONG, "listed hashes are longer than 32 bytes") \
    X(LIST_RC8, "rc 8 to the image list") \
    X(LIST_RC7, "the image list does not fit (rc 7, rc 2 of old servers)") \
    X(LIST_VERSION_0, "every listed image has version 0.0.0") \
    X(LIST_STALE, "after the upload slot 1 still shows its old hash") \
    X(LIST_STUCK_NET, "image 1 is pending again after the reset") \
    X(LIST_STUCK, "the same slot is pending before and after a reset") \
    /* uploads */ \
    X(UPLOAD_1, "a first whole upload") \
    X(UPLOAD_2, "a second whole upload, of another file, without a reset") \
    X(UPLOAD_IMAGE_1, "an upload named an image above 0") \
    X(UPLOAD_BOTH_0, "two files were sent for image 0") \
    X(UPLOAD_RESUMED, "an upload went on where an earlier one had ended") \
    X(RESUME_AFTER_ERASE, "the device wants to resume in an erased slot") \
    X(UPLOAD_AT_ONCE, "the first answer says that all is there") \
    X(NO_PROGRESS, "answers without a refusal, but the offset stays") \
    X(OFFSET_BACK, "the device asked for an earlier offset") \
    X(OFFSET_ZERO, "in the middle the device asked for offset 0") \
    X(TWO_FILES, "another file was begun while one was being sent") \
    X(SENT_TOO_MUCH, "more bytes were sent than announced") \
    X(FIRST_SHORT, "the first chunk has less than 32 data bytes") \
    X(TINY_CHUNKS, "chunks of less than 64 bytes") \
    X(MATCH_FALSE, "the device compared hashes and says: no match") \
    X(FIRST_UNANSWERED, "the first chunk was not answered in time") \
    X(FIRST_SLOW, "the first chunk took more than five seconds") \
    X(LAST_UNANSWERED, "the last chunk was not answered in time") \
    X(MIDDLE_UNANSWERED, "a chunk in the middle was not answered in time") \
    X(BIG_UNANSWERED, "small requests are answered, larger ones are not") \
    X(SPLIT_UNANSWERED, "requests above the MTU are not answered") \
    X(MANY_LOST, "answers are missing while several requests are open") \
    X(LOST_ONE, "single answers were lost; the transfer went on") \
    X(LATE_ANSWER, "an answer arrived after its request was given up") \
    X(WRONG_SEQ, "answers with a sequence number that was never sent") \
    X(SHIFTED, "answers lag behind: each is that of an earlier request") \
    X(SILENT_AFTER, "then not even a small request is answered") \
    X(SMALL_AFTER, "then a small request is answered") \
    X(SLOWER, "the answers came slower and slower") \
    X(AGAIN_WENT_WELL, "the same upload, begun again, went through") \
    X(RESTARTED, "after the last chunk the same file was begun again") \
    X(WENT_ON, "the client went on after a refusal as `err`") \
    X(BYTES_IMAGE, "the upload begins with the magic of an MCUboot image") \
    X(BYTES_NO_IMAGE, "the upload does not begin as an MCUboot image does") \
    X(BYTES_ZIP, "the upload begins like a zip") \
    X(BYTES_HEX, "the upload begins like a file for programmers") \
    X(BYTES_NOT_BOOTABLE, "the header of the upload says: not bootable") \
    X(BYTES_VERSION_0, "the header of the upload says version 0.0.0") \
    X(SLOT_END, "the device stopped at the end of its slot") \
    X(TOO_LONG_SENT, "the announced length is larger than the slot") \
    X(UP_V1_1, "upload refused at offset 0: rc 1") \
    X(UP_V1_2, "upload refused at offset 0: rc 2") \
    X(UP_V1_3, "upload refused at offset 0: rc 3") \
    X(UP_V1_5, "upload refused at offset 0: rc 5") \
    X(UP_V1_6, "upload refused at offset 0: rc 6") \
    X(UP_RC8, "upload refused: rc 8 not supported") \
    X(UP_SLOT, "upload refused: no free slot") \
    X(UP_MAGIC, "upload refused: no MCUboot header") \
    X(UP_HEADER, "upload refused: header incomplete") \
    X(UP_LARGE, "upload refused: too large") \
    X(UP_NEWER, "upload refused: version not higher") \
    X(UP_ADDRESS, "upload refused: linked for another slot") \
    X(UP_OVERRUN, "upload refused: more data than announced") \
    X(UP_MEMORY, "upload refused: no memory for the flash context") \
    X(UP_CONTEXT, "upload refused: flash context in use or missing") \
    X(UP_OPEN, "upload refused: the flash area cannot be opened") \
    X(UP_READ, "upload refused: flash cannot be read") \
    X(UP_WRITE, "upload refused: flash cannot be written") \
    X(UP_ERASE, "upload refused: flash cannot be erased") \
    X(UP_BUSY, "upload refused: busy or not allowed (rc 10, 11)") \
    X(UP_MIDDLE, "an upload was refused after its first chunk") \
    X(UP_MIDDLE_3, "a later chunk was refused: rc 3") \
    /* test and confirm */ \
    X(STATE_TEST, "a test by hash was sent") \
    X(STATE_CONFIRM, "a confirm was sent") \
    X(STATE_REFUSED, "test or confirm was refused") \
    X(HASH_REFUSED, "the hash is in no slot (this server's code for it)") \
    X(STATE_HASH, "test or confirm refused: hash not found (group code 8)") \
    X(STATE_V1_1, "test or confirm refused: rc 1, which hides the reason") \
    X(STATE_V1_3, "test or confirm refused: rc 3") \
    X(STATE_V1_5, "test or confirm refused: rc 5") \
    X(STATE_V1_6, "test or confirm refused: rc 6") \
    X(STATE_RC8, "test or confirm refused: rc 8 not supported") \
    X(STATE_ACTIVE, "test refused: that image runs") \
    X(STATE_PENDING, "test or confirm refused: already pending") \
    X(STATE_DENIED, "confirm refused: not the running image") \
    X(STATE_BAD_HASH, "test or confirm refused: no usable hash") \
    X(STATE_VECTOR, "test refused: bad vector table") \
    X(STATE_AFTER_RESET, "the refusal came after a reset") \
    X(TEST_NO_HASH, "a test without a hash was sent") \
    X(HASH_LENGTH, "the hash sent has not the length of an image hash") \
    X(HASH_IS_SHA, "the hash sent is that of the file, not of the image") \
    X(HASH_OF_EARLIER, "the refused hash is not of the last file sent") \
    X(HASH_REPLACED, "a list shows the last file, the first has vanished") \
    X(HASH_ACTIVE, "the refused hash is that of the running image") \
    X(HASH_LISTED, "the refused hash is in the list") \
    X(OTHER_IN_SLOT1, "slot 1 holds an image that is not the one sent") \
    X(OK_NOT_PENDING, "accepted, but the answer shows no pending mark") \
    X(ORDER_0_1, "image 0 was marked before image 1") \
    X(TESTED, "an image was marked for test") \
    X(PENDING_PERMANENT, "an image is marked for good") \
    X(SLOT_EMPTY_AFTER, "after the upload slot 1 is not listed") \
    /* erase, reset, link */ \
    X(ERASE_SLOT, "erase refused: slot in use") \
    X(ERASE_V1_1, "erase refused: rc 1") \
    X(ERASE_0, "erase of slot 0 was asked for") \
    X(ERASED, "a slot was erased") \
    X(RESET, "a reset was accepted") \
    X(RESET_SENT, "a reset was sent") \
    X(RESET_BUSY, "reset refused: busy (rc 10)") \
    X(RESET_DENIED, "reset refused: access denied (rc 11)") \
    X(RESET_RC8, "reset refused: rc 8 not supported") \
    X(RESET_NO_EFFECT, "after the reset the link stayed up and nothing " \
      "changed") \
    X(DOWN_RESET, "link down after a reset") \
    X(DOWN, "link down without a reset") \
    X(DOWN_OPEN, "link down while a request was open") \
    X(DOWN_UPLOAD, "link down during an upload") \
    X(DOWN_FIRST, "link down after the first chunk, before its answer") \
    X(DOWN_STATE, "link down right after test or confirm") \
    X(DOWN_SAME, "links went down twice at the same offset") \
    X(DEVICE_REBOOTED, "the device restarted without a reset request") \
    X(NO_RETURN, "after the reset the device was not found again") \
    X(ADDRESS_CHANGED, "after the reset the device has another address") \
    X(NAME_CHANGED, "after the reset the device has another name") \
    X(NO_CONFIRM, "no confirm after the reset of a test") \
    /* after the reset */ \
    X(AFTER_OLD_GONE, "after the reset: old image, slot 1 empty") \
    X(AFTER_OLD_PENDING, "after the reset: old image, new one still marked") \
    X(AFTER_OLD_KEPT, "after the reset: old image, new one in slot 1 " \
      "without a mark") \
    X(AFTER_NEW, "after the reset the new image runs") \
    X(AFTER_TRIAL, "after the reset the new image runs on trial") \
    X(NEW_NOT_HIGHER, "the new version is not higher than the old one") \
    X(NEW_ENCRYPTED, "the file is encrypted") \
    X(NEAR_LIMIT, "the file nearly fills the slot") \
    /* what the client said */ \
    X(SILENCE, "the client gave up waiting for an answer") \
    X(NEVER_ANSWERED, "no request was ever answered") \
    X(E_REVERTED, "the client saw the old image again") \
    X(E_OTHER, "the client saw another image than either") \
    X(E_SWAP_REFUSED, "the mark survived the reset") \
    X(E_LINK_LOST, "the client lost the link") \
    X(E_NO_DEVICE, "the device was not found or not reachable") \
    X(E_REPLACED, "the client saw an earlier image vanish") \
    X(E_NEEDS_MORE, "the package has more images than the device manages") \
    X(E_COUNT_UNKNOWN, "how many images the device manages is not known") \
    X(E_NO_IMAGE, "the file has no MCUboot header") \
    X(E_TRUNCATED, "the file ends too early") \
    X(E_MALFORMED, "the file's trailer records are damaged") \
    X(E_HASH, "the file's hash does not fit its content") \
    X(E_UNSIGNED, "the file has no signature") \
    X(E_WRONG_KEY, "the signature does not fit the key") \
    X(E_BAD_ZIP, "the package is no readable zip") \
    X(E_NO_MANIFEST, "the package has no manifest") \
    X(E_BAD_MANIFEST, "the manifest cannot be used") \
    X(E_FILE_MISSING, "a file named in the manifest is missing") \
    X(E_WRONG_KIND, "the package is of another kind") \
    X(E_TOO_LARGE_SLOT, "the image is larger than the slot") \
    X(E_TOO_LARGE_SWAP, "the image leaves no room for the swap") \
    X(E_WRONG_SLOT, "the image is built for another slot") \
    X(E_DOWNGRADE, "the image is older than the running one") \
    X(E_DEPENDENCY, "the image needs another one that is not there") \
    X(E_AT_BOOT, "the bootloader would refuse the image") \
    X(E_MODE, "the mode does not suit the bootloader") \
    X(E_BOARD, "the package is for another board") \
    X(FILES_2, "the package holds files for two images") \
    X(FILES_NET, "the package holds a network core image") \
    X(FILE_GOOD, "the file that is sent is an MCUboot image") \
    X(F_HEX, "the file is for programmers or debuggers (hex, elf, uf2)") \
    X(F_MERGED, "the file is a merged one, bootloader included") \
    X(F_ENC_KEY, "the file is encrypted for another key") \
    X(FILE_PADDED, "the file ends with a trailer and fills the slot") \
    X(FILE_SUIT, "the file is a SUIT envelope") \
    X(SUIT_ANSWERED, "the device answers group 66, SUIT") \
    X(FILES_NET_BAD, "the file for the network core is no MCUboot image") \
    X(FILES_XIP, "the package holds code that runs from external flash") \
    X(FILE_NET_AS_0, "the file for image 0 is linked for the network core") \
    X(FILE_VECTOR, "the program does not start behind its header") \
    X(F_COUNTER, "the security counter of the file is too low") \
    X(F_NOT_NEWEST, "not newer, and the bootloader starts the newest") \
    X(F_HASH_KIND, "the file has another kind of hash than the device") \
    X(F_RAM, "made for RAM, or not, unlike this bootloader") \
    X(F_ENC_NO, "encrypted, and this bootloader cannot decrypt it") \
    X(F_MCUBOOT_ZIP, "the package updates MCUboot itself") \
    X(T_TIMEOUT, "a request timed out") \
    X(T_FIRST_TIMEOUT, "the very first request timed out") \
    X(T_NMP_TIMEOUT, "NMP timeout of the Go client") \
    X(T_UPLOAD_TIMEOUT, "a time-out during an upload at a known offset") \
    X(T_TWICE, "an update was started twice") \
    X(T_UPLOAD_FAILED_2, "the update failed in UPLOAD with NO_MEMORY (2)") \
    X(T_RESET_FIRST, "the client went from VALIDATE to RESET") \
    X(T_INVALID_RSP, "the client calls a good answer invalid") \
    X(T_MTU_IOS, "the client corrects its packet size") \
    X(T_TOO_LONG, "the client's packet is longer than the MTU allows") \
    X(T_AUTH, "insufficient authentication or encryption") \
    X(T_BOND, "the pairing is not valid any more") \
    X(T_NO_SERVICE, "the SMP service was not found") \
    X(T_OLD_DFU, "another DFU protocol was looked for") \
    X(T_CACHE, "invalid handle: an outdated list of services") \
    X(T_133, "GATT error 133") \
    X(T_147, "GATT 147: no connection in time") \
    X(T_HCI, "the Bluetooth adapter could not be opened") \
    X(T_NO_BLUETOOTH, "Bluetooth does not work on this machine") \
    X(T_LOST_ACKED, "a lost notification was made good by a later one") \
    X(T_LOST_CHUNK, "the client noticed a lost chunk") \
    X(T_NOT_PENDING, "the client saw the mark not set: downgrade?") \
    X(T_EXPECTED_MORE, "the client expected more images in the answer") \
    X(T_BAD_SEQ, "the client complains about a sequence number") \
    X(T_NO_CBOR, "an answer without a body (EOF)") \
    X(T_CRC, "damaged frames: CRC or base64") \
    X(T_603, "error 603 of the programmer's tool") \
    X(T_PORT, "the serial port failed or vanished") \
    X(T_PORT_BUSY, "another program holds the serial port") \
    X(T_UNREACHABLE, "port unreachable") \
    X(T_FIXED_MTU, "the client: not responding after 6 attempts") \
    X(T_DFU_UTIL, "a package was given to dfu-util or nrfutil") \
    X(PHY_1M, "the link uses 1M PHY") \
    X(T_CLIENT_V1, "the client notes SMP v1 answers") \
    X(RATE_SLOW, "one chunk per round trip of long intervals") \
    X(GATT_TIMEOUT_RESET, "GATT connection timeout after a reset") \
    X(SERIAL_BIG, "serial frames larger than common buffers") \
    X(CONSOLE_IN_STREAM, "console text between the frames") \
    X(SHELL_PROMPT, "a shell prompt between the frames") \
    X(MEDIUM_SERIAL, "the link is a serial line") \
    X(MEDIUM_UDP, "the link is UDP") \
    X(MEDIUM_BLE, "the link is Bluetooth LE") \
    X(T_RC1, "the client reports error 1") \
    X(T_RC2, "the client reports error 2") \
    X(T_RC3, "the client reports error 3") \
    X(T_RC5, "the client reports error 5") \
    X(T_RC6, "the client reports error 6") \
    X(T_RC7, "the client reports error 7") \
    X(T_RC8, "the client reports error 8") \
    X(T_RC10, "the client reports error 10") \
    X(T_GROUP_25, "the client reports error 25 of the image group") \
    X(T_GROUP_8, "the client reports error 8 of the image group") \
    X(T_GROUP_9, "the client reports error 9 of the image group") \
    X(T_GROUP_13, "the client reports error 13 of the image group") \
    /* device consoles */ \
    X(C_BOOT, "MCUboot starts") \
    X(C_BANNER, "the application boots") \
    X(C_SWAP_TEST, "MCUboot: swap type test") \
    X(C_SWAP_PERM, "MCUboot: swap type perm") \
    X(C_SWAP_REVERT, "MCUboot: swap type revert") \
    X(C_SWAP_NONE, "MCUboot: swap type none") \
    X(C_SWAP_MOVE, "MCUboot starts a swap using move") \
    X(C_NO_ROOM, "MCUboot: not enough room to swap") \
    X(C_SECTORS, "MCUboot: sectors cannot be read") \
    X(C_INCOMPATIBLE, "MCUboot: slots do not fit together") \
    X(C_SECONDARY_BAD, "MCUboot: the image in slot 1 is not valid") \
    X(C_PRIMARY_BAD, "MCUboot: the image in slot 0 is not valid") \
    X(C_NO_BOOTABLE, "MCUboot: no bootable image") \
    X(C_DOWNGRADE, "MCUboot: version too low") \
    X(C_COUNTER, "MCUboot: security counter too low") \
    X(C_OFFSET_MODE, "MCUboot: image in the wrong sector for this swap") \
    X(C_NOT_DESIGNATED, "MCUboot: image is not made for this slot") \
    X(C_BUILT_OFFSET, "MCUboot: image is built for another offset") \
    X(C_BAD_MAGIC, "MCUboot: bad image magic") \
    X(C_XIP_BOOT, "MCUboot: direct XIP") \
    X(C_DEPENDENCY, "MCUboot: dependency not met") \
    X(C_DECRYPT, "MCUboot: the image cannot be decrypted") \
    X(C_PCD, "network core update failed") \
    X(C_FLASH_TIMEOUT, "device: flash operation timed out") \
    X(C_ERASE_FAILED, "device: erase failed") \
    X(C_WRITE_FAILED, "device: flash write failed") \
    X(C_OPEN_FAILED, "device: flash area cannot be opened") \
    X(C_INSPECT_5, "device: upload inspect failed 5") \
    X(C_INSPECT_6, "device: upload inspect failed 6 or no slot") \
    X(C_INSPECT_3, "device: upload inspect failed 3") \
    X(C_INSPECT_2, "device: upload inspect failed 2") \
    X(C_BUS_FAULT, "device: bus fault or other crash") \
    X(C_NULL, "device: fault address near zero") \
    X(C_STACK, "device: stack overflow") \
    X(C_WATCHDOG, "device: watchdog reset") \
    X(C_QSPI, "device: external flash does not answer") \
    X(C_NO_BUFFER, "device: no network buffer") \
    X(C_SMP_WORK, "device: the fault is in the SMP work queue") \
    X(C_BOOT_LOOP, "MCUboot starts again and again, no application") \
    X(C_ORPHAN, "a dump shows a good trailer") \
    X(C_UNSET, "MCUboot: no mark in the secondary slot") \
    X(C_NET_COPY, "the bootloader copies the network core image") \
    X(C_CONFIRM_WRITTEN, "device: confirm written to the trailer") \
    X(C_RECOVERY, "MCUboot enters serial recovery") \
    X(C_ASSERT, "device: assertion") \
    X(C_BOND_LOST, "device: keys are missing") \
    /* configuration */ \
    X(CONF, "a configuration was given") \
    X(CONF_ONE_IMAGE, "configuration: one updatable image") \
    X(CONF_TWO_IMAGES, "configuration: two updatable images") \
    X(CONF_OLD_NAMES, "configuration: names from before Zephyr 3.3") \
    X(CONF_NO_IMG, "configuration: no image group") \
    X(CONF_NO_OS, "configuration: no OS group or no REBOOT") \
    X(CONF_AUTHEN, "configuration: pairing with authentication required") \
    X(CONF_ENCRYPT, "configuration: encryption required") \
    X(CONF_PASSKEY, "configuration: fixed passkey") \
    X(CONF_BUF_SMALL, "configuration: SMP buffer smaller than the MTU") \
    X(CONF_ACL_SMALL, "configuration: ACL buffer smaller than MTU + 4") \
    X(CONF_NO_REASSEMBLY, "configuration: no SMP reassembly") \
    X(CONF_STACK_WRONG, "configuration: the wrong stack is enlarged") \
    X(CONF_OVERWRITE, "configuration: overwrite-only bootloader") \
    X(CONF_NO_DOWNGRADE, "configuration: downgrade prevention") \
    X(CONF_NO_PROGRESSIVE, "configuration: slot erased at once") \
    X(CONF_NO_HEAP, "configuration: heap context, no heap") \
    X(CONF_NO_EXT_FLASH, "configuration: no external flash driver") \
    X(CONF_BOOT_RECOVERY, "configuration: serial recovery") \
    X(CONF_NO_PARAMS, "configuration: MCUmgr parameters off") \
    X(CONF_NO_STORAGE, "configuration: erase of settings off") \
    X(CONF_XIP, "configuration: direct XIP") \
    X(CONF_UDP_NO_FRAGMENT, "configuration: UDP without IP fragmentation") \
    X(CONF_ENC, "configuration: encrypted images")
/* clang-format on */

enum diag_sign {
    SIGN_NONE,
#define DIAG_SIGN_ENUM(name, text) SIGN_##name,
    DIAG_SIGN_LIST(DIAG_SIGN_ENUM)
#undef DIAG_SIGN_ENUM
    DIAG_SIGNS,
};

#endif
