# SPDX-License-Identifier: Apache-2.0
"""Links that are cut at any write or notification, and links that are full:
the upload goes on where it stopped, and nothing is sent for nothing."""
import json
import os
import random

import pytest

from bluezrig import device_entry
from rig import ZEPHYR, make_package

SIZE = 30000
# Other places with every run of a night: SMP_CUT_SEED=n
SEED = int(os.environ.get("SMP_CUT_SEED", "1"))
HOWS = ["disconnect", "close-sockets", "vanish", "mute"]


@pytest.fixture
def sim(device):
    return lambda *more: device(ZEPHYR, "--set", "server.udp_mtu=2475", *more)


@pytest.fixture
def small(tmp_path):
    return make_package(tmp_path / "small.zip", net=False, size=SIZE)


def uploaded(trace):
    """Offset and data bytes of every upload request of a trace."""
    sent = []
    for line in trace.read_text().splitlines()[1:]:
        e = json.loads(line)
        if e["k"] == "tx" and e["hex"][8:12] == "0001" and \
                e["hex"][14:16] == "01":
            sent.append(e.get("data_len", 0))
    return sent


def links(trace):
    """How many connections a trace tells of."""
    found = set()
    for line in trace.read_text().splitlines()[1:]:
        e = json.loads(line)
        if e["k"] == "link" and "epoch" in e:
            found.add(e["epoch"])
    return len(found)


def cuts(chance, sockets, mtu):
    """Rules that cut the link two or three times somewhere."""
    hows = [h for h in HOWS if sockets or h != "close-sockets"]
    # About so many writes and notifications has an update.
    most = {"write": SIZE // mtu, "notification": SIZE // 2400}
    rules = []
    for _ in range(chance.randint(2, 3)):
        on = chance.choice(["write", "notification"])
        nth = chance.randint(1, most[on])
        rules.append({"on": on, "nth": nth, "do": chance.choice(hows),
                      "ms": 300})
    return rules


@pytest.mark.parametrize("number", range(8))
@pytest.mark.parametrize("sockets", [True, False], ids=["socket", "method"])
def test_an_update_survives_cuts_anywhere(bus, sim, small, tmp_path, sockets,
                                          number):
    chance = random.Random(f"{SEED}/{number}/{sockets}")
    mtu = chance.choice([65, 247, 498])
    rules = cuts(chance, sockets, mtu)
    reassembly = chance.random() < 0.7
    bus.bluez([device_entry(sim(), mtu=mtu, reassembly=reassembly)],
              sockets=sockets, rules=rules)
    trace = tmp_path / "trace"
    run = bus("--json", "--trace", trace, "upgrade", small)
    about = f"cuts: seed={SEED} number={number} {rules}\n{run}"
    assert run.json["ok"], about
    assert run.json["images"][0]["verified"] == "active", about
    done = bus.log.read_text().count("rule:") - 1  # the reset is one
    # What was on its way at a cut is sent again, and no more than that: at
    # most a window of chunks for each cut. A device recognises an upload by
    # its `sha`, for which a first request of 62 bytes has no room.
    chunk = run.json["images"][0]["chunk"]
    window = run.json["images"][0]["window"]
    resumes = reassembly or mtu > 65
    spare = (done + 1) * (window * chunk if resumes else SIZE)
    assert sum(uploaded(trace)) <= SIZE + 1000 + spare, about


@pytest.mark.parametrize("sockets", [True, False], ids=["socket", "method"])
def test_an_upload_is_resumed_not_begun_again(bus, sim, small, tmp_path,
                                              sockets):
    bus.bluez([device_entry(sim())], sockets=sockets, rules=[
        {"on": "bytes", "at": SIZE // 2, "do": "disconnect"}])
    trace = tmp_path / "trace"
    run = bus("--json", "--trace", trace, "upgrade", small)
    assert run.json["ok"]
    assert links(trace) == 3
    chunk = run.json["images"][0]["chunk"]
    window = run.json["images"][0]["window"]
    assert sum(uploaded(trace)) < SIZE + 1000 + window * chunk


def test_a_second_run_goes_on_where_the_first_was_ended(bus, sim, small):
    bus.bluez([device_entry(sim())], rules=[
        {"on": "bytes", "at": SIZE // 2, "do": "mute", "ms": 4000}])
    run = bus("--json", "upgrade", "--reconnect-timeout", "2", small,
              status=3)
    assert run.code == "link-lost"
    run = bus("--json", "upgrade", small)
    assert run.json["ok"]
    assert run.json["images"][0]["resumed_at"] > SIZE // 4


# ---- back-pressure ----


def test_a_full_socket_is_waited_for(bus, sim, small, tmp_path):
    """The controller takes nothing for a second, and the socket holds a few
    writes only: nothing is lost, nothing is sent twice."""
    bus.bluez([device_entry(sim(), mtu=247)], socket_bytes=4608, rules=[
        {"on": "bytes", "at": 6000 + 4000 * i, "do": "stall", "ms": 400}
        for i in range(3)])
    trace = tmp_path / "trace"
    before = os.times()
    run = bus("--json", "--trace", trace, "upgrade", small)
    after = os.times()
    assert run.json["ok"]
    assert bus.log.read_text().count("stall") == 3
    text = trace.read_text()
    assert "no answer in time" not in text
    package_bytes = run.json["images"][0]["bytes"]
    assert sum(uploaded(trace)) == package_bytes
    # It sleeps while it waits.
    used = after.children_user + after.children_system \
        - before.children_user - before.children_system
    assert used < 0.9, used


def test_write_calls_are_not_piled_up(bus, sim, small, tmp_path):
    """Without sockets the answers of BlueZ are the back-pressure."""
    bus.bluez([device_entry(sim(), mtu=65)], sockets=False, rules=[
        {"on": "WriteValue", "nths": list(range(40, 80)),
         "do": "answer-late", "ms": 20}])
    trace = tmp_path / "trace"
    run = bus("--json", "--trace", trace, "upgrade", small)
    assert run.json["ok"]
    assert bus.most_waiting() <= 4


# ---- writes that BlueZ refuses ----


@pytest.mark.parametrize("name,text", [
    ("org.bluez.Error.Failed", "Not connected"),
    ("org.bluez.Error.NotConnected", "Not Connected"),
    ("org.bluez.Error.Failed", "Operation failed with ATT error: 0x01"),
    ("org.bluez.Error.Failed", "Operation failed with ATT error: 0x0e"),
    ("org.bluez.Error.InProgress", "In Progress"),
    ("org.bluez.Error.Failed", "something new"),
    ("org.freedesktop.DBus.Error.NoReply", "no reply"),
])
def test_a_refused_write_is_made_good(bus, sim, small, tmp_path, name, text):
    """In the middle of a message the device waits for the rest, and would
    take the next message for it: the subscription is made anew."""
    bus.bluez([device_entry(sim(), mtu=247)], sockets=False, rules=[
        {"on": "WriteValue", "nths": [20, 30], "do": "error", "name": name,
         "text": text}])
    trace = tmp_path / "trace"
    run = bus("--json", "--trace", trace, "upgrade", small)
    assert run.json["ok"]
    assert bus.log.read_text().count("rule:") == 3
    assert links(trace) >= 3
