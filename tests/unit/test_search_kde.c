/* test_search_kde.c - which losses stand on which level, and what follows for proposals. */
#include "test_search_stage.h"

#include "search/kde_internal.h"

extern const struct wn_search_ops wn_search_random, wn_search_kde;

static const char line[] = "{\"x\": {\"type\": \"float\", \"low\": 0, \"high\": 1}}";

/* --- levels --- */

/* A history and what kde makes of it, without a searcher. */
struct book {
    struct wn_space *space;
    struct wn_history *history;
    struct wn_kde_trials trials;
};

static void open_book(struct book *book)
{
    struct wn_history_config past = {.metric = "loss", .max_resource = 27};
    struct wn_error err = {0};

    *book = (struct book){.space = drive_space(line)};
    past.space = book->space;
    assert_int_equal(wn_history_create(&past, &book->history, &err), WN_OK);
}

static void close_book(struct book *book)
{
    wn_kde_trials_release(&book->trials);
    wn_history_destroy(book->history);
    wn_space_destroy(book->space);
}

static void note(struct book *book, struct wn_event event)
{
    struct wn_error err = {0};

    DRIVE_CHECK(wn_history_apply(book->history, &event, &err) == WN_OK, "%s", err.text);
    DRIVE_CHECK(wn_kde_trials_apply(&book->trials, book->history, &event, &err) == WN_OK,
                "%s", err.text);
}

static uint32_t plan(struct book *book, int64_t milestone)
{
    uint32_t trial = wn_history_n_trials(book->history);

    note(book,
         (struct wn_event){.kind = WN_EVENT_PLANNED,
                           .trial = trial,
                           .planned = {.milestone = milestone, .parent = WN_TRIAL_NONE}});
    return trial;
}

static void configure(struct book *book, uint32_t trial)
{
    union wn_cell cell = {.f = 0.5};

    note(book,
         (struct wn_event){
             .kind = WN_EVENT_CONFIGURED,
             .trial = trial,
             .configured = {.origin = WN_ORIGIN_SEARCH, .n_cells = 1, .cells = &cell}});
}

static uint32_t start(struct book *book, int64_t milestone)
{
    uint32_t trial = plan(book, milestone);

    configure(book, trial);
    return trial;
}

/* next: the next milestone; 0: pause; -1: stop; -2: no milestone, goes on. */
static void report(struct book *book,
                   uint32_t trial,
                   int64_t resource,
                   double loss,
                   int next)
{
    struct wn_metric metric = {"loss", loss};

    note(book,
         (struct wn_event){.kind = WN_EVENT_REPORTED,
                           .trial = trial,
                           .reported = {.resource = resource,
                                        .n_metrics = 1,
                                        .metrics = &metric,
                                        .is_milestone = next > -2,
                                        .verdict = next == 0    ? WN_VERDICT_PAUSE
                                                   : next == -1 ? WN_VERDICT_STOP
                                                                : WN_VERDICT_CONTINUE,
                                        .milestone = next > 0 ? next : 0}});
}

static void resume(struct book *book, uint32_t trial, int64_t milestone)
{
    note(book,
         (struct wn_event){.kind = WN_EVENT_RESUMED,
                           .trial = trial,
                           .resumed = {.milestone = milestone, .via = WN_TRIAL_NONE}});
}

static void finish(struct book *book, uint32_t trial, enum wn_end how)
{
    note(book,
         (struct wn_event){.kind = WN_EVENT_ENDED,
                           .trial = trial,
                           .ended = {.how = how,
                                     .failure = how == WN_END_FAILED ? WN_FAILURE_EXIT
                                                                     : WN_FAILURE_NONE,
                                     .text = ""}});
}

/* "1: 0=0.5 2=inf; 3: 0=0.25; live 1" */
static void assert_levels(struct book *book, const char *expected)
{
    struct wn_buf text = {0};
    bool is_live[64] = {false};

    for (size_t i = 0; i < book->trials.levels.n; i++) {
        struct wn_kde_level *level = &book->trials.levels.at[i];
        const struct wn_sorted_item *items = wn_sorted_look(&level->losses);
        size_t n_finite = 0;

        wn_buf_addf(&text, "%" PRId64 ":", level->milestone);
        for (size_t k = 0; k < level->losses.n; k++) {
            wn_buf_addf(&text, " %u=%g", book->trials.trial_of_row.at[items[k].id],
                        items[k].key);
            n_finite += isfinite(items[k].key) != 0;
        }
        assert_int_equal(n_finite, level->n_finite);
        wn_buf_adds(&text, "; ");
    }
    wn_buf_adds(&text, "live");
    for (size_t i = 0; i < book->trials.live.n; i++)
        is_live[book->trials.trial_of_row.at[book->trials.live.at[i]]] = true;
    for (size_t i = 0; i < 64; i++)
        if (is_live[i])
            wn_buf_addf(&text, " %zu", i);
    assert_string_equal(wn_buf_text(&text), expected);
    wn_buf_release(&text);
}

static void losses_stand_on_the_level_that_was_reached(void **state)
{
    struct book book;

    (void)state;
    open_book(&book);
    start(&book, 1);
    start(&book, 1);
    start(&book, 9);
    assert_levels(&book, "live 0 1 2");
    report(&book, 1, 1, 0.5, 0); /* paused on the first rung */
    report(&book, 0, 1, 0.7, 3); /* goes on to the second */
    assert_levels(&book, "1: 1=0.5 0=0.7; live 0 2");
    report(&book, 2, 4, 0.1, -2); /* on the way */
    report(&book, 0, 3, 0.4, -1);
    assert_levels(&book, "1: 1=0.5 0=0.7; 3: 0=0.4; live 2");
    finish(&book, 0, WN_END_STOPPED);
    report(&book, 2, 9, 0.2, 27);
    resume(&book, 1, 3);
    assert_levels(&book, "1: 1=0.5 0=0.7; 3: 0=0.4; 9: 2=0.2; live 1 2");
    report(&book, 1, 3, 0.3, 0);
    assert_levels(&book, "1: 1=0.5 0=0.7; 3: 1=0.3 0=0.4; 9: 2=0.2; live 2");
    close_book(&book);
}

static void a_report_past_the_milestone_stands_on_it(void **state)
{
    struct book book;

    (void)state;
    open_book(&book);
    start(&book, 1);
    report(&book, 0, 10, 0.5, 27); /* rungs at 3 and 9 were jumped */
    assert_levels(&book, "1: 0=0.5; live 0");
    report(&book, 0, 30, 0.4, -1);
    finish(&book, 0, WN_END_COMPLETED);
    assert_levels(&book, "1: 0=0.5; 27: 0=0.4; live");
    close_book(&book);
}

static void ends_on_the_way_count_by_their_kind(void **state)
{
    struct book book;

    (void)state;
    open_book(&book);
    for (int i = 0; i < 6; i++)
        start(&book, 3);
    finish(&book, 0, WN_END_FAILED); /* without a report */
    report(&book, 1, 2, 0.2, -2);
    finish(&book, 1, WN_END_FAILED);
    report(&book, 2, 2, 0.3, -2); /* the program had no more to do */
    finish(&book, 2, WN_END_COMPLETED);
    report(&book, 3, 2, 0.4, 0); /* recalled: it pauses before the milestone */
    assert_levels(&book, "3: 2=0.3 0=inf 1=inf; live 4 5");
    finish(&book, 3, WN_END_STOPPED);
    finish(&book, 4, WN_END_STOPPED);
    report(&book, 5, 3, 0.1, 9);
    finish(&book, 5, WN_END_FAILED); /* on the way to the next level */
    finish(&book, plan(&book, 3), WN_END_WITHDRAWN);
    assert_levels(&book, "3: 5=0.1 2=0.3 0=inf 1=inf; 9: 5=inf; live");
    close_book(&book);
}

static void ends_of_paused_trials_change_nothing(void **state)
{
    struct book book;

    (void)state;
    open_book(&book);
    start(&book, 1);
    start(&book, 1);
    report(&book, 0, 1, 0.2, 0);
    report(&book, 1, 1, 0.2, 0);
    finish(&book, 0, WN_END_FAILED);
    finish(&book, 1, WN_END_STOPPED);
    assert_levels(&book, "1: 0=0.2 1=0.2; live");
    close_book(&book);
}

static void the_highest_level_with_enough_is_modelled(void **state)
{
    struct book book;
    size_t n_good = 0;

    (void)state;
    open_book(&book);
    assert_null(wn_kde_choose_level(&book.trials, 15, 2, &n_good));
    for (int i = 0; i < 4; i++) {
        start(&book, 1);
        assert_null(wn_kde_choose_level(&book.trials, 15, 2, &n_good));
        report(&book, (uint32_t)i, 1, i, 3);
    }
    assert_int_equal(wn_kde_choose_level(&book.trials, 15, 2, &n_good)->milestone, 1);
    assert_int_equal(n_good, 2);
    for (uint32_t i = 0; i < 3; i++)
        report(&book, i, 3, i, 0);
    assert_int_equal(wn_kde_choose_level(&book.trials, 15, 2, &n_good)->milestone, 1);
    finish(&book, 3, WN_END_FAILED); /* that is a fourth on level 3 */
    assert_int_equal(wn_kde_choose_level(&book.trials, 15, 2, &n_good)->milestone, 3);
    close_book(&book);
}

/* max(least, floor(percent n / 100)) are good, as BOHB counts. */
static void as_many_are_good_as_bohb_takes(void **state)
{
    static const struct {
        size_t n, n_failed, percent, least, want;
    } cases[] = {{8, 0, 15, 4, 4},    {7, 0, 15, 4, 0},     {8, 4, 15, 4, 4},
                 {8, 5, 15, 4, 0},    {33, 0, 15, 4, 4},    {34, 0, 15, 4, 5},
                 {100, 0, 15, 4, 15}, {100, 85, 15, 4, 15}, {100, 86, 15, 4, 0},
                 {10, 0, 90, 2, 0},   {20, 0, 90, 2, 18}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct book book;
        size_t n_good = 0;
        bool is_chosen;

        open_book(&book);
        for (size_t k = 0; k < cases[i].n; k++) {
            uint32_t trial = start(&book, 1);

            if (k < cases[i].n_failed)
                finish(&book, trial, WN_END_FAILED);
            else
                report(&book, trial, 1, 1, 0);
        }
        is_chosen = wn_kde_choose_level(&book.trials, cases[i].percent, cases[i].least,
                                        &n_good) != NULL;
        if (is_chosen != (cases[i].want > 0) || (is_chosen && n_good != cases[i].want))
            fail_msg("case %zu: %zu, not %zu", i, is_chosen ? n_good : 0, cases[i].want);
        close_book(&book);
    }
}

/* --- proposals --- */

static uint32_t try_at(struct stage *st, double x, int64_t milestone)
{
    uint32_t trial = wn_history_n_trials(st->history);
    union wn_cell cell = {.f = x};

    stage_emit(st, (struct wn_event){
                       .kind = WN_EVENT_PLANNED,
                       .trial = trial,
                       .planned = {.milestone = milestone, .parent = WN_TRIAL_NONE}});
    stage_emit(
        st, (struct wn_event){
                .kind = WN_EVENT_CONFIGURED,
                .trial = trial,
                .configured = {.origin = WN_ORIGIN_USER, .n_cells = 1, .cells = &cell}});
    return trial;
}

/* How many of 200 proposals lie within 0.15 of x. */
static size_t count_near(struct stage *st, double x)
{
    size_t n = 0;

    for (uint64_t i = 0; i < 200; i++) {
        struct wn_ask ask = {.trial = wn_history_n_trials(st->history)};
        union wn_cell cell;

        st->ops->propose(st->search, &ask, wn_rng_keyed(i, WN_STREAM_PROPOSE, 0), &cell);
        n += fabs(cell.f - x) < 0.15;
    }
    return n;
}

static void follows_the_highest_level_with_enough_trials(void **state)
{
    struct stage st = stage_begin(&wn_search_kde, line, "{\"random_fraction\": 0}", 9, 1);

    (void)state;
    assert_true(count_near(&st, 0.2) < 100); /* at random */
    for (int i = 0; i < 20; i++) {           /* on level 1 x = 0.2 is best */
        uint32_t trial = try_at(&st, i / 20.0, 1);

        stage_report(&st, trial, 1, fabs(i / 20.0 - 0.2), WN_VERDICT_PAUSE);
    }
    assert_true(count_near(&st, 0.2) > 150);
    for (int i = 0; i < 4; i++) { /* on level 3 the higher the better */
        uint32_t trial = try_at(&st, 0.05 + 0.25 * i, 3);

        if (i < 3)
            assert_true(count_near(&st, 0.2) > 120);
        stage_report(&st, trial, 3, -0.25 * i, WN_VERDICT_STOP);
    }
    if (!(count_near(&st, 0.85) > 190))
        fail_msg("%zu of 200 proposals where the higher level is best",
                 count_near(&st, 0.85));
    stage_end(&st);
}

static void pending_trials_keep_others_away(void **state)
{
    struct stage st = stage_begin(&wn_search_kde, line, "{\"random_fraction\": 0}", 1, 1);
    size_t before, after;

    (void)state;
    for (int i = 0; i < 60; i++) { /* two good places */
        double x = i / 60.0, loss = fmin(fabs(x - 0.2), fabs(x - 0.8) + 0.001);

        stage_report(&st, try_at(&st, x, 1), 1, loss, WN_VERDICT_STOP);
    }
    before = count_near(&st, 0.2);
    for (int i = 0; i < 30; i++)
        try_at(&st, 0.15 + i * 0.003, 1);
    after = count_near(&st, 0.2);
    if (!(before > 60 && after < before / 3))
        fail_msg("%zu of 200 proposals, %zu when 30 trials run there", before, after);
    stage_end(&st);
}

static void a_share_of_the_proposals_is_random(void **state)
{
    static const char *const options[] = {"{\"random_fraction\": 0}", "{}",
                                          "{\"random_fraction\": 1}"};
    size_t near[3];

    (void)state;
    for (size_t way = 0; way < 3; way++) {
        struct stage st = stage_begin(&wn_search_kde, line, options[way], 1, 1);

        for (int i = 0; i < 100; i++)
            stage_report(&st, try_at(&st, i / 100.0, 1), 1, fabs(i / 100.0 - 0.5),
                         WN_VERDICT_STOP);
        near[way] = count_near(&st, 0.5);
        stage_end(&st);
    }
    if (!(near[0] > 190 && near[1] > 130 && near[1] < 175 && near[2] < 80))
        fail_msg("near the best: %zu, %zu, %zu of 200", near[0], near[1], near[2]);
}

static const char tree[] =
    "{\"a\": {\"type\": \"categorical\", \"values\": [\"x\", \"y\"]},"
    " \"p\": {\"type\": \"float\", \"low\": 0, \"high\": 1, \"when\": {\"a\": \"x\"}},"
    " \"o\": {\"type\": \"ordinal\", \"values\": [1, 10, 100], \"encoding\":"
    " \"nearest-log\"},"
    " \"n\": {\"type\": \"int\", \"low\": 1, \"high\": 4, \"when\": {\"a\": \"y\"}}}";

/* x with p near 0.3 and the middle o is best; n has never to do with it. */
static void mixed_and_conditional_parameters_are_learnt(void **state)
{
    struct stage st =
        stage_begin(&wn_search_kde, tree,
                    "{\"random_fraction\": 0, \"allow_duplicates\": true}", 1, 2);
    struct wn_rng rng = wn_rng_keyed(3, WN_STREAM_TEST, 0);
    union wn_cell cells[4];
    size_t n_near = 0;

    (void)state;
    for (int i = 0; i < 150; i++) {
        double loss = 2;
        uint32_t trial;

        wn_config_sample(st.space, &rng, cells);
        trial = stage_try(&st, cells, WN_ORIGIN_USER);
        if (cells[0].i == 0)
            loss = fabs(cells[1].f - 0.3) + 0.5 * (double)(cells[2].i != 1);
        stage_report(&st, trial, 1, loss, WN_VERDICT_STOP);
    }
    for (uint64_t i = 0; i < 200; i++) {
        struct wn_ask ask = {.trial = wn_history_n_trials(st.history)};
        struct wn_error err = {0};

        st.ops->propose(st.search, &ask, wn_rng_keyed(i, WN_STREAM_PROPOSE, 0), cells);
        DRIVE_CHECK(wn_config_check(st.space, cells, &err) == WN_OK, "%s", err.text);
        n_near += cells[0].i == 0 && cells[2].i == 1 && fabs(cells[1].f - 0.3) < 0.25;
    }
    if (n_near < 150)
        fail_msg("%zu of 200 proposals near the best", n_near);
    stage_end(&st);
}

static void takes_the_next_best_when_the_best_was_tried(void **state)
{
    static const char ints[] = "{\"n\": {\"type\": \"int\", \"low\": 1, \"high\": 41}}";
    struct stage st = stage_begin(&wn_search_kde, ints, "{\"random_fraction\": 0}", 1, 1);
    union wn_cell cell;

    (void)state;
    for (int64_t n = 1; n <= 41; n += 2) {
        uint32_t trial;

        cell.i = n;
        trial = stage_try(&st, &cell, WN_ORIGIN_USER);
        stage_report(&st, trial, 1, fabs((double)n - 21), WN_VERDICT_STOP);
    }
    for (int i = 0; i < 2; i++) {
        assert_true(stage_next(&st, &cell));
        assert_true(cell.i == 20 || cell.i == 22);
    }
    while (stage_next(&st, &cell))
        ;
    assert_int_equal(wn_history_n_trials(st.history), 41);
    stage_end(&st);
}

static void needs_one_more_point_than_parameters_unless_told(void **state)
{
    static const char *const options[] = {
        "{\"random_fraction\": 0}",
        "{\"random_fraction\": 0, \"num_min_data_points\": 6}"};

    (void)state;
    for (size_t way = 0; way < 2; way++) {
        struct stage st = stage_begin(&wn_search_kde, line, options[way], 1, 5);
        struct stage chance = stage_begin(&wn_search_random, line, "{}", 1, 5);
        int n_needed = way ? 12 : 4; /* two good, two bad; six of each */

        for (int i = 0; i <= n_needed; i++) {
            struct wn_ask ask = {.trial = 50};
            struct wn_rng rng = wn_rng_keyed(1, WN_STREAM_PROPOSE, (uint64_t)i);
            union wn_cell a, b;

            st.ops->propose(st.search, &ask, rng, &a);
            (void)wn_rng_unit(&rng); /* whether it shall be random */
            chance.ops->propose(chance.search, &ask, rng, &b);
            assert_int_equal(a.i == b.i, i < n_needed);
            stage_report(&st, try_at(&st, i / 20.0, 1), 1, i, WN_VERDICT_STOP);
        }
        stage_end(&st);
        stage_end(&chance);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(losses_stand_on_the_level_that_was_reached),
        cmocka_unit_test(a_report_past_the_milestone_stands_on_it),
        cmocka_unit_test(ends_on_the_way_count_by_their_kind),
        cmocka_unit_test(ends_of_paused_trials_change_nothing),
        cmocka_unit_test(the_highest_level_with_enough_is_modelled),
        cmocka_unit_test(as_many_are_good_as_bohb_takes),
        cmocka_unit_test(follows_the_highest_level_with_enough_trials),
        cmocka_unit_test(pending_trials_keep_others_away),
        cmocka_unit_test(a_share_of_the_proposals_is_random),
        cmocka_unit_test(mixed_and_conditional_parameters_are_learnt),
        cmocka_unit_test(takes_the_next_best_when_the_best_was_tried),
        cmocka_unit_test(needs_one_more_point_than_parameters_unless_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
