# SPDX-License-Identifier: Apache-2.0
"""smpctl doctor and decode as a user sees them."""
import json
import re
import shutil
import subprocess
import sys

import pytest

from conftest import CASES, ROOT, SMPCTL, doctor, patterns, run

ORIGIN = CASES / "s00-origin-nrf5340-two-images-one-slot-pair.log"
PRJ = CASES / "s00-origin-nrf5340-two-images-one-slot-pair.prj.conf"


def test_the_document_has_the_shape_that_was_promised():
    doc = doctor(ORIGIN)
    assert set(doc) >= {"verdicts", "benign", "session"}
    verdict = doc["verdicts"][0]
    assert verdict["id"] == "multi-image-package-on-single-image-device"
    assert verdict["pattern"] == "N1"
    assert 0.9 <= verdict["confidence"] <= 1
    for key in ("title", "explanation", "evidence", "fixes"):
        assert verdict[key]
    assert [e["line"] for e in verdict["evidence"]] == [43, 45, 46, 57, 64]
    lines = ORIGIN.read_text().splitlines()
    for e in verdict["evidence"]:
        assert e["file"] == str(ORIGIN)
        quote = e["quote"].replace(" ", "")
        assert quote in re.sub(r"\s", "", lines[e["line"] - 1])
    assert {f["kind"] for f in verdict["fixes"]} == {"command", "kconfig"}
    assert [v["id"] for v in doc["benign"]] == [
        "optional-parameters-not-supported", "erase-settings-not-supported"]
    assert doc["session"]["client"] == "nRF Connect Android"
    assert doc["session"]["device"].startswith("Nordic_LBS")
    assert [(t["bytes"], t["ms"]) for t in doc["session"]["transfers"]] == [
        (139592, 32940), (190472, 32601)]
    assert "221 bytes" in doc["session"]["limits"][0]
    assert "40 ms" in doc["session"]["limits"][0]


def test_people_get_both_remedies_and_what_would_prove_it_wrong():
    out = run("doctor", ORIGIN).stdout
    assert "smpctl upgrade --image 0" in out
    assert "CONFIG_UPDATEABLE_IMAGE_NUMBER=2" in out
    assert "SB_CONFIG_MCUBOOT_NRF53_MULTI_IMAGE_UPDATE=y" in out
    assert "wrong if" in out
    assert out.count("harmless:") == 2


def test_a_configuration_makes_the_verdict_sharper_and_is_looked_through():
    doc = doctor(ORIGIN, "--conf", PRJ)
    assert patterns(doc)[0] == "N1"
    assert len(doc["verdicts"][0]["evidence"]) == 6
    assert doc["configured"]["images"] == 1
    assert doc["configured"]["mtu"] == 252
    assert doc["configured"]["params"] is False
    assert any("MTU becomes 252" in x["text"] for x in doc["lint"])


def test_a_configuration_alone_is_looked_through():
    doc = doctor("--conf", PRJ)
    assert doc["verdicts"] == []
    assert len(doc["lint"]) >= 4
    out = run("doctor", "--conf", PRJ).stdout
    assert "No verdict" not in out
    assert f"{PRJ}:17" in out


def test_silence_says_what_would_decide():
    path = CASES / "s20-nrfconnect-android-nrf54l15-connect.log"
    out = run("doctor", path).stdout
    assert "No verdict" in out and "What would decide" in out
    doc = doctor(path)
    assert doc["verdicts"] == [] and len(doc["needs"]) >= 3


def test_a_package_is_evidence(tmp_path):
    package = tmp_path / "dfu_application.zip"
    run("package", "create", package, "--app", "name=X", "--net",
        "--app-size", 20000, "--net-size", 21000)
    doc = doctor(ORIGIN, "--package", package)
    texts = [e["text"] for e in doc["verdicts"][0]["evidence"]]
    assert any("files for image 0 and 1" in t for t in texts)
    bad = tmp_path / "bad.zip"
    bad.write_bytes(b"PK\3\4 nonsense")
    assert "E4" in patterns(doctor(ORIGIN, "--package", bad))


def test_every_entry_can_be_listed_and_explained():
    rules = json.loads(run("--json", "doctor", "--list").stdout)["rules"]
    assert len(rules) > 150
    assert len({r["pattern"] for r in rules}) >= 120
    for rule in rules[::17]:
        out = run("doctor", "--explain", rule["id"]).stdout
        assert rule["title"] in out
        doc = json.loads(run("--json", "doctor", "--explain",
                             rule["pattern"]).stdout)
        assert rule["id"] in [r["id"] for r in doc["rules"]]
    run("doctor", "--explain", "no-such-entry", status=2)


def test_the_pages_are_what_the_tables_say():
    done = subprocess.run([sys.executable, ROOT / "script/failures",
                           "--check", SMPCTL], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_decode_prints_readable_messages():
    out = run("decode", ORIGIN).stdout
    assert re.search(r"-> v1 write, image state, seq 215: "
                     r'\{"confirm":false,"hash":"22822d87', out)
    doc = json.loads(run("--json", "decode", ORIGIN).stdout)
    kinds = {e["kind"] for e in doc["events"]}
    assert {"tx", "rx", "link", "mtu", "sent", "interval"} <= kinds


def test_a_missing_file_is_an_error_of_its_own(tmp_path):
    run("doctor", tmp_path / "none.log", status=4)
    run("doctor", status=2)


def test_text_of_a_log_cannot_reach_terminal_or_page(tmp_path):
    log = tmp_path / "evil.log"
    log.write_text("W: Not enough free space to run swap upgrade "
                   "\x1b]0;owned\x07<script>alert(1)</script>\n")
    page = tmp_path / "page.html"
    out = run("doctor", log, "--html", page).stdout
    assert "\x1b" not in out and "\x07" not in out
    html = page.read_text()
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_the_page_is_self_contained_and_tells_the_story(tmp_path):
    page = tmp_path / "page.html"
    run("doctor", ORIGIN, "--conf", PRJ, "--html", page)
    html = page.read_text()
    assert "the second upload overwrote the first" in html
    assert "<svg" in html and "139,592 bytes" in html
    assert not re.search(r"(src|href)\s*=\s*['\"]?(https?:)?//", html)


def test_a_browser_shows_the_page(tmp_path):
    assert shutil.which("chromium"), "script/bootstrap --tests has it"
    page, shot = tmp_path / "page.html", tmp_path / "page.png"
    run("doctor", ORIGIN, "--html", page)
    subprocess.run(["chromium", "--headless", "--no-sandbox", "--disable-gpu",
                    f"--user-data-dir={tmp_path / 'profile'}",
                    f"--screenshot={shot}", "--window-size=1100,2400",
                    page.as_uri()], capture_output=True, timeout=120,
                   check=False)
    # A blank page of this size is about 10 kB.
    assert shot.stat().st_size > 60000
