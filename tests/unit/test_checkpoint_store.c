/* test_checkpoint_store.c - generations: commit, copy, verify, remove, sweep. */
#define _GNU_SOURCE /* struct stat's nanoseconds with strict C17 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/mem.h"
#include "checkpoint/store.h"

#define assert_ok(call, err)                                                    \
    do {                                                                        \
        enum wn_status status_ = (call);                                        \
        if (status_ != WN_OK)                                                   \
            fail_msg("%s: %s: %s", #call, wn_status_name(status_), (err).text); \
    } while (0)

#define assert_status(call, expected)                                  \
    do {                                                               \
        enum wn_status status_ = (call);                               \
        if (status_ != (expected))                                     \
            fail_msg("%s: %s, not %s", #call, wn_status_name(status_), \
                     wn_status_name(expected));                        \
    } while (0)

static const struct wn_dispatch dispatch = {2, 14};
static const struct wn_generation gen27 = {27, 7, {2, 14}};

/* A study of its own with an open store. */
struct study {
    char dir[WN_PATH_MAX];
    struct wn_store *store;
};

static int set_up(void **state)
{
    const char *root = getenv("TMPDIR");
    struct study *study = wn_alloc(sizeof *study);

    snprintf(study->dir, sizeof study->dir, "%s/wn-test-XXXXXX",
             root && *root ? root : "/tmp");
    if (!mkdtemp(study->dir) || wn_store_open(study->dir, &study->store, NULL) != WN_OK)
        return 1;
    *state = study;
    return 0;
}

static int tear_down(void **state)
{
    struct study *study = *state;

    wn_store_destroy(study->store);
    if (wn_dir_remove(study->dir, NULL) != WN_OK)
        return 1;
    wn_free(study);
    return 0;
}

static void write_file(const char *dir, const char *name, const char *text)
{
    char path[2 * WN_PATH_MAX];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", dir, name);
    file = fopen(path, "wb");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void make_folder(const char *dir, const char *name)
{
    char path[2 * WN_PATH_MAX];

    snprintf(path, sizeof path, "%s/%s", dir, name);
    assert_int_equal(mkdir(path, 0777), 0);
}

static bool holds(const char *dir, const char *name, const char *text)
{
    char path[2 * WN_PATH_MAX];
    char *bytes = NULL;
    size_t n = 0;
    bool same;

    snprintf(path, sizeof path, "%s/%s", dir, name);
    if (wn_file_read(path, 1 << 20, &bytes, &n, NULL) != WN_OK)
        return false;
    same = n == strlen(text) && memcmp(bytes, text, n) == 0;
    wn_free(bytes);
    return same;
}

static bool is_there(const char *dir, const char *name)
{
    char path[2 * WN_PATH_MAX];

    snprintf(path, sizeof path, "%s/%s", dir, name);
    return wn_file_exists(path);
}

/* A folder "ck" in the temp directory with nested content; its path goes to `out`. */
static void fill(const struct study *study, char *out)
{
    struct wn_error err;

    assert_ok(wn_store_temp(study->store, 7, dispatch, out, &err), err);
    assert_ok(wn_path_join(out, &err, out, "ck"), err);
    assert_ok(wn_dir_make(out, &err), err);
    write_file(out, "weights", "0123456789");
    write_file(out, "empty file", "");
    make_folder(out, "optimizer");
    make_folder(out, "optimizer/deep");
    make_folder(out, "nothing");
    write_file(out, "optimizer/deep/\xc3\xbc \"m\"", "momentum\n");
}

static void commit_filled(const struct study *study, char *generation)
{
    char from[WN_PATH_MAX];
    struct wn_error err;

    fill(study, from);
    assert_ok(wn_store_commit(study->store, from, gen27, &err), err);
    assert_false(wn_file_exists(from));
    wn_store_path(study->store, gen27, generation);
}

static void commits_a_folder_by_renaming_it(void **state)
{
    const struct study *study = *state;
    char path[WN_PATH_MAX], expected[2 * WN_PATH_MAX];
    struct wn_error err;

    commit_filled(study, path);
    snprintf(expected, sizeof expected, "%s/checkpoints/7/27-2.14", study->dir);
    assert_string_equal(path, expected);
    assert_true(holds(path, "weights", "0123456789"));
    assert_true(holds(path, "optimizer/deep/\xc3\xbc \"m\"", "momentum\n"));
    assert_true(is_there(path, "nothing"));
    assert_ok(wn_store_verify(study->store, gen27, false, &err), err);
    assert_ok(wn_store_verify(study->store, gen27, true, &err), err);
}

static void accepts_the_same_commit_again_and_no_other(void **state)
{
    const struct study *study = *state;
    char path[WN_PATH_MAX], from[WN_PATH_MAX];
    struct wn_error err;

    commit_filled(study, path);
    fill(study, from);
    assert_ok(wn_store_commit(study->store, from, gen27, &err), err);
    assert_false(wn_file_exists(from));
    fill(study, from);
    write_file(from, "weights", "9876543210");
    assert_status(wn_store_commit(study->store, from, gen27, &err), WN_EINVAL);
    assert_non_null(strstr(err.text, "other content"));
    assert_true(holds(from, "weights", "9876543210")); /* still the caller's */
    assert_false(is_there(from, "winnow-manifest"));
    assert_true(holds(path, "weights", "0123456789"));
}

static void refuses_what_is_no_checkpoint(void **state)
{
    static const char *const kinds[] = {"empty",    "only folders",    "link",
                                        "pipe",     "manifest",        "no UTF-8",
                                        "too deep", "link to a folder"};
    const struct study *study = *state;

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        char from[WN_PATH_MAX], path[2 * WN_PATH_MAX];
        struct wn_error err = {.text = ""};

        assert_ok(wn_store_temp(study->store, 7, dispatch, from, &err), err);
        assert_ok(wn_path_join(from, &err, from, "bad"), err);
        assert_ok(wn_dir_remove(from, &err), err);
        assert_ok(wn_dir_make(from, &err), err);
        if (i > 1)
            write_file(from, "a", "x");
        snprintf(path, sizeof path, "%s/z", from);
        if (i == 1)
            make_folder(from, "sub");
        if (i == 2)
            assert_int_equal(symlink("/etc/passwd", path), 0);
        if (i == 3)
            assert_int_equal(mkfifo(path, 0600), 0);
        if (i == 4)
            write_file(from, "winnow-manifest", "x");
        if (i == 5)
            write_file(from, "\xff\xfe", "x");
        for (int depth = 0; i == 6 && depth < 70; depth++) {
            assert_ok(wn_path_join(path, &err, path, "d"), err);
            assert_ok(wn_dir_make(path, &err), err);
        }
        if (i == 7)
            assert_int_equal(symlink("/etc", path), 0);
        if (wn_store_commit(study->store, from, gen27, &err) != WN_EINVAL)
            fail_msg("%s: %s: %s", kinds[i], wn_status_name(err.status), err.text);
        assert_int_equal(err.status, WN_EINVAL);
        assert_status(wn_store_verify(study->store, gen27, false, &err), WN_ECORRUPT);
    }
}

static void commits_only_what_lies_in_a_temporary_folder_of_the_trial(void **state)
{
    const struct study *study = *state;
    char generation[WN_PATH_MAX], path[2 * WN_PATH_MAX];
    struct wn_generation other = gen27;
    struct wn_error err;

    commit_filled(study, generation);
    other.resource = 28;
    assert_status(wn_store_commit(study->store, generation, other, &err), WN_EINVAL);
    assert_status(wn_store_commit(study->store, "/etc", other, &err), WN_EINVAL);
    snprintf(path, sizeof path, "%s/checkpoints/7/tmp-2.14", study->dir);
    assert_status(wn_store_commit(study->store, path, other, &err), WN_EINVAL);
    snprintf(path, sizeof path, "%s/checkpoints/7/tmp-2.14/../27-2.14", study->dir);
    assert_status(wn_store_commit(study->store, path, other, &err), WN_EINVAL);
    assert_int_equal(symlink("/etc", generation), -1);
    snprintf(path, sizeof path, "%s/checkpoints/7/tmp-2.14/link", study->dir);
    assert_int_equal(symlink("/etc", path), 0);
    assert_status(wn_store_commit(study->store, path, other, &err), WN_EIO);
    other.resource = 0;
    assert_status(wn_store_commit(study->store, path, other, &err), WN_EINVAL);
}

static void verification_names_what_is_wrong(void **state)
{
    static const struct {
        const char *what, *file, *text; /* text NULL: removed */
        bool deep_only;
    } cases[] = {
        {"missing", "weights", NULL, false},
        {"shorter", "weights", "012345678", false},
        {"longer", "weights", "01234567890", false},
        {"changed", "weights", "0123456780", true},
        {"no manifest", "winnow-manifest", NULL, false},
        {"empty manifest", "winnow-manifest", "", false},
        {"foreign manifest", "winnow-manifest", "winnow-manifest 1 00000000\n{}", false},
    };
    const struct study *study = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[WN_PATH_MAX], file[2 * WN_PATH_MAX];
        struct wn_error err = {.text = ""};

        commit_filled(study, path);
        snprintf(file, sizeof file, "%s/%s", path, cases[i].file);
        if (cases[i].text)
            write_file(path, cases[i].file, cases[i].text);
        else
            assert_int_equal(unlink(file), 0);
        if (wn_store_verify(study->store, gen27, false, &err) !=
            (cases[i].deep_only ? WN_OK : WN_ECORRUPT))
            fail_msg("%s: %s", cases[i].what, err.text);
        if (wn_store_verify(study->store, gen27, true, &err) != WN_ECORRUPT)
            fail_msg("%s was not found", cases[i].what);
        assert_non_null(strstr(err.text, "27-2.14"));
        assert_int_equal(err.status, WN_ECORRUPT);
        assert_ok(wn_store_remove(study->store, gen27, &err), err);
    }
}

static void every_damaged_byte_of_a_manifest_is_found(void **state)
{
    const struct study *study = *state;
    char path[WN_PATH_MAX], file[2 * WN_PATH_MAX];
    struct wn_error err;
    char *bytes;
    size_t n;

    commit_filled(study, path);
    snprintf(file, sizeof file, "%s/winnow-manifest", path);
    assert_ok(wn_file_read(file, 1 << 20, &bytes, &n, &err), err);
    for (size_t at = 0; at < n; at++) {
        bytes[at] ^= 1;
        assert_ok(wn_file_replace(file, bytes, n, &err), err);
        bytes[at] ^= 1;
        if (wn_store_verify(study->store, gen27, false, &err) == WN_OK)
            fail_msg("byte %zu of the manifest is not checked", at);
    }
    wn_free(bytes);
}

/* Verification does not look through links that stand where files stood. */
static void verification_follows_no_link(void **state)
{
    const struct study *study = *state;
    char path[WN_PATH_MAX], file[2 * WN_PATH_MAX];
    struct wn_error err;

    commit_filled(study, path);
    write_file(study->dir, "elsewhere", "0123456789");
    snprintf(file, sizeof file, "%s/weights", path);
    assert_int_equal(unlink(file), 0);
    assert_int_equal(symlink("../../../elsewhere", file), 0);
    assert_true(access(file, R_OK) == 0);
    assert_status(wn_store_verify(study->store, gen27, true, &err), WN_ECORRUPT);
}

static void remove_takes_the_last_folder_and_no_other_file(void **state)
{
    const struct study *study = *state;
    char path[WN_PATH_MAX], outside[2 * WN_PATH_MAX];
    struct wn_error err;

    commit_filled(study, path);
    write_file(study->dir, "outside", "kept");
    snprintf(outside, sizeof outside, "%s/nothing/link", path);
    assert_int_equal(symlink(study->dir, outside), 0);
    assert_ok(wn_store_discard_temp(study->store, 7, dispatch, &err), err);
    assert_ok(wn_store_remove(study->store, gen27, &err), err);
    assert_false(is_there(study->dir, "checkpoints/7"));
    assert_true(holds(study->dir, "outside", "kept"));
    assert_ok(wn_store_remove(study->store, gen27, &err), err); /* once more */
    assert_ok(wn_store_discard_temp(study->store, 7, dispatch, &err), err);
}

/* Generations of even resource, and the temporary folders of incarnation 3 on. */
static bool keep_even(void *arg, struct wn_generation gen)
{
    ++*(int *)arg;
    return gen.resource ? gen.resource % 2 == 0 : gen.dispatch.incarnation >= 3;
}

static void sweep_leaves_only_what_is_kept(void **state)
{
    const struct study *study = *state;
    char temp[WN_PATH_MAX];
    uint64_t n_removed = 0;
    struct wn_error err;
    int n_asked = 0;

    for (int64_t resource = 1; resource <= 4; resource++)
        for (uint32_t trial = 0; trial < 3; trial++) {
            struct wn_generation gen = {resource, trial, {1, trial}};

            assert_ok(wn_store_put(study->store, gen, "x", 1, &err), err);
        }
    assert_ok(wn_store_temp(study->store, 9, dispatch, temp, &err), err);
    assert_ok(wn_store_temp(study->store, 6, (struct wn_dispatch){3, 1}, temp, &err),
              err);
    write_file(study->dir, "checkpoints/junk", "x");
    make_folder(study->dir, "checkpoints/1/2-01.1"); /* not as we write it */
    make_folder(study->dir, "checkpoints/07");
    assert_ok(wn_path_join(temp, &err, temp, "../../8"), err);
    assert_int_equal(symlink(study->dir, temp), 0);
    assert_ok(wn_store_sweep(study->store, keep_even, &n_asked, &n_removed, &err), err);
    assert_int_equal(n_asked, 12 + 2);
    assert_int_equal(n_removed, 6 + 5); /* junk, 07, 2-01.1, the link, and tmp-2.14 */
    assert_true(is_there(study->dir, "checkpoints/6/tmp-3.1"));
    for (int64_t resource = 1; resource <= 4; resource++)
        for (uint32_t trial = 0; trial < 3; trial++) {
            struct wn_generation gen = {resource, trial, {1, trial}};

            assert_status(wn_store_verify(study->store, gen, true, &err),
                          resource % 2 ? WN_ECORRUPT : WN_OK);
        }
    assert_false(is_there(study->dir, "checkpoints/9"));
    assert_false(is_there(study->dir, "checkpoints/8"));
    assert_true(is_there(study->dir, "checkpoints"));
}

/* --- copies of a folder in use --- */

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Set all time stamps of a file or folder. */
static void stamp(const char *dir, const char *name, int64_t ns)
{
    struct timespec times[2] = {{.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000}};
    char path[2 * WN_PATH_MAX];

    times[1] = times[0];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void make_work(const struct study *study, char *work, int64_t ns)
{
    snprintf(work, WN_PATH_MAX, "%s/work", study->dir);
    make_folder(study->dir, "work");
    write_file(work, "model.bin", "weights");
    make_folder(work, "logs");
    write_file(work, "logs/train", "loss 1\n");
    write_file(work, "run.sh", "#!/bin/sh\n");
    {
        char path[2 * WN_PATH_MAX];

        snprintf(path, sizeof path, "%s/run.sh", work);
        assert_int_equal(chmod(path, 0755), 0);
    }
    stamp(work, "model.bin", ns);
    stamp(work, "run.sh", ns);
    stamp(work, "logs/train", ns);
    stamp(work, "logs", ns);
    stamp(work, ".", ns);
}

static void copies_a_folder_that_stays(void **state)
{
    const struct study *study = *state;
    char work[WN_PATH_MAX], path[WN_PATH_MAX], script[2 * WN_PATH_MAX];
    int64_t since = now_ns();
    struct stat info;
    bool is_stable = false;
    struct wn_error err;

    make_work(study, work, since - 1000);
    assert_ok(wn_store_commit_copy(study->store, work, gen27, since, &is_stable, &err),
              err);
    assert_true(is_stable);
    wn_store_path(study->store, gen27, path);
    assert_true(holds(path, "model.bin", "weights"));
    assert_true(holds(path, "logs/train", "loss 1\n"));
    assert_true(holds(work, "model.bin", "weights"));
    snprintf(script, sizeof script, "%s/run.sh", path);
    assert_int_equal(stat(script, &info), 0);
    assert_true(info.st_mode & 0100); /* still a program */
    assert_ok(wn_store_verify(study->store, gen27, true, &err), err);
    /* The copy is no second name of the same file. */
    write_file(work, "model.bin", "changed");
    assert_true(holds(path, "model.bin", "weights"));
}

static void copies_nothing_that_changed_since(void **state)
{
    static const char *const changed[] = {"model.bin", "logs/train", "logs", "."};
    const struct study *study = *state;
    char work[WN_PATH_MAX];
    int64_t since = now_ns() - 5000000000;
    struct wn_error err;

    make_work(study, work, since);
    for (size_t i = 0; i < sizeof changed / sizeof *changed; i++) {
        bool is_stable = true;

        stamp(work, changed[i], since + 1);
        assert_ok(
            wn_store_commit_copy(study->store, work, gen27, since, &is_stable, &err),
            err);
        if (is_stable)
            fail_msg("a change of %s was not noticed", changed[i]);
        assert_status(wn_store_verify(study->store, gen27, false, &err), WN_ECORRUPT);
        assert_false(is_there(study->dir, "checkpoints/7/tmp-2.14/copy-27"));
        stamp(work, changed[i], since);
    }
    {
        bool is_stable = false;

        assert_ok(
            wn_store_commit_copy(study->store, work, gen27, since, &is_stable, &err),
            err);
        assert_true(is_stable);
    }
}

static void copies_no_links(void **state)
{
    const struct study *study = *state;
    char work[WN_PATH_MAX], link[2 * WN_PATH_MAX];
    bool is_stable = true;
    struct wn_error err;

    make_work(study, work, now_ns());
    snprintf(link, sizeof link, "%s/latest", work);
    assert_int_equal(symlink("model.bin", link), 0);
    assert_status(
        wn_store_commit_copy(study->store, work, gen27, INT64_MAX, &is_stable, &err),
        WN_EINVAL);
    assert_non_null(strstr(err.text, "latest"));
    assert_false(is_there(study->dir, "checkpoints/7/tmp-2.14/copy-27"));
}

static void unpacks_without_the_manifest_and_only_into_nothing(void **state)
{
    const struct study *study = *state;
    char path[WN_PATH_MAX], to[WN_PATH_MAX + 16];
    struct wn_error err;

    commit_filled(study, path);
    snprintf(to, sizeof to, "%s/new/place", study->dir);
    assert_ok(wn_store_unpack(study->store, gen27, to, &err), err);
    assert_true(holds(to, "weights", "0123456789"));
    assert_true(holds(to, "empty file", ""));
    assert_true(holds(to, "optimizer/deep/\xc3\xbc \"m\"", "momentum\n"));
    assert_true(is_there(to, "nothing"));
    assert_false(is_there(to, "winnow-manifest"));
    assert_status(wn_store_unpack(study->store, gen27, to, &err), WN_EINVAL);
    assert_ok(wn_store_remove(study->store, gen27, &err), err);
    snprintf(to, sizeof to, "%s/other", study->dir);
    assert_status(wn_store_unpack(study->store, gen27, to, &err), WN_ECORRUPT);
    assert_false(wn_file_exists(to));
}

static void copies_large_files_whole(void **state)
{
    enum { N = 3 * 1024 * 1024 + 5 };
    const struct study *study = *state;
    char work[WN_PATH_MAX], path[WN_PATH_MAX], to[WN_PATH_MAX + 16];
    char *bytes = wn_alloc(N + 1), *back;
    bool is_stable = false;
    struct wn_error err;
    size_t n;

    assert_non_null(bytes);
    for (int i = 0; i < N; i++)
        bytes[i] = (char)('a' + i % 25);
    snprintf(work, sizeof work, "%.4000s/work", study->dir);
    make_folder(study->dir, "work");
    write_file(work, "big", bytes);
    assert_ok(
        wn_store_commit_copy(study->store, work, gen27, INT64_MAX, &is_stable, &err),
        err);
    assert_true(is_stable);
    wn_store_path(study->store, gen27, path);
    snprintf(to, sizeof to, "%s/to", study->dir);
    assert_ok(wn_store_unpack(study->store, gen27, to, &err), err);
    snprintf(path, sizeof path, "%.4000s/big", to);
    assert_ok(wn_file_read(path, 1 << 24, &back, &n, &err), err);
    assert_int_equal(n, N);
    assert_memory_equal(back, bytes, N);
    wn_free(back);
    wn_free(bytes);
}

/* --- both kinds --- */

static void puts_and_gets_a_blob_in_both_kinds(void **state)
{
    const struct study *study = *state;
    struct wn_store *memory, *stores[2];
    struct wn_error err;

    assert_ok(wn_store_create_memory(&memory, &err), err);
    stores[0] = study->store;
    stores[1] = memory;
    for (int i = 0; i < 2; i++) {
        const struct wn_generation none = {0, 7, {2, 14}};
        struct wn_generation other = gen27;
        void *bytes;
        size_t n;

        other.dispatch.count++;
        assert_status(wn_store_get(stores[i], gen27, &bytes, &n, &err), WN_ECORRUPT);
        assert_ok(wn_store_put(stores[i], gen27, "a\0b", 3, &err), err);
        assert_ok(wn_store_put(stores[i], gen27, "a\0b", 3, &err), err);
        assert_status(wn_store_put(stores[i], gen27, "a\0c", 3, &err), WN_EINVAL);
        assert_status(wn_store_put(stores[i], none, "a", 1, &err), WN_EINVAL);
        assert_ok(wn_store_put(stores[i], other, "", 0, &err), err);
        assert_ok(wn_store_verify(stores[i], gen27, true, &err), err);
        assert_ok(wn_store_get(stores[i], gen27, &bytes, &n, &err), err);
        assert_int_equal(n, 3);
        assert_memory_equal(bytes, "a\0b", 3);
        wn_free(bytes);
        assert_ok(wn_store_get(stores[i], other, &bytes, &n, &err), err);
        assert_int_equal(n, 0);
        wn_free(bytes);
        assert_ok(wn_store_remove(stores[i], gen27, &err), err);
        assert_ok(wn_store_remove(stores[i], gen27, &err), err);
        assert_status(wn_store_verify(stores[i], gen27, false, &err), WN_ECORRUPT);
        assert_ok(wn_store_verify(stores[i], other, false, &err), err);
    }
    wn_store_destroy(memory);
}

static void memory_holds_many_and_sweeps(void **state)
{
    enum { N = 5000 };
    struct wn_store *memory;
    uint64_t n_removed;
    struct wn_error err;
    char path[WN_PATH_MAX];
    int n_asked = 0;

    (void)state;
    assert_ok(wn_store_create_memory(&memory, &err), err);
    for (uint32_t i = 0; i < N; i++) {
        struct wn_generation gen = {1 + i % 4, i / 4, {1, i}};

        assert_ok(wn_store_put(memory, gen, &i, sizeof i, &err), err);
    }
    assert_ok(wn_store_sweep(memory, keep_even, &n_asked, &n_removed, &err), err);
    assert_int_equal(n_asked, N);
    assert_int_equal(n_removed, N / 2);
    for (uint32_t i = 0; i < N; i++) {
        struct wn_generation gen = {1 + i % 4, i / 4, {1, i}};

        assert_status(wn_store_verify(memory, gen, true, &err),
                      gen.resource % 2 ? WN_ECORRUPT : WN_OK);
    }
    assert_status(wn_store_temp(memory, 1, dispatch, path, &err), WN_EINVAL);
    assert_status(wn_store_commit(memory, "x", gen27, &err), WN_EINVAL);
    assert_status(wn_store_unpack(memory, gen27, "x", &err), WN_EINVAL);
    wn_store_destroy(memory);
}

static void survives_the_failure_of_any_allocation(void **state)
{
    const struct study *study = *state;
    enum wn_status rc = WN_ENOMEM;

    for (uint64_t n = 1; rc != WN_OK; n++) {
        struct wn_error err = {.text = ""};
        void *bytes = NULL;
        size_t size;

        wn_mem_fail_after(n);
        rc = wn_store_put(study->store, gen27, "state", 5, &err);
        if (rc == WN_OK)
            rc = wn_store_get(study->store, gen27, &bytes, &size, &err);
        wn_mem_fail_after(0);
        if (rc != WN_OK)
            assert_int_equal(rc, WN_ENOMEM);
        wn_free(bytes);
        if (rc != WN_OK)
            assert_ok(wn_store_remove(study->store, gen27, &err), err);
        assert_true(n < 1000);
    }
}

int main(void)
{
#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        test(commits_a_folder_by_renaming_it),
        test(accepts_the_same_commit_again_and_no_other),
        test(refuses_what_is_no_checkpoint),
        test(commits_only_what_lies_in_a_temporary_folder_of_the_trial),
        test(verification_names_what_is_wrong),
        test(every_damaged_byte_of_a_manifest_is_found),
        test(verification_follows_no_link),
        test(remove_takes_the_last_folder_and_no_other_file),
        test(sweep_leaves_only_what_is_kept),
        test(copies_a_folder_that_stays),
        test(copies_nothing_that_changed_since),
        test(copies_no_links),
        test(unpacks_without_the_manifest_and_only_into_nothing),
        test(copies_large_files_whole),
        test(puts_and_gets_a_blob_in_both_kinds),
        test(memory_holds_many_and_sweeps),
        test(survives_the_failure_of_any_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
