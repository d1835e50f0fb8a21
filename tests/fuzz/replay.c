/* replay.c
 * Runs a fuzzer's inputs without libFuzzer: for coverage figures, and where there is no clang. Takes files and folders.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fuzz.h"

static int replay(const char *path)
{
    gchar *octets;
    gsize n;
    if (!g_file_get_contents(path, &octets, &n, NULL))
        return 1;
    int bad = LLVMFuzzerTestOneInput((const uint8_t *)octets, n);
    g_free(octets);
    return bad;
}

static int replay_folder(const char *path)
{
    GDir *folder = g_dir_open(path, 0, NULL);
    int bad = 0;
    for (const gchar *name; folder && (name = g_dir_read_name(folder));) {
        gchar *file = g_build_filename(path, name, NULL);
        bad |= replay(file);
        g_free(file);
    }
    if (folder)
        g_dir_close(folder);
    return bad;
}

int main(int argc, char **argv)
{
    int bad = 0;
    for (int i = 1; i < argc; i++)
        bad |= g_file_test(argv[i], G_FILE_TEST_IS_DIR) ? replay_folder(argv[i]) : replay(argv[i]);
    return bad;
}
