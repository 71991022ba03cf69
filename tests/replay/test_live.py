# SPDX-License-Identifier: Apache-2.0
"""Updates that really fail, and the doctor that names the cause first."""
import pytest

import live


@pytest.mark.parametrize("pattern,scenario", [
    pytest.param(p, f, id=f"{p}-{name}",
                 marks=[pytest.mark.slow] if name in live.SLOW else [])
    for p, name, f in live.SCENARIOS])
def test_the_doctor_names_the_cause_first(pattern, scenario, tmp_path):
    world = live.World(tmp_path)
    try:
        scenario(world)
        doc = world.verdicts()
    finally:
        world.close()
    found = [(v["pattern"], v["id"], v["confidence"]) for v in doc["verdicts"]]
    assert found and found[0][0] == pattern, found


def test_sixty_patterns_and_more_are_reproduced():
    """Each by smpctl itself: live.World has no other client."""
    assert len({pattern for pattern, _, _ in live.SCENARIOS}) >= 80
