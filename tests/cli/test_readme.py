# SPDX-License-Identifier: Apache-2.0
"""Every command of the README's shell blocks is run, in order."""
import os
import re
import shlex
import subprocess

from rig import ROOT, SMPCTL, SMPSIM, environment


def lines():
    text = (ROOT / "README.md").read_text()
    for block in re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S):
        yield from (line for line in block.splitlines() if line.strip())


def test_every_command_of_the_readme_works(tmp_path):
    count = 0
    for line in lines():
        command, _, comment = line.partition("  # ")
        wanted = re.match(r"exit (\d+)", comment)
        words = shlex.split(command)
        words[0] = {"smpctl": SMPCTL, "smpsim": SMPSIM}[words[0]]
        words = [w.replace("tests/data", str(ROOT / "tests/data"))
                 for w in words]
        done = subprocess.run(words, cwd=tmp_path, capture_output=True,
                              text=True, timeout=120, env=environment(),
                              check=False)
        assert done.returncode == int(wanted[1] if wanted else 0), \
            f"{line}\n{done.stdout}\n{done.stderr}"
        count += 1
    assert count >= 10


def test_the_two_commands_of_the_readme_exist():
    text = (ROOT / "README.md").read_text()
    for script in ("script/demo", "script/test"):
        assert f"\n    {script}\n" in text
        assert os.access(ROOT / script, os.X_OK)
