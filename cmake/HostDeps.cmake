# SPDX-License-Identifier: Apache-2.0
# Libraries of the host floors, as PkgConfig::<NAME> targets. The Debian
# package of each is in script/bootstrap.

find_package(PkgConfig REQUIRED)
pkg_check_modules(GLIB REQUIRED IMPORTED_TARGET
    glib-2.0>=2.66 gio-2.0 gio-unix-2.0)
pkg_check_modules(JSON_GLIB REQUIRED IMPORTED_TARGET json-glib-1.0)
pkg_check_modules(LIBZIP REQUIRED IMPORTED_TARGET libzip)
pkg_check_modules(CRYPTO REQUIRED IMPORTED_TARGET libcrypto>=3.0)
pkg_check_modules(SERIALPORT REQUIRED IMPORTED_TARGET libserialport)
