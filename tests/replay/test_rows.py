# SPDX-License-Identifier: Apache-2.0
"""Entries of the catalogue that no case and no live scenario reaches: a short
session for each, and what must not be taken for it.
"""
import hashlib
import json
import re
import subprocess

import pytest

from conftest import ROOT, SMPCTL, doctor, patterns, run
from story import (IMAGE, OS, READ, RUNNING, WRITE, Story, image, slot)

NEW = slot(1, "new", "1.1.0")
OLD_IN_1 = slot(1, "older", "0.9.0")
TESTED = {"images": [RUNNING, {**NEW, "pending": True}]}
NO_IMAGE = b"\0\0\4\x20" + bytes(2996)


def marked(story):
    return story.upload(image()).slots(RUNNING, NEW).test(TESTED)


def silent_device():
    s = Story().slots(RUNNING).upload(image(), stop=1500)
    s.ask(WRITE, IMAGE, 1, {"off": 1500, "data": bytes(500)}).lost()
    s.ask(WRITE, IMAGE, 1, {"off": 1500, "data": bytes(500)}).lost()
    s.ask(WRITE, OS, 0, {"d": "?"}).lost()
    return s.error("no-answer")


def silent_first_chunk():
    s = Story().slots(RUNNING).first(image()).lost()
    s.first(image()).lost().ask(WRITE, OS, 0, {"d": "?"}).lost()
    return s.error("no-answer")


def second_attempt():
    s = Story().slots(RUNNING).first(image()).lost(10)
    return s.error("no-answer").upload(image())


def slower():
    s = Story("ble", mtu=252).slots(RUNNING)
    s.upload(image(9000), stop=6000, gaps=[.05] * 7 + [.4, 1.5, 2, 3])
    s.ask(WRITE, IMAGE, 1, {"off": 6000, "data": bytes(200)}).lost(10)
    return s.error("no-answer")


def begun_again():
    data = image()
    s = Story("ble", mtu=650).slots(RUNNING).upload(data, stop=2500)
    s.ask(WRITE, IMAGE, 1, {"off": 2500, "data": data[2500:]}).lost(20)
    return s.first(data, {"off": 500})


def stale_hash():
    s = Story().slots(RUNNING, OLD_IN_1).upload(NO_IMAGE)
    return s.slots(RUNNING, OLD_IN_1)


def second_reset():
    s = marked(Story()).reset()
    s.slots(slot(0, "new", "1.1.0", active=True, confirmed=True), OLD_IN_1)
    return s.first(image(4000), {"rc": 1})


def other_map():
    s = marked(Story()).reset()
    s.noise("Starting bootloader\n"
            "Secondary image: magic=unset, swap_type=0x1, copy_done=0x3, "
            "image_ok=0x3\nSwap type: none\n")
    return s.slots(RUNNING, {**NEW, "pending": True})


def xip_version():
    s = Story().talk(READ, OS, 8, {"query": "mode"}, {"mode": 5})
    s.upload(image()).slots(RUNNING, {**NEW, "version": "0.9.0"})
    s.test({"images": [RUNNING, {**NEW, "version": "0.9.0",
                                 "pending": True}]}).reset()
    return s.slots(RUNNING, {**NEW, "version": "0.9.0"})


def recovery_encrypted():
    s = Story("console", mtu=1024).slots(slot(0, "old"))
    s.upload(image(flags=4))
    return s.noise("Image in the primary slot is not valid!\n"
                   "Unable to find bootable image\n")


def net_again(first, second):
    net = slot(1, "net", image_number=1, pending=True, permanent=True)
    s = Story().slots(slot(0, "old", image_number=0, active=True,
                           confirmed=True), net).reset()
    return s.slots(slot(0, first, image_number=0, active=True,
                        confirmed=True), {**net, "pending": second})


def split_application():
    s = Story()
    for number, name in ((0, "app_update.bin"), (1, "qspi_xip.bin")):
        s.add("file", image=number, name=name, size=3000,
              hash=f"{number + 1:02}" * 32)
    return marked(s).reset().slots(RUNNING, NEW).error("reverted")


def load_address():
    s = Story(version=1).slots({**RUNNING, "image": 0})
    return s.first(image(), {"err": {"group": 1, "rc": 25}}, number=1)


def recovery_net():
    s = Story("console", mtu=1024).slots(slot(0, "old"))
    return s.first(image(), {"rc": 3}, number=3)


def old_recovery():
    s = Story("console", mtu=1024).slots(slot(0, "old"))
    return s.first(image(), {"rc": 3})


def old_client():
    s = Story(version=1).first(image(), {"err": {"group": 1, "rc": 9}})
    return s.ask(WRITE, IMAGE, 1, {"off": 500, "data": bytes(500)})


def encrypted_sha():
    data = image(flags=4)
    s = Story().slots(RUNNING).upload(data).slots(RUNNING, NEW)
    return s.test({"rc": 3}, hashlib.sha256(data).digest())


def lagging():
    s = Story().slots(RUNNING).first(image()).lost()
    for off in (0, 500, 1000, 1500):
        late = s.seq
        s.ask(WRITE, IMAGE, 1, {"off": off, "data": bytes(500)})
        s.tell(WRITE, IMAGE, 1, {"off": off + 500}, seq=late)
        s.lost()
    return s.error("no-answer")


ADDRESS = "68:00:F1:24:66:15"


def android(*after, device=f"Thing ({ADDRESS})"):
    """An nRF Connect log: a reset, then these lines."""
    def say(clock, text):
        return f"I\t09:43:{clock}\t[McuMgr] {text}"
    return "\n".join([
        "nRF Connect, 2024-05-05", device,
        say("01.000", f"Connected to {ADDRESS}"),
        say("02.000", "Sending (8 bytes) Header (Op: 2, Flags: 0, Len: 1, "
            "Group: 0, Seq: 7, Command: 5) CBOR {}"),
        say("02.050", "Received Header (Op: 3, Flags: 0, Len: 2, Group: 0, "
            "Seq: 7, Command: 5) CBOR {}"),
        "D\t09:43:02.900\tConnection state changed with status: 8 and new "
        "state: DISCONNECTED (0)",
        *after]) + "\n"


ROWS = {
    "device-fell-silent": ("A9", silent_device),
    "silent-since-the-first-chunk": ("C1", silent_first_chunk),
    "second-attempt-works": ("C7", second_attempt),
    "upload-slows-down": ("C5", slower),
    "begun-again-after-the-last-chunk": ("D5", begun_again),
    "erase-on-upload-refused-old-server": ("C10", lambda: Story().slots(
        RUNNING, OLD_IN_1).first(image(), {"rc": 1})),
    "second-reset-needed": ("H8", second_reset),
    "zip-sent-as-image": ("E2", lambda: Story().slots(RUNNING).upload(
        b"PK\3\4" + bytes(2000))),
    "programmer-file-sent-as-image": ("E2", lambda: Story().slots(
        RUNNING).upload(b":10000000" * 300)),
    "stale-hash-in-slot-1": ("E10", stale_hash),
    "upload-is-no-mcuboot-image": ("E1", lambda: Story().slots(
        RUNNING).upload(NO_IMAGE).slots(RUNNING)),
    "upload-flagged-not-bootable": ("E15", lambda: Story().slots(
        RUNNING).upload(image(flags=0x10)).slots(RUNNING, NEW)),
    "slots-of-bootloader-and-application-differ": ("I11", other_map),
    "xip-keeps-the-higher-version": ("L3", xip_version),
    "plain-image-on-encrypted-build": ("X2", recovery_encrypted),
    "network-core-written-at-every-boot": ("N10",
                                           lambda: net_again("new", True)),
    "external-code-not-updated-along": ("K5", split_application),
    "load-address-check-hits-network-core": ("N13", load_address),
    "recovery-does-not-know-the-network-core": ("N7", recovery_net),
    "old-recovery-does-not-understand-client": ("F12", old_recovery),
    "client-does-not-know-v2-errors": ("V2", old_client),
    "hash-over-encrypted-bytes": ("X3", encrypted_sha),
    "answers-with-foreign-sequence": ("U3", lagging),
    "erase-blocks-the-network": ("U4", lambda: Story().slots(
        RUNNING).first(image()).lost(20).error("no-answer")),
    "crash-with-shell-or-udp": ("M4", lambda: Story().slots(RUNNING).ask(
        READ, OS, 2).noise("***** BUS FAULT *****")),
    "address-changed-after-update": ("J2", lambda: android(
        "E\t09:44:30.000\tError 133 (0x85): GATT ERROR",
        "I\t09:45:00.000\t[McuMgr] Connected to C8:11:22:33:44:55")),
    "name-changed-by-update": ("J6", lambda: android(
        "E\t09:44:30.000\tError 133 (0x85): GATT ERROR",
        f"Thing v2 ({ADDRESS})")),
    "client-assumes-a-fixed-mtu": ("B3", lambda: "Uploading app.bin\n"
                                   "Error: Device not responding after 6 "
                                   "attempts\n"),
    "port-in-use": ("F2", lambda: "serial.serialutil.SerialException: [Errno "
                    "16] could not open port /dev/ttyACM0: Device or resource "
                    "busy\n"),
    "package-given-to-another-tool": ("N14", lambda: "$ dfu-util --alt 1 "
                                      "--download dfu_application.zip\n"
                                      "Download done.\n"),
}

BENIGN = {
    "marked-image-waits-for-a-reset": ("O5", lambda: marked(
        Story().slots(RUNNING))),
    "every-version-is-zero": ("E13", lambda: Story().slots(
        {**RUNNING, "version": "0.0.0"}, {**NEW, "version": "0.0.0"})),
    "suit-list-shows-manifests": ("Y3", lambda: Story().slots(
        slot(0, "root", "3")).talk(READ, 66, 0, None, {"manifests": []})),
}


def write(path, story):
    path.write_text(story if isinstance(story, str) else story.text())
    return path


@pytest.mark.parametrize("row", ROWS)
def test_an_entry_is_named_first(row, tmp_path):
    pattern, tell = ROWS[row]
    doc = doctor(write(tmp_path / "session.log", tell()))
    found = [(v["pattern"], v["id"]) for v in doc["verdicts"]]
    assert found[:1] == [(pattern, row)], found


@pytest.mark.parametrize("row", BENIGN)
def test_a_harmless_entry_is_named_and_no_verdict(row, tmp_path):
    pattern, tell = BENIGN[row]
    doc = doctor(write(tmp_path / "session.log", tell()))
    assert doc["verdicts"] == []
    assert (pattern, row) in [(v["pattern"], v["id"]) for v in doc["benign"]]


def test_a_buffer_below_the_mtu_explains_a_crash(tmp_path):
    conf = tmp_path / "prj.conf"
    conf.write_text("CONFIG_MCUMGR=y\nCONFIG_MCUMGR_BUF_SIZE=128\n"
                    "CONFIG_BT_L2CAP_TX_MTU=247\n")
    s = Story("ble", mtu=247).slots(RUNNING).upload(image(), stop=1000)
    s.ask(WRITE, IMAGE, 1, {"off": 1000, "data": bytes(200)})
    s.add("link", state="down", kind="ble", text="19")
    log = write(tmp_path / "session.log", s)
    assert "B7" not in patterns(doctor(log))
    assert patterns(doctor(log, "--conf", conf))[0] == "B7"


def test_an_update_that_went_well_has_none_of_it(tmp_path):
    s = marked(Story().slots(RUNNING)).reset()
    s.slots(slot(0, "new", "1.1.0", active=True), slot(1, "old"))
    s.talk(WRITE, IMAGE, 0, {"confirm": True}, {"images": [
        slot(0, "new", "1.1.0", active=True, confirmed=True),
        slot(1, "old")]})
    doc = doctor(write(tmp_path / "session.log", s))
    assert doc["verdicts"] == []
    assert [v["id"] for v in doc["benign"]] == ["link-loss-after-reset"]


def test_a_network_core_that_took_its_image_gets_no_verdict(tmp_path):
    doc = doctor(write(tmp_path / "s.log", net_again("new", False)))
    assert doc["verdicts"] == []


def test_answers_that_come_twice_are_nothing(tmp_path):
    s = Story().slots(RUNNING)
    data = image(9000)
    for off in range(0, 6000, 500):
        body = {"off": off, "data": data[off:off + 500]}
        if off == 0:
            body["len"] = len(data)
        s.talk(WRITE, IMAGE, 1, body, {"off": off + 500})
        before = s.seq
        s.ask(WRITE, IMAGE, 1, {"off": off + 500, "data": bytes(500)})
        s.tell(WRITE, IMAGE, 1, {"off": off + 500}, seq=before)
        s.seq = before
    doc = doctor(write(tmp_path / "session.log", s.error("no-answer")))
    assert "U3" not in patterns(doc), doc


# ---- the catalogue ----------------------------------------------------------

CODES = (ROOT / "tests/data/cases/PATTERNS").read_text().split()


def test_every_code_has_an_entry_or_a_reason():
    known = json.loads(run("--json", "doctor", "--list").stdout)
    rows = {r["pattern"] for r in known["rules"]}
    unseen = {u["pattern"] for u in known["unseen"]}
    assert not rows & unseen
    assert rows | unseen == set(CODES)
    assert run("doctor", "--explain", "K3").stdout.startswith("K3")


# ---- advice that can be followed --------------------------------------------


def rules():
    return json.loads(run("--json", "doctor", "--list").stdout)["rules"]


def test_every_failure_says_what_to_do_and_what_would_prove_it_wrong():
    for rule in rules():
        if not rule["benign"]:
            assert rule["fixes"], rule["id"]
            assert rule["disproof"], rule["id"]


def test_kconfig_lines_say_into_which_file_they_go():
    for rule in rules():
        name = ""
        for fix in rule["fixes"]:
            if fix["kind"] != "kconfig":
                continue
            found = re.findall(r"\w+\.conf", fix["text"])
            name = found or name  # "or …" goes on with the file before
            assert name, (rule["id"], fix["text"])
            for line in fix["lines"]:
                assert re.match(r"(SB_)?CONFIG_[A-Z0-9_]+=\S", line), line
                assert line.startswith("SB_") == ("sysbuild.conf" in name), \
                    (rule["id"], line, name)
                if line.startswith(("CONFIG_BOOT_", "CONFIG_MCUBOOT_SERIAL")):
                    assert "mcuboot.conf" in name, (rule["id"], line)


def test_commands_have_options_that_smpctl_knows():
    whole = run("--help").stdout
    seen = {}
    for rule in rules():
        for line in (li for f in rule["fixes"] for li in f["lines"]):
            if not line.startswith("smpctl "):
                continue
            words = line.split()[1:]
            options = [w for w in words if w.startswith("--")]
            plain = re.sub(r"'[^']*'", "X", line).split()[1:]
            while plain and plain[0].startswith("-"):
                plain = plain[2:]
            command = next((" ".join(plain[:n]) for n in (2, 1) if re.search(
                rf"^  {re.escape(' '.join(plain[:n]))}\b", whole, re.M)), None)
            assert command, (rule["id"], line)
            if command not in seen:
                seen[command] = subprocess.run(
                    [SMPCTL, *command.split(), "--help"],
                    capture_output=True, text=True, check=False).stdout
            for option in options:
                assert option in seen[command] or option in whole, \
                    (rule["id"], line)


def test_the_name_of_the_package_is_in_the_advice(tmp_path):
    package = tmp_path / "my app.zip"
    run("package", "create", package, "--app", "name=X", "--net",
        "--app-size", 20000, "--net-size", 21000)
    log = ROOT / ("tests/data/cases/"
                  "s00-origin-nrf5340-two-images-one-slot-pair.log")
    assert "--image 0 dfu_application.zip" in run("doctor", log).stdout
    out = run("doctor", log, "--package", package).stdout
    assert f"smpctl upgrade --image 0 '{package}'" in out
