# SPDX-License-Identifier: Apache-2.0
# cmake -DOUT=FILE.c -DINI=a.ini,b.ini -P EmbedPresets.cmake
# Bytes instead of a string literal: those end at 4095 characters in C11.

string(REPLACE "," ";" files "${INI}")
set(arrays "")
set(rows "")
set(n 0)
foreach(file IN LISTS files)
    get_filename_component(name "${file}" NAME_WLE)
    file(READ "${file}" hex HEX)
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
    string(APPEND arrays
        "static const char preset_${n}[] = { ${bytes} 0 };\n")
    string(APPEND rows "    { \"${name}\", preset_${n} },\n")
    math(EXPR n "${n} + 1")
endforeach()
file(WRITE "${OUT}"
    "// SPDX-License-Identifier: Apache-2.0\n"
    "// Made by EmbedPresets.cmake.\n"
    "#include \"vdev/presets.h\"\n\n"
    "${arrays}\n"
    "const struct vdev_preset vdev_preset_table[] = {\n${rows}};\n"
    "const size_t vdev_preset_table_count = ${n};\n")
