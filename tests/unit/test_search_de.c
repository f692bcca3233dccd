/* test_search_de.c - which trials it takes for parents and targets, from events written by
 * hand in place of the scheduler.
 *
 * Trials of these tests have vectors that say who they are: the first coordinate of trial t
 * is t / 1024, so sums and differences are exact and a child shows its parents.
 */
#include "test_search_de.h"
#include "test_search_stage.h"

#include "base/buf.h"
#include "search/de_internal.h"
#include "trial/population.h"

extern const struct wn_search_ops wn_search_de;

static const char two_floats[] =
    "{\"x\": {\"type\": \"float\", \"low\": 0, \"high\": 1},"
    " \"y\": {\"type\": \"float\", \"low\": 0, \"high\": 1}}";

/* --- a study by hand --- */

struct study {
    struct stage st;
    union wn_cell cells[8];
    struct wn_reply reply; /* to the last ask */
};

static struct study open_study(const char *space, const char *options)
{
    return (struct study){.st = stage_begin(&wn_search_de, space, options, 81, 4)};
}

static void plan(struct study *s, struct wn_population_plan plan)
{
    stage_emit(&s->st,
               (struct wn_event){.kind = WN_EVENT_PLANNED,
                                 .trial = wn_history_n_trials(s->st.history),
                                 .planned = {.milestone = 1,
                                             .parent = WN_TRIAL_NONE,
                                             .tag = wn_population_plan_tag(&plan)}});
}

/* Plan it for a place of level 0, draw at random. */
static void plan_at(struct study *s, uint32_t member)
{
    plan(s, (struct wn_population_plan){
                .kind = WN_POPULATION_RANDOM, .member = member, .target = WN_TRIAL_NONE});
}

/* As `de` writes it, with this vector. */
static void configure(struct study *s, uint32_t trial, const double *vector)
{
    size_t n = wn_space_n_params(s->st.space);
    struct wn_buf tag = {0};
    double cube[32];
    union wn_cell cells[8];

    wn_put_u8(&tag, 1);
    for (int i = 0; i < 4; i++)
        wn_put_u32(&tag, WN_TRIAL_NONE);
    for (size_t i = 0; i < n; i++)
        wn_put_f64(&tag, vector[i]);
    wn_de_decode(s->st.space, vector, cube, cells);
    stage_emit(&s->st,
               (struct wn_event){.kind = WN_EVENT_CONFIGURED,
                                 .trial = trial,
                                 .configured = {.origin = WN_ORIGIN_SEARCH,
                                                .n_cells = (uint32_t)n,
                                                .cells = cells,
                                                .tag = {.at = tag.at, .n = tag.n}}});
    wn_buf_release(&tag);
}

static void report(struct study *s,
                   uint32_t trial,
                   int64_t resource,
                   double loss,
                   struct wn_population_outcome outcome)
{
    struct wn_metric metric = {"loss", loss};

    stage_emit(&s->st, (struct wn_event){
                           .kind = WN_EVENT_REPORTED,
                           .trial = trial,
                           .reported = {.resource = resource,
                                        .n_metrics = 1,
                                        .metrics = &metric,
                                        .is_milestone = true,
                                        .verdict = WN_VERDICT_PAUSE,
                                        .tag = wn_population_outcome_tag(&outcome)}});
}

/* A trial with vector (t/1024, .5), in its place of level 0 with this loss. */
static uint32_t settle(struct study *s, uint32_t member, double loss)
{
    uint32_t trial = wn_history_n_trials(s->st.history);
    double vector[2] = {trial / 1024.0, .5};

    plan_at(s, member);
    configure(s, trial, vector);
    report(s, trial, 1, loss,
           (struct wn_population_outcome){
               .member = member, .wins = true, .replaced = WN_TRIAL_NONE});
    return trial;
}

/* What the tag of a configuration says. */
struct told {
    uint8_t kind;
    uint32_t target, parents[3];
    double vector[8];
};

static struct told read_told(const struct study *s)
{
    struct wn_reader r = wn_reader_of(s->reply.tag.at, s->reply.tag.n);
    struct told told = {.kind = wn_get_u8(&r)};

    told.target = wn_get_u32(&r);
    for (int i = 0; i < 3; i++)
        told.parents[i] = wn_get_u32(&r);
    for (size_t i = 0; i < wn_space_n_params(s->st.space); i++)
        told.vector[i] = wn_get_f64(&r);
    assert_true(wn_reader_is_done(&r));
    return told;
}

static struct told ask(struct study *s, uint32_t trial, uint64_t seed)
{
    struct wn_ask ask = {.trial = trial, .milestone = 1, .parent = WN_TRIAL_NONE};

    s->reply = wn_search_de.propose(
        s->st.search, &ask, wn_rng_keyed(seed, WN_STREAM_PROPOSE, trial), s->cells);
    assert_int_equal(s->reply.kind, WN_REPLY_CONFIGURE);
    return read_told(s);
}

/* Every parent that asks of the last trial give, as a set of bits; each reply's vector is
 * checked against the parents it names. */
static uint64_t parents_of_many(struct study *s, uint32_t target_trial)
{
    uint32_t trial = wn_history_n_trials(s->st.history) - 1;
    uint64_t seen = 0;

    for (uint64_t seed = 0; seed < 300; seed++) {
        struct told told = ask(s, trial, seed);
        double mutant;

        assert_int_equal(told.kind, 2);
        assert_int_equal(told.target, target_trial);
        for (int i = 0; i < 3; i++) {
            seen |= UINT64_C(1) << told.parents[i];
            assert_int_not_equal(told.parents[i], target_trial);
            assert_int_not_equal(told.parents[i], told.parents[(i + 1) % 3]);
        }
        mutant =
            (told.parents[0] + .5 * (told.parents[1] - (double)told.parents[2])) / 1024;
        if (mutant >= 0)
            assert_true(told.vector[0] == mutant);
        else
            assert_true(told.vector[0] >= 0 && told.vector[0] < 1);
        assert_true(told.vector[1] == .5);
    }
    return seen;
}

static uint64_t bits(const char *trials)
{
    uint64_t bits = 0;

    for (char *end; *trials; trials = end + (*end == ' '))
        bits |= UINT64_C(1) << strtoul(trials, &end, 10);
    return bits;
}

static const char sure[] =
    "{\"crossover_probability\": 1, \"allow_duplicates\": true}"; /* children are mutants */

/* Places 0..5 of level 0 are held by trials 0..5, trial 5 the best. */
static struct study open_settled(void)
{
    struct study s = open_study(two_floats, sure);

    for (uint32_t i = 0; i < 6; i++)
        assert_int_equal(settle(&s, i, 1 - i / 8.0), i);
    return s;
}

static void parents_are_the_best_of_the_source_without_the_target(void **state)
{
    struct study s = open_settled();
    struct wn_population_plan p = {
        .kind = WN_POPULATION_EVOLVED, .level = 1, .target = WN_TRIAL_NONE};

    (void)state;
    p.n_parents = 4;
    plan(&s, p);
    /* the place is empty: its random vector counts for nothing at p = 1 */
    assert_int_equal(parents_of_many(&s, WN_TRIAL_NONE), bits("2 3 4 5"));
    p.level = 0;
    p.member = 4;
    p.target = 4;
    p.n_parents = 6;
    plan(&s, p);
    assert_int_equal(parents_of_many(&s, 4), bits("0 1 2 3 5"));
    p.n_parents = 4; /* three are left without the target */
    plan(&s, p);
    assert_int_equal(parents_of_many(&s, 4), bits("2 3 5"));
    p.n_parents = 100; /* there are no more than six */
    plan(&s, p);
    assert_int_equal(parents_of_many(&s, 4), bits("0 1 2 3 5"));
    stage_end(&s.st);
}

/* Trial t goes on to a place of level 1 and takes it; it stays at level 0 as well. */
static void promote(struct study *s, uint32_t trial, uint32_t member, double loss)
{
    struct wn_population_plan p = {
        .kind = WN_POPULATION_PROMOTED, .level = 1, .member = member};

    stage_emit(&s->st, (struct wn_event){.kind = WN_EVENT_RESUMED,
                                         .trial = trial,
                                         .resumed = {.milestone = 3,
                                                     .via = WN_TRIAL_NONE,
                                                     .tag = wn_population_plan_tag(&p)}});
    report(s, trial, 3, loss,
           (struct wn_population_outcome){
               .level = 1, .member = member, .wins = true, .replaced = WN_TRIAL_NONE});
}

static void a_small_pool_is_filled_from_all_levels(void **state)
{
    struct study s = open_settled();
    struct wn_population_plan p = {
        .kind = WN_POPULATION_EVOLVED, .level = 2, .source = 1, .target = WN_TRIAL_NONE};

    (void)state;
    promote(&s, 5, 0, .5);
    promote(&s, 4, 1, .25);
    p.n_parents = 1; /* trial 4, and two others of any level */
    plan(&s, p);
    assert_int_equal(parents_of_many(&s, WN_TRIAL_NONE), bits("0 1 2 3 4 5"));
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct told told = ask(&s, 6, seed);
        assert_true(told.parents[0] == 4 || told.parents[1] == 4 || told.parents[2] == 4);
    }
    p.n_parents = 2; /* both, and one other */
    plan(&s, p);
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct told told = ask(&s, 7, seed);
        assert_int_equal((told.parents[0] == 4) + (told.parents[1] == 4) +
                             (told.parents[2] == 4) + (told.parents[0] == 5) +
                             (told.parents[1] == 5) + (told.parents[2] == 5),
                         2);
    }
    p.level = 1; /* the same, where one of the two is the target */
    p.target = 5;
    plan(&s, p);
    assert_int_equal(parents_of_many(&s, 5), bits("0 1 2 3 4"));
    p.source = 2; /* nothing is there */
    plan(&s, p);
    assert_int_equal(parents_of_many(&s, 5), bits("0 1 2 3 4"));
    stage_end(&s.st);
}

static void with_fewer_than_three_it_draws_at_random(void **state)
{
    struct study s = open_study(two_floats, sure);
    struct wn_population_plan p = {
        .kind = WN_POPULATION_EVOLVED, .member = 1, .target = 1, .n_parents = 9};

    (void)state;
    for (uint32_t i = 0; i < 3; i++)
        (void)settle(&s, i, .5);
    plan(&s, p); /* two without the target */
    for (uint64_t seed = 0; seed < 30; seed++) {
        struct told told = ask(&s, 3, seed);
        assert_int_equal(told.kind, 1);
        assert_int_equal(told.target, WN_TRIAL_NONE);
        assert_int_equal(told.parents[0], WN_TRIAL_NONE);
    }
    p.member = 3; /* three for an empty place */
    p.target = WN_TRIAL_NONE;
    plan(&s, p);
    assert_int_equal(parents_of_many(&s, WN_TRIAL_NONE), bits("0 1 2"));
    /* asked to draw at random, it does with any number of parents */
    p.kind = WN_POPULATION_RANDOM;
    plan(&s, p);
    assert_int_equal(ask(&s, 5, 1).kind, 1);
    /* and for a trial that nobody has planned for a place */
    assert_int_equal(ask(&s, 6, 1).kind, 1);
    stage_end(&s.st);
}

/* Crossover takes the target's vector: at p = 0 all of it but one coordinate. */
static void a_child_is_crossed_with_who_holds_the_place_now(void **state)
{
    struct study s = open_study(two_floats, "{\"crossover_probability\": 0,"
                                            " \"allow_duplicates\": true}");
    struct wn_population_plan p = {
        .kind = WN_POPULATION_EVOLVED, .member = 1, .target = 1, .n_parents = 9};
    struct told a, b;
    uint32_t trial;

    (void)state;
    for (uint32_t i = 0; i < 5; i++)
        (void)settle(&s, i, .5);
    plan(&s, p);
    trial = 5;
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct told told = ask(&s, trial, seed);
        assert_int_equal(told.target, 1);
        assert_true(told.vector[0] == 1 / 1024.0 || told.vector[1] == .5);
    }
    (void)settle(&s, 1, .25); /* trial 6 takes the place before the searcher is asked */
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct told told = ask(&s, trial, seed);
        assert_int_equal(told.target, 6);
        assert_true(told.vector[0] == 6 / 1024.0 || told.vector[1] == .5);
    }
    p.member = 5; /* an empty place: a random vector, another one each time */
    plan(&s, p);
    a = ask(&s, 7, 1);
    b = ask(&s, 7, 2);
    assert_int_equal(a.target, WN_TRIAL_NONE);
    assert_int_equal(a.kind, 2);
    assert_true(a.vector[0] != b.vector[0] && a.vector[1] != b.vector[1]);
    stage_end(&s.st);
}

static void learns_of_winners_whatever_became_of_them(void **state)
{
    struct study s = open_settled();
    struct wn_population_plan p = {.kind = WN_POPULATION_EVOLVED,
                                   .level = 1,
                                   .target = WN_TRIAL_NONE,
                                   .n_parents = 100};
    struct wn_metric metric = {"loss", 0};
    double vector[2] = {0, .5};

    (void)state;
    stage_finish(&s.st, 0, WN_END_STOPPED); /* a paused trial that ends keeps its place */
    /* 6 loses at place 1 */
    plan_at(&s, 1);
    vector[0] = 6 / 1024.0;
    configure(&s, 6, vector);
    report(&s, 6, 1, 2,
           (struct wn_population_outcome){.member = 1, .wins = false, .replaced = 1});
    /* 7 fails, 8 is stopped from outside after it has reported, at places of their own */
    for (uint32_t trial = 7; trial < 9; trial++) {
        plan_at(&s, trial - 1);
        vector[0] = trial / 1024.0;
        configure(&s, trial, vector);
        stage_emit(&s.st,
                   (struct wn_event){
                       .kind = WN_EVENT_REPORTED,
                       .trial = trial,
                       .reported = {.resource = 1, .n_metrics = 1, .metrics = &metric}});
        stage_finish(&s.st, trial, trial == 7 ? WN_END_FAILED : WN_END_STOPPED);
    }
    /* 9 and 10 end of themselves below the milestone: better than 2 at place 2, worse than
     * 3 at place 3 */
    for (uint32_t trial = 9; trial < 11; trial++) {
        plan_at(&s, trial - 7);
        vector[0] = trial / 1024.0;
        configure(&s, trial, vector);
        metric.value = trial == 9 ? .75 : .6875;
        stage_emit(&s.st,
                   (struct wn_event){
                       .kind = WN_EVENT_REPORTED,
                       .trial = trial,
                       .reported = {.resource = 1, .n_metrics = 1, .metrics = &metric}});
        stage_finish(&s.st, trial, WN_END_COMPLETED);
    }
    plan_at(&s, 4); /* 11 runs */
    configure(&s, 11, vector);
    plan_at(&s, 5); /* 12 is withdrawn */
    stage_finish(&s.st, 12, WN_END_WITHDRAWN);
    plan_at(&s, 5); /* 13, recalled, was not judged, and is not by its end */
    configure(&s, 13, vector);
    metric.value = 0;
    stage_emit(&s.st, (struct wn_event){.kind = WN_EVENT_REPORTED,
                                        .trial = 13,
                                        .reported = {.resource = 81,
                                                     .n_metrics = 1,
                                                     .metrics = &metric,
                                                     .is_milestone = true,
                                                     .verdict = WN_VERDICT_STOP}});
    stage_finish(&s.st, 13, WN_END_COMPLETED);
    plan(&s, p);
    assert_int_equal(parents_of_many(&s, WN_TRIAL_NONE), bits("0 1 9 3 4 5"));
    stage_end(&s.st);
}

static void a_users_configuration_has_its_encoding_as_vector(void **state)
{
    struct study s = open_study(mixed, "{\"crossover_probability\": 1,"
                                       " \"mutation_factor\": 1,"
                                       " \"allow_duplicates\": true}");
    struct wn_population_plan p = {.kind = WN_POPULATION_EVOLVED,
                                   .level = 1,
                                   .target = WN_TRIAL_NONE,
                                   .n_parents = 3};
    double cube[32], vectors[3][8];

    (void)state;
    for (uint32_t i = 0; i < 3; i++) {
        struct wn_rng rng = wn_rng_keyed(i, WN_STREAM_TEST, 0);
        union wn_cell cells[8];

        wn_config_sample(s.st.space, &rng, cells);
        wn_de_encode(s.st.space, cells, cube, vectors[i]);
        plan_at(&s, i);
        stage_emit(&s.st, (struct wn_event){.kind = WN_EVENT_CONFIGURED,
                                            .trial = i,
                                            .configured = {.origin = WN_ORIGIN_USER,
                                                           .n_cells = 8,
                                                           .cells = cells}});
        report(&s, i, 1, .5, (struct wn_population_outcome){.member = i, .wins = true});
    }
    plan(&s, p);
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct told told = ask(&s, 3, seed);
        union wn_cell cells[8];

        for (size_t i = 0; i < 8; i++) {
            double mutant =
                vectors[told.parents[0]][i] +
                1 * (vectors[told.parents[1]][i] - vectors[told.parents[2]][i]);
            assert_true(told.vector[i] >= 0 && told.vector[i] <= 1);
            if (mutant >= 0 && mutant <= 1)
                assert_true(told.vector[i] == mutant);
        }
        wn_de_decode(s.st.space, told.vector, cube, cells);
        assert_memory_equal(cells, s.cells, sizeof cells);
    }
    stage_end(&s.st);
}

/* An int of four values, of which three were tried: the children are those three, or what
 * was drawn anew, or found at last by looking. */
static void what_was_tried_is_made_again_or_drawn(void **state)
{
    static const char space[] =
        "{\"n\": {\"type\": \"int\", \"low\": 1, \"high\": 4},"
        " \"on\": {\"type\": \"float\", \"low\": 0, \"high\": 1, \"step\": 1, \"when\":"
        " {\"n\": 4}}}";
    struct study s = open_study(space, "{}"), often = open_study(space, sure);
    struct wn_population_plan p = {.kind = WN_POPULATION_EVOLVED,
                                   .level = 1,
                                   .target = WN_TRIAL_NONE,
                                   .n_parents = 3};
    unsigned n_children = 0;

    (void)state;
    for (uint32_t i = 0; i < 3; i++) {
        double vector[2] = {(i + .5) / 4, .25};
        plan_at(&s, i);
        configure(&s, i, vector);
        report(&s, i, 1, .5, (struct wn_population_outcome){.member = i, .wins = true});
        plan_at(&often, i);
        configure(&often, i, vector);
        report(&often, i, 1, .5,
               (struct wn_population_outcome){.member = i, .wins = true});
    }
    plan(&s, p);
    plan(&often, p);
    for (uint64_t seed = 0; seed < 60; seed++) {
        (void)ask(&s, 3, seed);
        assert_int_equal(s.cells[0].i, 4);
        assert_true(s.cells[1].f == 0 || s.cells[1].f == 1);
        assert_int_equal(ask(&often, 3, seed).kind, 2);
        n_children += often.cells[0].i < 4;
    }
    assert_true(n_children > 30);
    for (uint32_t i = 3; i < 5; i++) { /* both of the last two, then nothing is left */
        double vector[2] = {.9, i - 3};
        if (i > 3)
            plan(&s, p);
        configure(&s, i, vector);
    }
    plan(&s, p);
    s.reply = wn_search_de.propose(s.st.search, &(struct wn_ask){.trial = 5},
                                   (struct wn_rng){0}, s.cells);
    assert_int_equal(s.reply.kind, WN_REPLY_EXHAUSTED);
    stage_end(&s.st);
    stage_end(&often.st);
}

/* 999 of 1000 were tried: the last one is found by listing, and has a vector all the same;
 * what is off in it may lie anywhere. */
static void what_was_found_by_listing_has_a_vector(void **state)
{
    static const char space[] =
        "{\"n\": {\"type\": \"int\", \"low\": 0, \"high\": 999},"
        " \"on\": {\"type\": \"int\", \"low\": 0, \"high\": 1, \"when\": {\"n\": 0}}}";
    struct study s = open_study(space, "{}");
    struct told told;
    double seen = .5;

    (void)state;
    for (uint32_t i = 0; i < 1000; i++) {
        double vector[2] = {i < 700 ? (i + .5) / 1000 : (i + 1.5) / 1000, .25};
        if (i == 999) { /* n = 0 has two configurations */
            vector[0] = 0;
            vector[1] = .75;
        }
        plan_at(&s, i);
        configure(&s, i, vector);
    }
    for (uint64_t seed = 0; seed < 5; seed++) {
        told = ask(&s, 1000, seed);
        assert_int_equal(told.kind, 1);
        assert_int_equal(s.cells[0].i, 700);
        assert_int_equal(s.cells[1].i, WN_CELL_OFF);
        assert_true(told.vector[0] * 1000 >= 700 && told.vector[0] * 1000 < 701);
        assert_true(told.vector[1] != seen);
        seen = told.vector[1];
    }
    stage_end(&s.st);
}

/* What is switched off keeps its coordinate and goes on to children. */
static void inactive_parameters_evolve_unseen(void **state)
{
    static const char space[] =
        "{\"opt\": {\"type\": \"categorical\", \"values\": [\"sgd\", \"adam\"]},"
        " \"momentum\": {\"type\": \"float\", \"low\": 0, \"high\": 1, \"when\": "
        "{\"opt\":"
        " \"sgd\"}}}";
    struct study s = open_study(space, sure);
    struct wn_population_plan p = {.kind = WN_POPULATION_EVOLVED,
                                   .level = 1,
                                   .target = WN_TRIAL_NONE,
                                   .n_parents = 3};

    (void)state;
    for (uint32_t i = 0; i < 3; i++) {
        double vector[2] = {.75, .25 + i / 16.0}; /* adam: no momentum */
        plan_at(&s, i);
        configure(&s, i, vector);
        report(&s, i, 1, .5, (struct wn_population_outcome){.member = i, .wins = true});
    }
    plan(&s, p);
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct told told = ask(&s, 3, seed);
        double mutant =
            .25 +
            (told.parents[0] + .5 * (told.parents[1] - (double)told.parents[2])) / 16;
        assert_true(told.vector[0] == .75 && told.vector[1] == mutant);
        assert_int_equal(s.cells[0].i, 1);
        assert_int_equal(s.cells[1].i, WN_CELL_OFF);
    }
    stage_end(&s.st);
}

static void refuses_a_factor_of_nothing(void **state)
{
    struct stage st = {
        .ops = &wn_search_de,
        .space = drive_space(two_floats),
        .values = drive_values(wn_search_de.options, "{\"mutation_factor\": 0}")};
    struct wn_error err = {0};

    (void)state;
    assert_non_null(st.values);
    assert_int_equal(stage_open(&st, 81, &err), WN_EINVAL);
    assert_true(strstr(err.text, "searcher.mutation_factor must be above 0") == err.text);
    stage_end(&st);
}

static void check_corrupt(struct study *s, struct wn_event event)
{
    struct wn_error err = {0};

    assert_int_equal(wn_search_de.apply(s->st.search, &event, &err), WN_ECORRUPT);
    assert_non_null(strstr(err.text, wn_event_name(event.kind)));
}

static void events_that_contradict_are_corrupt(void **state)
{
    struct study s = open_settled();
    struct wn_population_plan p = {.kind = WN_POPULATION_EVOLVED, .member = 7};
    struct wn_population_outcome outcome = {.member = 1, .wins = true};
    static const unsigned char bytes[17 + 16] = {1, [24] = 0xff, [32] = 0xff};
    struct wn_event configured = {
        .kind = WN_EVENT_CONFIGURED,
        .trial = 6,
        .configured = {.origin = WN_ORIGIN_SEARCH, .n_cells = 2, .cells = s.cells}};

    (void)state;
    check_corrupt(&s, (struct wn_event){.kind = WN_EVENT_PLANNED, .trial = 8});
    check_corrupt(&s, (struct wn_event){.kind = WN_EVENT_ENDED, .trial = 8});
    check_corrupt(&s, (struct wn_event){.kind = WN_EVENT_RESUMED, .trial = 8});
    check_corrupt(
        &s, (struct wn_event){.kind = WN_EVENT_REPORTED,
                              .trial = 0,
                              .reported = {.tag = wn_population_outcome_tag(&outcome)}});
    check_corrupt(&s, (struct wn_event){.kind = WN_EVENT_RESUMED,
                                        .trial = 0,
                                        .resumed = {.tag = wn_population_plan_tag(&p)}});
    check_corrupt(&s, configured); /* it was not planned */
    plan_at(&s, 6);
    configured.configured.tag = (struct wn_blob){.at = bytes, .n = sizeof bytes - 1};
    check_corrupt(&s, configured);
    stage_end(&s.st);
}

/* Six trials settle, one is promoted, a child is made. */
static enum wn_status play(struct stage *st, struct wn_error *err)
{
    enum wn_status rc = stage_open(st, 81, err);

    for (uint32_t i = 0; rc == WN_OK && i < 6; i++) {
        struct wn_population_plan p = {.kind = WN_POPULATION_EVOLVED,
                                       .level = i / 3 ? 1 : 0,
                                       .member = i % 3,
                                       .target = WN_TRIAL_NONE,
                                       .n_parents = 3};
        struct wn_population_outcome o = {
            .level = i / 3 ? 1 : 0, .member = i % 3, .wins = true};
        struct wn_metric metric = {"loss", i};
        union wn_cell cells[2];
        struct wn_event event = {.kind = WN_EVENT_PLANNED,
                                 .trial = i,
                                 .planned = {.milestone = 1,
                                             .parent = WN_TRIAL_NONE,
                                             .tag = wn_population_plan_tag(&p)}};
        struct wn_reply reply;

        rc = stage_apply(st, &event, err);
        if (rc != WN_OK)
            break;
        reply = wn_search_de.propose(st->search, &(struct wn_ask){.trial = i},
                                     wn_rng_keyed(1, WN_STREAM_PROPOSE, i), cells);
        event = (struct wn_event){.kind = WN_EVENT_CONFIGURED,
                                  .trial = i,
                                  .configured = {.origin = WN_ORIGIN_SEARCH,
                                                 .n_cells = 2,
                                                 .cells = cells,
                                                 .tag = reply.tag}};
        rc = stage_apply(st, &event, err);
        event = (struct wn_event){.kind = WN_EVENT_REPORTED,
                                  .trial = i,
                                  .reported = {.resource = 1,
                                               .n_metrics = 1,
                                               .metrics = &metric,
                                               .is_milestone = true,
                                               .verdict = WN_VERDICT_PAUSE,
                                               .tag = wn_population_outcome_tag(&o)}};
        if (rc == WN_OK)
            rc = stage_apply(st, &event, err);
    }
    return rc;
}

static void survives_the_failure_of_each_allocation(void **state)
{
    struct stage st = {.ops = &wn_search_de,
                       .space = drive_space(two_floats),
                       .values = drive_values(wn_search_de.options, "{}"),
                       .seed = 4};
    enum wn_status rc = WN_ENOMEM;
    uint64_t n = 0;

    (void)state;
    while (rc != WN_OK) {
        struct wn_error err = {0};

        wn_mem_fail_after(++n);
        rc = play(&st, &err);
        wn_mem_fail_after(0);
        stage_close(&st);
        DRIVE_CHECK(rc == WN_OK || rc == WN_ENOMEM, "allocation %" PRIu64 ": %s", n,
                    err.text);
        DRIVE_CHECK(n < 1000, "no end of allocations");
    }
    assert_true(n > 30);
    stage_end(&st);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parents_are_the_best_of_the_source_without_the_target),
        cmocka_unit_test(a_small_pool_is_filled_from_all_levels),
        cmocka_unit_test(with_fewer_than_three_it_draws_at_random),
        cmocka_unit_test(a_child_is_crossed_with_who_holds_the_place_now),
        cmocka_unit_test(learns_of_winners_whatever_became_of_them),
        cmocka_unit_test(a_users_configuration_has_its_encoding_as_vector),
        cmocka_unit_test(what_was_tried_is_made_again_or_drawn),
        cmocka_unit_test(what_was_found_by_listing_has_a_vector),
        cmocka_unit_test(inactive_parameters_evolve_unseen),
        cmocka_unit_test(refuses_a_factor_of_nothing),
        cmocka_unit_test(events_that_contradict_are_corrupt),
        cmocka_unit_test(survives_the_failure_of_each_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
