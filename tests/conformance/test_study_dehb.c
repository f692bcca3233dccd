/* test_study_dehb.c - DEHB as a whole against its rules, by brute force.
 *
 * Random studies with the real scheduler and searcher, driven event by event with up to 200
 * trials at once, failures, early ends, infinite losses and reports that jump. A model that
 * shares no code with them looks at every event: whose turn a place is, who is its target,
 * that the earliest bracket that can gives the job and only then the next one opens, when a
 * rung may begin and how many it may have, who is promoted, which verdict is right, of which
 * trials a child is made and that its vector is what rand/1/bin makes of them.
 */
#include <stdlib.h>

#include "base/buf.h"
#include "conformance/drive.h"
#include "sched/sched.h"
#include "search/search.h"
#include "trial/population.h"

extern const struct wn_sched_ops wn_sched_dehb;
extern const struct wn_search_ops wn_search_de;

enum { PLACES = 128, LEVELS = 8, BRACKETS = 800, TRIALS = 3000, N = 3 /* parameters */ };
enum { CHILD = 2 /* kind in the searcher's tags */ };

static const char space_text[] =
    "{\"x\": {\"type\": \"float\", \"low\": 0, \"high\": 1},"
    " \"c\": {\"type\": \"categorical\", \"values\": [1, 2, 3]},"
    " \"y\": {\"type\": \"float\", \"low\": 0, \"high\": 1, \"when\": {\"c\": [1, 2]}}}";

struct rule {
    int64_t max, eta, grace;
    const char *options;
    uint32_t n_levels, n_brackets;
    int64_t resources[LEVELS];
    uint32_t sizes[LEVELS][LEVELS]; /* of bracket b at level k */
};

struct holder {
    uint32_t trial;
    double loss;
};

struct one {
    struct wn_population_plan plan;
    enum wn_trial_state state;
    double vector[N];
    int64_t milestone;
    double loss; /* in its place, when paused */
};

struct study {
    const struct rule *rule;
    struct wn_space *space;
    struct wn_values *values[2];
    struct wn_history *history;
    struct wn_sched *sched;
    struct wn_search *search;
    struct wn_rng rng;
    uint64_t seed, n_decisions;
    uint32_t n_running;
    uint32_t running[256];
    int64_t time_ms;
    /* the model */
    struct holder places[LEVELS][PLACES];
    uint32_t widths[LEVELS], turns[LEVELS];
    uint32_t given[BRACKETS][LEVELS], done[BRACKETS][LEVELS], level[BRACKETS],
        limit[BRACKETS];
    uint32_t n_brackets, n_promoted, n_children, n_filled, n_drawn;
    struct one trials[TRIALS];
};

#define CHECK(s, condition)                                               \
    DRIVE_CHECK(condition, "seed %" PRIu64 ", trial %" PRIu32, (s)->seed, \
                wn_history_n_trials((s)->history))

static bool is_same(const struct holder *holder, uint32_t trial)
{
    return holder->trial == trial;
}

static uint32_t size_of(const struct study *s, uint32_t bracket, uint32_t level)
{
    return s->rule->sizes[bracket % s->rule->n_brackets][level];
}

/* Entries of the rung above the last one that a bracket began, if that began now. */
static uint32_t limit_above(const struct study *s, uint32_t bracket)
{
    uint32_t level = s->level[bracket], n = s->given[bracket][level], part;

    if (level + 1 == s->rule->n_levels || n == 0)
        return 0;
    part = n / (uint32_t)s->rule->eta > 1 ? n / (uint32_t)s->rule->eta : 1;
    if (n >= size_of(s, bracket, level) || part > size_of(s, bracket, level + 1))
        return size_of(s, bracket, level + 1);
    return part;
}

/* The best trial that is paused at a level and holds its place there. */
static uint32_t best_paused(const struct study *s, uint32_t level)
{
    uint32_t best = WN_TRIAL_NONE;

    for (uint32_t i = 0; i < s->widths[level]; i++) {
        uint32_t trial = s->places[level][i].trial;
        if (trial == WN_TRIAL_NONE || s->trials[trial].state != WN_TRIAL_PAUSED ||
            s->trials[trial].plan.level != level)
            continue;
        if (best == WN_TRIAL_NONE || s->trials[trial].loss < s->trials[best].loss ||
            (s->trials[trial].loss <= s->trials[best].loss && trial < best))
            best = trial;
    }
    return best;
}

static bool is_promoting(const struct study *s, uint32_t bracket, uint32_t level)
{
    return bracket < s->rule->n_brackets && level > bracket;
}

/* The level at which a bracket has a job to give; n_levels: at none. */
static uint32_t offer_of(const struct study *s, uint32_t bracket, bool may_start)
{
    uint32_t level = s->level[bracket];
    bool is_full = s->given[bracket][level] >= s->limit[bracket];

    if (!is_full && (may_start || (is_promoting(s, bracket, level) &&
                                   best_paused(s, level - 1) != WN_TRIAL_NONE)))
        return level;
    if (s->done[bracket][level] < s->given[bracket][level] || !limit_above(s, bracket))
        return s->rule->n_levels;
    if (may_start ||
        (is_promoting(s, bracket, level + 1) && best_paused(s, level) != WN_TRIAL_NONE))
        return level + 1;
    return s->rule->n_levels;
}

/* Whether a bracket of the first iteration can still promote out of a level. */
static bool has_promotions(const struct study *s, uint32_t level)
{
    for (uint32_t b = 0; b <= level && b < s->rule->n_brackets; b++)
        if (level + 1 < s->rule->n_levels &&
            (b >= s->n_brackets || s->level[b] <= level ||
             (s->level[b] == level + 1 && s->given[b][level + 1] < s->limit[b])))
            return true;
    return false;
}

/* A job is given: look whether it is the one, and note it. */
static void check_job(struct study *s, const struct wn_event *event, bool is_exhausted)
{
    bool is_new = event->kind == WN_EVENT_PLANNED;
    const struct wn_tag *tag = is_new ? &event->planned.tag : &event->resumed.tag;
    struct one *one = &s->trials[event->trial];
    struct wn_population_plan plan;
    uint32_t level = s->rule->n_levels, bracket = 0, best = WN_TRIAL_NONE;

    CHECK(s, wn_population_plan_read(tag, &plan));
    for (; bracket < s->n_brackets && level == s->rule->n_levels; bracket++)
        level = offer_of(s, bracket, !is_exhausted);
    if (level == s->rule->n_levels) { /* nobody has one: the next opens */
        CHECK(s, !is_exhausted && bracket == s->n_brackets && bracket < BRACKETS);
        level = bracket % s->rule->n_brackets;
        s->limit[s->n_brackets++] = size_of(s, bracket, level);
    } else {
        bracket--;
        if (level > s->level[bracket])
            s->limit[bracket] = limit_above(s, bracket);
    }
    CHECK(s, plan.generation == bracket && plan.level == level);
    s->level[bracket] = level;
    s->given[bracket][level]++;
    CHECK(s, plan.member == s->turns[level]);
    s->turns[level] = (s->turns[level] + 1) % s->widths[level];
    CHECK(s, is_same(&s->places[level][plan.member], plan.target));
    if (is_promoting(s, bracket, level))
        best = best_paused(s, level - 1);
    CHECK(s, is_new == (best == WN_TRIAL_NONE));
    if (is_new) {
        bool is_first = bracket == 0 && level == 0;
        uint32_t lowest = bracket % s->rule->n_brackets;
        CHECK(s, plan.kind == (is_first ? WN_POPULATION_RANDOM : WN_POPULATION_EVOLVED));
        CHECK(s, plan.source == (level == lowest ? level : level - 1));
        CHECK(s, is_first ||
                     plan.n_parents == (level == lowest ? s->widths[level]
                                                        : size_of(s, bracket, level)));
        CHECK(s, event->planned.milestone == s->rule->resources[level]);
        CHECK(s, event->planned.parent == plan.target);
        one->milestone = event->planned.milestone;
    } else {
        int64_t above = wn_history_resource(s->history, event->trial) + 1;
        CHECK(s, event->trial == best && plan.kind == WN_POPULATION_PROMOTED);
        CHECK(s, event->resumed.milestone == (above > s->rule->resources[level]
                                                  ? above
                                                  : s->rule->resources[level]));
        one->milestone = event->resumed.milestone;
        s->n_promoted++;
    }
    one->plan = plan;
    one->state = WN_TRIAL_LIVE;
}

/* --- children --- */

static bool is_in(const struct study *s, uint32_t level, uint32_t trial)
{
    for (uint32_t i = 0; i < s->widths[level]; i++)
        if (is_same(&s->places[level][i], trial))
            return true;
    return false;
}

/* Whether a trial is among the best n of a level. */
static bool is_best(const struct study *s, uint32_t level, uint32_t n, uint32_t trial)
{
    const struct holder *own = NULL;
    uint32_t n_better = 0;

    for (uint32_t i = 0; i < s->widths[level]; i++)
        if (is_same(&s->places[level][i], trial))
            own = &s->places[level][i];
    if (!own)
        return false;
    for (uint32_t i = 0; i < s->widths[level]; i++) {
        const struct holder *other = &s->places[level][i];
        n_better += other->trial != WN_TRIAL_NONE &&
                    (other->loss < own->loss ||
                     (other->loss <= own->loss && other->trial < trial));
    }
    return n_better < n;
}

/* How many could be parents: of the pool, and of everything. */
static void count_parents(const struct study *s,
                          const struct wn_population_plan *plan,
                          uint32_t target,
                          uint32_t *n_pool,
                          uint32_t *n_all)
{
    *n_pool = *n_all = 0;
    for (uint32_t trial = 0; trial < wn_history_n_trials(s->history); trial++) {
        bool is_any = false;
        if (trial == target)
            continue;
        for (uint32_t k = 0; k < s->rule->n_levels && !is_any; k++)
            is_any = is_in(s, k, trial);
        *n_all += is_any;
        *n_pool += is_any && is_best(s, plan->source, plan->n_parents, trial);
    }
}

static void check_child(struct study *s, uint32_t trial, struct wn_reader *r)
{
    const struct one *one = &s->trials[trial];
    uint32_t target = wn_get_u32(r), parents[3], n_pool, n_all, n_of_pool = 0;
    uint32_t holder = s->places[one->plan.level][one->plan.member].trial;

    CHECK(s, target == holder);
    count_parents(s, &one->plan, target, &n_pool, &n_all);
    CHECK(s, n_all >= 3);
    for (int i = 0; i < 3; i++) {
        parents[i] = wn_get_u32(r);
        n_of_pool += is_best(s, one->plan.source, one->plan.n_parents, parents[i]);
    }
    CHECK(s, n_of_pool == (n_pool < 3 ? n_pool : 3));
    for (int i = 0; i < 3; i++) {
        bool is_any = false;
        CHECK(s, parents[i] != target && parents[i] != parents[(i + 1) % 3]);
        for (uint32_t k = 0; k < s->rule->n_levels; k++)
            is_any |= is_in(s, k, parents[i]);
        CHECK(s, is_any);
    }
    for (int i = 0; i < N; i++) {
        double value = one->vector[i];
        double mutant =
            s->trials[parents[0]].vector[i] +
            .5 * (s->trials[parents[1]].vector[i] - s->trials[parents[2]].vector[i]);
        bool may_be_any = mutant < 0 || mutant > 1 || target == WN_TRIAL_NONE;
        CHECK(s, may_be_any || (value <= mutant && value >= mutant) ||
                     (value <= s->trials[target].vector[i] &&
                      value >= s->trials[target].vector[i]));
    }
    s->n_children++;
    s->n_filled += n_pool < 3;
}

static void check_configured(struct study *s, const struct wn_event *event)
{
    struct one *one = &s->trials[event->trial];
    struct wn_reader r = wn_reader_of(event->configured.tag.at, event->configured.tag.n);
    struct wn_reader vector = r;
    uint8_t kind = wn_get_u8(&r);
    uint32_t n_pool, n_all;

    (void)wn_get_raw(&vector, 17);
    for (int i = 0; i < N; i++) {
        one->vector[i] = wn_get_f64(&vector);
        CHECK(s, one->vector[i] >= 0 && one->vector[i] <= 1);
    }
    CHECK(s, wn_reader_is_done(&vector));
    if (kind == CHILD) {
        CHECK(s, one->plan.kind == WN_POPULATION_EVOLVED);
        check_child(s, event->trial, &r);
    } else if (one->plan.kind == WN_POPULATION_EVOLVED) {
        uint32_t holder = s->places[one->plan.level][one->plan.member].trial;
        count_parents(s, &one->plan, holder, &n_pool, &n_all);
        s->n_drawn += n_all >= 3; /* parents so alike that every child was tried */
    }
}

/* --- results --- */

static void finish(struct study *s, uint32_t trial, bool wins, double loss)
{
    struct one *one = &s->trials[trial];
    struct holder *place = &s->places[one->plan.level][one->plan.member];

    s->done[one->plan.generation][one->plan.level]++;
    if (wins)
        *place = (struct holder){trial, loss};
    one->loss = loss;
}

static bool should_win(const struct study *s, uint32_t trial, double loss)
{
    const struct one *one = &s->trials[trial];
    const struct holder *place = &s->places[one->plan.level][one->plan.member];

    return isfinite(loss) && (place->trial == WN_TRIAL_NONE || loss <= place->loss);
}

static void check_report(struct study *s, const struct wn_event *event)
{
    struct one *one = &s->trials[event->trial];
    double loss = event->reported.metrics[0].value;
    bool wins = should_win(s, event->trial, loss);
    struct wn_population_outcome outcome;

    CHECK(s, wn_population_outcome_read(&event->reported.tag, &outcome));
    CHECK(s, outcome.level == one->plan.level && outcome.member == one->plan.member);
    CHECK(s, outcome.wins == wins);
    CHECK(s, is_same(&s->places[outcome.level][outcome.member], outcome.replaced));
    CHECK(s, (event->reported.verdict == WN_VERDICT_PAUSE) ==
                 (wins && event->reported.resource < s->rule->max &&
                  has_promotions(s, one->plan.level)));
    one->state =
        event->reported.verdict == WN_VERDICT_PAUSE ? WN_TRIAL_PAUSED : WN_TRIAL_STOPPED;
    finish(s, event->trial, wins, loss);
}

/* A checkpoint is kept of who may be promoted yet, and of nobody else. */
static void check_worth(const struct study *s)
{
    for (uint32_t i = 0; i < wn_history_n_trials(s->history); i++) {
        const struct one *one = &s->trials[i];
        bool is_kept = one->state == WN_TRIAL_PAUSED &&
                       is_same(&s->places[one->plan.level][one->plan.member], i) &&
                       has_promotions(s, one->plan.level);
        CHECK(s, (wn_sched_dehb.worth(s->sched, i) > 0) == is_kept);
    }
}

/* --- driving --- */

static void emit(struct study *s, struct wn_event event)
{
    struct wn_error err = {0};

    event.time_ms = ++s->time_ms;
    CHECK(s, wn_history_apply(s->history, &event, &err) == WN_OK);
    DRIVE_CHECK(wn_sched_dehb.apply(s->sched, &event, &err) == WN_OK, "%s", err.text);
    DRIVE_CHECK(wn_search_de.apply(s->search, &event, &err) == WN_OK, "%s", err.text);
}

static void start(struct study *s, const struct wn_decision *decision)
{
    uint32_t trial = wn_history_n_trials(s->history);
    struct wn_event event = {.kind = WN_EVENT_PLANNED,
                             .trial = trial,
                             .planned = {.milestone = decision->milestone,
                                         .parent = decision->parent,
                                         .pool = decision->pool,
                                         .tag = decision->tag}};
    struct wn_ask ask = {.trial = trial,
                         .milestone = decision->milestone,
                         .parent = decision->parent,
                         .pool = decision->pool};
    union wn_cell cells[N];
    struct wn_reply reply;

    check_job(s, &event, false);
    emit(s, event);
    reply = wn_search_de.propose(s->search, &ask,
                                 wn_rng_keyed(s->seed, WN_STREAM_PROPOSE, trial), cells);
    CHECK(s, reply.kind == WN_REPLY_CONFIGURE);
    event = (struct wn_event){
        .kind = WN_EVENT_CONFIGURED,
        .trial = trial,
        .configured = {
            .origin = WN_ORIGIN_SEARCH, .n_cells = N, .cells = cells, .tag = reply.tag}};
    check_configured(s, &event);
    emit(s, event);
    s->running[s->n_running++] = trial;
}

static void resume(struct study *s, const struct wn_decision *decision, bool is_exhausted)
{
    struct wn_event event = {.kind = WN_EVENT_RESUMED,
                             .trial = decision->trial,
                             .resumed = {.milestone = decision->milestone,
                                         .via = WN_TRIAL_NONE,
                                         .tag = decision->tag}};

    CHECK(s, wn_sched_dehb.worth(s->sched, decision->trial) > 0);
    check_job(s, &event, is_exhausted);
    emit(s, event);
    s->running[s->n_running++] = decision->trial;
}

/* Do as it says until it waits; true when it is done. */
static bool run_decisions(struct study *s, uint32_t n_slots)
{
    for (;;) {
        bool is_exhausted = wn_history_is_exhausted(s->history);
        struct wn_decision decision = wn_sched_dehb.decide(
            s->sched, s->n_running < n_slots,
            wn_rng_keyed(s->seed, WN_STREAM_DECIDE, s->n_decisions++));

        if (decision.act == WN_ACT_DONE || decision.act == WN_ACT_WAIT) {
            bool is_any = s->n_running < n_slots && !is_exhausted;
            for (uint32_t b = 0; b < s->n_brackets && s->n_running < n_slots; b++)
                is_any |= offer_of(s, b, !is_exhausted) < s->rule->n_levels;
            CHECK(s, !is_any); /* it never idles */
            CHECK(s, (decision.act == WN_ACT_DONE) == (is_exhausted && !s->n_running));
            return decision.act == WN_ACT_DONE;
        }
        CHECK(s, s->n_running < n_slots);
        if (decision.act == WN_ACT_START)
            start(s, &decision);
        else
            resume(s, &decision, is_exhausted);
    }
}

static void report(struct study *s, uint32_t trial, int64_t resource, double loss)
{
    struct wn_metric metric = {"loss", loss};
    struct wn_event event = {
        .kind = WN_EVENT_REPORTED,
        .trial = trial,
        .reported = {.resource = resource, .n_metrics = 1, .metrics = &metric}};
    struct wn_report look = {.trial = trial, .resource = resource, .loss = loss};

    if (resource >= s->trials[trial].milestone) {
        struct wn_verdict verdict =
            wn_sched_dehb.answer(s->sched, &look, (struct wn_rng){0});
        event.reported.is_milestone = true;
        event.reported.verdict = verdict.kind;
        event.reported.tag = verdict.tag;
        check_report(s, &event);
    }
    emit(s, event);
}

static void end(struct study *s, uint32_t trial, enum wn_end how)
{
    const struct wn_trial *record = wn_history_trial(s->history, trial);
    struct one *one = &s->trials[trial];

    if (one->state == WN_TRIAL_LIVE) {
        double loss = how == WN_END_COMPLETED
                          ? record->reports[record->n_reports - 1].loss
                          : HUGE_VAL;
        finish(s, trial, should_win(s, trial, loss), loss);
    }
    one->state = WN_TRIAL_FAILED;
    emit(s, drive_ended(trial, how));
}

/* Something happens to a trial that runs. Losses are few, so that there are ties. */
static void happen(struct study *s)
{
    uint32_t at = (uint32_t)wn_rng_below(&s->rng, s->n_running), trial = s->running[at];
    struct one *one = &s->trials[trial];
    int64_t recorded = wn_history_resource(s->history, trial), resource = one->milestone;
    uint64_t what = wn_rng_below(&s->rng, 100);
    double loss = (double)wn_rng_below(&s->rng, 200) / 8;

    if (what < 10 && recorded + 1 < one->milestone)
        resource = recorded + 1;
    else if (what < 14)
        resource = wn_rng_int(&s->rng, one->milestone, s->rule->max + 2);
    else if (what < 16)
        loss = HUGE_VAL;
    else if (what < 20) {
        end(s, trial, WN_END_FAILED);
        s->running[at] = s->running[--s->n_running];
        return;
    } else if (what < 24 && wn_history_trial(s->history, trial)->n_reports) {
        end(s, trial, WN_END_COMPLETED);
        s->running[at] = s->running[--s->n_running];
        return;
    }
    report(s, trial, resource, loss);
    if (one->state == WN_TRIAL_LIVE)
        return;
    s->running[at] = s->running[--s->n_running];
    if (one->state != WN_TRIAL_PAUSED)
        end(s, trial, resource >= s->rule->max ? WN_END_COMPLETED : WN_END_STOPPED);
}

static struct study *open_study(const struct rule *rule, uint64_t seed)
{
    struct study *s = calloc(1, sizeof *s);
    struct wn_error err = {0};
    struct wn_history_config past = {.metric = "loss", .max_resource = rule->max};
    struct wn_sched_config sched = {.max_resource = rule->max,
                                    .was_checked = rule->n_levels == 1};
    struct wn_search_config search = {.seed = seed};

    assert_non_null(s);
    s->rule = rule;
    s->seed = seed;
    s->rng = wn_rng_keyed(seed, WN_STREAM_TEST, 0);
    s->space = drive_space(space_text);
    s->values[0] = drive_values(wn_sched_dehb.options, rule->options);
    s->values[1] = drive_values(wn_search_de.options, "{}");
    assert_true(s->values[0] && s->values[1]);
    past.space = search.space = s->space;
    assert_int_equal(wn_history_create(&past, &s->history, &err), WN_OK);
    sched.history = search.history = s->history;
    sched.options = s->values[0];
    search.options = s->values[1];
    DRIVE_CHECK(wn_sched_dehb.create(&sched, &s->sched, &err) == WN_OK, "%s", err.text);
    assert_int_equal(wn_search_de.create(&search, &s->search, &err), WN_OK);
    for (uint32_t k = 0; k < rule->n_levels; k++)
        for (uint32_t b = 0; b < rule->n_brackets; b++)
            if (rule->sizes[b][k] > s->widths[k])
                s->widths[k] = rule->sizes[b][k];
    for (uint32_t k = 0; k < rule->n_levels; k++)
        for (uint32_t i = 0; i < PLACES; i++)
            s->places[k][i].trial = WN_TRIAL_NONE;
    return s;
}

static void close_study(struct study *s)
{
    wn_sched_dehb.destroy(s->sched);
    wn_search_de.destroy(s->search);
    wn_history_destroy(s->history);
    wn_values_destroy(s->values[0]);
    wn_values_destroy(s->values[1]);
    wn_space_destroy(s->space);
    free(s);
}

static const struct rule rules[] = {
    {.max = 9,
     .eta = 3,
     .options = "{}",
     .n_levels = 3,
     .n_brackets = 3,
     .resources = {1, 3, 9},
     .sizes = {{9, 3, 1}, {0, 3, 1}, {0, 0, 3}}},
    {.max = 27,
     .eta = 3,
     .options = "{\"sizes\": \"formula\"}",
     .n_levels = 4,
     .n_brackets = 4,
     .resources = {1, 3, 9, 27},
     .sizes = {{27, 9, 3, 1}, {0, 12, 4, 1}, {0, 0, 6, 2}, {0, 0, 0, 4}}},
    {.max = 8,
     .eta = 2,
     .options = "{\"reduction_factor\": 2, \"brackets\": 2, \"grace_period\": 2}",
     .n_levels = 3,
     .n_brackets = 2,
     .resources = {2, 4, 8},
     .sizes = {{4, 2, 1}, {0, 2, 1}}},
    {.max = 81,
     .eta = 3,
     .options = "{\"brackets\": 1}",
     .n_levels = 5,
     .n_brackets = 1,
     .resources = {1, 3, 9, 27, 81},
     .sizes = {{81, 27, 9, 3, 1}}},
    {.max = 1,
     .eta = 3,
     .options = "{}",
     .n_levels = 1,
     .n_brackets = 1,
     .resources = {1},
     .sizes = {{1}}},
};

static void every_event_is_as_the_rules_want_it(void **state)
{
    static const uint32_t slots[] = {1, 2, 5, 12, 40, 200};
    uint32_t n_promoted = 0, n_children = 0, n_filled = 0, n_drawn = 0;

    (void)state;
    for (uint64_t seed = 0; seed < 90; seed++) {
        struct study *s =
            open_study(&rules[seed % (sizeof rules / sizeof rules[0])], seed);
        uint32_t n_slots = slots[seed % (sizeof slots / sizeof slots[0])];
        uint32_t n_trials = 60 + (uint32_t)wn_rng_below(&s->rng, 300);

        while (!run_decisions(s, n_slots)) {
            if (wn_history_n_trials(s->history) >= n_trials &&
                !wn_history_is_exhausted(s->history))
                emit(s, (struct wn_event){.kind = WN_EVENT_EXHAUSTED,
                                          .trial = WN_TRIAL_NONE});
            else
                happen(s);
            if (s->time_ms % 7 == 0)
                check_worth(s);
        }
        n_promoted += s->n_promoted;
        n_children += s->n_children;
        n_filled += s->n_filled;
        n_drawn += s->n_drawn;
        close_study(s);
    }
    print_message("%" PRIu32 " promotions, %" PRIu32 " children, %" PRIu32
                  " of pools that were filled up, %" PRIu32
                  " drawn for want of new ones\n",
                  n_promoted, n_children, n_filled, n_drawn);
    assert_true(n_promoted > 1000 && n_children > 5000 && n_filled > 1000);
    assert_true(n_drawn < n_children / 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_event_is_as_the_rules_want_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
