# SPDX-License-Identifier: Apache-2.0
"""A recording of any size takes bounded memory, whatever kind it is."""
import json

import pytest

import big


@pytest.mark.parametrize("kind", big.KINDS)
def test_memory_does_not_grow_with_the_file(kind, tmp_path):
    path = big.write(tmp_path / "big", kind, 4)
    _, small, out = big.measure(path)
    doc = json.loads(out)
    assert doc["verdicts"] == []
    assert doc["session"]["transfers"]
    _, large, _ = big.measure(big.write(path, kind, 16))
    # 12 MB more to read.
    assert large < small + 4, (small, large)


@pytest.mark.slow
@pytest.mark.parametrize("kind", big.KINDS)
def test_a_recording_of_100_megabytes_is_read_to_its_end(kind, tmp_path):
    path = big.write(tmp_path / "big", kind, 100)
    _, memory, out = big.measure(path)
    doc = json.loads(out)
    assert doc["verdicts"] == []
    assert doc["session"]["transfers"][0]["size"] == big.SIZE
    assert memory < 100
