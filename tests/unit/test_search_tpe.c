/* test_search_tpe.c - which trials are good, and what follows for proposals. */
#include "test_search_stage.h"

#include "search/tpe_internal.h"

extern const struct wn_search_ops wn_search_random, wn_search_tpe;

enum { MAX_RESOURCE = 9, MOST_CELLS = 8 };

static const char line[] = "{\"x\": {\"type\": \"float\", \"low\": 0, \"high\": 1}}";

/* --- the value of a trial, one line of script at a time --- */

/* A history and what TPE makes of it, without a searcher. */
struct book {
    struct wn_space *space;
    struct wn_history *history;
    struct wn_tpe_trials trials;
};

static void open_book(struct book *book)
{
    struct wn_history_config past = {.metric = "loss", .max_resource = MAX_RESOURCE};
    struct wn_error err = {0};

    *book = (struct book){.space = drive_space(line)};
    past.space = book->space;
    assert_int_equal(wn_history_create(&past, &book->history, &err), WN_OK);
}

static void close_book(struct book *book)
{
    wn_tpe_trials_release(&book->trials);
    wn_history_destroy(book->history);
    wn_space_destroy(book->space);
}

static void note(struct book *book, struct wn_event event)
{
    struct wn_error err = {0};

    DRIVE_CHECK(wn_history_apply(book->history, &event, &err) == WN_OK, "%s", err.text);
    DRIVE_CHECK(wn_tpe_trials_apply(&book->trials, book->history, &event, &err) == WN_OK,
                "%s", err.text);
}

static uint32_t plan(struct book *book)
{
    uint32_t trial = wn_history_n_trials(book->history);

    note(book, (struct wn_event){.kind = WN_EVENT_PLANNED,
                                 .trial = trial,
                                 .planned = {.milestone = 1, .parent = WN_TRIAL_NONE}});
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

static void report(struct book *book,
                   uint32_t trial,
                   int64_t resource,
                   double loss,
                   bool is_milestone,
                   enum wn_verdict_kind verdict)
{
    struct wn_metric metric = {"loss", loss};

    note(book, (struct wn_event){.kind = WN_EVENT_REPORTED,
                                 .trial = trial,
                                 .reported = {.resource = resource,
                                              .n_metrics = 1,
                                              .metrics = &metric,
                                              .is_milestone = is_milestone,
                                              .verdict = verdict,
                                              .milestone = resource + 1}});
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

static uint32_t start(struct book *book)
{
    uint32_t trial = plan(book);

    configure(book, trial);
    return trial;
}

/* A trial that ran to the end. */
static uint32_t complete(struct book *book, double loss)
{
    uint32_t trial = start(book);

    report(book, trial, MAX_RESOURCE, loss, true, WN_VERDICT_STOP);
    finish(book, trial, WN_END_COMPLETED);
    return trial;
}

/* A trial that is paused on a rung. */
static uint32_t pause_at(struct book *book, int64_t resource, double loss)
{
    uint32_t trial = start(book);

    report(book, trial, resource, loss, true, WN_VERDICT_PAUSE);
    return trial;
}

/* The trials that are good if `n` may be, in order, as text. */
static void assert_good(struct book *book, size_t n, const char *expected)
{
    char text[128] = "", *at = text;

    wn_tpe_choose(&book->trials, n);
    for (uint32_t i = 0; i < book->trials.of_trial.n; i++)
        if (book->trials.of_trial.at[i] != UINT32_MAX &&
            book->trials.seen.at[book->trials.of_trial.at[i]].is_good)
            at += snprintf(at, (size_t)(text + sizeof text - at), "%s%u",
                           at > text ? " " : "", i);
    assert_string_equal(text, expected);
}

static void completed_come_before_those_that_got_far(void **state)
{
    struct book book;

    (void)state;
    open_book(&book);
    pause_at(&book, 3, 0.1); /* 0 */
    complete(&book, 5);      /* 1 */
    pause_at(&book, 1, 0.0); /* 2 */
    pause_at(&book, 3, 0.2); /* 3 */
    complete(&book, 7);      /* 4 */
    complete(&book, 5);      /* 5: a tie with 1 */
    assert_int_equal(book.trials.n_valued, 6);
    assert_good(&book, 0, "");
    assert_good(&book, 1, "1");
    assert_good(&book, 2, "1 5");
    assert_good(&book, 3, "1 4 5");
    assert_good(&book, 4, "0 1 4 5");
    assert_good(&book, 5, "0 1 3 4 5");
    assert_good(&book, 6, "0 1 2 3 4 5");
    assert_good(&book, 100, "0 1 2 3 4 5");
    close_book(&book);
}

static void running_trials_have_no_value_before_a_verdict(void **state)
{
    struct book book;
    uint32_t trial;

    (void)state;
    open_book(&book);
    trial = start(&book);
    assert_int_equal(book.trials.seen.at[trial].state, WN_TPE_RUNNING);
    report(&book, trial, 1, 0.5, false, WN_VERDICT_CONTINUE);
    assert_int_equal(book.trials.n_valued, 0);
    assert_good(&book, 3, "");
    report(&book, trial, 2, 0.4, true, WN_VERDICT_CONTINUE); /* a rung lets it pass */
    assert_int_equal(book.trials.n_valued, 1);
    assert_good(&book, 3, "0");
    report(&book, trial, 4, 0.1, false, WN_VERDICT_CONTINUE); /* no verdict, no value */
    assert_int_equal(book.trials.seen.at[trial].resource, 2);
    assert_true(fabs(book.trials.seen.at[trial].loss - 0.4) < 1e-15);
    report(&book, trial, 5, 0.3, true, WN_VERDICT_CONTINUE);
    assert_int_equal(book.trials.seen.at[trial].resource, 5);
    assert_int_equal(book.trials.n_valued, 1);
    close_book(&book);
}

static void resumed_trials_keep_what_they_had(void **state)
{
    struct book book;

    (void)state;
    open_book(&book);
    pause_at(&book, 3, 0.1);
    pause_at(&book, 3, 0.2);
    note(&book, (struct wn_event){.kind = WN_EVENT_RESUMED,
                                  .trial = 0,
                                  .resumed = {.milestone = 9, .via = WN_TRIAL_NONE}});
    assert_good(&book, 1, "0");
    report(&book, 0, 9, 0.9, true, WN_VERDICT_STOP); /* worse, but at the end */
    assert_int_equal(book.trials.seen.at[0].state, WN_TPE_COMPLETE);
    finish(&book, 0, WN_END_COMPLETED);
    assert_good(&book, 1, "0");
    assert_int_equal(book.trials.n_valued, 2);
    close_book(&book);
}

static void the_worst_are_never_good_but_count_and_failures_do_not(void **state)
{
    struct book book;
    uint32_t trial;

    (void)state;
    open_book(&book);
    trial = pause_at(&book, 3, 0.1); /* 0: with a value, then failed */
    note(&book, (struct wn_event){.kind = WN_EVENT_RESUMED,
                                  .trial = trial,
                                  .resumed = {.milestone = 9, .via = WN_TRIAL_NONE}});
    finish(&book, trial, WN_END_FAILED);
    finish(&book, start(&book), WN_END_FAILED);   /* 1 */
    complete(&book, (double)INFINITY);            /* 2 */
    finish(&book, start(&book), WN_END_STOPPED);  /* 3: without a report */
    finish(&book, plan(&book), WN_END_WITHDRAWN); /* 4: never configured */
    complete(&book, 1);                           /* 5 */
    start(&book);                                 /* 6: runs */
    assert_int_equal(book.trials.n_valued, 3);    /* 2, 3 and 5 */
    assert_int_equal(book.trials.seen.n, 6);
    assert_good(&book, 5, "5");
    close_book(&book);
}

static void ended_trials_count_with_their_last_report(void **state)
{
    struct book book;
    uint32_t trial;

    (void)state;
    open_book(&book);
    trial = start(&book); /* 0: stopped by the user between milestones */
    report(&book, trial, 2, 0.3, true, WN_VERDICT_CONTINUE);
    report(&book, trial, 4, 0.2, false, WN_VERDICT_CONTINUE);
    finish(&book, trial, WN_END_STOPPED);
    pause_at(&book, 3, 0.1);
    assert_good(&book, 1, "0"); /* it got farther */
    trial = start(&book);       /* 2: the program ended early, by itself */
    report(&book, trial, 1, 8, false, WN_VERDICT_CONTINUE);
    finish(&book, trial, WN_END_COMPLETED);
    assert_good(&book, 1, "2");
    assert_int_equal(book.trials.n_valued, 3);
    close_book(&book);
}

static void planned_out_of_order_they_count_by_configuration(void **state)
{
    struct book book;
    struct wn_error err = {0};
    union wn_cell cell = {.f = 0.5};
    struct wn_event again = {.kind = WN_EVENT_CONFIGURED, .trial = 1};

    (void)state;
    open_book(&book);
    plan(&book);
    plan(&book);
    configure(&book, 1);
    configure(&book, 0);
    report(&book, 0, 9, 1, true, WN_VERDICT_STOP);
    report(&book, 1, 9, 1, true, WN_VERDICT_STOP);
    assert_good(&book, 1, "1");
    again.configured.cells = &cell;
    assert_int_equal(wn_tpe_trials_apply(&book.trials, book.history, &again, &err),
                     WN_ECORRUPT);
    close_book(&book);
}

/* The heap against sorting. */
static void the_best_of_many_are_those_of_a_sort(void **state)
{
    enum { N = 400 };
    struct book book;
    struct wn_rng rng = wn_rng_keyed(1, WN_STREAM_TEST, 0);
    double losses[N], sorted[N];

    (void)state;
    open_book(&book);
    for (size_t i = 0; i < N; i++) {
        losses[i] = sorted[i] = wn_rng_unit(&rng);
        complete(&book, losses[i]);
    }
    qsort(sorted, N, sizeof *sorted, compare_doubles);
    for (size_t n = 0; n <= N; n += 57) {
        wn_tpe_choose(&book.trials, n);
        for (size_t i = 0; i < N; i++)
            assert_int_equal(book.trials.seen.at[i].is_good,
                             n > 0 && losses[i] <= sorted[n - 1]);
    }
    close_book(&book);
}

/* default_gamma() of Optuna 5.0.0. */
static void as_many_are_good_as_optuna_takes(void **state)
{
    static const size_t n[] = {0, 1, 10, 11, 20, 30, 70, 249, 250, 251, 1000};
    static const size_t good[] = {0, 1, 1, 2, 2, 3, 7, 25, 25, 25, 25};

    (void)state;
    for (size_t i = 0; i < sizeof n / sizeof *n; i++)
        assert_int_equal(wn_tpe_n_good(n[i], 0.1, 25), good[i]);
    assert_int_equal(wn_tpe_n_good(1000, 0.25, 1000), 250);
}

/* --- proposals --- */

static void try_at(struct stage *st, double x, double loss)
{
    union wn_cell cell = {.f = x};
    uint32_t trial = stage_try(st, &cell, WN_ORIGIN_USER);

    stage_report(st, trial, 1, loss, WN_VERDICT_STOP);
    stage_finish(st, trial, WN_END_COMPLETED);
}

static void draws_at_random_until_enough_have_a_value(void **state)
{
    struct stage tpe = stage_begin(&wn_search_tpe, line, "{}", 1, 3);
    struct stage chance = stage_begin(&wn_search_random, line, "{}", 1, 3);
    union wn_cell a, b;

    (void)state;
    for (int i = 0; i < 13; i++) {
        assert_true(stage_next(&tpe, &a) && stage_next(&chance, &b));
        assert_true(a.i == b.i);
        if (i == 4)
            continue; /* it runs on */
        if (i == 6 || i == 7) {
            stage_finish(&tpe, (uint32_t)i, WN_END_FAILED); /* counts for nothing */
            continue;
        }
        stage_report(&tpe, (uint32_t)i, 1, 1 - a.f, WN_VERDICT_STOP);
        stage_finish(&tpe, (uint32_t)i, WN_END_COMPLETED);
    }
    stage_ask(&tpe, &a);
    stage_ask(&chance, &b);
    assert_true(a.i != b.i); /* now there are ten */
    stage_end(&tpe);
    stage_end(&chance);
}

/* With many candidates the proposal is where l/g is largest, which can be worked out. */
static void proposes_the_category_that_is_good_most_often(void **state)
{
    static const char categories[] =
        "{\"c\": {\"type\": \"categorical\", \"values\": [\"a\", \"b\", \"c\", \"d\"]}}";
    static const int64_t values[] = {0, 0, 0, 1, 1, 2, 2, 2, 2, 2};
    /* Losses: 1 of a and 2 of c are good (gamma 0.3 of ten); b never, d was not tried. */
    static const double losses[] = {0, 5, 5, 5, 5, 1, 2, 5, 5, 5};
    struct stage st = stage_begin(&wn_search_tpe, categories,
                                  "{\"gamma\": 0.3, \"num_candidates\": 500,"
                                  " \"allow_duplicates\": true}",
                                  1, 1);
    double good[4], bad[4], best = 0;
    union wn_cell cell;

    (void)state;
    for (size_t i = 0; i < 10; i++) {
        uint32_t trial;

        cell.i = values[i];
        trial = stage_try(&st, &cell, WN_ORIGIN_USER);
        stage_report(&st, trial, 1, losses[i], WN_VERDICT_STOP);
        stage_finish(&st, trial, WN_END_COMPLETED);
    }
    /* Good: a, c, c and the prior; own 5/8, other 1/8. Bad: a, a, b, b, c, c, c and the
     * prior; own 9/12, other 1/12. */
    for (size_t c = 0; c < 4; c++) {
        double n_good = c == 0 ? 1 : c == 2 ? 2 : 0, n_bad = c == 3 ? 0 : c == 2 ? 3 : 2;

        good[c] = (n_good * 5 / 8 + (3 - n_good) / 8 + 0.25) / 4;
        bad[c] = (n_bad * 9 / 12 + (7 - n_bad) / 12 + 0.25) / 8;
        best = good[c] / bad[c] > best ? good[c] / bad[c] : best;
    }
    assert_int_equal(stage_ask(&st, &cell).kind, WN_REPLY_CONFIGURE);
    assert_true(good[cell.i] / bad[cell.i] >= best);
    assert_int_equal(cell.i, 3); /* what nobody knows: 0.156 / 0.104 */
    stage_end(&st);
}

/* All odd numbers were tried, the best of them 21: the best candidates are odd as well. */
static void takes_the_next_best_when_the_best_was_tried(void **state)
{
    static const char ints[] = "{\"n\": {\"type\": \"int\", \"low\": 1, \"high\": 41}}";
    static const char *const options[] = {"{\"allow_duplicates\": true}", "{}"};
    size_t n_odd[2] = {0};

    (void)state;
    for (size_t way = 0; way < 2; way++) {
        struct stage st = stage_begin(&wn_search_tpe, ints, options[way], 1, 1);
        union wn_cell cell;

        for (int64_t n = 1; n <= 41; n += 2) {
            uint32_t trial;

            cell.i = n;
            trial = stage_try(&st, &cell, WN_ORIGIN_USER);
            stage_report(&st, trial, 1, fabs((double)n - 21), WN_VERDICT_STOP);
            stage_finish(&st, trial, WN_END_COMPLETED);
        }
        for (uint64_t i = 0; i < 20; i++) {
            struct wn_ask ask = {.trial = 21};

            st.ops->propose(st.search, &ask, wn_rng_keyed(i, WN_STREAM_PROPOSE, 0),
                            &cell);
            assert_true(cell.i >= 17 && cell.i <= 25);
            n_odd[way] += cell.i % 2 == 1;
        }
        while (stage_next(&st, &cell) && wn_history_n_trials(st.history) < 100)
            ;
        assert_int_equal(wn_history_n_trials(st.history), way ? 41 : 100);
        stage_end(&st);
    }
    assert_true(n_odd[0] > 5 && n_odd[1] == 0);
}

/* How many of 200 proposals lie within 0.05 of x. */
static size_t count_near(struct stage *st, double x)
{
    size_t n = 0;

    for (uint64_t i = 0; i < 200; i++) {
        struct wn_ask ask = {.trial = wn_history_n_trials(st->history)};
        union wn_cell cell;

        st->ops->propose(st->search, &ask, wn_rng_keyed(i, WN_STREAM_PROPOSE, 0), &cell);
        n += fabs(cell.f - x) < 0.05;
    }
    return n;
}

static void running_trials_keep_others_away(void **state)
{
    size_t near[2];

    (void)state;
    for (int lies = 0; lies < 2; lies++) {
        struct stage st = stage_begin(&wn_search_tpe, line,
                                      lies ? "{}" : "{\"constant_liar\": false}", 1, 1);

        for (int i = 0; i < 30; i++)
            try_at(&st, i / 30.0, fabs(i / 30.0 - 0.6));
        assert_true(count_near(&st, 0.6) > 150);
        for (int i = 0; i < 12; i++) {
            union wn_cell cell = {.f = 0.595 + 0.001 * i};

            stage_try(&st, &cell, WN_ORIGIN_USER);
        }
        near[lies] = count_near(&st, 0.6);
        stage_end(&st);
    }
    assert_true(near[0] > 150);
    if (!(near[1] < 80))
        fail_msg("%zu of 200 proposals where 12 trials run", near[1]);
}

static void failures_keep_others_away(void **state)
{
    struct stage st = stage_begin(&wn_search_tpe, line, "{}", 1, 1);
    size_t left = 0;

    (void)state;
    for (int i = 0; i < 40; i++) { /* whatever lies right of 0.5 crashes */
        union wn_cell cell = {.f = i / 40.0};
        uint32_t trial = stage_try(&st, &cell, WN_ORIGIN_USER);

        if (i < 20)
            stage_report(&st, trial, 1, 1, WN_VERDICT_STOP);
        stage_finish(&st, trial, i < 20 ? WN_END_COMPLETED : WN_END_FAILED);
    }
    for (int i = 0; i < 50; i++) {
        union wn_cell cell;

        assert_true(stage_next(&st, &cell));
        left += cell.f < 0.5;
    }
    if (left < 45)
        fail_msg("only %zu of 50 proposals lie where trials do not crash", left);
    stage_end(&st);
}

static const char tree[] =
    "{\"a\": {\"type\": \"categorical\", \"values\": [\"x\", \"y\"]},"
    " \"p\": {\"type\": \"float\", \"low\": 0, \"high\": 1, \"when\": {\"a\": \"x\"}},"
    " \"q\": {\"type\": \"float\", \"low\": 0, \"high\": 1, \"when\": {\"a\": \"y\"}},"
    " \"r\": {\"type\": \"float\", \"low\": 0, \"high\": 1, \"when\": {\"a\": \"x\"}}}";

/* p and r are good near 0.2 and 0.7 where they are active; trials with y are mediocre and
 * say nothing of them. */
static void conditional_parameters_learn_from_trials_that_had_them(void **state)
{
    static const char *const options[] = {"{}", "{\"multivariate\": false}"};

    (void)state;
    for (size_t way = 0; way < 2; way++) {
        struct stage st = stage_begin(&wn_search_tpe, tree, options[way], 1, 2);
        struct wn_rng rng = wn_rng_keyed(3, WN_STREAM_TEST, 0);
        size_t n_x = 0, n_near = 0;
        union wn_cell cells[4];

        for (int i = 0; i < 120; i++) {
            uint32_t trial;
            double loss = 1;

            wn_config_sample(st.space, &rng, cells);
            trial = stage_try(&st, cells, WN_ORIGIN_USER);
            if (cells[0].i == 0)
                loss = fabs(cells[1].f - 0.2) + fabs(cells[3].f - 0.7);
            stage_report(&st, trial, 1, loss, WN_VERDICT_STOP);
            stage_finish(&st, trial, WN_END_COMPLETED);
        }
        for (uint64_t i = 0; i < 200; i++) {
            struct wn_ask ask = {.trial = wn_history_n_trials(st.history)};

            st.ops->propose(st.search, &ask, wn_rng_keyed(i, WN_STREAM_PROPOSE, 0),
                            cells);
            if (cells[0].i)
                continue;
            assert_true(cells[2].i == WN_CELL_OFF);
            n_x++;
            n_near += fabs(cells[1].f - 0.2) < 0.2 && fabs(cells[3].f - 0.7) < 0.2;
        }
        if (!(n_x > 20 && n_near > n_x * 8 / 10))
            fail_msg("%s: x %zu times of 200, near the best %zu times", options[way], n_x,
                     n_near);
        stage_end(&st);
    }
}

/* p and r occur together only; their joint optimum has a ridge that margins do not show. */
static void what_occurs_together_is_modelled_together(void **state)
{
    static const char pair[] = "{\"p\": {\"type\": \"float\", \"low\": 0, \"high\": 1},"
                               " \"r\": {\"type\": \"float\", \"low\": 0, \"high\": 1}}";
    size_t n_near[2] = {0};

    (void)state;
    for (size_t way = 0; way < 2; way++) {
        struct stage st = stage_begin(
            &wn_search_tpe, pair,
            way ? "{\"multivariate\": false}" : "{\"multivariate\": true}", 1, 2);
        struct wn_rng rng = wn_rng_keyed(3, WN_STREAM_TEST, 0);
        union wn_cell cells[2];

        for (int i = 0; i < 250; i++) {
            uint32_t trial;

            wn_config_sample(st.space, &rng, cells);
            trial = stage_try(&st, cells, WN_ORIGIN_USER);
            stage_report(&st, trial, 1, fabs(cells[0].f - cells[1].f), WN_VERDICT_STOP);
            stage_finish(&st, trial, WN_END_COMPLETED);
        }
        for (uint64_t i = 0; i < 200; i++) {
            struct wn_ask ask = {.trial = wn_history_n_trials(st.history)};

            st.ops->propose(st.search, &ask, wn_rng_keyed(i, WN_STREAM_PROPOSE, 0),
                            cells);
            n_near[way] += fabs(cells[0].f - cells[1].f) < 0.1;
        }
        stage_end(&st);
    }
    if (!(n_near[0] > 150 && n_near[1] < 80))
        fail_msg("on the ridge: %zu together, %zu apart", n_near[0], n_near[1]);
}

/* Neither `y` nor what depends on it was ever tried. */
static void what_was_never_active_is_drawn_from_the_prior(void **state)
{
    struct stage st = stage_begin(&wn_search_tpe, tree, "{}", 1, 2);
    union wn_cell cells[4];
    size_t n_y = 0;

    (void)state;
    for (int i = 0; i < 12; i++) {
        uint32_t trial;

        cells[0].i = 0;
        cells[1].f = i / 12.0;
        cells[2].i = WN_CELL_OFF;
        cells[3].f = 1 - i / 12.0;
        trial = stage_try(&st, cells, WN_ORIGIN_USER);
        stage_report(&st, trial, 1, 1, WN_VERDICT_STOP);
        stage_finish(&st, trial, WN_END_COMPLETED);
    }
    for (int i = 0; i < 20; i++) {
        assert_true(stage_next(&st, cells));
        n_y += cells[0].i == 1;
    }
    assert_true(n_y > 0);
    stage_end(&st);
}

static void minds_whether_the_metric_is_maximised(void **state)
{
    struct wn_history_config past = {
        .metric = "score", .max_resource = 1, .is_maximised = true};
    struct wn_search_config cfg = {.seed = 1};
    struct stage st = {.ops = &wn_search_tpe, .space = drive_space(line)};
    struct wn_error err = {0};

    (void)state;
    st.values = drive_values(wn_search_tpe.options, "{}");
    past.space = cfg.space = st.space;
    cfg.options = st.values;
    assert_int_equal(wn_history_create(&past, &st.history, &err), WN_OK);
    cfg.history = st.history;
    assert_int_equal(st.ops->create(&cfg, &st.search, &err), WN_OK);
    for (int i = 0; i < 30; i++) {
        union wn_cell cell = {.f = i / 30.0};
        uint32_t trial = stage_try(&st, &cell, WN_ORIGIN_USER);
        struct wn_metric metric = {"score", -fabs(i / 30.0 - 0.8)};

        stage_emit(&st, (struct wn_event){.kind = WN_EVENT_REPORTED,
                                          .trial = trial,
                                          .reported = {.resource = 1,
                                                       .n_metrics = 1,
                                                       .metrics = &metric,
                                                       .is_milestone = true,
                                                       .verdict = WN_VERDICT_STOP}});
        stage_finish(&st, trial, WN_END_COMPLETED);
    }
    assert_true(count_near(&st, 0.8) > 100);
    stage_end(&st);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(completed_come_before_those_that_got_far),
        cmocka_unit_test(running_trials_have_no_value_before_a_verdict),
        cmocka_unit_test(resumed_trials_keep_what_they_had),
        cmocka_unit_test(the_worst_are_never_good_but_count_and_failures_do_not),
        cmocka_unit_test(ended_trials_count_with_their_last_report),
        cmocka_unit_test(planned_out_of_order_they_count_by_configuration),
        cmocka_unit_test(the_best_of_many_are_those_of_a_sort),
        cmocka_unit_test(as_many_are_good_as_optuna_takes),
        cmocka_unit_test(draws_at_random_until_enough_have_a_value),
        cmocka_unit_test(proposes_the_category_that_is_good_most_often),
        cmocka_unit_test(takes_the_next_best_when_the_best_was_tried),
        cmocka_unit_test(running_trials_keep_others_away),
        cmocka_unit_test(failures_keep_others_away),
        cmocka_unit_test(conditional_parameters_learn_from_trials_that_had_them),
        cmocka_unit_test(what_occurs_together_is_modelled_together),
        cmocka_unit_test(what_was_never_active_is_drawn_from_the_prior),
        cmocka_unit_test(minds_whether_the_metric_is_maximised),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
