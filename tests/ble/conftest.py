# SPDX-License-Identifier: Apache-2.0
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "tools"))
sys.path.insert(0, str(pathlib.Path(__file__).parent))

# vm/ runs inside the virtual machine of script/test-ble only.
collect_ignore = [] if os.environ.get("BLE_VM") else ["vm"]

import pytest  # noqa: E402

if not os.environ.get("BLE_VM"):
    from bluezrig import Bus
    from rig import device, package, single_package  # noqa: F401

    @pytest.fixture
    def bus(tmp_path):
        """A system bus of our own."""
        made = Bus(tmp_path)
        yield made
        made.stop()
