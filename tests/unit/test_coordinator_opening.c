/* test_coordinator_opening.c - an opening that is cut short between any two steps. */
#define _GNU_SOURCE /* mkdtemp */
#include "test_coordinator.h"

struct fuse {
    long left; /* steps until the coordinator dies */
    bool has_burnt;
};

static bool burn(void *arg, enum wn_step step)
{
    struct fuse *fuse = arg;

    (void)step;
    fuse->has_burnt = fuse->has_burnt || fuse->left-- <= 0;
    return fuse->has_burnt;
}

/* Open, and die at the n-th step of it; false if the opening is over before. */
static bool dies_while_opening(struct desk *desk, long n)
{
    struct fuse fuse = {.left = n};
    struct wn_coord_config cfg = {.job = desk->job,
                                  .study_dir = desk->dir,
                                  .store = desk->store,
                                  .is_simulated = true,
                                  .dies = burn,
                                  .dies_arg = &fuse};
    struct wn_problems problems = {0};
    enum wn_opening opening;
    struct wn_coord *coord = NULL;
    struct wn_virtual *world = NULL;
    enum wn_status rc;

    assert_int_equal(wn_virtual_create(1, 0, &world, NULL), WN_OK);
    cfg.comm = wn_virtual_endpoint(world, WN_VIRTUAL_COORDINATOR);
    rc = wn_coord_open(&cfg, &opening, &problems, &coord, &desk->err);
    if (!fuse.has_burnt)
        assert_int_equal(rc, WN_OK);
    wn_coord_destroy(coord);
    wn_virtual_destroy(world);
    wn_problems_release(&problems);
    return fuse.has_burnt;
}

static void initial_configurations_survive_an_opening_cut_short(void **state)
{
    static const char *const sets[] = {"initial=[{'x': 11}, {'x': 22}, {'x': 33}]", NULL};
    bool has_died = true;

    (void)state;
    for (long n = 0; has_died; n++) {
        const struct wn_history *history;
        struct desk desk;

        desk_init(&desk, sets);
        has_died = dies_while_opening(&desk, n);
        desk_open(&desk, 1);
        say_hello(&desk, 0, 4);
        history = wn_study_history(wn_coord_study(desk.coord));
        assert_int_equal(wn_history_n_trials(history), 4);
        for (uint32_t i = 0; i < 4; i++) {
            const struct wn_trial *trial = wn_history_trial(history, i);
            if (trial->origin != (i < 3 ? WN_ORIGIN_USER : WN_ORIGIN_SEARCH) ||
                (i < 3 && trial->cells[0].i != 11 * ((int)i + 1)))
                fail_msg("died at step %ld: trial %u has x = %" PRId64 " of origin %d", n,
                         i, trial->cells[0].i, trial->origin);
        }
        desk_close(&desk);
        assert_true(n < 100);
    }
}

/* An endpoint in whose first call another coordinator opens the study: after the look at
 * the journal, before the next segment is made. */
static struct rival {
    struct desk *desk;
    size_t (*n_peers)(const struct wn_comm *self);
    bool has_come;
} rival;

static size_t let_the_rival_come(const struct wn_comm *self)
{
    if (!rival.has_come) {
        rival.has_come = true;
        assert_int_equal(desk_open(rival.desk, 1), WN_OPENING_NEW);
    }
    return rival.n_peers(self);
}

static void another_job_is_refused_although_it_came_at_the_same_moment(void **state)
{
    static const char *const other[] = {"seed=2", NULL};
    struct wn_problems problems = {0};
    struct wn_coord *coord = NULL;
    struct wn_virtual *world;
    struct wn_comm_ops ops;
    struct wn_coord_config cfg = {.is_simulated = true};
    enum wn_opening opening;
    struct desk desk;
    struct wn_job *job = desk_job(other);

    (void)state;
    desk_init(&desk, NULL);
    assert_int_equal(wn_virtual_create(1, 0, &world, NULL), WN_OK);
    cfg.comm = wn_virtual_endpoint(world, WN_VIRTUAL_COORDINATOR);
    cfg.job = job;
    cfg.study_dir = desk.dir;
    cfg.store = desk.store;
    ops = *cfg.comm->ops;
    rival = (struct rival){.desk = &desk, .n_peers = ops.n_peers};
    ops.n_peers = let_the_rival_come;
    cfg.comm->ops = &ops;
    assert_int_equal(wn_coord_open(&cfg, &opening, &problems, &coord, &desk.err),
                     WN_EINVAL);
    assert_true(rival.has_come);
    assert_int_equal(problems.n, 1);
    assert_non_null(strstr(problems.at[0], "seed"));
    wn_problems_release(&problems);
    wn_virtual_destroy(world);
    wn_job_destroy(job);
    desk_close(&desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(initial_configurations_survive_an_opening_cut_short),
        cmocka_unit_test(another_job_is_refused_although_it_came_at_the_same_moment),
    };

    wn_log_set_sink(hush, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
