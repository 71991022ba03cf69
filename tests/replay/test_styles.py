# SPDX-License-Identifier: Apache-2.0
"""The same session in the words of other clients gives the same verdict."""
import json

import pytest

import live
import styles
from conftest import doctor, patterns, run


def forced(w):
    w.fails(w.sim(live.SINGLE).connect, "--trace-data", "upgrade", "--force",
            w.package(net=True))


def refused(w):
    sim = w.sim(live.ZEPHYR)
    w.fails(sim.connect, "--trace-data", "raw", "write", 1, 0,
            json.dumps({"hash": {"$hex": "07" * 32}, "confirm": False}))


def crashing(w):
    w.fails(w.sim(live.ZEPHYR).connect, "--trace-data", "upgrade",
            w.package(app="name=T,crash=1"), timeout=120)


def damaged(w):
    app = bytearray(w.images(w.package())[0])
    app[2000] ^= 0xff
    w.fails(w.sim(live.ZEPHYR).connect, "--trace-data", "upgrade", "--force",
            w.file("bad.bin", bytes(app)))


def good(w):
    w.smpctl(w.sim(live.ZEPHYR).connect, "--trace-data", "upgrade",
             w.package())


SESSIONS = {"forced": ("N1", forced), "refused": ("G1", refused),
            "crashing": ("I2", crashing), "damaged": ("I4", damaged),
            "good": (None, good)}


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    """Every session once: its messages."""
    out = {}
    for name, (_, function) in SESSIONS.items():
        world = live.World(tmp_path_factory.mktemp(name))
        try:
            function(world)
        finally:
            world.close()
        out[name] = styles.read_trace(world.trace)
    return out


@pytest.mark.parametrize("style", styles.STYLES)
@pytest.mark.parametrize("session", SESSIONS)
def test_a_style_changes_no_verdict(recordings, tmp_path, session, style):
    path = styles.write(tmp_path / f"{style}.log", style, recordings[session])
    found = patterns(doctor(path))
    wanted = SESSIONS[session][0]
    assert (found[:1] or [None])[0] == wanted, found


@pytest.mark.parametrize("style", styles.STYLES)
def test_decode_finds_every_message(recordings, tmp_path, style):
    events = recordings["refused"]
    path = styles.write(tmp_path / f"{style}.log", style, events)
    doc = json.loads(run("--json", "decode", path).stdout)
    found = [(e["kind"], e["group"], e["command"], e["body"])
             for e in doc["events"] if e["kind"] in ("tx", "rx")]
    assert len(found) == len(events)
    for e, (kind, group, command, _) in zip(events, found):
        assert (kind, group, command) == ("tx" if e.tx else "rx", e.group,
                                          e.id)


def test_text_around_the_log_does_no_harm(recordings, tmp_path):
    text = styles.android(recordings["forced"])
    path = tmp_path / "mail.txt"
    path.write_text("Hi all,\n\nmy update fails. prj.conf is attached.\n\n"
                    f"```\n{text}```\n\nRegards\nBob\n")
    assert patterns(doctor(path))[0] == "N1"


def test_a_log_in_two_files_of_two_clients_is_two_sessions(
        recordings, tmp_path):
    a = styles.write(tmp_path / "a.log", "android", recordings["good"])
    b = styles.write(tmp_path / "b.log", "ios", recordings["forced"])
    doc = doctor(a, b)
    assert patterns(doc)[0] == "N1"
    assert doc["session"]["sessions"] == 2


def test_a_report_by_mcumgrctl_is_the_answer_to_its_step(tmp_path):
    path = tmp_path / "mcumgrctl.txt"
    path.write_text(
        "Detecting bootloader ...\nFound bootloader: MCUboot\n"
        "Parsing firmware image ...\nQuerying device state ...\n"
        "Update: 1.0.0-0badcafe -> 0.9.0-0badbeef\n"
        "Uploading new firmware ...\n"
        "Error: mcumgrctl::firmware_update\n\n"
        "  \u00d7 Firmware update failed\n"
        "  \u251c\u2500\u25b6 Failed to upload firmware image to device\n"
        "  \u251c\u2500\u25b6 Command execution failed\n"
        "  \u2570\u2500\u25b6 Device returned error code: "
        "IMG_MGMT_ERR_CURRENT_VERSION_IS_NEWER\n")
    doc = json.loads(run("--json", "decode", path).stdout)
    (answer,) = [e for e in doc["events"] if e["kind"] == "rx"]
    assert (answer["group"], answer["command"]) == (1, 1)
    assert patterns(doctor(path))[0] == "I7"
