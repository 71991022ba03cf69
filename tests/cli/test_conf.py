# SPDX-License-Identifier: Apache-2.0
"""smpsim --conf: the device that a prj.conf describes."""
import subprocess

from rig import ROOT, SMPSIM, environment

ORIGIN = (ROOT / "tests/data/cases"
          / "s00-origin-nrf5340-two-images-one-slot-pair.prj.conf")


def smpsim(*args):
    done = subprocess.run([SMPSIM, *map(str, args)], capture_output=True,
                          text=True, timeout=20, stdin=subprocess.DEVNULL,
                          env=environment(), check=False)
    assert "Sanitizer" not in done.stderr, done.stderr
    return done


def active(images):
    return next(i for i in images if i["image"] == 0 and i["active"])


def test_the_origin_configuration_gives_the_origin_failure(device, package):
    dev = device(None, "--conf", ORIGIN, "--sdk", "2.4.1")
    run = dev("--json", "upgrade", package, status=5)
    assert run.code == "package-needs-more-images"
    assert "CONFIG_UPDATEABLE_IMAGE_NUMBER=2" in run.err + run.out
    run = dev("--json", "upgrade", "--force", package, status=6)
    assert run.json["error"]["smp"]["rc"] == 3
    assert (run.json["verdicts"][0]["id"]
            == "multi-image-package-on-single-image-device")
    assert "the ATT MTU becomes 252" in dev.note
    assert dev.note.startswith("listening")


def test_the_remedy_of_the_verdict_cures_it(device, package, tmp_path):
    more = tmp_path / "two.conf"
    more.write_text("CONFIG_UPDATEABLE_IMAGE_NUMBER=2\n"
                    "CONFIG_MCUMGR_GRP_IMG_UPDATABLE_IMAGE_NUMBER=2\n"
                    "CONFIG_MCUMGR_TRANSPORT_NETBUF_SIZE=1024\n")
    dev = device(None, "--conf", ORIGIN, "--conf", more, "--sdk", "2.4.1")
    doc = dev("--json", "upgrade", package).json
    assert doc["ok"] and doc["confirmed"]
    assert [i["image"] for i in doc["images"]] == [0, 1]
    assert active(dev.images())["version"] == "1.1.0"


def test_a_bootloader_file_decides_the_mode(device, package, tmp_path):
    boot = tmp_path / "mcuboot.conf"
    boot.write_text("CONFIG_UPDATEABLE_IMAGE_NUMBER=2\n"
                    "CONFIG_BOOT_UPGRADE_ONLY=y\n")
    app = tmp_path / "prj.conf"
    app.write_text("CONFIG_NCS_SAMPLE_MCUMGR_BT_OTA_DFU=y\n"
                   "CONFIG_UPDATEABLE_IMAGE_NUMBER=2\n"
                   "CONFIG_MCUMGR_GRP_OS_BOOTLOADER_INFO=y\n")
    dev = device(None, "--conf", app, "--conf", boot, "--sdk", "2.9.0")
    assert "overwrite" in dev("os", "bootloader", "mode").out
    doc = dev("--json", "upgrade", "--mode", "confirm-only", package).json
    assert doc["ok"]
    assert active(dev.images())["version"] == "1.1.0"


def test_show_conf_tells_what_decided_and_what_did_not(tmp_path):
    done = smpsim("--conf", ORIGIN, "--sdk", "2.4.1", "--show-conf")
    assert done.returncode == 0
    assert "ATT MTU 252, no reassembly" in done.stdout
    assert "1 image, 4 × 384 bytes" in done.stdout
    used, idle = done.stdout.split("without effect")
    assert "CONFIG_MCUMGR_GRP_IMG=y" in used
    assert "CONFIG_ZCBOR=y" in idle


def test_a_bootloader_that_decrypts_is_told_where_its_key_goes(tmp_path):
    conf = tmp_path / "mcuboot.conf"
    conf.write_text("CONFIG_BOOT_ENCRYPT_X25519=y\n"
                    "CONFIG_BOOT_SWAP_SAVE_ENCTLV=y\n")
    done = smpsim("--conf", conf, "--show-conf")
    assert done.returncode == 0
    used = done.stdout.split("without effect")[0]
    assert "CONFIG_BOOT_SWAP_SAVE_ENCTLV=y" in used
    assert "--set boot.decrypt_key=KEY.pem" in done.stdout


def test_renamed_and_unknown_symbols_are_warned_of(device, tmp_path):
    conf = tmp_path / "prj.conf"
    conf.write_text("CONFIG_MCUMGR=y\nCONFIG_IMG_MANAGER=y\n"
                    "CONFIG_MCUMGR_CMD_IMG_MGMT=y\nCONFIG_MCUMGR_GRP_OS=y\n"
                    "CONFIG_MCUMGR_GRP_ZBASIK=y\n")
    dev = device(None, "--conf", conf, "--sdk", "2.4.1")
    assert dev("--json", "image", "list", status=6).json["error"]["smp"][
        "rc"] == 8
    assert f"{conf}:3: error: CONFIG_MCUMGR_CMD_IMG_MGMT" in dev.note
    assert "CONFIG_MCUMGR_GRP_ZBASIC is meant?" in dev.note


def test_what_is_no_configuration_is_refused(tmp_path):
    for args in (["--conf", tmp_path / "none"], ["--conf", __file__],
                 ["--sdk", "seven"], ["--conf", ORIGIN, "--sdk", "4.4"]):
        done = smpsim(*args)
        assert done.returncode == 2
        assert done.stderr.startswith("smpsim: ")
