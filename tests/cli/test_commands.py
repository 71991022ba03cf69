# SPDX-License-Identifier: Apache-2.0
"""Every command over the real transports, as text and as JSON."""
import json
import re
import socket

import pytest

from rig import LEGACY, MULTI, ROOT, SINGLE, ZEPHYR, smpctl


@pytest.fixture(params=["udp", "tcp", "pty"])
def zephyr(device, request):
    return device(ZEPHYR, port=request.param)


def test_echo(zephyr):
    assert zephyr("os", "echo", "hello").out == "hello\n"
    assert zephyr("--json", "os", "echo", "hello").json == {"r": "hello"}


def test_a_long_echo_needs_several_frames(zephyr):
    text = "A" * 300
    assert zephyr("os", "echo", text).out == text + "\n"


def test_image_list_has_the_promised_keys(zephyr):
    doc = zephyr("--json", "image", "list").json
    assert list(doc) == ["images"]
    assert list(doc["images"][0]) == [
        "image", "slot", "version", "hash", "bootable", "pending",
        "confirmed", "active", "permanent"]


def test_upgrade_over_every_transport(zephyr, single_package):
    doc = zephyr("--json", "upgrade", single_package).json
    assert doc["ok"] and doc["confirmed"]
    assert doc["images"][0]["verified"] == "active"


def test_params(device):
    dev = device(ZEPHYR)
    assert dev("--json", "os", "params").json == {
        "buf_size": 2475, "buf_count": 4}


def test_info_shows_the_slots(device):
    run = device(ZEPHYR)("info")
    assert "swap using offset" in run.out
    assert re.search(r"buffers +4 x 2475", run.out)


def test_slots_and_groups(device):
    dev = device(ZEPHYR)
    assert "images" in dev("--json", "image", "slots").json
    groups = dev("--json", "groups").json["groups"]
    ids = [g["group"] if isinstance(g, dict) else g for g in groups]
    assert {0, 1} <= set(ids)


def test_raw_reads_and_writes(device):
    dev = device(ZEPHYR)
    assert dev("raw", "read", 0, 6, "--json").json["buf_count"] == 4
    echoed = dev("--json", "raw", "write", 0, 0, '{"d": "x"}').json
    assert echoed == {"r": "x"}
    run = dev("--json", "raw", "read", 77, 1, status=6)
    assert run.json["error"]["smp"]["rc"] == 8


@pytest.mark.parametrize("body", ["[1]", "{", '{"a": null}', '{"a": 1.5}',
                                  "[" * 5000, '{"$hex": "0"}'])
def test_raw_refuses_what_is_no_request(body):
    run = smpctl("raw", "write", 0, 0, body, connect=f"sim:{ZEPHYR}",
                 status=2)
    assert "JSON object" in run.err


def test_marking_by_hash_prefix_and_by_file(device, single_package):
    dev = device(ZEPHYR)
    dev("image", "upload", single_package)
    new = [i for i in dev.images() if i["slot"] == 1][0]
    dev("image", "test", new["hash"][:10])
    assert [i for i in dev.images() if i["slot"] == 1][0]["pending"]
    run = dev("image", "test", "ffff", status=1)
    assert "no slot holds" in run.err


def test_erase_says_both_numbers(device, single_package):
    dev = device(ZEPHYR)
    dev("image", "upload", single_package)
    run = dev("image", "erase", "--slot", 1)
    assert "image 0 slot 1 (slot 1 on the wire): erased" in run.out
    assert len(dev.images()) == 1
    run = dev("--json", "image", "erase", "--slot", 0, status=6)
    assert run.code == "device-refused"


def test_v1_and_v2_are_spoken_on_request(device):
    dev = device(ZEPHYR)
    for version in (1, 2):
        run = dev("--smp-version", version, "--json", "raw", "read", 77, 1,
                  status=6)
        assert run.json["error"]["smp"]["version"] == version


def test_trace_is_written_and_judged(device, package, tmp_path):
    dev = device(SINGLE)
    trace = tmp_path / "trace"
    dev("--trace", trace, "upgrade", "--force", package, status=6)
    lines = [json.loads(line) for line in trace.read_text().splitlines()]
    assert lines[0]["smpctl_trace"] == 1
    assert {"tx", "rx", "link", "file", "step", "error"} <= {
        line.get("k") for line in lines[1:]}
    doc = smpctl("--json", "doctor", trace).json
    assert doc["verdicts"][0]["pattern"] == "N1"
    assert len(doc["session"]["transfers"]) == 2


def test_events_are_json_lines(device, single_package):
    run = device(ZEPHYR)("--events", "upgrade", single_package)
    events = [json.loads(line) for line in run.out.splitlines()]
    assert {"plan", "step"} <= {e["event"] for e in events}
    assert events[-1]["event"] == "result" and events[-1]["result"]["ok"]


def test_events_beside_json_own_stderr(device, single_package, package):
    run = device(ZEPHYR)("--events", "--json", "upgrade", single_package)
    events = [json.loads(line) for line in run.err.splitlines()]
    assert events[-1]["result"] == run.json
    run = device(SINGLE)("--events", "--json", "upgrade", package, status=5)
    events = [json.loads(line) for line in run.err.splitlines()]
    assert events[-1]["result"]["error"]["code"] == run.code


def test_saved_names(tmp_path):
    env = {"XDG_CONFIG_HOME": str(tmp_path)}
    smpctl("device", "add", "desk", f"sim:{ZEPHYR}", env=env)
    doc = smpctl("--json", "device", "list", env=env).json
    assert doc["devices"] == [{"name": "desk", "uri": f"sim:{ZEPHYR}"}]
    assert smpctl("os", "echo", "x", connect="desk", env=env).out == "x\n"
    smpctl("device", "remove", "desk", env=env)
    run = smpctl("os", "echo", "x", connect="desk", env=env, status=None)
    assert run.status in (1, 2, 3)
    assert "desk" in run.err


def test_scan_lists_ports_or_says_none():
    doc = smpctl("--json", "scan").json
    assert isinstance(doc["serial"], list)


def test_legacy_device_lists_uploads_tests_and_erases(device, single_package):
    dev = device(LEGACY)
    assert dev.images()[0]["active"]
    dev("image", "upload", single_package)
    new = [i for i in dev.images() if i["slot"] == 1][0]
    dev("image", "test", new["hash"])
    dev("os", "reset")


def test_two_devices_do_not_disturb_each_other(device, package,
                                               single_package):
    one, two = device(ZEPHYR), device(MULTI)
    one("upgrade", single_package)
    assert [i for i in two.images() if i["active"]][0]["version"] == "1.0.0"
    two("upgrade", package)
    assert [i for i in one.images() if i["active"]][0]["version"] == "1.1.0"


# ---- help and pages ----

def test_version_and_help():
    assert re.fullmatch(r"smpctl \d+\.\d+\.\d+\n", smpctl("--version").out)
    text = smpctl("--help").out
    assert "upgrade" in text and "--connect" in text


def commands():
    text = (ROOT / "src/cli/main.c").read_text()
    table = text.split("cli_commands[] = {")[1].split("\n};")[0]
    return re.findall(r'^    \{ "([^"]+)"', table, re.M)


@pytest.mark.parametrize("name", commands())
def test_every_command_has_help_and_stands_in_the_page(name):
    run = smpctl(*name.split(), "--help")
    assert f"smpctl {name} - " in run.out
    page = (ROOT / "docs/man/smpctl.1").read_text()
    assert f".It Cm {name}" in page


def test_every_option_stands_in_the_page():
    page = (ROOT / "docs/man/smpctl.1").read_text()
    text = smpctl("--help").out + smpctl("upgrade", "--help").out
    for option in set(re.findall(r"--([a-z-]+)", text)):
        assert f"Fl -{option}" in page, option


# ---- usage ----

def test_a_first_word_alone_lists_its_commands():
    run = smpctl("image", status=2)
    assert "image list" in run.err and "image erase" in run.err
    assert "image list" in smpctl("image", "--help").out


@pytest.mark.parametrize("args", [
    ["image", "frob"], ["upgrade", "--frob", "x"], ["--frob"], ["image"]])
def test_wrong_usage_is_a_document_too(args):
    run = smpctl("--json", *args, status=2)
    assert run.code == "usage"


def test_wrong_choice_is_answered_with_the_choices():
    run = smpctl("imagefile", "sign", "--version", "1", "--header-size", "32",
                 "--sha", "1", "a", "b", status=2)
    assert "--sha takes one of auto, 256, 384, 512" in run.err


def test_wrong_usage_of_a_command_leads_to_its_help():
    run = smpctl("device", "add", "x", status=2)
    assert "device add needs NAME URI" in run.err
    assert "smpctl device add --help" in run.err


@pytest.mark.parametrize("args", [
    [], ["nonsense"], ["image"], ["image", "nonsense"], ["os", "echo"],
    ["upgrade"], ["upgrade", "a", "b"], ["--nonsense", "info"],
    ["--window", "0", "info"], ["--smp-version", "3", "info"],
    ["upgrade", "--mode", "x", "f"], ["raw", "x", "0", "0"],
    ["raw", "read", "70000", "0"], ["package", "create", "x.zip"],
    ["package", "create", "x.zip", "--app", "name=x", "--app-size", "7"],
    ["package", "create", "x.zip", "--app", "name=x", "--load-address", "0xzz"],
    ["package", "create", "x.zip", "--app", "name=x", "--load-address",
     "0x100000000"],
    ["--timeout", "x", "info"], ["--color", "blue", "info"]])
def test_wrong_usage_is_status_2(args):
    run = smpctl(*args, status=2)
    assert run.out == ""
    assert "smpctl" in run.err


# ---- nobody there ----

def test_a_port_where_nothing_listens_is_called_so(single_package):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for words in (["info"], ["upgrade", single_package], ["os", "params"]):
        run = smpctl("--json", "--timeout", 0.3, *words,
                     connect=f"udp:127.0.0.1:{port}", status=3)
        assert "nothing listens there" in run.json["error"]["message"]
        assert "port" in run.json["error"]["next"]


def test_a_refused_value_is_no_question_of_slots(device):
    dev = device(ZEPHYR)
    run = dev("--json", "os", "datetime", "2024-13-01T00:00:00", status=6)
    assert "values" in run.json["error"]["next"]
