# SPDX-License-Identifier: Apache-2.0
"""The record of a Bluetooth session (--trace), and what reads it."""
import json

import pytest

from bluezrig import device_entry
from rig import ZEPHYR, smpctl


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()[1:]]


@pytest.mark.parametrize("reassembly,says", [
    (True, "joins writes to one message"), (False, "does not join writes")])
def test_what_a_connect_asks_is_in_the_trace(bus, device, tmp_path,
                                             reassembly, says):
    sim = device(ZEPHYR, "--set", "server.udp_mtu=2475")
    bus.bluez([device_entry(sim, reassembly=reassembly)])
    trace = tmp_path / "trace.jsonl"
    bus("--trace", trace, "os", "echo", "hello")
    seen = lines(trace)
    # The link is up before anything is said over it.
    assert (seen[0]["k"], seen[0]["state"]) == ("link", "up")
    params = [e for e in seen if e.get("hex", "")[8:12] == "0000"
              and e["hex"][14:16] == "06"]
    assert [e["k"] for e in params] == ["tx", "rx"]
    probes = [e for e in seen if e.get("probe")]
    assert [e["k"] for e in probes] == ["tx", "rx"]
    assert ("2e2e2e2e" in probes[1]["hex"]) == reassembly
    assert any(says in e.get("text", "") for e in seen if e["k"] == "note")
    # Sizes are told again once they are known.
    ups = [e for e in seen if e["k"] == "link"]
    assert ups[1]["epoch"] == ups[0]["epoch"] == 1
    assert (ups[1]["max"] > ups[1]["mtu"]) == reassembly
    assert ", probe: " in smpctl("decode", trace).out


def test_the_doctor_takes_no_probe_for_a_failure(bus, device, tmp_path):
    """A device that does not join writes leaves the probe unanswered, or says
    rc 9: neither is what is wrong with the session."""
    sim = device(ZEPHYR, "--set", "server.udp_mtu=2475")
    bus.bluez([device_entry(sim, reassembly=False)])
    trace = tmp_path / "trace.jsonl"
    bus("--trace", trace, "image", "list")
    report = smpctl("--json", "doctor", trace).json
    assert report["verdicts"] == [], report
    trace.write_text(trace.read_text().replace('"probe":true,', ""))
    told = smpctl("--json", "doctor", trace).json["verdicts"]
    assert told, "the record would be judged without the mark"
