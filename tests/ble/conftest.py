# SPDX-License-Identifier: Apache-2.0
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "tools"))
sys.path.insert(0, str(pathlib.Path(__file__).parent))

# vm/ runs inside the virtual machine of script/test-ble only.
collect_ignore = [] if os.environ.get("BLE_VM") else ["vm"]
