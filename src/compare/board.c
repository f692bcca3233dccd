/* board.c - see board.h.
 *
 * Messages begin with a byte: RUN (study of the plan: uint, number: int) and QUIT from rank
 * 0; FOUND (the cell as wn_comparison_encode() writes it) and FAILED (status: int, a text)
 * from the others. A rank speaks only when it was asked, once.
 *
 * A transport may not tell that a rank is gone. One that has had its cell for PATIENCE_US and
 * TIMES_LONGEST as long as the longest so far is silent: it may be lost, or the cell is of a
 * benchmark that takes longer than those before. Two that run one cell find the same, so
 * silence costs nobody his place while there is work for all: the cell of a silent rank goes
 * to one that has nothing to do, and when all are silent rank 0 runs one of their cells
 * itself, learns how long that takes, and listens again. A rank that was only slow is one of
 * us again when it speaks.
 */
#include "compare/board.h"

#include <string.h>

enum { RUN = 1, QUIT = 2, FOUND = 3, FAILED = 4 };
enum { LOOK_US = 250000, PATIENCE_US = 5000000, TIMES_LONGEST = 10 };

#define NOTHING SIZE_MAX /* a peer without a task */

struct board {
    struct wn_compare_board *pub;
    struct wn_comm *comm;
    size_t next, n_done, n_out; /* n_out: tasks that ranks have */
    size_t *has;                /* by peer: its task, or NOTHING */
    bool *is_lost;              /* by peer */
    int64_t *since_us;          /* by peer: when it got its task */
    int64_t longest_us;         /* that a rank took for one */
    WN_VEC(size_t) back;        /* tasks of lost ranks */
    enum wn_status rc;          /* of the first cell that failed: nothing more is begun */
    struct wn_error said;
};

/* --- what both ends do --- */

/* The plan's studies as a comparison: what a cell's bytes name its study in. */
static enum wn_status names_of(const struct wn_compare_plan *plan,
                               struct wn_comparison *out,
                               struct wn_error *err)
{
    size_t *index = wn_alloc_array(plan->studies.n + 1, sizeof *index);
    struct wn_problems problems = {0};
    enum wn_status rc = index ? wn_compare_plan_enter(plan, out, index, &problems, err)
                              : wn_fail(err, WN_ENOMEM, "no memory for a comparison");

    wn_problems_release(&problems);
    wn_free(index);
    return rc;
}

static void tell(const struct board *board)
{
    if (board->pub->progress)
        board->pub->progress(board->pub->arg, board->n_done);
}

/* Append first, then remember. Of two that ran one cell the first is heard. */
static enum wn_status take_down(struct board *board,
                                const void *bytes,
                                size_t n,
                                struct wn_error *err)
{
    struct wn_compare_board *pub = board->pub;
    struct wn_arena arena = {0};
    struct wn_comparison_cell cell;
    bool is_new = false;
    enum wn_status rc =
        wn_comparison_decode(pub->comparison, bytes, n, &arena, &cell, err);

    if (rc == WN_OK)
        is_new = !wn_comparison_find(pub->comparison, cell.study, cell.number);
    if (is_new && pub->log)
        rc = wn_comparison_log_add(pub->log, bytes, n, err);
    if (is_new && rc == WN_OK)
        rc = wn_comparison_add(pub->comparison, &cell, err);
    wn_arena_release(&arena);
    if (rc == WN_OK && is_new) {
        board->n_done++;
        tell(board);
    }
    return rc;
}

/* --- rank 0 by itself --- */

static bool is_found(const struct board *board, size_t task)
{
    const struct wn_compare_task *of = &board->pub->tasks[task];

    return wn_comparison_find(board->pub->comparison, board->pub->index[of->study],
                              of->number) != NULL;
}

/* One that nobody has and nobody found; false: there is none. */
static bool take_task(struct board *board, size_t *out)
{
    while (board->back.n || board->next < board->pub->n_tasks) {
        *out = board->back.n ? board->back.at[--board->back.n] : board->next++;
        if (!is_found(board, *out))
            return true;
    }
    return false;
}

static enum wn_status run_one(struct board *board,
                              struct wn_compare_bench *bench,
                              size_t at,
                              struct wn_error *err)
{
    const struct wn_compare_board *pub = board->pub;
    const struct wn_compare_task *task = &pub->tasks[at];
    struct wn_buf bytes = {0};
    struct wn_arena arena = {0};
    struct wn_comparison_cell cell;
    enum wn_status rc = wn_compare_run_cell(pub->plan, bench, task->study, task->number,
                                            &arena, &cell, err);

    if (rc == WN_OK) {
        cell.study = pub->index[task->study];
        wn_comparison_encode(pub->comparison, &cell, &bytes);
        rc = bytes.failed ? wn_fail(err, WN_ENOMEM, "no memory for a trajectory")
                          : take_down(board, bytes.at, bytes.n, err);
    }
    wn_arena_release(&arena);
    wn_buf_release(&bytes);
    return rc;
}

static enum wn_status run_here(struct board *board, struct wn_error *err)
{
    struct wn_compare_bench bench = {.train = board->pub->train,
                                     .arg = board->pub->train_arg};
    enum wn_status rc = WN_OK;
    size_t at;

    while (rc == WN_OK && take_task(board, &at))
        rc = run_one(board, &bench, at, err);
    wn_compare_bench_release(&bench);
    return rc;
}

/* --- rank 0 with others --- */

static enum wn_status hand_out(struct board *board, size_t peer, struct wn_error *err)
{
    const struct wn_compare_board *pub = board->pub;
    struct wn_buf message = {0};
    enum wn_status rc;
    size_t at;

    if (board->rc != WN_OK || !take_task(board, &at))
        return WN_OK;
    wn_put_u8(&message, RUN);
    wn_put_uint(&message, pub->tasks[at].study);
    wn_put_int(&message, pub->tasks[at].number);
    rc = message.failed ? wn_fail(err, WN_ENOMEM, "no memory for a message")
                        : wn_comm_send(board->comm, peer, message.at, message.n, err);
    wn_buf_release(&message);
    board->has[peer] = at;
    board->since_us[peer] = wn_comm_now_us(board->comm);
    board->n_out++;
    return rc;
}

static enum wn_status lose(struct board *board, size_t peer, struct wn_error *err)
{
    size_t *back;

    board->is_lost[peer] = true;
    if (board->has[peer] == NOTHING)
        return WN_OK;
    back = wn_vec_push(&board->back);
    if (!back)
        return wn_fail(err, WN_ENOMEM, "no memory for a comparison");
    *back = board->has[peer];
    board->has[peer] = NOTHING;
    board->n_out--;
    return WN_OK;
}

static enum wn_status hear(struct board *board,
                           size_t peer,
                           const struct wn_buf *message,
                           struct wn_error *err)
{
    struct wn_reader r = wn_reader_of(message->at, message->n);
    uint8_t kind = wn_get_u8(&r);
    enum wn_status rc = WN_OK;

    if ((board->has[peer] == NOTHING && !board->is_lost[peer]) ||
        (kind != FOUND && kind != FAILED))
        return wn_fail(err, WN_ECORRUPT, "rank %zu said what it was not asked", peer + 1);
    if (board->has[peer] != NOTHING) {
        int64_t took_us = wn_comm_now_us(board->comm) - board->since_us[peer];

        if (took_us > board->longest_us)
            board->longest_us = took_us;
        board->has[peer] = NOTHING;
        board->n_out--;
    }
    board->is_lost[peer] = false;
    if (kind == FOUND) {
        rc = take_down(board, r.at, wn_reader_left(&r), err);
    } else {
        struct wn_arena arena = {0};
        enum wn_status status = (enum wn_status)wn_get_int(&r);

        if (board->rc == WN_OK)
            board->rc = wn_fail(&board->said, status == WN_OK ? WN_ECORRUPT : status,
                                "%s", wn_get_str(&r, &arena));
        wn_arena_release(&arena);
    }
    return rc;
}

/* All that have a cell are silent: run one of these cells here, and be patient again. */
static enum wn_status stand_in(struct board *board, size_t peer, struct wn_error *err)
{
    struct wn_compare_bench bench = {0};
    int64_t begun_us = wn_comm_now_us(board->comm), now_us;
    enum wn_status rc;

    if (is_found(board, board->has[peer])) /* we did so before, and it is silent still */
        return lose(board, peer, err);
    rc = run_one(board, &bench, board->has[peer], err);
    wn_compare_bench_release(&bench);
    now_us = wn_comm_now_us(board->comm);
    if (now_us - begun_us > board->longest_us)
        board->longest_us = now_us - begun_us;
    for (size_t i = 0; i < wn_comm_n_peers(board->comm); i++)
        board->since_us[i] = now_us;
    return rc;
}

static enum wn_status look_for_silent(struct board *board, struct wn_error *err)
{
    int64_t least_us =
        wn_comm_now_us(board->comm) - PATIENCE_US - TIMES_LONGEST * board->longest_us;
    size_t n_peers = wn_comm_n_peers(board->comm), n_idle = 0, n_silent = 0, silent = 0;
    enum wn_status rc = WN_OK;

    if (board->pub->train) /* how long that takes nobody knows */
        return WN_OK;
    for (size_t i = 0; i < n_peers; i++) {
        n_idle += !board->is_lost[i] && board->has[i] == NOTHING;
        if (board->has[i] != NOTHING && board->since_us[i] < least_us) {
            n_silent++;
            silent = i;
        }
    }
    if (n_silent && n_silent == board->n_out && !n_idle)
        return stand_in(board, silent, err);
    for (size_t i = 0; rc == WN_OK && n_idle && i < n_peers; i++)
        if (board->has[i] != NOTHING && board->since_us[i] < least_us) {
            rc = lose(board, i, err);
            n_idle--;
        }
    return rc;
}

/* Give every rank that has nothing something to do; how many live. */
static enum wn_status feed(struct board *board, size_t *n_alive, struct wn_error *err)
{
    enum wn_status rc = WN_OK;

    *n_alive = 0;
    for (size_t i = 0; rc == WN_OK && i < wn_comm_n_peers(board->comm); i++) {
        if (board->is_lost[i])
            continue;
        ++*n_alive;
        if (board->has[i] == NOTHING)
            rc = hand_out(board, i, err);
    }
    return rc;
}

static enum wn_status loop(struct board *board, struct wn_error *err)
{
    struct wn_buf message = {0};
    size_t n_alive, peer;
    enum wn_got got;
    enum wn_status rc = feed(board, &n_alive, err);

    while (rc == WN_OK && n_alive && board->n_out) {
        rc = wn_comm_wait(board->comm, NULL, 0, LOOK_US, err);
        if (rc == WN_OK)
            rc = wn_comm_recv(board->comm, &got, &peer, &message, err);
        if (rc == WN_OK && got == WN_GOT_MESSAGE)
            rc = hear(board, peer, &message, err);
        else if (rc == WN_OK && got == WN_GOT_BREAK)
            rc = lose(board, peer, err);
        else if (rc == WN_OK) {
            tell(board);
            rc = look_for_silent(board, err);
        }
        if (rc == WN_OK)
            rc = feed(board, &n_alive, err);
    }
    wn_buf_release(&message);
    return rc;
}

static void dismiss(struct board *board)
{
    static const char quit[] = {QUIT};

    for (size_t i = 0; i < wn_comm_n_peers(board->comm); i++)
        if (wn_comm_send(board->comm, i, quit, sizeof quit, NULL) != WN_OK ||
            board->is_lost[i])
            board->pub->had_loss = true;
}

static bool make_room(struct board *board, size_t n)
{
    board->has = wn_alloc_array(n + 1, sizeof *board->has);
    board->is_lost = wn_alloc_array(n + 1, sizeof *board->is_lost);
    board->since_us = wn_alloc_array(n + 1, sizeof *board->since_us);
    if (!board->has || !board->is_lost || !board->since_us)
        return false;
    for (size_t i = 0; i < n; i++)
        board->has[i] = NOTHING;
    return true;
}

static enum wn_status serve_all(struct board *board, struct wn_error *err)
{
    enum wn_status rc = WN_OK;

    if (board->comm)
        rc = loop(board, err);
    if (rc == WN_OK && board->rc == WN_OK)
        rc = run_here(board, err);
    if (board->comm)
        dismiss(board);
    if (rc == WN_OK && board->rc != WN_OK) {
        rc = board->rc;
        if (err)
            *err = board->said;
    }
    return rc;
}

enum wn_status wn_compare_serve(struct wn_compare_board *pub,
                                struct wn_comm *comm,
                                struct wn_error *err)
{
    struct board board = {.pub = pub, .comm = comm};
    enum wn_status rc;

    rc = make_room(&board, comm ? wn_comm_n_peers(comm) : 0)
             ? serve_all(&board, err)
             : wn_fail(err, WN_ENOMEM, "no memory for a comparison");
    wn_vec_release(&board.back);
    wn_free(board.has);
    wn_free(board.is_lost);
    wn_free(board.since_us);
    return rc;
}

/* --- the others --- */

/* Run one cell and put the answer into `answer`. */
static void run_task(const struct wn_compare_plan *plan,
                     const struct wn_comparison *names,
                     struct wn_compare_bench *bench,
                     struct wn_reader *r,
                     struct wn_buf *answer)
{
    size_t study = (size_t)wn_get_uint(r);
    int64_t number = wn_get_int(r);
    struct wn_arena arena = {0};
    struct wn_comparison_cell cell;
    struct wn_error err = {0};
    enum wn_status rc;

    if (r->failed || study >= plan->studies.n)
        rc = wn_fail(&err, WN_ECORRUPT, "rank 0 asked for what is not in the plan");
    else
        rc = wn_compare_run_cell(plan, bench, study, number, &arena, &cell, &err);
    wn_buf_clear(answer);
    if (rc == WN_OK) {
        wn_put_u8(answer, FOUND);
        wn_comparison_encode(names, &cell, answer);
    } else {
        wn_put_u8(answer, FAILED);
        wn_put_int(answer, rc);
        wn_put_str(answer, err.text);
    }
    wn_arena_release(&arena);
}

enum wn_status wn_compare_work(const struct wn_compare_plan *plan,
                               struct wn_comm *comm,
                               wn_compare_train_fn *train,
                               void *train_arg,
                               struct wn_error *err)
{
    struct wn_comparison names = {0};
    struct wn_compare_bench bench = {.train = train, .arg = train_arg};
    struct wn_buf message = {0}, answer = {0};
    bool is_done = false;
    enum wn_got got;
    size_t peer;
    enum wn_status rc = names_of(plan, &names, err);

    while (rc == WN_OK && !is_done) {
        rc = wn_comm_recv(comm, &got, &peer, &message, err);
        if (rc == WN_OK && got == WN_GOT_NOTHING)
            rc = wn_comm_wait(comm, NULL, 0, -1, err);
        else if (rc == WN_OK && got == WN_GOT_MESSAGE) {
            struct wn_reader r = wn_reader_of(message.at, message.n);

            is_done = wn_get_u8(&r) != RUN;
            if (is_done)
                break;
            run_task(plan, &names, &bench, &r, &answer);
            rc = answer.failed ? wn_fail(err, WN_ENOMEM, "no memory for an answer")
                               : wn_comm_send(comm, 0, answer.at, answer.n, err);
        } else
            is_done = true; /* rank 0 is gone */
    }
    wn_buf_release(&message);
    wn_buf_release(&answer);
    wn_compare_bench_release(&bench);
    wn_comparison_release(&names);
    return rc;
}
