/* test_journal_writer.c - the writer's side: kills, fencing, full disks, folding. */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "test_journal.h"

#include "base/rng.h"

static const struct wn_event closed_event = {.kind = WN_EVENT_CLOSED,
                                             .trial = WN_TRIAL_NONE};

/* The numbers in a journal, which must ascend without a gap; returns how many. */
static int64_t count_numbers(const struct seen *seen)
{
    int64_t next = 1;

    for (size_t i = 0; i < seen->events.n; i++) {
        struct wn_event expected = numbered(next);

        if (seen->events.at[i].at[0] != WN_EVENT_TIMER)
            continue;
        if (!is_event(&seen->events.at[i], &expected))
            fail_msg("event %zu is not number %lld", i, (long long)next);
        next++;
    }
    return next - 1;
}

static int64_t read_numbers(const char *dir)
{
    struct wn_journal_summary summary;
    struct seen seen = {0};
    struct wn_error err;
    int64_t n;

    assert_ok(wn_journal_read(dir, see, &seen, &summary, &err), err);
    n = count_numbers(&seen);
    seen_release(&seen);
    return n;
}

/* Open, write `opened`, forget what was seen; *n_numbers is how many events came. */
static struct wn_journal *open_counting(const char *dir, int64_t *n_numbers)
{
    struct wn_journal_opening opening;
    struct seen seen = {0};
    struct wn_journal *journal = open_whole(dir, &seen, &opening);

    if (n_numbers)
        *n_numbers = count_numbers(&seen);
    wn_free(opening.lengths);
    seen_release(&seen);
    return journal;
}

/* --- kills --- */

/* In a child: append as fast as it goes, acknowledge each in shared memory, and say so. */
static void append_until_killed(const char *dir, volatile int64_t *acknowledged, int said)
{
    struct wn_journal_config cfg = {.dir = dir};
    struct wn_journal_opening opening;
    struct wn_journal *journal;
    struct seen seen = {0};
    struct wn_event event;

    if (wn_journal_open(&cfg, see, &seen, &journal, &opening, NULL) != WN_OK)
        _exit(1);
    event = opened_event(&opening);
    if (wn_journal_append(journal, &event, NULL) != WN_OK)
        _exit(1);
    for (int64_t next = *acknowledged + 1;; next++) {
        event = numbered(next);
        if (wn_journal_append(journal, &event, NULL) != WN_OK)
            _exit(1);
        *acknowledged = next;
        if (write(said, "", 1) != 1)
            _exit(1);
    }
}

/* Kill the child when it has acknowledged so many, be it in the middle of the next; or after a
 * time, that may be before its first. */
static void kill_child(pid_t child, int said, uint64_t n_acknowledged, long nanoseconds)
{
    struct timespec delay = {.tv_nsec = nanoseconds};
    char byte;
    int status;

    for (uint64_t i = 0; i < n_acknowledged; i++)
        assert_int_equal(read(said, &byte, 1), 1);
    if (!n_acknowledged)
        nanosleep(&delay, NULL); /* the moment of the kill is what is drawn */
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
}

static pid_t start_child(const char *dir, volatile int64_t *acknowledged, int *said)
{
    int ends[2];
    pid_t child;

    assert_int_equal(pipe(ends), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0)
        append_until_killed(dir, acknowledged, ends[1]);
    close(ends[1]);
    *said = ends[0];
    return child;
}

static void loses_nothing_acknowledged_when_the_writer_is_killed(void **state)
{
    enum { KILLS = 50 };
    volatile int64_t *acknowledged =
        mmap(NULL, sizeof *acknowledged, PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct wn_rng rng = wn_rng_keyed(11, WN_STREAM_TEST, 0);
    char *dir = make_folder();

    (void)state;
    assert_true(acknowledged != MAP_FAILED);
    for (int kill_number = 0; kill_number < KILLS; kill_number++) {
        int64_t n, before = *acknowledged;
        uint64_t n_wanted = kill_number % 2 ? 1 + wn_rng_below(&rng, 200) : 0;
        int said;
        pid_t child = start_child(dir, acknowledged, &said);

        kill_child(child, said, n_wanted, (long)wn_rng_below(&rng, 4000000));
        close(said);
        n = read_numbers(dir);
        if (n < *acknowledged || n > *acknowledged + 1 || n < before + (int64_t)n_wanted)
            fail_msg("kill %d: %lld events, but %lld were acknowledged", kill_number,
                     (long long)n, (long long)*acknowledged);
        *acknowledged = n; /* an event written and not acknowledged counts */
    }
    assert_true(*acknowledged >= KILLS / 2);
    munmap((void *)(uintptr_t)acknowledged, sizeof *acknowledged);
    drop_folder(dir);
}

static void loses_only_what_was_not_synced_with_the_power(void **state)
{
    char *dir = make_folder(), path[WN_PATH_MAX];
    struct wn_journal *journal = open_counting(dir, NULL);
    struct wn_error err;
    uint64_t synced;
    int64_t n;

    (void)state;
    for (int64_t i = 1; i <= 5; i++)
        append_number(journal, i);
    assert_true(wn_journal_synced(journal) < wn_journal_written(journal));
    assert_ok(wn_journal_sync(journal, &err), err);
    synced = wn_journal_synced(journal);
    assert_int_equal(synced, wn_journal_written(journal));
    for (int64_t i = 6; i <= 9; i++)
        append_number(journal, i);
    assert_int_equal(wn_journal_synced(journal), synced);
    wn_journal_close(journal);
    assert_int_equal(truncate(path_in(dir, "1.wnj", path), (off_t)synced), 0);
    journal = open_counting(dir, &n);
    assert_int_equal(n, 5);
    wn_journal_close(journal);
    drop_folder(dir);
}

/* --- fencing --- */

static void never_reads_what_an_older_writer_appends_later(void **state)
{
    char *dir = make_folder();
    struct wn_journal *older, *newer;
    int64_t n;

    (void)state;
    older = open_counting(dir, NULL);
    append_number(older, 1);
    append_number(older, 2);
    assert_false(wn_journal_is_fenced(older));
    newer = open_counting(dir, &n);
    assert_int_equal(n, 2);
    assert_true(wn_journal_is_fenced(older));
    assert_false(wn_journal_is_fenced(newer));
    append_number(older, 77);
    append_number(newer, 3);
    append_number(older, 78);
    assert_int_equal(read_numbers(dir), 3);
    wn_journal_close(newer);
    newer = open_counting(dir, &n);
    assert_int_equal(n, 3);
    append_number(older, 79);
    append_number(newer, 4);
    assert_int_equal(read_numbers(dir), 4);
    wn_journal_close(older);
    wn_journal_close(newer);
    drop_folder(dir);
}

/* Between its creation and its `opened` a newer segment names nothing yet. */
static void reads_the_older_writer_on_until_the_newer_names_a_length(void **state)
{
    char *dir = make_folder();
    struct wn_journal_config cfg = {.dir = dir};
    struct wn_journal_opening opening;
    struct wn_journal *older = open_counting(dir, NULL), *newer;
    struct wn_event event;
    struct seen seen = {0};
    struct wn_error err;

    (void)state;
    append_number(older, 1);
    assert_ok(wn_journal_open(&cfg, see, &seen, &newer, &opening, &err), err);
    append_number(older, 2); /* not seen by the newer one */
    assert_int_equal(read_numbers(dir), 2);
    event = opened_event(&opening);
    assert_ok(wn_journal_append(newer, &event, &err), err);
    assert_int_equal(read_numbers(dir), 1);
    wn_journal_close(older);
    wn_journal_close(newer);
    wn_free(opening.lengths);
    seen_release(&seen);
    drop_folder(dir);
}

/* A sleeper between two later openings: created 2, slept, 3 took over, 2 wakes up. */
static void ignores_an_opening_that_slept_through_the_next_one(void **state)
{
    char *dir = make_folder();
    struct wn_journal_config cfg = {.dir = dir};
    struct wn_journal_opening opening;
    struct wn_journal *first = open_counting(dir, NULL), *sleeper, *last;
    struct wn_event event;
    struct seen seen = {0};
    struct wn_error err;
    int64_t n;

    (void)state;
    append_number(first, 1);
    assert_ok(wn_journal_open(&cfg, see, &seen, &sleeper, &opening, &err), err);
    append_number(first, 2);
    last = open_counting(dir, &n);
    assert_int_equal(n, 2);
    event = opened_event(&opening);
    assert_ok(wn_journal_append(sleeper, &event, &err), err);
    append_number(sleeper, 99);
    append_number(last, 3);
    assert_int_equal(read_numbers(dir), 3);
    assert_true(wn_journal_is_fenced(sleeper));
    wn_journal_close(last);
    last = open_counting(dir, &n);
    assert_int_equal(n, 3);
    wn_journal_close(first);
    wn_journal_close(sleeper);
    wn_journal_close(last);
    wn_free(opening.lengths);
    seen_release(&seen);
    drop_folder(dir);
}

/* Many at once: every one that succeeds has a number of its own, the others are told. */
static void gives_every_incarnation_to_one_process_only(void **state)
{
    enum { N = 12 };
    int *numbers = mmap(NULL, N * sizeof *numbers, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    char *dir = make_folder();
    int n_won = 0, pipe_ends[2];

    (void)state;
    assert_true((void *)numbers != MAP_FAILED);
    assert_int_equal(pipe(pipe_ends), 0);
    for (int i = 0; i < N; i++) {
        pid_t child = fork();

        assert_true(child >= 0);
        if (child == 0) {
            struct wn_journal_config cfg = {.dir = dir};
            struct wn_journal_opening opening;
            struct wn_journal *journal;
            struct seen seen = {0};
            enum wn_status rc;
            char byte;

            close(pipe_ends[1]);
            while (read(pipe_ends[0], &byte, 1) > 0)
                continue; /* until the parent closes its end: all start together */
            rc = wn_journal_open(&cfg, see, &seen, &journal, &opening, NULL);
            numbers[i] = rc == WN_OK ? (int)opening.incarnation : (int)rc;
            _exit(0);
        }
    }
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    for (int i = 0; i < N; i++)
        wait(NULL);
    for (int i = 0; i < N; i++) {
        if (numbers[i] > 0)
            n_won++;
        else
            assert_int_equal(numbers[i], WN_EBUSY);
        for (int k = 0; k < i; k++)
            if (numbers[i] > 0 && numbers[i] == numbers[k])
                fail_msg("incarnation %d was given twice", numbers[i]);
    }
    assert_true(n_won >= 1);
    munmap((void *)numbers, N * sizeof *numbers);
    drop_folder(dir);
}

/* --- writes that fail --- */

static void appends_again_after_the_disk_was_full(void **state)
{
    char *dir = make_folder();
    struct wn_journal *journal = open_counting(dir, NULL);
    struct rlimit old, tight;
    struct wn_error err = {.text = ""};
    int64_t n;

    (void)state;
    append_number(journal, 1);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, SIG_IGN);
    for (rlim_t room = 0; room < 18; room++) { /* from nothing to all but one byte */
        uint64_t written = wn_journal_written(journal);
        struct wn_event event = numbered(99);
        enum wn_status rc;

        tight = old;
        tight.rlim_cur = written + room;
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
        rc = wn_journal_append(journal, &event, &err);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
        assert_int_equal(rc, WN_EIO);
        assert_int_equal(err.native, EFBIG);
        assert_non_null(strstr(err.text, "1.wnj"));
        assert_int_equal(wn_journal_written(journal), written);
        append_number(journal, 2 + (int64_t)room);
    }
    signal(SIGXFSZ, SIG_DFL);
    wn_journal_close(journal);
    journal = open_counting(dir, &n);
    assert_int_equal(n, 19);
    wn_journal_close(journal);
    drop_folder(dir);
}

static void says_when_the_folder_cannot_be_made(void **state)
{
    char *dir = make_folder(), path[WN_PATH_MAX];
    struct wn_journal_config cfg;
    struct wn_journal_opening opening;
    struct wn_journal *journal = NULL;
    struct wn_error err;

    (void)state;
    write_file(path_in(dir, "file", path), "x", 1);
    cfg = (struct wn_journal_config){.dir = path};
    assert_status(wn_journal_open(&cfg, see, NULL, &journal, &opening, &err), WN_EIO);
    assert_null(journal);
    drop_folder(dir);
}

static void *sync_often(void *arg)
{
    struct wn_journal *journal = arg;

    for (int i = 0; i < 200; i++) {
        uint64_t written = wn_journal_written(journal);

        if (wn_journal_sync(journal, NULL) != WN_OK ||
            wn_journal_synced(journal) < written || wn_journal_is_fenced(journal))
            return journal; /* NULL is success */
    }
    return NULL;
}

static void syncs_and_looks_beside_an_appending_thread(void **state)
{
    char *dir = make_folder();
    struct wn_journal *journal = open_counting(dir, NULL);
    pthread_t thread;
    void *failed;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, sync_often, journal), 0);
    for (int64_t i = 1; i <= 5000; i++)
        append_number(journal, i);
    assert_int_equal(pthread_join(thread, &failed), 0);
    assert_null(failed);
    wn_journal_close(journal);
    assert_int_equal(read_numbers(dir), 5000);
    drop_folder(dir);
}

static void notes_the_length_only_when_it_skips_syncs(void **state)
{
    char *dir = make_folder();
    struct wn_journal_config cfg = {.dir = dir, .skips_sync = true};
    struct wn_journal_opening opening;
    struct wn_journal *journal;
    struct wn_error err;

    (void)state;
    assert_ok(wn_journal_open(&cfg, see, NULL, &journal, &opening, &err), err);
    assert_int_equal(wn_journal_synced(journal), 0);
    append_number(journal, 1);
    assert_ok(wn_journal_sync(journal, &err), err);
    assert_int_equal(wn_journal_synced(journal), wn_journal_written(journal));
    wn_free(opening.lengths);
    wn_journal_close(journal);
    drop_folder(dir);
}

/* --- folding --- */

static void close_and_fold(struct wn_journal *journal)
{
    struct wn_error err;

    assert_ok(wn_journal_append(journal, &closed_event, &err), err);
    assert_ok(wn_journal_sync(journal, &err), err);
    assert_ok(wn_journal_fold(journal, &err), err);
}

static struct wn_journal *three_openings(const char *dir)
{
    struct wn_journal *journal = open_counting(dir, NULL);

    append_number(journal, 1);
    wn_journal_close(journal);
    journal = open_counting(dir, NULL);
    append_number(journal, 2);
    append_number(journal, 3);
    wn_journal_close(journal);
    journal = open_counting(dir, NULL);
    append_number(journal, 4);
    return journal;
}

static void folds_into_one_segment_with_the_next_number(void **state)
{
    char *dir = make_folder(), path[WN_PATH_MAX];
    struct wn_journal *journal = three_openings(dir);
    struct wn_journal_summary summary;
    struct wn_event event = numbered(5);
    struct wn_error err;
    struct seen seen = {0};
    int64_t n;

    (void)state;
    close_and_fold(journal);
    for (int i = 1; i <= 3; i++) {
        char name[16];

        snprintf(name, sizeof name, "%d.wnj", i);
        assert_false(wn_file_exists(path_in(dir, name, path)));
    }
    assert_true(wn_file_exists(path_in(dir, "4.wnj", path)));
    assert_false(wn_file_exists(path_in(dir, "4.fold", path)));
    assert_false(wn_journal_is_fenced(journal)); /* the later segment is its own */
    assert_status(wn_journal_append(journal, &event, &err), WN_EINVAL);
    assert_ok(wn_journal_fold(journal, &err), err); /* once more changes nothing */
    wn_journal_close(journal);
    assert_ok(wn_journal_read(dir, see, &seen, &summary, &err), err);
    assert_int_equal(count_numbers(&seen), 4);
    assert_int_equal(summary.incarnation, 4);
    assert_int_equal(summary.n_events, 4 + 3 + 1);
    assert_true(summary.is_closed);
    seen_release(&seen);
    journal = open_counting(dir, &n);
    assert_int_equal(n, 4);
    assert_int_equal(wn_journal_incarnation(journal), 5);
    append_number(journal, 5);
    close_and_fold(journal);
    wn_journal_close(journal);
    assert_int_equal(read_numbers(dir), 5);
    drop_folder(dir);
}

/* Two sleepers wake up when a later opening has folded, and so given their next numbers up;
 * then the study is opened again. */
static void a_sleeper_does_not_fold_after_a_later_one_has(void **state)
{
    char *dir = make_folder(), path[WN_PATH_MAX];
    struct wn_journal *first = open_counting(dir, NULL), *second, *third;
    struct wn_error err;
    int64_t n;

    (void)state;
    append_number(first, 1);
    second = open_counting(dir, NULL);
    append_number(second, 2);
    third = open_counting(dir, NULL);
    append_number(third, 3);
    close_and_fold(third);
    wn_journal_close(third);
    for (int i = 0; i < 2; i++) { /* of a study that is closed, of one that goes on */
        assert_ok(wn_journal_append(first, &closed_event, &err), err);
        assert_status(wn_journal_fold(first, &err), WN_EFENCED);
        assert_status(wn_journal_fold(second, &err), WN_EFENCED);
        assert_false(wn_file_exists(path_in(dir, "2.wnj", path)));
        assert_false(wn_file_exists(path_in(dir, "3.wnj", path)));
        assert_false(wn_file_exists(path_in(dir, "2.fold", path)));
        third = open_counting(dir, &n);
        assert_int_equal(n, 3);
        wn_journal_close(third);
    }
    wn_journal_close(first);
    wn_journal_close(second);
    assert_int_equal(read_numbers(dir), 3);
    drop_folder(dir);
}

static void copy_file(const char *from, const char *to, const char *name)
{
    char path[WN_PATH_MAX];
    char *bytes;
    size_t n;

    read_file(path_in(from, name, path), &bytes, &n);
    write_file(path_in(to, name, path), bytes, n);
    wn_free(bytes);
}

/* The states a fold passes through: aside in parts, named, older ones partly removed. */
static void leaves_a_whole_journal_wherever_a_fold_is_interrupted(void **state)
{
    static const struct {
        const char *what;
        const char *segments[5];
        bool is_aside, is_named;
    } cases[] = {
        {"written in parts", {"1.wnj", "2.wnj", "3.wnj"}, true, false},
        {"named", {"1.wnj", "2.wnj", "3.wnj"}, false, true},
        {"named by a second link", {"1.wnj", "2.wnj", "3.wnj"}, true, true},
        {"first removed", {"2.wnj", "3.wnj"}, false, true},
        {"middle removed", {"1.wnj", "3.wnj"}, false, true},
        {"last removed", {"1.wnj", "2.wnj"}, false, true},
        {"all removed", {NULL}, false, true},
    };
    char *dir = make_folder(), *folded = make_folder();
    struct wn_journal *journal = three_openings(dir);
    struct wn_error err;

    (void)state;
    assert_ok(wn_journal_append(journal, &closed_event, &err), err);
    for (int i = 1; i <= 3; i++) {
        char name[16];

        snprintf(name, sizeof name, "%d.wnj", i);
        copy_file(dir, folded, name);
    }
    assert_ok(wn_journal_fold(journal, &err), err);
    wn_journal_close(journal);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *now = make_folder(), path[WN_PATH_MAX];
        int64_t n;

        for (int k = 0; cases[i].segments[k]; k++)
            copy_file(folded, now, cases[i].segments[k]);
        if (cases[i].is_named)
            copy_file(dir, now, "4.wnj");
        if (cases[i].is_aside)
            write_file(path_in(now, "4.fold", path), "half", 4);
        if (read_numbers(now) != 4)
            fail_msg("%s: a reader saw another number of events", cases[i].what);
        journal = open_counting(now, &n);
        if (n != 4)
            fail_msg("%s: %lld events", cases[i].what, (long long)n);
        assert_int_equal(wn_journal_incarnation(journal), cases[i].is_named ? 5 : 4);
        if (cases[i].is_named) { /* what the fold replaced is tidied up */
            assert_false(wn_file_exists(path_in(now, "1.wnj", path)));
            assert_false(wn_file_exists(path_in(now, "3.wnj", path)));
        } else {
            assert_false(wn_file_exists(path_in(now, "4.fold", path)));
        }
        append_number(journal, 5);
        close_and_fold(journal);
        wn_journal_close(journal);
        assert_int_equal(read_numbers(now), 5);
        drop_folder(now);
    }
    drop_folder(dir);
    drop_folder(folded);
}

static void refuses_to_fold_what_another_process_opened(void **state)
{
    char *dir = make_folder(), path[WN_PATH_MAX];
    struct wn_journal *older = three_openings(dir), *newer;
    struct wn_error err;
    int64_t n;

    (void)state;
    assert_ok(wn_journal_append(older, &closed_event, &err), err);
    newer = open_counting(dir, &n);
    assert_status(wn_journal_fold(older, &err), WN_EFENCED);
    assert_true(wn_file_exists(path_in(dir, "1.wnj", path)));
    append_number(newer, 5);
    wn_journal_close(older);
    wn_journal_close(newer);
    assert_int_equal(read_numbers(dir), 5);
    drop_folder(dir);
}

static void detects_every_damaged_byte_of_a_folded_segment(void **state)
{
    char *dir = make_folder(), path[WN_PATH_MAX];
    struct wn_journal *journal = three_openings(dir);
    struct wn_journal_summary summary;
    char *bytes;
    size_t n;

    (void)state;
    close_and_fold(journal);
    wn_journal_close(journal);
    read_file(path_in(dir, "4.wnj", path), &bytes, &n);
    for (size_t at = 0; at < n; at++) {
        struct seen seen = {0};
        enum wn_status rc;

        bytes[at] ^= 0x10;
        write_file(path, bytes, n);
        bytes[at] ^= 0x10;
        rc = wn_journal_read(dir, see, &seen, &summary, NULL);
        if (rc != WN_ECORRUPT && rc != WN_EVERSION)
            fail_msg("byte %zu of %zu: %s", at, n, wn_status_name(rc));
        seen_release(&seen);
    }
    for (size_t cut = 0; cut < n; cut++) {
        struct seen seen = {0};

        write_file(path, bytes, cut);
        assert_status(wn_journal_read(dir, see, &seen, &summary, NULL), WN_ECORRUPT);
        seen_release(&seen);
    }
    wn_free(bytes);
    drop_folder(dir);
}

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static enum wn_status count_events(void *arg,
                                   const struct wn_event *event,
                                   struct wn_error *err)
{
    (void)event, (void)err;
    ++*(uint64_t *)arg;
    return WN_OK;
}

static void writes_and_reads_a_hundred_thousand_reports_quickly(void **state)
{
    enum { N = 100000 };
    char *dir = make_folder();
    struct wn_journal *journal = open_counting(dir, NULL);
    struct wn_metric metric = {"accuracy", 0.5};
    struct wn_journal_summary summary;
    struct wn_error err;
    uint64_t n = 0;
    double start = seconds(), wrote, read;

    (void)state;
    for (int i = 0; i < N; i++) {
        struct wn_event event = {
            .kind = WN_EVENT_REPORTED,
            .time_ms = i,
            .trial = (uint32_t)(i / 27),
            .reported = {.resource = 1 + i % 27, .n_metrics = 1, .metrics = &metric}};

        assert_ok(wn_journal_append(journal, &event, &err), err);
    }
    wrote = seconds() - start;
    wn_journal_close(journal);
    start = seconds();
    assert_ok(wn_journal_read(dir, count_events, &n, &summary, &err), err);
    read = seconds() - start;
    assert_int_equal(n, N + 1);
    print_message("%.0f thousand appends a second, %.2f million read a second\n",
                  N / wrote / 1e3, N / read / 1e6);
    if (wrote > 10 || read > 2)
        fail_msg("%d reports took %.2f s to write, %.2f s to read", N, wrote, read);
    drop_folder(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loses_nothing_acknowledged_when_the_writer_is_killed),
        cmocka_unit_test(loses_only_what_was_not_synced_with_the_power),
        cmocka_unit_test(never_reads_what_an_older_writer_appends_later),
        cmocka_unit_test(reads_the_older_writer_on_until_the_newer_names_a_length),
        cmocka_unit_test(ignores_an_opening_that_slept_through_the_next_one),
        cmocka_unit_test(gives_every_incarnation_to_one_process_only),
        cmocka_unit_test(appends_again_after_the_disk_was_full),
        cmocka_unit_test(says_when_the_folder_cannot_be_made),
        cmocka_unit_test(syncs_and_looks_beside_an_appending_thread),
        cmocka_unit_test(notes_the_length_only_when_it_skips_syncs),
        cmocka_unit_test(folds_into_one_segment_with_the_next_number),
        cmocka_unit_test(a_sleeper_does_not_fold_after_a_later_one_has),
        cmocka_unit_test(leaves_a_whole_journal_wherever_a_fold_is_interrupted),
        cmocka_unit_test(refuses_to_fold_what_another_process_opened),
        cmocka_unit_test(detects_every_damaged_byte_of_a_folded_segment),
        cmocka_unit_test(writes_and_reads_a_hundred_thousand_reports_quickly),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
