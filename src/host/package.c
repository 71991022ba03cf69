// SPDX-License-Identifier: Apache-2.0
/* Opening packages and image files by their content. */
#include "host/package.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/ihex.h"
#include "host/imagefile.h"
#include "host/manifest.h"
#include "host/zip.h"

#define MANIFEST "manifest.json"

static const char get_package[] =
        "use dfu_application.zip from the build folder, or a signed .bin";

static void image_clear(struct host_package_image *image)
{
    if (image->blob != NULL) {
        g_free(image->blob->data);
        g_free(image->blob);
    }
    g_free(image->name);
    g_free(image->type);
    g_free(image->board);
    g_free(image->soc);
    g_free(image->version_text);
    g_free(image->app);
    memset(image, 0, sizeof(*image));
}

void host_package_close(struct host_package *pkg)
{
    if (pkg == NULL) {
        return;
    }
    for (size_t i = 0; i < DFU_IMAGES_MAX; i++) {
        image_clear(&pkg->images[i]);
    }
    g_free(pkg->path);
    g_free(pkg->title);
    g_ptr_array_unref(pkg->notes);
    g_free(pkg);
}

static void add_note(struct host_package *pkg, char *text)
{
    g_ptr_array_add(pkg->notes, text);
}

/* After images were moved: everything that points at them. */
static void relink(struct host_package *pkg)
{
    for (size_t i = 0; i < pkg->dfu.count; i++) {
        struct host_package_image *image = &pkg->images[i];
        struct dfu_image *dfu = &pkg->dfu.images[i];

        image->dfu = dfu;
        dfu->name = image->name;
        dfu->board = image->board;
        dfu->traits = &image->traits;
        dfu->duplicate_file = false;
        for (size_t k = 0; k < i; k++) {
            if (memcmp(pkg->dfu.images[k].sha, dfu->sha, sizeof(dfu->sha)) ==
                    0) {
                dfu->duplicate_file = true;
            }
        }
    }
}

static void swap_images(struct host_package *pkg, size_t a, size_t b)
{
    struct host_package_image image = pkg->images[a];
    struct dfu_image dfu = pkg->dfu.images[a];

    pkg->images[a] = pkg->images[b];
    pkg->dfu.images[a] = pkg->dfu.images[b];
    pkg->images[b] = image;
    pkg->dfu.images[b] = dfu;
}

/* Ascending image, then slot. */
static void sort_images(struct host_package *pkg)
{
    for (size_t i = 1; i < pkg->dfu.count; i++) {
        for (size_t k = i; k > 0; k--) {
            const struct dfu_image *x = &pkg->dfu.images[k - 1];
            const struct dfu_image *y = &pkg->dfu.images[k];

            if (x->image < y->image ||
                    (x->image == y->image && x->slot <= y->slot)) {
                break;
            }
            swap_images(pkg, k - 1, k);
        }
    }
}

static bool contains(const char *text, const char *word)
{
    return text != NULL && strstr(text, word) != NULL;
}

static bool is_net_core(const struct host_package_image *image, uint8_t index)
{
    if (index != 1) {
        return false;
    }
    return contains(image->board, "cpunet") || contains(image->soc, "cpunet") ||
            contains(image->soc, "CPUNET") ||
            host_name_is_net_core(image->name);
}

/* Takes data. */
static struct host_blob *blob_new(uint8_t *data, size_t len)
{
    struct host_blob *blob = g_new0(struct host_blob, 1);

    blob->data = data;
    blob->size = (uint32_t)len;
    return blob;
}

static void check_version(struct host_package *pkg,
        const struct host_package_image *image)
{
    const struct mcub_version *in_header = &image->dfu->version;
    struct mcub_version told;
    char text[MCUB_VERSION_TEXT_SIZE];

    /* A network core counts its own builds ("1"): nothing to compare. */
    if (image->version_text == NULL ||
            strchr(image->version_text, '.') == NULL ||
            mcub_version_parse(image->version_text, strlen(image->version_text),
                    &told) != 0 ||
            mcub_version_compare(&told, in_header, true) == 0) {
        return;
    }
    mcub_version_print(in_header, '+', text);
    add_note(pkg,
            g_strdup_printf("%s: the manifest says version %s, the image %s; "
                            "the "
                            "image counts",
                    image->name, image->version_text, text));
}

static char *escape(const char *text)
{
    return text != NULL ? host_text_escape(text, strlen(text)) : NULL;
}

static void describe(struct host_package_image *image, struct dfu_image *dfu,
        const struct host_manifest_file *f)
{
    image->name = escape(f->file);
    image->type = escape(f->type);
    image->board = escape(f->board);
    image->soc = escape(f->soc);
    image->version_text = escape(f->version);
    image->load_address_told = f->load_address_told;
    image->load_address = f->load_address;
    image->modtime = f->modtime;
    dfu->image = f->image;
    dfu->slot = f->slot == 0 ? 0 : 1;
    dfu->slot_given = f->slot >= 0;
    dfu->net_core = is_net_core(image, f->image);
}

static int add_image(struct host_package *pkg, struct host_zip *zip,
        const struct host_manifest_file *f,
        const struct host_package_options *opt, struct host_error *err)
{
    struct host_package_image *image = &pkg->images[pkg->dfu.count];
    struct dfu_image *dfu = &pkg->dfu.images[pkg->dfu.count];
    int entry = host_zip_find(zip, f->file);
    uint8_t *data = NULL;
    size_t len = 0;

    pkg->dfu.count++;
    image->dfu = dfu;
    describe(image, dfu, f);
    if (entry < 0) {
        return host_error_set(err, DFU_PACKAGE_FILE_MISSING,
                "build the package again, or zip it with all of its files",
                "the manifest names \"%s\", which is not in the zip",
                image->name);
    }
    if (host_zip_read(zip, (size_t)entry, &data, &len, err) != 0) {
        return -1;
    }
    image->blob = blob_new(data, len);
    if (f->size_told && f->size != len) {
        return host_error_set(err,
                len < f->size ? DFU_IMAGE_TRUNCATED : DFU_PACKAGE_BAD_MANIFEST,
                "build the package again: a file was replaced or cut",
                "%s has %zu bytes, the manifest says %" G_GUINT64_FORMAT,
                image->name, len, f->size);
    }
    if (host_imagefile_check(image, dfu, opt, pkg->notes, err) != 0) {
        return -1;
    }
    dfu->net_core =
            dfu->net_core || (f->image == 1 && image->traits.net_core_code);
    check_version(pkg, image);
    pkg->xip |= f->xip || f->slot >= 0;
    return 0;
}

/* A zip without manifest at its root: say what it is. */
static int refuse_zip(const struct host_zip *zip, struct host_error *err)
{
    const char *inner = NULL;
    bool suit = false;
    bool image = false;

    for (size_t i = 0; i < host_zip_count(zip); i++) {
        const char *name = host_zip_name(zip, i);
        char *lower = g_ascii_strdown(name, -1);

        if (g_str_has_suffix(lower, "/" MANIFEST)) {
            g_free(lower);
            return host_error_set(err, DFU_PACKAGE_NO_MANIFEST,
                    "zip the files themselves, not the folder they are in",
                    MANIFEST " is not at the root of the zip but in a folder");
        }
        if (g_str_has_suffix(lower, ".zip")) {
            inner = name;
        }
        suit |= g_str_has_suffix(lower, ".suit");
        image |= g_str_has_suffix(lower, ".bin");
        g_free(lower);
    }
    if (inner != NULL) {
        char *shown = host_text_escape(inner, strlen(inner));

        host_error_set(err, DFU_PACKAGE_WRONG_KIND,
                "unpack it and use the zip inside",
                "this is a zip around another zip (%s)", shown);
        g_free(shown);
        return -1;
    }
    if (suit) {
        return host_error_set(err, DFU_PACKAGE_WRONG_KIND,
                "build for MCUboot, or use the tool of the device's maker",
                "this is a SUIT package: such devices have no MCUboot");
    }
    return host_error_set(err, DFU_PACKAGE_NO_MANIFEST,
            image ? "use dfu_application.zip as it was built, or the signed "
                    ".bin alone"
                  : get_package,
            "the zip has no " MANIFEST);
}

static int open_files(struct host_package *pkg, struct host_zip *zip,
        const struct host_manifest *manifest,
        const struct host_package_options *opt, struct host_error *err)
{
    if (manifest->files->len > DFU_IMAGES_MAX) {
        return host_error_set(err, DFU_PACKAGE_TOO_LARGE, get_package,
                "the package has %u images, more than %u", manifest->files->len,
                DFU_IMAGES_MAX);
    }
    pkg->format_version = manifest->format_version;
    pkg->time = manifest->time;
    pkg->title = escape(manifest->title);
    if (manifest->bare_hex) {
        add_note(pkg,
                g_strdup(
                        "manifest.json has numbers like 0x1000 without quotes, "
                        "as old builds wrote them: accepted"));
    }
    for (guint i = 0; i < manifest->files->len; i++) {
        const struct host_manifest_file *f =
                g_ptr_array_index(manifest->files, i);

        if (add_image(pkg, zip, f, opt, err) != 0) {
            if (manifest->files->len > 1) {
                host_error_prefix(err, "image %u", f->image);
            }
            return -1;
        }
    }
    return 0;
}

static int open_zip(struct host_package *pkg, const uint8_t *buf, size_t len,
        const struct host_package_options *opt, struct host_error *err)
{
    struct host_zip *zip = host_zip_open(buf, len, err);
    struct host_manifest *manifest;
    uint8_t *text = NULL;
    size_t text_len = 0;
    int result;
    int entry;

    if (zip == NULL) {
        return -1;
    }
    entry = host_zip_find(zip, MANIFEST);
    if (entry < 0) {
        result = refuse_zip(zip, err);
        host_zip_close(zip);
        return result;
    }
    result = host_zip_read(zip, (size_t)entry, &text, &text_len, err);
    if (result == 0) {
        manifest = host_manifest_parse((const char *)text, text_len, err);
        result = manifest == NULL ? -1
                                  : open_files(pkg, zip, manifest, opt, err);
        host_manifest_free(manifest);
    }
    g_free(text);
    host_zip_close(zip);
    return result;
}

static int open_image(struct host_package *pkg, const char *name,
        const uint8_t *buf, size_t len, const struct host_package_options *opt,
        struct host_error *err)
{
    struct host_package_image *image = &pkg->images[0];
    struct dfu_image *dfu = &pkg->dfu.images[0];
    char *base = g_path_get_basename(name);

    pkg->dfu.count = 1;
    image->dfu = dfu;
    image->name = escape(base);
    g_free(base);
    if (opt->hex && host_ihex_is(buf, len)) {
        GByteArray *bytes = host_ihex_parse(image->name, buf, len,
                HOST_FILE_MAX, &image->hex_base, err);

        if (bytes == NULL) {
            return -1;
        }
        len = bytes->len;
        image->blob = blob_new(g_byte_array_free(bytes, FALSE), len);
        image->hex = true;
    } else {
        image->blob = blob_new(g_memdup2(buf, len), len);
    }
    dfu->image = 0;
    dfu->slot = 1;
    return host_imagefile_check(image, dfu, opt, pkg->notes, err);
}

static bool is_zip(const uint8_t *buf, size_t len)
{
    /* A local header, or the end of an empty zip. */
    return len >= 4 && buf[0] == 'P' && buf[1] == 'K' &&
            ((buf[2] == 3 && buf[3] == 4) || (buf[2] == 5 && buf[3] == 6));
}

struct host_package *host_package_parse(const char *name, const uint8_t *buf,
        size_t len, const struct host_package_options *opt,
        struct host_error *err)
{
    static const struct host_package_options defaults;
    struct host_package *pkg = g_new0(struct host_package, 1);
    int result;

    if (opt == NULL) {
        opt = &defaults;
    }
    pkg->notes = g_ptr_array_new_with_free_func(g_free);
    pkg->path = g_strdup(name);
    pkg->format_version = -1;
    if (is_zip(buf, len)) {
        pkg->kind = HOST_PACKAGE_ZIP;
        result = open_zip(pkg, buf, len, opt, err);
    } else {
        pkg->kind = HOST_PACKAGE_IMAGE;
        result = open_image(pkg, name, buf, len, opt, err);
    }
    if (result != 0) {
        host_package_close(pkg);
        return NULL;
    }
    pkg->dfu.name = pkg->path;
    sort_images(pkg);
    relink(pkg);
    return pkg;
}

static int read_file(const char *path, uint8_t **data, size_t *len,
        struct host_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat st;
    size_t got = 0;

    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        host_error_set(err, DFU_FILE_MISSING, "check name and folder", "%s: %s",
                path, fd < 0 ? g_strerror(errno) : "is no regular file");
        if (fd >= 0) {
            close(fd);
        }
        return -1;
    }
    if (st.st_size > (off_t)HOST_PACKAGE_TOTAL) {
        close(fd);
        return host_error_set(err, DFU_PACKAGE_TOO_LARGE, get_package,
                "%s has %lld bytes: no firmware is that large", path,
                (long long)st.st_size);
    }
    *data = g_malloc((size_t)st.st_size + 1);
    while (got < (size_t)st.st_size) {
        ssize_t n = read(fd, *data + got, (size_t)st.st_size - got);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            break;
        }
        got += (size_t)n;
    }
    close(fd);
    *len = got;
    return 0;
}

struct host_package *host_package_open(const char *path,
        const struct host_package_options *opt, struct host_error *err)
{
    struct host_package *pkg;
    uint8_t *data = NULL;
    size_t len = 0;

    if (read_file(path, &data, &len, err) != 0) {
        return NULL;
    }
    if (len > HOST_FILE_MAX && !is_zip(data, len)) {
        host_error_set(err, DFU_PACKAGE_TOO_LARGE, get_package,
                "%s has %zu bytes: no image is that large", path, len);
        g_free(data);
        return NULL;
    }
    char *base = g_path_get_basename(path);
    pkg = host_package_parse(path, data, len, opt, err);
    if (pkg == NULL && err != NULL && !g_str_has_prefix(err->message, base)) {
        host_error_prefix(err, "%s", path);
    }
    g_free(base);
    g_free(data);
    return pkg;
}

int host_package_select(struct host_package *pkg, uint8_t image,
        struct host_error *err)
{
    size_t kept = 0;

    if (pkg->kind == HOST_PACKAGE_IMAGE) {
        pkg->dfu.images[0].image = image;
        pkg->dfu.images[0].net_core = is_net_core(&pkg->images[0], image) ||
                (image == 1 && pkg->images[0].traits.net_core_code);
        return 0;
    }
    for (size_t i = 0; i < pkg->dfu.count; i++) {
        if (pkg->dfu.images[i].image == image) {
            kept++;
        }
    }
    if (kept == 0) {
        return host_error_set(err, DFU_PACKAGE_FILE_MISSING,
                "smpctl package show lists its images", "%s has no image %u",
                pkg->path, image);
    }
    kept = 0;
    for (size_t i = 0; i < pkg->dfu.count; i++) {
        if (pkg->dfu.images[i].image == image) {
            if (i != kept) {
                swap_images(pkg, kept, i);
            }
            kept++;
        }
    }
    for (size_t i = kept; i < pkg->dfu.count; i++) {
        image_clear(&pkg->images[i]);
        memset(&pkg->dfu.images[i], 0, sizeof(pkg->dfu.images[i]));
    }
    pkg->dfu.count = (uint8_t)kept;
    relink(pkg);
    return 0;
}
