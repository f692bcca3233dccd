/* test_search_conformance.c - what every searcher must do, over the whole registry. */
#include "drive.h"

#include "search/search.h"

/* Finite (conditions honoured), nested conditions, open, without any parameter, one value. */
static const char *const spaces[] = {
    "{\"opt\": {\"type\": \"categorical\", \"values\": [\"sgd\", \"adam\"]},"
    " \"momentum\": {\"type\": \"ordinal\", \"values\": [0.5, 0.9, 0.99], \"when\": "
    "{\"opt\": "
    "\"sgd\"}},"
    " \"depth\": {\"type\": \"int\", \"low\": 1, \"high\": 5}}",
    "{\"c\": {\"type\": \"int\", \"low\": 1, \"high\": 3, \"when\": {\"b\": true}},"
    " \"b\": {\"type\": \"categorical\", \"values\": [true, false], \"when\": {\"a\": "
    "\"x\"}},"
    " \"a\": {\"type\": \"categorical\", \"values\": [\"x\", \"y\", \"z\"]}}",
    "{\"lr\": {\"type\": \"float\", \"low\": 1e-5, \"high\": 1, \"scale\": \"log\"},"
    " \"n\": {\"type\": \"int\", \"low\": 1, \"high\": 1000, \"scale\": \"log\"},"
    " \"opt\": {\"type\": \"categorical\", \"values\": [\"sgd\", \"adam\"]}}",
    "{}",
    "{\"one\": {\"type\": \"categorical\", \"values\": [\"only\"]}}",
};
/* Some of them restricted to a list, as tables are: then nothing else is proposed. */
static const struct {
    size_t space;
    const char *list;
} restricted[] = {
    {0, "[{\"opt\": \"sgd\", \"momentum\": 0.9, \"depth\": 3},"
        " {\"opt\": \"adam\", \"depth\": 1}, {\"opt\": \"adam\", \"depth\": 5},"
        " {\"opt\": \"sgd\", \"momentum\": 0.5, \"depth\": 1},"
        " {\"opt\": \"sgd\", \"momentum\": 0.99, \"depth\": 3}]"},
    {1, "[{\"a\": \"y\"}, {\"a\": \"x\", \"b\": true, \"c\": 2},"
        " {\"a\": \"x\", \"b\": false}]"},
    {2, "[{\"lr\": 0.1, \"n\": 3, \"opt\": \"sgd\"},"
        " {\"lr\": 0.1, \"n\": 3, \"opt\": \"adam\"},"
        " {\"lr\": 1e-5, \"n\": 1000, \"opt\": \"sgd\"},"
        " {\"lr\": 0.03, \"n\": 40, \"opt\": \"adam\"},"
        " {\"lr\": 0.1, \"n\": 4, \"opt\": \"sgd\"},"
        " {\"lr\": 0.0001, \"n\": 500, \"opt\": \"adam\"},"
        " {\"lr\": 1, \"n\": 1, \"opt\": \"adam\"},"
        " {\"lr\": 0.00123456789, \"n\": 77, \"opt\": \"sgd\"}]"},
    {3, "[{}]"},
};

enum {
    N_RESTRICTED = sizeof restricted / sizeof restricted[0],
    N_SPACES = sizeof spaces / sizeof spaces[0],
    MOST_PARAMS = 8,
    MOST_PROPOSALS = 300,
    MOST_SURVIVED = 40 /* where each allocation fails once */
};

struct study {
    const struct wn_search_ops *ops;
    const struct wn_values *values;
    const struct wn_space *space;
    struct wn_history *history;
    struct wn_search *search;
    struct drive_log log;
};

static enum wn_status make(struct study *s, struct wn_error *err)
{
    struct wn_history_config past = {
        .space = s->space, .metric = "loss", .max_resource = 9};
    /* What an option means nothing to, a list, is not refused in a study that goes on. */
    struct wn_search_config cfg = {.space = s->space,
                                   .options = s->values,
                                   .seed = 4,
                                   .was_checked = wn_space_n_allowed(s->space) > 0};
    enum wn_status rc = wn_history_create(&past, &s->history, err);

    if (rc != WN_OK)
        return rc;
    cfg.history = s->history;
    return s->ops->create(&cfg, &s->search, err);
}

static void drop(struct study *s)
{
    s->ops->destroy(s->search);
    wn_history_destroy(s->history);
    drive_log_release(&s->log);
    s->search = NULL;
    s->history = NULL;
}

static enum wn_status apply(struct study *s,
                            const struct wn_event *event,
                            struct wn_error *err)
{
    enum wn_status rc = wn_history_apply(s->history, event, err);

    DRIVE_CHECK(rc == WN_OK || rc == WN_ENOMEM, "history: %s", err->text);
    if (rc == WN_OK)
        rc = s->ops->apply(s->search, event, err);
    DRIVE_CHECK(rc == WN_OK || rc == WN_ENOMEM, "%s: %s", s->ops->name, err->text);
    return rc;
}

static enum wn_status emit(struct study *s, struct wn_event event, struct wn_error *err)
{
    const struct wn_event *kept = drive_log_add(&s->log, &event);

    return kept ? apply(s, kept, err) : WN_ENOMEM;
}

static struct wn_reply look(const struct study *s, union wn_cell *cells)
{
    struct wn_ask ask = {.trial = wn_history_n_trials(s->history),
                         .milestone = 9,
                         .parent = WN_TRIAL_NONE};
    struct wn_reply reply;

    memset(cells, 0xee, MOST_PARAMS * sizeof *cells);
    reply = s->ops->propose(s->search, &ask,
                            wn_rng_keyed(11, WN_STREAM_PROPOSE, ask.trial), cells);
    DRIVE_CHECK(reply.kind == WN_REPLY_CONFIGURE || reply.kind == WN_REPLY_EXHAUSTED,
                "reply %d though nothing is offered", (int)reply.kind);
    return reply;
}

static enum wn_status report(struct study *s,
                             uint32_t trial,
                             int64_t resource,
                             double loss,
                             enum wn_verdict_kind verdict,
                             struct wn_error *err)
{
    struct wn_metric metric = {"loss", loss};

    return emit(s,
                (struct wn_event){.kind = WN_EVENT_REPORTED,
                                  .trial = trial,
                                  .reported = {.resource = resource,
                                               .n_metrics = 1,
                                               .metrics = &metric,
                                               .is_milestone = true,
                                               .verdict = verdict,
                                               .milestone = 9}},
                err);
}

static enum wn_status end(struct study *s,
                          uint32_t trial,
                          enum wn_end how,
                          struct wn_error *err)
{
    return emit(s, drive_ended(trial, how), err);
}

static enum wn_status finish(struct study *s,
                             uint32_t trial,
                             double loss,
                             struct wn_error *err)
{
    enum wn_status rc = report(s, trial, 9, loss, WN_VERDICT_STOP, err);

    return rc == WN_OK ? end(s, trial, WN_END_COMPLETED, err) : rc;
}

/* Of six trials one says nothing, one runs on, one pauses (and goes on when four more were
 * planned, to the end or to a failure), one ends, one fails and one is stopped. */
static enum wn_status live(struct study *s,
                           uint32_t trial,
                           const union wn_cell *cells,
                           struct wn_error *err)
{
    double loss = (double)(wn_config_hash(s->space, cells) % 1000);
    enum wn_status rc = WN_OK;

    switch (trial % 6) {
    case 0:
        if (trial == 0)
            break;
        rc = emit(s,
                  (struct wn_event){.kind = WN_EVENT_RESUMED,
                                    .trial = trial - 4,
                                    .resumed = {.milestone = 9, .via = WN_TRIAL_NONE}},
                  err);
        if (rc == WN_OK)
            rc = trial % 12 ? finish(s, trial - 4, loss, err)
                            : end(s, trial - 4, WN_END_FAILED, err);
        break;
    case 1: rc = report(s, trial, 3, loss, WN_VERDICT_CONTINUE, err); break;
    case 2: rc = report(s, trial, 3, loss, WN_VERDICT_PAUSE, err); break;
    case 3: rc = finish(s, trial, loss, err); break;
    case 4:
        rc = report(s, trial, 3, loss, WN_VERDICT_CONTINUE, err);
        if (rc == WN_OK)
            rc = end(s, trial, WN_END_FAILED, err);
        break;
    case 5:
        rc = report(s, trial, 3, (double)INFINITY, WN_VERDICT_STOP, err);
        if (rc == WN_OK)
            rc = end(s, trial, WN_END_STOPPED, err);
        break;
    default: break;
    }
    return rc;
}

/* Plan the next trial with these cells, as the searcher's or the user's; then it lives. */
static enum wn_status try(struct study *s,
                          const union wn_cell *cells,
                          enum wn_origin origin,
                          struct wn_error *err)
{
    uint32_t trial = wn_history_n_trials(s->history);
    enum wn_status rc =
        emit(s,
             (struct wn_event){.kind = WN_EVENT_PLANNED,
                               .trial = trial,
                               .planned = {.milestone = 9, .parent = WN_TRIAL_NONE}},
             err);

    if (rc == WN_OK)
        rc = emit(s,
                  (struct wn_event){
                      .kind = WN_EVENT_CONFIGURED,
                      .trial = trial,
                      .configured = {.origin = origin,
                                     .n_cells = (uint32_t)wn_space_n_params(s->space),
                                     .cells = cells}},
                  err);
    return rc == WN_OK ? live(s, trial, cells, err) : rc;
}

/* Propose until exhausted or `most` were made; every seventh trial is the user's. Counts
 * repetitions among the searcher's own. */
static enum wn_status search_all(struct study *s,
                                 size_t most,
                                 size_t *n_repeated,
                                 bool *is_exhausted,
                                 struct wn_error *err)
{
    struct wn_config_set *seen = wn_config_set_create(s->space);
    struct wn_rng rng = wn_rng_keyed(2, WN_STREAM_TEST, 0);
    union wn_cell cells[MOST_PARAMS], again[MOST_PARAMS];
    size_t size_bytes = wn_space_n_params(s->space) * sizeof cells[0];
    enum wn_status rc = seen ? WN_OK : WN_ENOMEM;

    *n_repeated = 0;
    *is_exhausted = false;
    for (size_t i = 0; rc == WN_OK && i < most && !*is_exhausted; i++) {
        enum wn_origin origin = i % 7 == 3 ? WN_ORIGIN_USER : WN_ORIGIN_SEARCH;

        if (origin == WN_ORIGIN_USER) {
            wn_config_sample(s->space, &rng, cells);
        } else {
            *is_exhausted = look(s, cells).kind == WN_REPLY_EXHAUSTED;
            assert_int_equal(look(s, again).kind == WN_REPLY_EXHAUSTED, *is_exhausted);
            if (*is_exhausted)
                break;
            assert_memory_equal(cells, again, size_bytes);
            wn_config_settle(s->space, again);
            assert_memory_equal(cells, again, size_bytes);
            DRIVE_CHECK(wn_config_check(s->space, cells, err) == WN_OK, "%s", err->text);
            *n_repeated += wn_config_set_has(seen, cells);
        }
        rc = wn_config_set_add(seen, cells, err);
        if (rc == WN_OK)
            rc = try(s, cells, origin, err);
    }
    wn_config_set_destroy(seen);
    return rc;
}

static void for_each_searcher(void (*visit)(void *,
                                            const struct wn_values *,
                                            const char *))
{
    for (size_t i = 0; wn_search_at(i); i++)
        for (size_t j = 0; j < N_SPACES + N_RESTRICTED; j++) {
            bool is_restricted = j >= N_SPACES;
            size_t k = is_restricted ? j - N_SPACES : j;
            struct wn_space *space =
                drive_space(spaces[is_restricted ? restricted[k].space : k]);
            struct study s = {.ops = wn_search_at(i), .space = space};

            if (is_restricted)
                drive_restrict(space, restricted[k].list);
            drive_each_variant(s.ops->options, visit, &s);
            wn_space_destroy(space);
        }
}

static bool may_repeat(const struct study *s, const char *options)
{
    return s->ops->repeats || strstr(options, "allow_duplicates");
}

static void exhaust_one(void *arg, const struct wn_values *values, const char *options)
{
    struct study s = *(const struct study *)arg;
    struct wn_error err = {0};
    size_t n_repeated;
    bool is_exhausted;
    uint64_t size;

    s.values = values;
    DRIVE_CHECK(make(&s, &err) == WN_OK, "%s", err.text);
    DRIVE_CHECK(search_all(&s, MOST_PROPOSALS, &n_repeated, &is_exhausted, &err) == WN_OK,
                "%s", err.text);
    if (!may_repeat(&s, options)) {
        DRIVE_CHECK(n_repeated == 0, "%s %s: %zu repetitions", s.ops->name, options,
                    n_repeated);
        if (wn_space_size(s.space, &size) && size < MOST_PROPOSALS / 2)
            DRIVE_CHECK(is_exhausted, "%s %s: not exhausted after %d proposals of %d",
                        s.ops->name, options, MOST_PROPOSALS, (int)size);
    }
    if (is_exhausted) { /* and stays so, unless a user's wish or a limit changes that */
        union wn_cell cells[MOST_PARAMS];

        DRIVE_CHECK(
            emit(&s,
                 (struct wn_event){.kind = WN_EVENT_EXHAUSTED, .trial = WN_TRIAL_NONE},
                 &err) == WN_OK,
            "%s", err.text);
        assert_int_equal(look(&s, cells).kind, WN_REPLY_EXHAUSTED);
    }
    drop(&s);
}

static void never_repeats_and_knows_when_a_space_is_used_up(void **state)
{
    (void)state;
    for_each_searcher(exhaust_one);
}

/* Who says a size proposes exactly so many, and says the same of them afterwards. */
static void count_one(void *arg, const struct wn_values *values, const char *options)
{
    struct study s = *(const struct study *)arg;
    struct wn_error err = {0};
    union wn_cell cells[MOST_PARAMS];
    uint64_t size = 0, again = 0, n = 0;
    bool has_size;

    s.values = values;
    DRIVE_CHECK(make(&s, &err) == WN_OK, "%s", err.text);
    has_size = s.ops->size(s.search, &size);
    if (may_repeat(&s, options))
        DRIVE_CHECK(!has_size, "%s %s: ends, with repetitions", s.ops->name, options);
    while (has_size && size <= 1000 && look(&s, cells).kind == WN_REPLY_CONFIGURE) {
        DRIVE_CHECK(n++ < size, "%s %s: more than %" PRIu64, s.ops->name, options, size);
        DRIVE_CHECK(try(&s, cells, WN_ORIGIN_SEARCH, &err) == WN_OK, "%s", err.text);
    }
    if (has_size && size <= 1000)
        DRIVE_CHECK(n == size, "%s %s: %" PRIu64 " of %" PRIu64, s.ops->name, options, n,
                    size);
    DRIVE_CHECK(s.ops->size(s.search, &again) == has_size && again == size,
                "%s %s: %" PRIu64 ", then %" PRIu64, s.ops->name, options, size, again);
    drop(&s);
}

static void proposes_as_many_as_it_says(void **state)
{
    (void)state;
    for_each_searcher(count_one);
}

/* Every configuration of the finite spaces comes up, not only most. */
static void cover_one(void *arg, const struct wn_values *values, const char *options)
{
    struct study s = *(const struct study *)arg;
    struct wn_error err = {0};
    union wn_cell cells[MOST_PARAMS];
    uint64_t size = 0, n = 0;
    int64_t n_samples = 0;

    s.values = values;
    if (!wn_space_size(s.space, &size) || size > 1000 || may_repeat(&s, options))
        return;
    for (size_t i = 0; s.ops->options[i].name; i++)
        if (strcmp(s.ops->options[i].name, "num_samples") == 0)
            n_samples = wn_values_int(values, "num_samples");
    if (n_samples == 1) /* not every value is in such a grid */
        return;
    DRIVE_CHECK(make(&s, &err) == WN_OK, "%s", err.text);
    while (look(&s, cells).kind == WN_REPLY_CONFIGURE) {
        DRIVE_CHECK(++n <= size, "%s: more than %d", s.ops->name, (int)size);
        DRIVE_CHECK(try(&s, cells, WN_ORIGIN_SEARCH, &err) == WN_OK, "%s", err.text);
    }
    DRIVE_CHECK(n == size, "%s %s: %d of %d", s.ops->name, options, (int)n, (int)size);
    drop(&s);
}

static void finds_every_configuration_of_a_finite_space(void **state)
{
    (void)state;
    for_each_searcher(cover_one);
}

static void replay_one(void *arg, const struct wn_values *values, const char *options)
{
    struct study s = *(const struct study *)arg;
    struct study other = s;
    struct wn_error err = {0};
    union wn_cell a[MOST_PARAMS], b[MOST_PARAMS];
    size_t n_repeated;
    bool is_exhausted;

    s.values = other.values = values;
    DRIVE_CHECK(make(&s, &err) == WN_OK, "%s", err.text);
    DRIVE_CHECK(search_all(&s, MOST_PROPOSALS, &n_repeated, &is_exhausted, &err) == WN_OK,
                "%s", err.text);
    DRIVE_CHECK(make(&other, &err) == WN_OK, "%s", err.text);
    /* Before each planned trial the recovered searcher proposes what the first one did. */
    for (size_t i = 0; i < s.log.events.n; i++) {
        const struct wn_event *event = &s.log.events.at[i];
        const struct wn_event *next = i + 1 < s.log.events.n ? event + 1 : NULL;

        if (event->kind == WN_EVENT_PLANNED && next &&
            next->configured.origin == WN_ORIGIN_SEARCH) {
            assert_int_equal(look(&other, b).kind, WN_REPLY_CONFIGURE);
            DRIVE_CHECK(wn_config_equal(s.space, b, next->configured.cells),
                        "%s %s: trial %" PRIu32 " differs after recovery", s.ops->name,
                        options, event->trial);
        }
        assert_int_equal(apply(&other, event, &err), WN_OK);
    }
    assert_int_equal(look(&s, a).kind, look(&other, b).kind);
    drop(&s);
    drop(&other);
}

static void proposes_alike_after_recovery(void **state)
{
    (void)state;
    for_each_searcher(replay_one);
}

static void enqueue_one(void *arg, const struct wn_values *values, const char *options)
{
    struct study s = *(const struct study *)arg;
    struct wn_error err = {0};
    union wn_cell asked[MOST_PARAMS], cells[MOST_PARAMS];

    s.values = values;
    if (may_repeat(&s, options))
        return;
    DRIVE_CHECK(make(&s, &err) == WN_OK, "%s", err.text);
    assert_int_equal(look(&s, asked).kind, WN_REPLY_CONFIGURE);
    DRIVE_CHECK(emit(&s,
                     (struct wn_event){
                         .kind = WN_EVENT_ENQUEUED,
                         .trial = WN_TRIAL_NONE,
                         .configured = {.origin = WN_ORIGIN_USER,
                                        .n_cells = (uint32_t)wn_space_n_params(s.space),
                                        .cells = asked}},
                     &err) == WN_OK,
                "%s", err.text);
    for (int i = 0; i < 50 && look(&s, cells).kind == WN_REPLY_CONFIGURE; i++) {
        assert_false(wn_config_equal(s.space, asked, cells));
        assert_int_equal(try(&s, cells, WN_ORIGIN_SEARCH, &err), WN_OK);
    }
    drop(&s);
}

static void leaves_to_users_what_they_have_asked_for(void **state)
{
    (void)state;
    for_each_searcher(enqueue_one);
}

static void survive_one(void *arg, const struct wn_values *values, const char *options)
{
    enum wn_status rc = WN_ENOMEM;
    uint64_t n = 0;

    (void)options;
    while (rc != WN_OK) {
        struct study s = *(const struct study *)arg;
        struct wn_error err = {0};
        size_t n_repeated;
        bool is_exhausted;

        s.values = values;
        wn_mem_fail_after(++n);
        rc = make(&s, &err);
        if (rc == WN_OK)
            rc = search_all(&s, MOST_SURVIVED, &n_repeated, &is_exhausted, &err);
        wn_mem_fail_after(0);
        drop(&s);
        DRIVE_CHECK(rc == WN_OK || rc == WN_ENOMEM, "allocation %" PRIu64 ": %s", n,
                    err.text);
        DRIVE_CHECK(n < 5000, "no end of allocations");
    }
    assert_true(n > 3);
}

static void survives_the_failure_of_each_allocation(void **state)
{
    (void)state;
    for_each_searcher(survive_one);
}

static void every_searcher_is_found_by_its_name(void **state)
{
    size_t n = 0;

    (void)state;
    for (; wn_search_at(n); n++) {
        const struct wn_search_ops *ops = wn_search_at(n);

        assert_ptr_equal(wn_search_find(ops->name), ops);
        assert_true(ops->summary && *ops->summary && ops->reference && ops->options);
        assert_true(ops->create && ops->destroy && ops->propose && ops->apply);
        assert_non_null(ops->size);
        ops->destroy(NULL);
    }
    assert_true(n >= 2);
    assert_null(wn_search_find("no-such"));
    assert_null(wn_search_at(SIZE_MAX));
}

static void refuses_bad_options(void **state)
{
    (void)state;
    for (size_t i = 0; wn_search_at(i); i++)
        drive_refuses_bad_options(wn_search_at(i)->options);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_searcher_is_found_by_its_name),
        cmocka_unit_test(never_repeats_and_knows_when_a_space_is_used_up),
        cmocka_unit_test(finds_every_configuration_of_a_finite_space),
        cmocka_unit_test(proposes_as_many_as_it_says),
        cmocka_unit_test(proposes_alike_after_recovery),
        cmocka_unit_test(leaves_to_users_what_they_have_asked_for),
        cmocka_unit_test(survives_the_failure_of_each_allocation),
        cmocka_unit_test(refuses_bad_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
