/* benchmark_child.c - a file that has no checksum is read by a child process.
 *
 * HDF5 trusts what it reads: on damaged bytes it may crash, not come back, or spoil its
 * memory and go on (FORMAT.md has figures of HDF5 1.10.8), so that trying first whether it
 * survives is not enough. The child hands over what it read through a pipe, in the codec of
 * base/buf.h:
 *   u64 bytes that follow; int status; str error text; and if the status is 0
 *   str x 7 texts, task, resource, its unit, hyperparameters as JSON; uint tasks, str each;
 *   uint configurations, seeds, fidelities; blob configs, blob fidelity;
 *   uint metrics; each str name, str unit, u8 mode, u8 synthetic, blob values
 * and the parent, which never showed the bytes to HDF5, believes no length of it. A file
 * that we wrote has a checksum and needs none of this.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "results/benchmark_internal.h"

enum { SECONDS_LEAST = 10, BLOCK = 1 << 16, N_TEXTS = 11 };
/* Exit status of a child that could not even say what it lacked: no sanitizer's. */
enum { SPEECHLESS = 99 };

/* The texts of a book, in the order of the message. */
static void list_texts(struct wn_benchmark_book *book, const char **texts[N_TEXTS])
{
    struct wn_benchmark *pub = &book->pub;
    const char **all[N_TEXTS] = {&pub->name,          &pub->title,       &pub->kind,
                                 &pub->license,       &pub->provenance,  &pub->url,
                                 &pub->citation,      &pub->task,        &pub->resource,
                                 &pub->resource_unit, &book->params_text};

    memcpy(texts, all, sizeof all);
}

/* --- in the child --- */

static void encode_book(struct wn_benchmark_book *book, struct wn_buf *out)
{
    const struct wn_benchmark *pub = &book->pub;
    size_t n_cells = pub->n_configs * pub->n_seeds * pub->n_fidelities;
    const char **texts[N_TEXTS];

    list_texts(book, texts);
    for (size_t i = 0; i < N_TEXTS; i++)
        wn_put_str(out, *texts[i]);
    wn_put_uint(out, pub->n_tasks);
    for (size_t i = 0; i < pub->n_tasks; i++)
        wn_put_str(out, pub->tasks[i]);
    wn_put_uint(out, pub->n_configs);
    wn_put_uint(out, pub->n_seeds);
    wn_put_uint(out, pub->n_fidelities);
    wn_put_blob(out, book->configs, pub->n_configs * pub->n_params * sizeof(double));
    wn_put_blob(out, book->fidelity, pub->n_fidelities * sizeof(double));
    wn_put_uint(out, book->metrics.n);
    for (size_t i = 0; i < book->metrics.n; i++) {
        const struct wn_benchmark_metric *metric = &book->metrics.at[i];

        wn_put_str(out, metric->name);
        wn_put_str(out, metric->unit);
        wn_put_u8(out, (uint8_t)metric->mode);
        wn_put_u8(out, metric->is_synthetic);
        wn_put_blob(out, metric->at, n_cells * sizeof(float));
    }
}

/* No core file, no last words, no handlers of MPI's or of a sanitizer; and an end: reading
 * takes far less than a second of processor time for each MiB. */
static void prepare_to_die(size_t n_bytes)
{
    rlim_t seconds = SECONDS_LEAST + (n_bytes >> 20);
    static const int signals[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGXCPU};
    /* Below the hard limit, so that this end (SIGXCPU) is told from a kill by others. */
    struct rlimit none = {0}, time = {.rlim_cur = seconds, .rlim_max = seconds + 1};
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        (void)signal(signals[i], SIG_DFL);
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)setrlimit(RLIMIT_CPU, &time);
    if (null >= 0)
        (void)dup2(null, STDERR_FILENO);
}

static void be_the_child(wn_benchmark_read_fn *read_all,
                         void *arg,
                         size_t n_bytes,
                         int to)
{
    struct wn_benchmark_book *book = wn_alloc(sizeof *book);
    struct wn_error said = {.text = ""};
    struct wn_buf body = {0}, head = {0};
    enum wn_status rc = WN_ENOMEM;

    prepare_to_die(n_bytes);
    if (book)
        rc = read_all(arg, book, &said);
    wn_put_int(&body, rc);
    wn_put_str(&body, said.text);
    if (rc == WN_OK)
        encode_book(book, &body);
    if (body.failed) {
        wn_buf_clear(&body);
        wn_put_int(&body, WN_ENOMEM);
        wn_put_str(&body, "");
    }
    wn_put_u64(&head, body.n);
    if (head.failed || body.failed ||
        wn_file_write_all(to, head.at, head.n, "a pipe", NULL) != WN_OK ||
        wn_file_write_all(to, body.at, body.n, "a pipe", NULL) != WN_OK)
        _exit(SPEECHLESS);
    _exit(0);
}

/* --- in the parent --- */

/* An array of n elements out of a blob of just that size; the caller's. */
static void *take_array(struct wn_reader *r, size_t n, size_t size_bytes)
{
    size_t length = 0;
    const void *blob = wn_get_blob(r, &length);
    void *out;

    if (r->failed || !n || length % size_bytes || length / size_bytes != n) {
        r->failed = true;
        return NULL;
    }
    out = wn_alloc(length);
    if (out)
        memcpy(out, blob, length);
    else
        r->failed = r->is_starved = true;
    return out;
}

static size_t product(struct wn_reader *r, size_t a, size_t b)
{
    if (b && a > SIZE_MAX / b)
        r->failed = true;
    return r->failed ? 0 : a * b;
}

static void decode_metrics(struct wn_reader *r, struct wn_benchmark_book *book)
{
    struct wn_benchmark *pub = &book->pub;
    size_t n_cells =
        product(r, product(r, pub->n_configs, pub->n_seeds), pub->n_fidelities);
    size_t n = wn_get_count(r, 1);

    for (size_t i = 0; i < n && !r->failed; i++) {
        struct wn_benchmark_metric *metric = wn_vec_push(&book->metrics);
        uint8_t mode;

        if (!metric) {
            r->failed = r->is_starved = true;
            return;
        }
        metric->name = wn_get_str(r, &book->arena);
        metric->unit = wn_get_str(r, &book->arena);
        mode = wn_get_u8(r);
        metric->is_synthetic = wn_get_u8(r) != 0;
        metric->at = take_array(r, n_cells, sizeof(float));
        if (mode > WN_BENCHMARK_AUX)
            r->failed = true;
        else
            metric->mode = (enum wn_benchmark_mode)mode;
    }
    pub->metrics = book->metrics.at;
    pub->n_metrics = book->metrics.n;
}

static enum wn_status decode_book(const char *path,
                                  struct wn_reader *r,
                                  struct wn_benchmark_book *book,
                                  struct wn_error *err)
{
    struct wn_benchmark *pub = &book->pub;
    const char **texts[N_TEXTS];
    enum wn_status rc;
    size_t n;

    list_texts(book, texts);
    for (size_t i = 0; i < N_TEXTS; i++)
        *texts[i] = wn_get_str(r, &book->arena);
    rc = r->failed ? WN_OK : wn_benchmark_take_params(path, book->params_text, book, err);
    if (rc != WN_OK)
        return rc;
    n = wn_get_count(r, 1);
    for (size_t i = 0; i < n && !r->failed; i++) {
        const char **task = wn_vec_push(&book->tasks);

        if (task)
            *task = wn_get_str(r, &book->arena);
        else
            r->failed = r->is_starved = true;
    }
    pub->tasks = book->tasks.at;
    pub->n_tasks = book->tasks.n;
    pub->n_configs = (size_t)wn_get_uint(r);
    pub->n_seeds = (size_t)wn_get_uint(r);
    pub->n_fidelities = (size_t)wn_get_uint(r);
    book->configs =
        take_array(r, product(r, pub->n_configs, pub->n_params), sizeof(double));
    book->fidelity = take_array(r, pub->n_fidelities, sizeof(double));
    pub->configs = book->configs;
    pub->fidelity = book->fidelity;
    decode_metrics(r, book);
    return WN_OK;
}

/* All that the pipe gives. */
static bool hear(int from, struct wn_buf *heard)
{
    char *block = wn_alloc(BLOCK);
    ssize_t n = block ? 1 : 0;

    while (n > 0) {
        do {
            n = read(from, block, BLOCK);
        } while (n < 0 && errno == EINTR);
        if (n > 0)
            wn_buf_add(heard, block, (size_t)n);
    }
    wn_free(block);
    return block && n == 0 && !heard->failed;
}

/* It said nothing, or not all. */
static enum wn_status tell_end(const char *path, int status, struct wn_error *err)
{
    int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

    if (WIFEXITED(status) && WEXITSTATUS(status) == SPEECHLESS)
        return wn_benchmark_no_memory(path, err);
    if (signal == SIGKILL)
        return wn_fail(err, WN_ESYSTEM,
                       "the process that reads %s was killed: is there enough memory?",
                       path);
    return wn_fail(err, WN_ECORRUPT, "%s is damaged: HDF5 %s", path,
                   signal == SIGXCPU ? "does not come to an end with it"
                                     : "crashes on it");
}

static enum wn_status understand(const char *path,
                                 const struct wn_buf *heard,
                                 int status,
                                 struct wn_benchmark_book *book,
                                 struct wn_error *err)
{
    struct wn_reader r = wn_reader_of(heard->at, heard->n);
    uint64_t length = wn_get_u64(&r);
    struct wn_arena arena = {0};
    enum wn_status rc, said;
    const char *text;

    if (r.failed || length != wn_reader_left(&r))
        return tell_end(path, status, err);
    said = (enum wn_status)wn_get_int(&r);
    text = wn_get_str(&r, &arena);
    if (said != WN_OK && !r.failed) {
        rc = *text ? wn_fail(err, said, "%s", text)
                   : wn_fail(err, said, "no memory for the benchmark %s", path);
        wn_arena_release(&arena);
        return rc;
    }
    wn_arena_release(&arena);
    rc = decode_book(path, &r, book, err);
    if (rc != WN_OK)
        return rc;
    if (r.is_starved)
        return wn_benchmark_no_memory(path, err);
    return wn_reader_is_done(&r)
               ? WN_OK
               : wn_fail(err, WN_ECORRUPT, "%s is damaged: HDF5 makes nonsense of it",
                         path);
}

/* Wait for its end, and the status of it. Whoever else in this process waits for children may
 * have taken that; then it is 0, and passes for a crash. */
static int bury(pid_t child)
{
    int status = 0;
    pid_t got;

    do {
        got = waitpid(child, &status, 0);
    } while (got < 0 && errno == EINTR);
    return got == child ? status : 0;
}

enum wn_status wn_benchmark_read_aside(const char *path,
                                       size_t n_bytes,
                                       wn_benchmark_read_fn *read_all,
                                       void *arg,
                                       struct wn_benchmark_book *book,
                                       struct wn_error *err)
{
    struct wn_buf heard = {0};
    bool has_heard;
    int ends[2], status;
    pid_t child;
    enum wn_status rc;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return wn_fail_errno(err, WN_ESYSTEM, "cannot make a pipe to read %s", path);
    child = fork();
    if (child == 0)
        be_the_child(read_all, arg, n_bytes, ends[1]);
    if (child < 0) {
        rc = wn_fail_errno(err, WN_ESYSTEM, "cannot start a process to read %s", path);
        close(ends[0]);
        close(ends[1]);
        return rc;
    }
    close(ends[1]);
    has_heard = hear(ends[0], &heard);
    close(ends[0]);
    status = bury(child);
    rc = has_heard ? understand(path, &heard, status, book, err)
                   : wn_benchmark_no_memory(path, err);
    wn_buf_release(&heard);
    return rc;
}
