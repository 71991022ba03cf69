# SPDX-License-Identifier: Apache-2.0
"""Turn tests/data/mcuboot-vectors.json into C tables for the mcub tests.

usage: gen_mcub_vectors.py VECTORS.json OUTPUT.c

The types are in tests/unit/mcub_vectors.h.
"""
import json
import sys

MODES = {
    "single": "MCUB_MODE_SINGLE",
    "scratch": "MCUB_MODE_SCRATCH",
    "move": "MCUB_MODE_MOVE",
    "offset": "MCUB_MODE_OFFSET",
    "overwrite / direct-xip / ram-load": "MCUB_MODE_OVERWRITE",
}
MARKS = {"good": 1, "set": 1, "bad": 2, "unset": 3}


def number(value):
    return int(value, 0) if isinstance(value, str) else int(value)


def text(value):
    return json.dumps(value)


class Writer:
    def __init__(self, out):
        self.out = out
        self.blobs = 0

    def line(self, line=""):
        print(line, file=self.out)

    def blob(self, hex_text):
        data = bytes.fromhex(hex_text)
        name = f"blob{self.blobs}"
        self.blobs += 1
        self.line(f"static const uint8_t {name}[] = {{")
        for i in range(0, len(data), 16):
            row = ", ".join(f"0x{b:02x}" for b in data[i:i + 16])
            self.line(f"    {row},")
        self.line("};")
        return f"{{ {name}, sizeof({name}) }}"

    def table(self, kind, name, rows):
        self.line(f"const struct {kind} {name}[] = {{")
        for row in rows:
            self.line(f"    {{ {row} }},")
        self.line("};")
        self.line(f"const size_t {name}_count = {len(rows)};")
        self.line()

    def strings(self, name, rows):
        self.line(f"static const char *const {name}[] = {{")
        for row in rows:
            self.line(f"    {text(row)},")
        self.line("};")
        return f"{name}, {len(rows)}"


def images(w, vectors):
    rows = []
    for i, image in enumerate(vectors["images"]):
        data = w.blob(image["image_hex"])
        digest = w.blob(image["image_hash_hex"])
        w.line(f"static const struct vec_tlv tlvs{i}[] = {{")
        for tlv in image["tlvs"]:
            w.line(f"    {{ {number(tlv['type'])}, {tlv['len']}, "
                   f"{int(tlv['protected'])} }},")
        w.line("};")
        rows.append(", ".join([
            text(image["name"]), data, digest, text(image["version"]),
            f"tlvs{i}", str(len(image["tlvs"])),
            str(number(image["hashed_length"])),
            str(number(image["hdr_size"])), str(number(image["img_size"])),
            str(number(image["protect_tlv_size"])),
            f"{number(image['flags'])}u", f"{number(image['load_addr'])}u",
            str(number(image["tlv_area_offset"])),
            str(number(image["unprot_tlv_tot"]))]))
    w.table("vec_image", "vec_images", rows)
    rows = []
    for image in vectors["negative_images"]:
        data = w.blob(image["image_hex"])
        rows.append(f"{text(image['name'])}, {data}, {text(image['why'])}")
    w.table("vec_negative", "vec_negatives", rows)


def trailers(w, vectors):
    rows = []
    for t in vectors["trailer_layouts"]:
        off = t["offsets_from_slot_start"]
        enc = t["save_enctlv_size"] or t["enc_key_size"]
        rows.append(", ".join(str(v) for v in [
            t["slot_size"], t["write_size"], t["max_align"], t["max_sectors"],
            MODES[t["mode"]], enc, t["status_bytes"], t["info_bytes"],
            t["trailer_bytes"], t["scratch_trailer_bytes"] or 0,
            off["magic"], off["image_ok"], off["copy_done"], off["swap_info"],
            off.get("unprot_tlv_sizes", 0), off["swap_size"],
            off.get("enc_key0", 0), off.get("enc_key1", 0),
            off["status_start"]]))
    w.table("vec_layout", "vec_layouts", rows)
    rows = []
    for t in vectors["trailer_tails"]:
        data = w.blob(t["hex"])
        rows.append(f"{t['max_align']}, {text(t['state'])}, "
                    f"{number(t['erased_value'])}, {data}")
    w.table("vec_tail", "vec_tails", rows)


def decisions(w, vectors):
    d = vectors["swap_type_decision"]
    for name, key in (("vec_decision", "scratch_move_overwrite"),
                      ("vec_decision_offset", "offset")):
        assert len(d[key]) == 729
        w.line(f"const char {name}[730] = {text(d[key])};")
    w.line()


def marks(w, vectors):
    for key, name in (("boot_set_next_swap_modes", "vec_marks"),
                      ("boot_set_next_direct_xip", "vec_marks_xip")):
        rows = []
        for i, m in enumerate(vectors[key]):
            rc = m["rc"]
            code = 0 if rc == 0 else int(rc.split("(")[1].rstrip(")"))
            writes = w.strings(f"{name}{i}", m["writes_in_order"] or [""])
            writes = writes.rsplit(",", 1)[0]
            rows.append(", ".join(str(v) for v in [
                MARKS[m["magic"]], MARKS[m["image_ok"]],
                MARKS[m.get("copy_done", "unset")], int(m["active"]),
                int(m["confirm"]), code, writes,
                len(m["writes_in_order"])]))
        w.table("vec_mark", name, rows)


def progress(w, vectors):
    rows = []
    for key, mode in (("swap-scratch", "MCUB_MODE_SCRATCH"),
                      ("swap-move", "MCUB_MODE_MOVE"),
                      ("swap-offset", "MCUB_MODE_OFFSET")):
        for p in vectors["status_resume_decode"][key]:
            n = p.get("last_record_number", p.get("records_written"))
            moving = p.get("op") in ("move", "reset") and key == "swap-move"
            rows.append(f"{mode}, {p.get('max_sectors', 0)}, {n}, "
                        f"{int(moving)}, {p['idx']}, {p['state']}")
    w.table("vec_progress", "vec_progresses", rows)


def versions(w, vectors):
    v = vectors["version_compare"]
    rows = []
    for row in v["rows"]:
        cell = dict(zip(v["columns"], row))
        rows.append(f"{text(cell['a'])}, {text(cell['b'])}, "
                    f"{cell['result ignoring build']}, "
                    f"{cell['result with build number compare']}")
    w.table("vec_version", "vec_versions", rows)


def sizes(w, vectors):
    rows = []
    for m in vectors["max_image_size"]:
        sector = m.get("sector_size", 4096)
        sectors = m.get("slot_size", 0) // sector
        rows.append(", ".join(str(v) for v in [
            MODES[m["mode"]], m.get("write_size", 4), m["max_align"],
            m.get("max_sectors", 128), sector,
            m.get("primary_sectors", sectors),
            m.get("secondary_sectors", sectors),
            m["max_image_bytes_incl_header_and_tlvs"]]))
    w.table("vec_max_size", "vec_max_sizes", rows)


def traces(w, vectors):
    rows = []
    for algorithm, kinds in vectors["swap_traces"]["traces"].items():
        for kind, ops in kinds.items():
            name = f"trace_{algorithm}_{kind}".replace("-", "_")
            rows.append(f"{text(algorithm)}, {text(kind)}, "
                        f"{w.strings(name, ops)}")
    w.table("vec_trace", "vec_traces", rows)


def main():
    source, target = sys.argv[1:]
    with open(source, encoding="utf-8") as f:
        vectors = json.load(f)
    with open(target, "w", encoding="utf-8") as out:
        w = Writer(out)
        w.line("/* Made by tests/tools/gen_mcub_vectors.py: do not edit. */")
        w.line('#include "mcub_vectors.h"')
        w.line()
        for part in (images, trailers, decisions, marks, progress, versions,
                     sizes, traces):
            part(w, vectors)


if __name__ == "__main__":
    main()
