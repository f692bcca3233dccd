/* The board: cells that take long stay with their ranks, those of lost ones are run by others,
 * whatever the transport tells. The ranks are played, their clock is the test's. */
#include "test_compare.h"

#include "comm/comm.h"
#include "compare/board.h"

enum { RUN = 1, FOUND = 3, N_PEERS = 3, N_TASKS = 24, CELL_US = 10000000 };

struct peer {
    bool is_dead, has;
    size_t study, n_given;
    int64_t number, ends_us;
};

struct stage {
    struct wn_comm comm;
    struct wn_compare_plan *plan;
    struct wn_comparison found, names;
    struct peer peers[N_PEERS];
    int64_t now_us;
    size_t n_done, n_here; /* n_here: cells that rank 0 ran itself */
    bool is_heard;         /* the next cell that is told of came from a rank */
};

static size_t n_peers(const struct wn_comm *self)
{
    (void)self;
    return N_PEERS;
}

static enum wn_status send(struct wn_comm *self,
                           size_t at,
                           const void *bytes,
                           size_t n,
                           struct wn_error *err)
{
    struct stage *stage = (struct stage *)self;
    struct peer *peer = &stage->peers[at];
    struct wn_reader r = wn_reader_of(bytes, n);

    (void)err;
    if (wn_get_u8(&r) != RUN)
        return WN_OK;
    assert_false(peer->has);
    peer->has = true;
    peer->study = (size_t)wn_get_uint(&r);
    peer->number = wn_get_int(&r);
    peer->ends_us = stage->now_us + CELL_US;
    peer->n_given++;
    return WN_OK;
}

static void answer(struct stage *stage, struct peer *peer, struct wn_buf *out)
{
    struct wn_compare_bench bench = {0};
    struct wn_arena arena = {0};
    struct wn_comparison_cell cell;
    struct wn_error err;

    if (wn_compare_run_cell(stage->plan, &bench, peer->study, peer->number, &arena, &cell,
                            &err) != WN_OK)
        fail_msg("%s", err.text);
    wn_put_u8(out, FOUND);
    wn_comparison_encode(&stage->names, &cell, out);
    wn_arena_release(&arena);
    wn_compare_bench_release(&bench);
    peer->has = false;
    stage->is_heard = true;
}

static enum wn_status recv(struct wn_comm *self,
                           enum wn_got *got,
                           size_t *peer,
                           struct wn_buf *out,
                           struct wn_error *err)
{
    struct stage *stage = (struct stage *)self;

    (void)err;
    wn_buf_clear(out);
    *got = WN_GOT_NOTHING;
    for (size_t i = 0; i < N_PEERS && *got == WN_GOT_NOTHING; i++) {
        struct peer *one = &stage->peers[i];

        if (!one->has || one->is_dead || one->ends_us > stage->now_us)
            continue;
        answer(stage, one, out);
        *peer = i;
        *got = WN_GOT_MESSAGE;
    }
    return WN_OK;
}

static int64_t now_us(const struct wn_comm *self)
{
    return ((const struct stage *)self)->now_us;
}

static enum wn_status wait(struct wn_comm *self,
                           struct pollfd *fds,
                           size_t n_fds,
                           int64_t timeout_us,
                           struct wn_error *err)
{
    struct stage *stage = (struct stage *)self;

    (void)fds, (void)n_fds, (void)err;
    assert_true(timeout_us > 0);
    stage->now_us += timeout_us;
    assert_true(stage->now_us < 10 * (int64_t)N_TASKS * CELL_US); /* it ends */
    return WN_OK;
}

static const struct wn_comm_ops ops = {.name = "stage",
                                       .n_peers = n_peers,
                                       .send = send,
                                       .recv = recv,
                                       .now_us = now_us,
                                       .wait = wait};

/* A cell takes as long here as anywhere. */
static void progress(void *arg, size_t n_done)
{
    struct stage *stage = arg;

    if (n_done > stage->n_done && !stage->is_heard) {
        stage->now_us += CELL_US;
        stage->n_here++;
    }
    stage->n_done = n_done;
    stage->is_heard = false;
}

static const char text[] =
    "{\"name\": \"c\", \"job\": {\"trial\": {\"runner\": \"function\", \"function\": "
    "\"branin\"}, \"space\": {\"x1\": {\"type\": \"float\", \"low\": 0, \"high\": 1}, "
    "\"x2\": {\"type\": \"float\", \"low\": 0, \"high\": 1}}, \"metric\": {\"name\": "
    "\"loss\"}, \"resource\": {\"max\": 3}, \"stop\": {\"trials_started\": 3}}, "
    "\"methods\": {\"random\": {}}, \"benchmarks\": {\"b\": {}}, \"seeds\": 24}";

/* Serve until the end; all cells are found. Whether a rank passes for lost. */
static bool serve(struct stage *stage)
{
    struct wn_problems problems = {0};
    struct wn_compare_task tasks[N_TASKS];
    size_t index[1];
    struct wn_error err = {0};
    struct wn_compare_board board = {.comparison = &stage->found,
                                     .index = index,
                                     .tasks = tasks,
                                     .n_tasks = N_TASKS,
                                     .progress = progress,
                                     .arg = stage};

    stage->comm.ops = &ops;
    if (wn_compare_plan_parse(text, strlen(text), "/nowhere", &problems, &stage->plan,
                              &err) != WN_OK)
        fail_msg("%s", problems.n ? problems.at[0] : err.text);
    board.plan = stage->plan;
    assert_int_equal(
        wn_compare_plan_enter(stage->plan, &stage->names, index, &problems, &err), WN_OK);
    assert_int_equal(
        wn_compare_plan_enter(stage->plan, &stage->found, index, &problems, &err), WN_OK);
    for (size_t i = 0; i < N_TASKS; i++)
        tasks[i] = (struct wn_compare_task){0, (int64_t)i};
    if (wn_compare_serve(&board, &stage->comm, &err) != WN_OK)
        fail_msg("%s", err.text);
    assert_int_equal(stage->found.cells.n, N_TASKS);
    assert_int_equal(stage->n_done, N_TASKS);
    wn_problems_release(&problems);
    wn_comparison_release(&stage->found);
    wn_comparison_release(&stage->names);
    wn_compare_plan_destroy(stage->plan);
    return board.had_loss;
}

/* Ten seconds a cell, twice the patience, and nobody has found one before. */
static void long_cells_stay_with_their_ranks(void **state)
{
    struct stage stage = {0};

    (void)state;
    assert_false(serve(&stage));
    assert_in_range(stage.n_here, 0, 1);
    for (size_t i = 0; i < N_PEERS; i++)
        assert_in_range(stage.peers[i].n_given, N_TASKS / N_PEERS - 2, N_TASKS);
}

static void the_cell_of_a_lost_rank_goes_to_another(void **state)
{
    struct stage stage = {.peers[1].is_dead = true};

    (void)state;
    assert_true(serve(&stage));
    assert_int_equal(stage.peers[1].n_given, 1);
    assert_in_range(stage.n_here, 0, 1);
}

static void without_any_rank_rank_0_runs_all(void **state)
{
    struct stage stage = {0};

    (void)state;
    for (size_t i = 0; i < N_PEERS; i++)
        stage.peers[i].is_dead = true;
    assert_true(serve(&stage));
    assert_int_equal(stage.n_here, N_TASKS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(long_cells_stay_with_their_ranks),
        cmocka_unit_test(the_cell_of_a_lost_rank_goes_to_another),
        cmocka_unit_test(without_any_rank_rank_0_runs_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
