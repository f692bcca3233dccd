/* test_base_file.c - replacing, reading, links that are not followed, folders. */
#define _GNU_SOURCE /* mkdtemp, realpath with strict C17 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"

static char root[WN_PATH_MAX]; /* a fresh folder for each test, absolute */

static const char *below(const char *name)
{
    static char paths[4][WN_PATH_MAX];
    static int turn;
    char *path = paths[turn = (turn + 1) % 4];

    assert_int_equal(wn_path_join(path, NULL, root, name), WN_OK);
    return path;
}

static void put(const char *name, const char *text)
{
    int fd = open(below(name), O_WRONLY | O_CREAT | O_TRUNC, 0666);
    struct wn_error err;

    assert_true(fd >= 0);
    assert_int_equal(wn_file_write_all(fd, text, strlen(text), name, &err), WN_OK);
    assert_int_equal(close(fd), 0);
}

static void assert_holds(const char *name, const char *text)
{
    struct wn_error err = {.text = "none"};
    char *read_back = NULL;
    size_t n = 0;

    if (wn_file_read(below(name), 100000, &read_back, &n, &err) != WN_OK)
        fail_msg("%s", err.text);
    assert_int_equal(n, strlen(text));
    assert_string_equal(read_back, text);
    wn_free(read_back);
}

static int set_up(void **state)
{
    char made[] = "wn-test-file-XXXXXX";

    (void)state;
    return mkdtemp(made) && realpath(made, root) ? 0 : -1;
}

static int tear_down(void **state)
{
    struct wn_error err;

    (void)state;
    if (wn_dir_remove(root, &err) == WN_OK)
        return 0;
    fprintf(stderr, "%s\n", err.text);
    return -1;
}

static enum wn_status collect(void *arg, const char *name, struct wn_error *err)
{
    (void)err;
    wn_buf_addf(arg, "%s;", name);
    return WN_OK;
}

static void assert_lists(const char *path, const char *expected)
{
    struct wn_buf names = {0};
    struct wn_error err = {.text = "none"};

    if (wn_dir_list(path, collect, &names, &err) != WN_OK)
        fail_msg("%s", err.text);
    assert_string_equal(wn_buf_text(&names), expected);
    wn_buf_release(&names);
}

static void join_puts_one_slash_between(void **state)
{
    static const struct {
        const char *dir, *name, *joined;
    } cases[] = {
        {"a", "b", "a/b"}, {"a/", "b", "a/b"},        {"/", "b", "/b"},
        {"", "b", "b"},    {"a/b", "c/d", "a/b/c/d"},
    };
    char path[WN_PATH_MAX], longest[WN_PATH_MAX + 10];
    struct wn_error err;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(wn_path_join(path, &err, cases[i].dir, cases[i].name), WN_OK);
        assert_string_equal(path, cases[i].joined);
    }
    assert_int_equal(wn_path_join(path, &err, "x", "y"), WN_OK);
    assert_int_equal(wn_path_join(path, &err, path, "z"), WN_OK); /* in place */
    assert_string_equal(path, "x/y/z");
    assert_int_equal(wn_path_join(path, &err, "a", ""), WN_EINVAL);
    assert_int_equal(wn_path_join(path, &err, "a", "/etc/passwd"), WN_EINVAL);
    memset(longest, 'a', sizeof longest);
    longest[WN_PATH_MAX - 3] = '\0'; /* with "/b" and the NUL it just fits */
    assert_int_equal(wn_path_join(path, &err, longest, "b"), WN_OK);
    assert_int_equal(strlen(path), WN_PATH_MAX - 1);
    assert_int_equal(wn_path_join(path, &err, longest, "bc"), WN_EINVAL);
    longest[WN_PATH_MAX - 3] = 'a';
    longest[WN_PATH_MAX + 9] = '\0';
    assert_int_equal(wn_path_join(path, &err, longest, "b"), WN_EINVAL);
}

static void absolute_resolves_links_and_what_is_missing(void **state)
{
    char out[WN_PATH_MAX], long_path[WN_PATH_MAX * 2];
    struct wn_error err;

    (void)state;
    assert_int_equal(wn_dir_make(below("real/deep"), &err), WN_OK);
    assert_int_equal(symlink("real/deep", below("link")), 0);
    assert_int_equal(symlink("nowhere", below("dangling")), 0);
    const struct {
        const char *path, *expected;
    } cases[] = {
        {"real", "real"},
        {"link", "real/deep"},
        {"link/..", "real"},
        {"link/new/file.json", "real/deep/new/file.json"},
        {"new/./a//b", "new/a/b"},
        {"new/a/../../real/deep", "real/deep"},
        {"real/deep/", "real/deep"},
        {"dangling", "dangling"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(wn_path_absolute(below(cases[i].path), out, &err), WN_OK);
        assert_string_equal(out, below(cases[i].expected));
    }
    assert_int_equal(wn_path_absolute("/", out, &err), WN_OK);
    assert_string_equal(out, "/");
    assert_int_equal(wn_path_absolute("/no-such-folder-1/../..", out, &err), WN_OK);
    assert_string_equal(out, "/");
    assert_int_equal(wn_path_absolute("no-such-1", out, &err), WN_OK);
    assert_int_equal(out[0], '/');
    assert_string_equal(strrchr(out, '/'), "/no-such-1");
    assert_int_equal(wn_path_absolute("", out, &err), WN_EINVAL);
    put("file", "");
    assert_int_equal(wn_path_absolute(below("file/x"), out, &err), WN_EIO);
    assert_int_equal(err.native, ENOTDIR);
    memset(long_path, 'a', sizeof long_path - 1);
    long_path[sizeof long_path - 1] = '\0';
    assert_int_not_equal(wn_path_absolute(long_path, out, &err), WN_OK);
}

static void replaced_file_is_whole_and_leaves_nothing_else(void **state)
{
    struct wn_error err;

    (void)state;
    assert_int_equal(wn_file_replace(below("a.json"), "one", 3, &err), WN_OK);
    assert_holds("a.json", "one");
    assert_int_equal(wn_file_replace(below("a.json"), "", 0, &err), WN_OK);
    assert_holds("a.json", "");
    assert_int_equal(wn_file_replace(below("a.json"), "three", 5, &err), WN_OK);
    assert_holds("a.json", "three");
    assert_lists(root, "a.json;");
}

static void knows_its_temporary_files_by_name(void **state)
{
    static const struct {
        const char *name;
        bool is_temporary;
    } cases[] = {{".winnow-12-0.tmp", true},
                 {".winnow-.tmp", true},
                 {".winnow-12-0.tmp2", false},
                 {"winnow-12-0.tmp", false},
                 {".tmp", false},
                 {".winnow-", false},
                 {"heartbeat", false},
                 {"", false}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (wn_file_is_temporary(cases[i].name) != cases[i].is_temporary)
            fail_msg("'%s' is %s a temporary file", cases[i].name,
                     cases[i].is_temporary ? "not taken for" : "taken for");
}

static void replaced_file_has_the_mode_of_the_umask(void **state)
{
    mode_t old = umask(027);
    struct wn_error err;
    struct stat info;

    (void)state;
    assert_int_equal(wn_file_replace(below("a"), "x", 1, &err), WN_OK);
    umask(old);
    assert_int_equal(stat(below("a"), &info), 0);
    assert_int_equal(info.st_mode & 0777, 0640);
}

static void replace_exchanges_a_link_and_spares_its_target(void **state)
{
    struct wn_error err;
    struct stat info;

    (void)state;
    put("target", "precious");
    assert_int_equal(symlink("target", below("link")), 0);
    assert_int_equal(wn_file_replace(below("link"), "new", 3, &err), WN_OK);
    assert_holds("target", "precious");
    assert_holds("link", "new");
    assert_int_equal(lstat(below("link"), &info), 0);
    assert_true(S_ISREG(info.st_mode));
}

static void failed_replace_leaves_the_old_file(void **state)
{
    struct wn_error err;

    (void)state;
    assert_int_equal(wn_file_replace(below("none/a"), "x", 1, &err), WN_EIO);
    assert_int_equal(err.native, ENOENT);
    assert_non_null(strstr(err.text, "none"));
    assert_int_equal(mkdir(below("folder"), 0777), 0);
    put("folder/kept", "kept");
    assert_int_equal(wn_file_replace(below("folder"), "x", 1, &err),
                     WN_EIO); /* rename fails */
    assert_non_null(strstr(err.text, "cannot rename"));
    assert_holds("folder/kept", "kept");
    assert_lists(root, "folder;");
}

static void replace_works_in_the_current_folder(void **state)
{
    char before[WN_PATH_MAX];
    struct wn_error err;

    (void)state;
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(root), 0);
    assert_int_equal(wn_file_replace("plain", "x", 1, &err), WN_OK);
    assert_int_equal(chdir(before), 0);
    assert_holds("plain", "x");
}

static void read_tells_apart_what_cannot_be_read(void **state)
{
    struct wn_error err = {.status = WN_OK};
    char *text = NULL;
    size_t n = 77;

    (void)state;
    put("ten", "0123456789");
    assert_int_equal(symlink("ten", below("link")), 0);
    assert_int_equal(mkfifo(below("fifo"), 0666), 0);
    assert_int_equal(wn_file_read(below("none"), 10, &text, &n, &err), WN_EIO);
    assert_int_equal(err.native, ENOENT);
    assert_int_equal(wn_file_read(below("ten"), 9, &text, &n, &err), WN_EINVAL);
    assert_non_null(strstr(err.text, "larger than the 9 bytes"));
    assert_int_equal(wn_file_read(below("link"), 10, &text, &n, &err), WN_EIO);
    assert_int_equal(err.native, ELOOP);
    assert_non_null(strstr(err.text, "symbolic link"));
    assert_int_equal(wn_file_read(below("fifo"), 10, &text, &n, &err),
                     WN_EIO); /* and does not hang */
    assert_int_equal(wn_file_read(root, 10, &text, &n, &err), WN_EIO);
    assert_null(text);
    assert_int_equal(n, 77);
    assert_int_equal(wn_file_read(below("ten"), 10, &text, &n, &err), WN_OK);
    assert_int_equal(n, 10);
    wn_free(text);
}

static void the_end_is_read_alone(void **state)
{
    struct wn_error err = {.status = WN_OK};
    char end[12];
    size_t size = 0;

    (void)state;
    put("ten", "0123456789");
    assert_int_equal(wn_file_read_end(below("ten"), end, 4, &size, &err), WN_OK);
    assert_memory_equal(end, "6789", 4);
    assert_int_equal(size, 10);
    assert_int_equal(wn_file_read_end(below("ten"), end, sizeof end, &size, &err), WN_OK);
    assert_memory_equal(end,
                        "\0\0"
                        "0123456789",
                        sizeof end);
    assert_int_equal(size, 10);
    assert_int_equal(mkfifo(below("fifo"), 0666), 0);
    assert_int_equal(wn_file_read_end(below("fifo"), end, 4, &size, &err), WN_EIO);
    assert_int_equal(wn_file_read_end(below("none"), end, 4, &size, &err), WN_EIO);
    assert_int_equal(err.native, ENOENT);
}

static void a_file_is_mapped_whole(void **state)
{
    struct wn_error err = {.status = WN_OK};
    void *bytes = NULL;
    size_t n = 0;

    (void)state;
    put("ten", "0123456789");
    assert_int_equal(symlink("ten", below("link")), 0);
    assert_int_equal(wn_file_map(below("link"), &bytes, &n, &err), WN_EIO);
    assert_null(bytes);
    assert_int_equal(wn_file_map(below("ten"), &bytes, &n, &err), WN_OK);
    assert_int_equal(n, 10);
    assert_memory_equal(bytes, "0123456789", n);
    assert_int_equal(munmap(bytes, n), 0);
}

/* What a user named and is no file is a mistake of theirs; one that may not be read is none. */
static void who_is_to_blame_for_a_path(void **state)
{
    static const struct {
        int native;
        enum wn_status before, after;
    } cases[] = {{ENOENT, WN_EIO, WN_EINVAL},   {ENOTDIR, WN_EIO, WN_EINVAL},
                 {ELOOP, WN_EIO, WN_EINVAL},    {0, WN_EIO, WN_EINVAL},
                 {EACCES, WN_EIO, WN_EIO},      {ENOSPC, WN_EIO, WN_EIO},
                 {0, WN_ECORRUPT, WN_ECORRUPT}, {ENOENT, WN_OK, WN_OK}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct wn_error err = {.status = cases[i].before, .native = cases[i].native};

        assert_int_equal(wn_path_blame(cases[i].before, &err), cases[i].after);
        assert_int_equal(err.status, cases[i].after);
    }
    assert_int_equal(wn_path_blame(WN_EIO, NULL), WN_EIO);
}

static void files_of_unknown_size_are_read_too(void **state)
{
    struct wn_error err;
    char *text = NULL;
    size_t n = 0;

    (void)state;
    assert_int_equal(wn_file_read("/proc/self/status", 100000, &text, &n, &err), WN_OK);
    assert_true(n > 0 && strlen(text) == n);
    wn_free(text);
}

static void reading_survives_every_failed_allocation(void **state)
{
    char big[70001];

    (void)state;
    memset(big, 'b', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    put("big", big);
    for (uint64_t i = 1;; i++) {
        struct wn_error err = {.status = WN_OK};
        char *text = NULL;
        size_t n;
        enum wn_status rc;

        wn_mem_fail_after(i);
        rc = wn_file_read(below("big"), 100000, &text, &n, &err);
        wn_mem_fail_after(0);
        if (rc == WN_OK) {
            assert_string_equal(text, big);
            wn_free(text);
            assert_int_equal(i, 2); /* its size is known: one piece of memory */
            return;
        }
        assert_int_equal(rc, WN_ENOMEM);
        assert_null(text);
    }
}

static void write_error_is_reported(void **state)
{
    int fd = open("/dev/full", O_WRONLY);
    struct wn_error err;

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(wn_file_write_all(fd, "x", 1, "/dev/full", &err), WN_EIO);
    assert_int_equal(err.native, ENOSPC);
    assert_string_equal(err.text, "cannot write /dev/full: No space left on device");
    assert_int_equal(wn_file_write_all(fd, "", 0, "/dev/full", &err), WN_OK);
    close(fd);
}

static void folders_are_made_with_their_parents(void **state)
{
    struct wn_error err;
    char file_above[WN_PATH_MAX];

    (void)state;
    assert_int_equal(wn_dir_make(below("a/b//c/"), &err), WN_OK);
    assert_int_equal(wn_dir_make(below("a/b/c"), &err), WN_OK); /* again */
    assert_true(wn_file_exists(below("a/b/c")));
    assert_int_equal(wn_dir_make("/", &err), WN_OK);
    assert_int_equal(wn_dir_make(".", &err), WN_OK);
    assert_int_equal(wn_dir_make("", &err), WN_EINVAL);
    put("file", "");
    assert_int_equal(wn_dir_make(below("file"), &err), WN_EIO);
    assert_int_equal(err.native, ENOTDIR);
    assert_int_equal(wn_path_join(file_above, &err, below("file"), "x"), WN_OK);
    assert_int_equal(wn_dir_make(file_above, &err), WN_EIO);
    /* A link may stand above, not in the last place. */
    assert_int_equal(symlink("a", below("link")), 0);
    assert_int_equal(wn_dir_make(below("link/new"), &err), WN_OK);
    assert_true(wn_file_exists(below("a/new")));
    assert_int_equal(wn_dir_make(below("link"), &err), WN_EIO);
    assert_int_equal(err.native, ELOOP);
    assert_int_equal(wn_dir_make(below("link/"), &err), WN_EIO);
}

static void removal_takes_all_and_follows_no_link(void **state)
{
    struct wn_error err = {.text = "none"};

    (void)state;
    assert_int_equal(wn_dir_make(below("kept"), &err), WN_OK);
    put("kept/file", "precious");
    assert_int_equal(wn_dir_make(below("gone/a/b/c"), &err), WN_OK);
    put("gone/.hidden", "");
    put("gone/a/file", "");
    assert_int_equal(symlink("../kept", below("gone/link")), 0);
    assert_int_equal(symlink("../../kept/file", below("gone/a/link")), 0);
    assert_int_equal(symlink("nowhere", below("gone/a/b/dangling")), 0);
    assert_int_equal(mkfifo(below("gone/fifo"), 0666), 0);
    if (wn_dir_remove(below("gone"), &err) != WN_OK)
        fail_msg("%s", err.text);
    assert_false(wn_file_exists(below("gone")));
    assert_holds("kept/file", "precious");
    assert_int_equal(wn_dir_remove(below("gone"), &err), WN_OK); /* missing is success */
    assert_int_equal(symlink("kept", below("link")), 0);
    assert_int_equal(wn_dir_remove(below("link"), &err), WN_EIO);
    assert_int_equal(err.native, ELOOP);
    assert_int_equal(wn_dir_remove(below("kept/file"), &err), WN_EIO);
    assert_holds("kept/file", "precious");
}

static void removal_of_a_bottomless_folder_ends_with_an_error(void **state)
{
    struct wn_error err;
    char path[WN_PATH_MAX];

    (void)state;
    assert_int_equal(wn_path_join(path, &err, root, "d"), WN_OK);
    for (int i = 0; i < 139; i++)
        assert_int_equal(wn_path_join(path, &err, path, "d"), WN_OK);
    assert_int_equal(wn_dir_make(path, &err), WN_OK);
    assert_int_equal(wn_dir_remove(below("d"), &err), WN_EIO);
    assert_non_null(strstr(err.text, "deep"));
    for (int i = 0; i < 20; i++) { /* from below, so that the test leaves nothing */
        assert_int_equal(rmdir(path), 0);
        *strrchr(path, '/') = '\0';
    }
    assert_int_equal(wn_dir_remove(below("d"), &err), WN_OK);
}

static enum wn_status stop_at_b(void *arg, const char *name, struct wn_error *err)
{
    int *n = arg;

    ++*n;
    return strcmp(name, "b") == 0 ? wn_fail(err, WN_ECORRUPT, "found %s", name) : WN_OK;
}

static void listing_is_sorted_and_stops_when_told(void **state)
{
    struct wn_error err;
    int n = 0;

    (void)state;
    assert_lists(root, "");
    put("c", "");
    put("B", "");
    put(".dot", "");
    put("a10", "");
    put("a9", "");
    assert_int_equal(mkdir(below("b"), 0777), 0);
    assert_lists(root, ".dot;B;a10;a9;b;c;");
    assert_int_equal(wn_dir_list(root, stop_at_b, &n, &err), WN_ECORRUPT);
    assert_string_equal(err.text, "found b");
    assert_int_equal(n, 5);
    assert_int_equal(wn_dir_list(below("none"), stop_at_b, &n, &err), WN_EIO);
    assert_int_equal(err.native, ENOENT);
    assert_int_equal(symlink("b", below("link")), 0);
    assert_int_equal(wn_dir_list(below("link"), stop_at_b, &n, &err), WN_EIO);
    assert_int_equal(err.native, ELOOP);
    wn_mem_fail_after(3);
    assert_int_equal(wn_dir_list(root, stop_at_b, &n, &err), WN_ENOMEM);
    wn_mem_fail_after(0);
}

static int count_open_files(void)
{
    int n = 0;

    for (int fd = 0; fd < 256; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

static void no_descriptor_is_left_open(void **state)
{
    int before = count_open_files();
    struct wn_error err;
    char *text, end;
    void *mapped;
    size_t n;
    int count = 0;

    (void)state;
    assert_int_equal(wn_dir_make(below("d/e"), &err), WN_OK);
    assert_int_equal(wn_file_replace(below("d/f"), "x", 1, &err), WN_OK);
    assert_int_equal(wn_file_replace(below("d"), "x", 1, &err), WN_EIO);
    assert_int_equal(wn_file_sync_dir(below("d"), &err), WN_OK);
    assert_int_equal(wn_file_sync_dir(below("none"), &err), WN_EIO);
    assert_int_equal(wn_file_read(below("d"), 10, &text, &n, &err), WN_EIO);
    assert_int_equal(wn_file_read_end(below("d/f"), &end, 1, &n, &err), WN_OK);
    assert_int_equal(wn_file_map(below("d/f"), &mapped, &n, &err), WN_OK);
    assert_int_equal(munmap(mapped, n), 0);
    assert_int_equal(wn_dir_list(below("d"), stop_at_b, &count, &err), WN_OK);
    wn_mem_fail_after(1);
    assert_int_equal(wn_dir_remove(below("d"), &err), WN_ENOMEM);
    wn_mem_fail_after(0);
    assert_int_equal(wn_dir_remove(below("d"), &err), WN_OK);
    assert_int_equal(count_open_files(), before);
}

static void plain_names_are_told_from_dangerous_ones(void **state)
{
    static const char *const good[] = {"a", "lr", "A-1_b.c", "0", "_x", "a..b"};
    static const char *const bad[] = {"",    "-a",  ".",   "..",  ".a",
                                      "a/b", "/",   "a b", "a\n", "\xC3\xA9",
                                      "a=b", "a\\", "*",   "a;b"};
    char longest[130];

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        if (!wn_name_is_plain(good[i]))
            fail_msg("'%s' was refused", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (wn_name_is_plain(bad[i]))
            fail_msg("'%s' was accepted", bad[i]);
    memset(longest, 'a', sizeof longest);
    longest[129] = '\0';
    assert_false(wn_name_is_plain(longest));
    longest[128] = '\0';
    assert_true(wn_name_is_plain(longest));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(join_puts_one_slash_between),
        TEST(absolute_resolves_links_and_what_is_missing),
        TEST(replaced_file_is_whole_and_leaves_nothing_else),
        TEST(knows_its_temporary_files_by_name),
        TEST(replaced_file_has_the_mode_of_the_umask),
        TEST(replace_exchanges_a_link_and_spares_its_target),
        TEST(failed_replace_leaves_the_old_file),
        TEST(replace_works_in_the_current_folder),
        TEST(read_tells_apart_what_cannot_be_read),
        TEST(the_end_is_read_alone),
        TEST(a_file_is_mapped_whole),
        TEST(who_is_to_blame_for_a_path),
        TEST(files_of_unknown_size_are_read_too),
        TEST(reading_survives_every_failed_allocation),
        TEST(write_error_is_reported),
        TEST(folders_are_made_with_their_parents),
        TEST(removal_takes_all_and_follows_no_link),
        TEST(removal_of_a_bottomless_folder_ends_with_an_error),
        TEST(listing_is_sorted_and_stops_when_told),
        TEST(no_descriptor_is_left_open),
        TEST(plain_names_are_told_from_dangerous_ones),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
