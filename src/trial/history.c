/* history.c - trials, reports and totals, in memory that only grows.
 *
 * Trials live in blocks that never move; cells and texts in an arena; metric values in
 * one store of blocks for all trials; reports in one growing array a trial, because
 * they are read as an array. So a trial costs one small allocation, a report less than
 * one, and nothing large is ever copied. When an apply fails for want of memory the
 * history is consistent but may hold half of the event: its owner discards it.
 */
#include "trial/history.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "trial/member.h"
#include "trial/metrics_internal.h"

#define TRIALS_PER_BLOCK 256
#define TEXT_MAX         4096

struct entry {
    struct wn_trial trial;
    struct wn_report *reports; /* trial.reports, writable */
    int64_t base_ms;           /* running time before the present dispatch */
    int64_t last_elapsed_ms;   /* of the last report, within its dispatch */
    uint32_t room;
    bool is_stopping; /* its last verdict was stop: only its end may follow */
};

struct block {
    struct entry *entries; /* TRIALS_PER_BLOCK */
};

struct place {
    uint32_t trial, report;
};

struct wn_history {
    const struct wn_space *space;
    char *metric;
    size_t n_params;
    int64_t max_resource;
    bool is_maximised, is_exhausted;
    bool has_best, has_full;
    uint32_t n_trials;
    WN_VEC(struct block) blocks;
    struct wn_metrics metrics;
    struct place best, full;
    struct wn_arena arena;
    struct wn_totals totals;
};

static struct entry *entry_of(const struct wn_history *history, uint32_t trial)
{
    return &history->blocks.at[trial / TRIALS_PER_BLOCK]
                .entries[trial % TRIALS_PER_BLOCK];
}

enum wn_status wn_history_create(const struct wn_history_config *cfg,
                                 struct wn_history **out,
                                 struct wn_error *err)
{
    struct wn_history *history;

    if (!cfg->metric || !*cfg->metric)
        return wn_fail(err, WN_EINVAL, "metric.name must not be empty");
    if (cfg->max_resource <= 0)
        return wn_fail(err, WN_EINVAL, "resource.max must be positive, not %" PRId64,
                       cfg->max_resource);
    history = wn_alloc(sizeof *history);
    if (!history)
        return wn_fail(err, WN_ENOMEM, "no memory for the history");
    history->space = cfg->space;
    history->n_params = wn_space_n_params(cfg->space);
    history->max_resource = cfg->max_resource;
    history->is_maximised = cfg->is_maximised;
    history->metric = wn_strdup(cfg->metric);
    if (!history->metric) {
        wn_history_destroy(history);
        return wn_fail(err, WN_ENOMEM, "no memory for the history");
    }
    *out = history;
    return WN_OK;
}

void wn_history_destroy(struct wn_history *history)
{
    if (!history)
        return;
    for (uint32_t i = 0; i < history->n_trials; i++)
        wn_free(entry_of(history, i)->reports);
    for (size_t i = 0; i < history->blocks.n; i++)
        wn_free(history->blocks.at[i].entries);
    wn_vec_release(&history->blocks);
    wn_metrics_release(&history->metrics);
    wn_arena_release(&history->arena);
    wn_free(history->metric);
    wn_free(history);
}

static enum wn_status no_memory(struct wn_error *err, const struct wn_event *event)
{
    return wn_fail(err, WN_ENOMEM, "no memory to record that trial %" PRIu32 " was %s",
                   event->trial, wn_event_name(event->kind));
}

/* The entry an event speaks of, or NULL with *err filled. */
static struct entry *find(const struct wn_history *history,
                          const struct wn_event *event,
                          struct wn_error *err)
{
    if (event->trial < history->n_trials)
        return entry_of(history, event->trial);
    (void)wn_fail(err, WN_ECORRUPT,
                  "%s names trial %" PRIu32 ", but there are only %" PRIu32,
                  wn_event_name(event->kind), event->trial, history->n_trials);
    return NULL;
}

/* The entry of a trial that there must be. */
static struct entry *find_sure(const struct wn_history *history, uint32_t trial)
{
    WN_ASSERT(trial < history->n_trials);
    return entry_of(history, trial);
}

static enum wn_status contradiction(struct wn_error *err,
                                    const struct wn_event *event,
                                    const char *what)
{
    return wn_fail(err, WN_ECORRUPT, "trial %" PRIu32 " cannot be %s: %s", event->trial,
                   wn_event_name(event->kind), what);
}

/* --- planned, configured --- */

static enum wn_status check_plan(const struct wn_history *history,
                                 const struct wn_event *event,
                                 struct wn_error *err)
{
    const struct wn_generation *source = &event->planned.source;

    if (event->trial != history->n_trials || event->trial == WN_TRIAL_NONE)
        return wn_fail(err, WN_ECORRUPT,
                       "trial %" PRIu32 " is planned, but the next is %" PRIu32,
                       event->trial, history->n_trials);
    if (event->planned.parent != WN_TRIAL_NONE && event->planned.parent >= event->trial)
        return contradiction(err, event, "its parent is not an earlier trial");
    if (source->resource < 0 || (source->resource > 0 && source->trial >= event->trial))
        return contradiction(err, event, "its source is not of an earlier trial");
    if (event->planned.milestone <= source->resource)
        return contradiction(err, event, "its milestone is not above its start");
    return WN_OK;
}

static enum wn_status plan(struct wn_history *history,
                           const struct wn_event *event,
                           struct wn_error *err)
{
    enum wn_status rc = check_plan(history, event, err);
    struct wn_member member;
    struct entry *entry;

    if (rc != WN_OK)
        return rc;
    if (history->n_trials % TRIALS_PER_BLOCK == 0 &&
        history->blocks.n == history->n_trials / TRIALS_PER_BLOCK) {
        struct block *block = wn_vec_push(&history->blocks);
        if (!block)
            return no_memory(err, event);
        block->entries = wn_alloc_array(TRIALS_PER_BLOCK, sizeof *block->entries);
        if (!block->entries) {
            history->blocks.n--;
            return no_memory(err, event);
        }
    }
    entry = entry_of(history, history->n_trials++);
    entry->trial = (struct wn_trial){.parent = event->planned.parent,
                                     .source = event->planned.source,
                                     .planned_ms = event->time_ms,
                                     .ended_ms = -1,
                                     .state = WN_TRIAL_LIVE,
                                     .text = ""};
    if (wn_member_read(&event->planned.tag, &member)) {
        entry->trial.member = member.number;
        entry->trial.start = (uint8_t)member.start;
    }
    return WN_OK;
}

static enum wn_status configure(struct wn_history *history,
                                const struct wn_event *event,
                                struct wn_error *err)
{
    struct entry *entry = find(history, event, err);
    size_t size_bytes = history->n_params * sizeof(union wn_cell);
    union wn_cell *cells;

    if (!entry)
        return WN_ECORRUPT;
    if (entry->trial.state != WN_TRIAL_LIVE || entry->is_stopping)
        return contradiction(err, event, "it is not live");
    if (event->configured.n_cells != history->n_params)
        return wn_fail(err, WN_ECORRUPT,
                       "trial %" PRIu32 " is configured with %" PRIu32
                       " values, but the space has %zu",
                       event->trial, event->configured.n_cells, history->n_params);
    if (event->configured.origin != WN_ORIGIN_SEARCH &&
        event->configured.origin != WN_ORIGIN_USER)
        return contradiction(err, event, "its origin is unknown");
    cells = wn_arena_alloc(&history->arena, size_bytes ? size_bytes : 1);
    if (!cells)
        return no_memory(err, event);
    if (size_bytes)
        memcpy(cells, event->configured.cells, size_bytes);
    if (!entry->trial.cells)
        history->totals.n_configured++;
    entry->trial.cells = cells;
    entry->trial.origin = (uint8_t)event->configured.origin;
    return WN_OK;
}

/* --- reported: the report --- */

static enum wn_status check_metrics(const struct wn_history *history,
                                    const struct wn_event *event,
                                    uint32_t *main_at,
                                    struct wn_error *err)
{
    const struct wn_metric *metrics = event->reported.metrics;
    uint32_t n = event->reported.n_metrics;

    *main_at = n;
    if (n > WN_METRICS_MAX)
        return wn_fail(err, WN_ECORRUPT,
                       "a report of trial %" PRIu32 " has %" PRIu32
                       " metrics, more than %d",
                       event->trial, n, WN_METRICS_MAX);
    for (uint32_t i = 0; i < n; i++) {
        if (isnan(metrics[i].value))
            return wn_fail(err, WN_ECORRUPT,
                           "metric %s of trial %" PRIu32 " is not a number",
                           metrics[i].name, event->trial);
        if (*main_at == n && strcmp(metrics[i].name, history->metric) == 0)
            *main_at = i;
    }
    if (*main_at == n)
        return wn_fail(err, WN_ECORRUPT,
                       "a report of trial %" PRIu32 " lacks the metric %s", event->trial,
                       history->metric);
    return WN_OK;
}

static enum wn_status check_report(const struct entry *entry,
                                   const struct wn_event *event,
                                   int64_t recorded,
                                   struct wn_error *err)
{
    if (entry->trial.state != WN_TRIAL_LIVE || entry->is_stopping)
        return contradiction(err, event, "it is not live");
    if (!entry->trial.cells)
        return contradiction(err, event, "it has no configuration");
    if (event->reported.resource <= recorded)
        return wn_fail(err, WN_ECORRUPT,
                       "trial %" PRIu32 " reported resource %" PRId64
                       ", which is not above its recorded %" PRId64,
                       event->trial, event->reported.resource, recorded);
    if (event->reported.elapsed_ms < 0 || event->reported.cost_ms < 0)
        return contradiction(err, event, "its time or cost is negative");
    if ((unsigned)event->reported.verdict > WN_VERDICT_STOP)
        return contradiction(err, event, "its verdict is unknown");
    if (event->reported.verdict == WN_VERDICT_CONTINUE && event->reported.is_milestone &&
        event->reported.milestone <= event->reported.resource)
        return contradiction(err, event, "its next milestone is not above the report");
    if (entry->trial.n_reports == UINT32_MAX - 1)
        return contradiction(err, event, "it has too many reports");
    return WN_OK;
}

/* A place for one more report. Most trials end after a few, so the array starts at one. */
static struct wn_report *push_report(struct entry *entry)
{
    if (entry->trial.n_reports == entry->room) {
        size_t room = (size_t)entry->room + entry->room / 2 + 1;
        struct wn_report *reports;

        if (room > UINT32_MAX)
            room = UINT32_MAX;
        reports = wn_realloc(entry->reports, room * sizeof *reports);
        if (!reports)
            return NULL;
        entry->reports = reports;
        entry->trial.reports = reports;
        entry->room = (uint32_t)room;
    }
    return &entry->reports[entry->trial.n_reports];
}

static const struct wn_report *report_at(const struct wn_history *history,
                                         struct place place)
{
    return &entry_of(history, place.trial)->reports[place.report];
}

/* Whether `a` goes before `b`: smaller loss, then the earlier report. */
static bool is_better(const struct wn_report *a, const struct wn_report *b)
{
    if (a->loss != b->loss)
        return a->loss < b->loss;
    if (a->time_ms != b->time_ms)
        return a->time_ms < b->time_ms;
    return a->trial < b->trial;
}

static void offer_full(struct wn_history *history, uint32_t trial)
{
    struct place place = {trial, entry_of(history, trial)->trial.best};

    if (!history->has_full ||
        is_better(report_at(history, place), report_at(history, history->full))) {
        history->full = place;
        history->has_full = true;
    }
}

static void rank_report(struct wn_history *history, uint32_t trial)
{
    struct entry *entry = entry_of(history, trial);
    uint32_t last = entry->trial.n_reports - 1;
    double loss = entry->reports[last].loss;

    if (loss < entry->reports[entry->trial.best].loss)
        entry->trial.best = last;
    /* Events come in the order of their times, so a tie goes to the one that is there. */
    if (!history->has_best || loss < report_at(history, history->best)->loss) {
        history->best = (struct place){trial, last};
        history->has_best = true;
    }
    if (entry->reports[last].resource >= history->max_resource)
        offer_full(history, trial);
}

static int64_t elapsed_over_dispatches(struct entry *entry, int64_t elapsed_ms)
{
    if (elapsed_ms < entry->last_elapsed_ms) /* a new dispatch, even if nobody said so */
        entry->base_ms = entry->trial.run_ms;
    entry->last_elapsed_ms = elapsed_ms;
    entry->trial.run_ms = entry->base_ms + elapsed_ms;
    return entry->trial.run_ms;
}

/* Elapsed times count from 0 again. */
static void begin_run(struct entry *entry)
{
    entry->base_ms = entry->trial.run_ms;
    entry->last_elapsed_ms = 0;
}

static void add_cost(struct wn_history *history, struct entry *entry, int64_t cost_ms)
{
    WN_ASSERT(cost_ms >= 0);
    entry->trial.cost_ms += cost_ms;
    history->totals.cost_ms += cost_ms;
}

static enum wn_status record_report(struct wn_history *history,
                                    const struct wn_event *event,
                                    struct wn_error *err)
{
    struct entry *entry = find(history, event, err);
    int64_t cost_ms = event->reported.cost_ms, recorded;
    struct wn_report *report;
    uint32_t main_at;
    enum wn_status rc;

    if (!entry)
        return WN_ECORRUPT;
    recorded = wn_history_resource(history, event->trial);
    rc = check_report(entry, event, recorded, err);
    if (rc == WN_OK)
        rc = check_metrics(history, event, &main_at, err);
    if (rc != WN_OK)
        return rc;
    report = push_report(entry);
    if (!report)
        return no_memory(err, event);
    *report = (struct wn_report){
        .resource = event->reported.resource,
        .loss = wn_history_metric_of(history, event->reported.metrics[main_at].value),
        .time_ms = event->time_ms,
        .trial = event->trial,
        .verdict = (uint8_t)event->reported.verdict,
        .is_milestone = event->reported.is_milestone,
        .cost_ms = cost_ms > UINT32_MAX ? UINT32_MAX : (uint32_t)cost_ms};
    if (!wn_metrics_add(&history->metrics, event->reported.metrics,
                        event->reported.n_metrics, main_at, &report->metric_set,
                        &report->metric_at))
        return no_memory(err, event);
    report->elapsed_ms = elapsed_over_dispatches(entry, event->reported.elapsed_ms);
    entry->trial.n_reports++;
    add_cost(history, entry, cost_ms);
    history->totals.n_reports++;
    history->totals.resource += report->resource - recorded;
    if (event->reported.is_milestone && event->reported.checkpoint.resource > 0)
        entry->trial.newest = event->reported.checkpoint;
    if (event->reported.is_milestone && event->reported.verdict != WN_VERDICT_STOP) {
        history->totals.n_milestones++;
        history->totals.n_bare += event->reported.checkpoint.resource == 0;
    }
    rank_report(history, event->trial);
    if (event->reported.verdict == WN_VERDICT_PAUSE) {
        entry->trial.state = WN_TRIAL_PAUSED;
        history->totals.n_paused++;
    }
    entry->is_stopping = event->reported.verdict == WN_VERDICT_STOP;
    return WN_OK;
}

/* --- resumed, recalled, ended --- */

static void withdraw(struct wn_history *history, struct entry *entry, int64_t time_ms)
{
    entry->trial.state = WN_TRIAL_WITHDRAWN;
    entry->trial.ended_ms = time_ms;
    history->totals.n_withdrawn++;
}

static enum wn_status resume(struct wn_history *history,
                             const struct wn_event *event,
                             struct wn_error *err)
{
    struct entry *entry = find(history, event, err);
    uint32_t via = event->resumed.via;

    if (!entry)
        return WN_ECORRUPT;
    if (entry->trial.state != WN_TRIAL_PAUSED)
        return contradiction(err, event, "it is not paused");
    if (event->resumed.milestone <= wn_history_resource(history, event->trial))
        return contradiction(err, event, "its milestone is not above its resource");
    if (via != WN_TRIAL_NONE) {
        struct entry *replaced = via < history->n_trials ? entry_of(history, via) : NULL;
        if (!replaced || replaced->trial.state != WN_TRIAL_LIVE || replaced->trial.cells)
            return contradiction(err, event,
                                 "the trial it replaces awaits no configuration");
        withdraw(history, replaced, event->time_ms);
    }
    entry->trial.state = WN_TRIAL_LIVE;
    history->totals.n_paused--;
    begin_run(entry);
    return WN_OK;
}

static enum wn_status recall(const struct wn_history *history,
                             const struct wn_event *event,
                             struct wn_error *err)
{
    const struct entry *entry = find(history, event, err);

    if (!entry)
        return WN_ECORRUPT;
    if (entry->trial.state != WN_TRIAL_LIVE)
        return contradiction(err, event, "it is not live");
    if (event->recalled.how != WN_RECALL_PAUSE && event->recalled.how != WN_RECALL_STOP)
        return contradiction(err, event, "it is asked neither to pause nor to stop");
    return WN_OK;
}

static enum wn_status fail_trial(struct wn_history *history,
                                 struct entry *entry,
                                 const struct wn_event *event,
                                 struct wn_error *err)
{
    const char *text = event->ended.text;

    if (event->ended.failure == WN_FAILURE_NONE ||
        (unsigned)event->ended.failure >= WN_FAILURE_N)
        return contradiction(err, event, "its failure is of an unknown kind");
    if (text && *text) {
        entry->trial.text =
            wn_arena_strndup(&history->arena, text, strnlen(text, TEXT_MAX));
        if (!entry->trial.text) {
            entry->trial.text = "";
            return no_memory(err, event);
        }
    }
    entry->trial.failure = (uint8_t)event->ended.failure;
    entry->trial.state = WN_TRIAL_FAILED;
    history->totals.n_failed++;
    return WN_OK;
}

static enum wn_status end(struct wn_history *history,
                          const struct wn_event *event,
                          struct wn_error *err)
{
    struct entry *entry = find(history, event, err);
    enum wn_status rc = WN_OK;
    bool was_paused;

    if (!entry)
        return WN_ECORRUPT;
    was_paused = entry->trial.state == WN_TRIAL_PAUSED;
    if (!was_paused && entry->trial.state != WN_TRIAL_LIVE)
        return contradiction(err, event, "it has ended before");
    if ((unsigned)event->ended.how - WN_END_COMPLETED >
        WN_END_WITHDRAWN - WN_END_COMPLETED)
        return contradiction(err, event, "the way it ended is unknown");
    if (event->ended.cost_ms < 0)
        return contradiction(err, event, "its cost is negative");
    if (event->ended.how == WN_END_WITHDRAWN && entry->trial.cells)
        return contradiction(err, event,
                             "it has a configuration, so it is not withdrawn");
    if (event->ended.how == WN_END_COMPLETED && !entry->trial.cells)
        return contradiction(err, event, "it completed without a configuration");
    switch (event->ended.how) {
    case WN_END_COMPLETED:
        entry->trial.state = WN_TRIAL_COMPLETED;
        history->totals.n_completed++;
        if (history->max_resource == INT64_MAX && entry->trial.n_reports)
            offer_full(history, event->trial);
        break;
    case WN_END_STOPPED:
        entry->trial.state = WN_TRIAL_STOPPED;
        history->totals.n_stopped++;
        break;
    case WN_END_FAILED: rc = fail_trial(history, entry, event, err); break;
    case WN_END_WITHDRAWN: withdraw(history, entry, event->time_ms); break;
    }
    if (rc != WN_OK)
        return rc;
    entry->trial.ended_ms = event->time_ms;
    add_cost(history, entry, event->ended.cost_ms);
    history->totals.n_paused -= was_paused;
    return WN_OK;
}

enum wn_status wn_history_apply(struct wn_history *history,
                                const struct wn_event *event,
                                struct wn_error *err)
{
    switch (event->kind) {
    case WN_EVENT_PLANNED: return plan(history, event, err);
    case WN_EVENT_CONFIGURED: return configure(history, event, err);
    case WN_EVENT_REPORTED: return record_report(history, event, err);
    case WN_EVENT_RESUMED: return resume(history, event, err);
    case WN_EVENT_RECALLED: return recall(history, event, err);
    case WN_EVENT_ENDED: return end(history, event, err);
    case WN_EVENT_EXHAUSTED: history->is_exhausted = true; return WN_OK;
    case WN_EVENT_ENQUEUED:
    case WN_EVENT_AMENDED: history->is_exhausted = false; return WN_OK;
    case WN_EVENT_IMPORTED:
    case WN_EVENT_NOTED: return WN_OK; /* nothing of theirs is kept here */
    case WN_EVENT_NOT_LOGICAL: break;
    }
    return wn_fail(err, WN_EINVAL, "event %d (%s) is not a logical one", (int)event->kind,
                   wn_event_name(event->kind));
}

/* --- placement events --- */

static void forget_newest(struct wn_history *history, struct wn_generation gone)
{
    struct wn_trial *trial = &find_sure(history, gone.trial)->trial;

    if (wn_generation_equal(trial->newest, gone))
        trial->newest = (struct wn_generation){0};
}

void wn_history_follow(struct wn_history *history, const struct wn_event *event)
{
    if (event->kind == WN_EVENT_DISPATCHED)
        begin_run(find_sure(history, event->trial));
    else if (event->kind == WN_EVENT_REPEATED)
        add_cost(history, find_sure(history, event->trial), event->repeated.cost_ms);
    else if (event->kind == WN_EVENT_RETURNED)
        add_cost(history, find_sure(history, event->trial), event->returned.cost_ms);
    else if (event->kind == WN_EVENT_DAMAGED || event->kind == WN_EVENT_COLLECTED)
        forget_newest(history, event->collected.generation);
}

void wn_history_begin_afresh(struct wn_history *history, uint32_t trial)
{
    struct wn_trial *at = &find_sure(history, trial)->trial;

    if (at->source.resource &&
        !at->afresh_at) /* once is for ever: nothing else is left */
        at->afresh_at = wn_history_resource(history, trial);
}

/* --- looking --- */

const struct wn_space *wn_history_space(const struct wn_history *history)
{
    return history->space;
}

int64_t wn_history_max_resource(const struct wn_history *history)
{
    return history->max_resource;
}

bool wn_history_is_maximised(const struct wn_history *history)
{
    return history->is_maximised;
}

uint32_t wn_history_n_trials(const struct wn_history *history)
{
    return history->n_trials;
}

const struct wn_trial *wn_history_trial(const struct wn_history *history, uint32_t trial)
{
    WN_ASSERT(trial < history->n_trials);
    return &entry_of(history, trial)->trial;
}

int64_t wn_history_resource(const struct wn_history *history, uint32_t trial)
{
    const struct wn_trial *t = wn_history_trial(history, trial);

    return t->n_reports ? t->reports[t->n_reports - 1].resource : t->source.resource;
}

struct wn_generation wn_history_source_at(const struct wn_history *history,
                                          uint32_t trial,
                                          int64_t resource)
{
    const struct wn_trial *at = wn_history_trial(history, trial);

    if (at->afresh_at && resource > at->afresh_at)
        return (struct wn_generation){0};
    return at->source;
}

bool wn_history_is_full(const struct wn_history *history, uint32_t trial)
{
    const struct wn_trial *t = wn_history_trial(history, trial);

    if (history->max_resource == INT64_MAX)
        return t->state == WN_TRIAL_COMPLETED && t->n_reports > 0;
    return t->n_reports > 0 &&
           t->reports[t->n_reports - 1].resource >= history->max_resource;
}

const struct wn_report *wn_history_report_at(const struct wn_history *history,
                                             uint32_t trial,
                                             int64_t resource)
{
    const struct wn_trial *t = wn_history_trial(history, trial);
    uint32_t low = 0, high = t->n_reports; /* reports before low are at or below it */

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (t->reports[middle].resource <= resource)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? &t->reports[low - 1] : NULL;
}

bool wn_history_is_exhausted(const struct wn_history *history)
{
    return history->is_exhausted;
}

size_t wn_history_metric_names(const struct wn_history *history,
                               uint16_t set,
                               const char *const **names)
{
    WN_ASSERT(set < history->metrics.sets.n);
    *names = history->metrics.sets.at[set].names;
    return history->metrics.sets.at[set].n;
}

const double *wn_history_metrics(const struct wn_history *history,
                                 const struct wn_report *report)
{
    return wn_metrics_at(&history->metrics, report->metric_at);
}

const struct wn_report *wn_history_best(const struct wn_history *history, bool full_only)
{
    if (full_only)
        return history->has_full ? report_at(history, history->full) : NULL;
    return history->has_best ? report_at(history, history->best) : NULL;
}

double wn_history_metric_of(const struct wn_history *history, double loss)
{
    return history->is_maximised ? -loss : loss;
}

struct wn_totals wn_history_totals(const struct wn_history *history)
{
    return history->totals;
}
