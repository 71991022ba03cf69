# SPDX-License-Identifier: Apache-2.0
"""A capture of the wire and our own trace of the same session: one verdict.

Scenarios whose cause smpctl finds before a byte is sent leave nothing on the
wire, and what only the client knows (a file, a time limit, a key, a port that
is closed) is in no capture: for those the capture must not name another cause
with certainty.
"""
import pytest

import live
from conftest import doctor
from wire import Proxy


class BothWays(live.World):
    """Every device stands behind a proxy that writes a capture."""

    def __init__(self, tmp):
        super().__init__(tmp)
        self.wires = []

    def sim(self, preset, *args, port="udp"):
        sim = super().sim(preset, *args, port=port)
        if port == "udp":
            path = self.tmp / f"wire{len(self.wires)}.pcap"
            proxy = Proxy(sim.port, pcap=path)
            self.things.append(proxy)
            self.wires.append(path)
            sim.connect = proxy.connect
            sim.port = int(proxy.connect.rsplit(":", 1)[1])
        return sim


def first(files):
    return [(v["pattern"], v["id"], v["confidence"])
            for v in doctor(*files)["verdicts"]][:1]


# The client's own words are the evidence; a capture has none of them.
ONLY_THE_CLIENT_KNOWS = {
    "A1", "A9", "C1", "C4", "E7", "F1", "F10", "J1", "U1", "U2", "U5", "V1",
}


@pytest.mark.parametrize("pattern,scenario", [
    pytest.param(p, f, id=f"{p}-{name}") for p, name, f in live.SCENARIOS
    if name not in live.SLOW and "w.capture" not in live.source(f)])
def test_capture_and_trace_of_a_session_agree(pattern, scenario, tmp_path):
    world = BothWays(tmp_path)
    try:
        scenario(world)
    finally:
        world.close()
    if not world.trace.exists() or not world.wires:
        return  # nothing was connected
    told = first([world.trace, *world.more])
    seen = first([world.wires[0], *world.more])
    assert told and told[0][0] == pattern, told
    if seen and seen[0][0] == pattern:
        return
    if not seen or pattern in ONLY_THE_CLIENT_KNOWS or sent_nothing(world):
        assert not seen or seen[0][2] < .9, (told, seen)
        return
    pytest.fail(f"trace {told}, capture {seen}")


def sent_nothing(world):
    """Refused by smpctl before an upload."""
    return '"step"' not in world.trace.read_text()
