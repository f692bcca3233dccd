/* open.c - opening a study: refuse, compare, create the next segment, recover, sweep.
 *
 * In this order: the heartbeat refuses a second coordinator; a look at the journal tells
 * whether the study is finished and whether the job may run it (nothing is written until
 * then); the journal's next segment is created and the earlier events are applied;
 * `opened` is appended and synced; checkpoints that the journal does not name go.
 */
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/version.h"
#include "coordinator/coordinator_internal.h"
#include "coordinator/heartbeat.h"

/* The little that decides whether a study can be opened, without building it. */
struct glance {
    char *job_text;
    enum wn_stop_reason stop;
};

static enum wn_status glance_event(void *arg,
                                   const struct wn_event *event,
                                   struct wn_error *err)
{
    struct glance *glance = arg;

    if (event->kind == WN_EVENT_STOPPING)
        glance->stop = event->stopping.reason;
    if (event->kind != WN_EVENT_JOB && event->kind != WN_EVENT_AMENDED)
        return WN_OK;
    glance->stop = WN_STOP_NONE;
    wn_free(glance->job_text);
    glance->job_text = wn_strdup(event->job.text);
    return glance->job_text ? WN_OK
                            : wn_fail(err, WN_ENOMEM, "no memory for the job's text");
}

/* A heartbeat that outlived its coordinator (else we were refused): closing was cut short
 * after `closed`, and results, requests or checkpoints may still be to be dealt with. */
static bool was_cut_short(const struct wn_coord_config *cfg)
{
    char path[WN_PATH_MAX];

    return !cfg->is_simulated &&
           wn_path_join(path, NULL, cfg->study_dir, "heartbeat") == WN_OK &&
           wn_file_exists(path);
}

/* What stands in the journal against what was asked for. */
static enum wn_status compare(const struct wn_coord_config *cfg,
                              const struct glance *glance,
                              const struct wn_journal_summary *summary,
                              enum wn_opening *opening,
                              bool *is_amended,
                              struct wn_problems *problems,
                              struct wn_error *err)
{
    struct wn_job *was = NULL;
    enum wn_status rc;

    *opening = WN_OPENING_NEW;
    *is_amended = false;
    if (!glance->job_text)
        return WN_OK;
    rc = wn_job_parse_canonical(glance->job_text, cfg->job->job_dir, &was, err);
    if (!rc)
        rc = wn_job_compare(was, cfg->job, is_amended, problems, err);
    wn_job_destroy(was);
    if (rc)
        return rc;
    *opening = WN_OPENING_RESUMED;
    if (summary->is_closed && glance->stop != WN_STOP_DRAIN && !*is_amended &&
        !was_cut_short(cfg))
        *opening = WN_OPENING_FINISHED;
    return WN_OK;
}

static enum wn_status look_before(const struct wn_coord_config *cfg,
                                  const char *journal_dir,
                                  enum wn_opening *opening,
                                  struct wn_problems *problems,
                                  struct wn_error *err)
{
    struct glance glance = {0};
    bool is_amended = false;
    struct wn_journal_summary summary = {0};
    enum wn_status rc =
        wn_journal_read(journal_dir, glance_event, &glance, &summary, err);

    if (!rc)
        rc = compare(cfg, &glance, &summary, opening, &is_amended, problems, err);
    wn_free(glance.job_text);
    return rc;
}

/* NULL without memory. */
static struct wn_coord *create(const struct wn_coord_config *cfg)
{
    struct wn_coord *coord = wn_alloc(sizeof *coord);

    if (!coord)
        return NULL;
    coord->cfg = *cfg;
    coord->cfg.job = NULL; /* the journaled text is the job from here on */
    coord->rebuild.has_thread = cfg->has_thread;
    coord->n_peers = wn_comm_n_peers(cfg->comm);
    coord->peers = wn_alloc_array(coord->n_peers + 1, sizeof *coord->peers);
    if (!coord->peers) {
        wn_coord_destroy(coord);
        return NULL;
    }
    if (cfg->study_dir)
        memcpy(coord->study_dir, cfg->study_dir,
               strnlen(cfg->study_dir, WN_PATH_MAX - 1));
    return coord;
}

/* Job, opened, what the job asks to be tried first. */
static enum wn_status first_events(struct wn_coord *coord,
                                   const struct wn_job *job,
                                   bool is_new,
                                   bool is_amended,
                                   const struct wn_journal_opening *opening,
                                   struct wn_error *err)
{
    char host[256] = "";
    uint32_t n_trials;
    struct wn_event event = {.kind = WN_EVENT_JOB, .trial = WN_TRIAL_NONE};
    enum wn_status rc = WN_OK;

    event.job.text = job->text;
    if (is_new)
        rc = wn_coord_commit(coord, &event, err);
    if (rc)
        return rc;
    (void)gethostname(host, sizeof host - 1);
    coord->base_ms = wn_study_time_ms(study_of(coord));
    event = (struct wn_event){.kind = WN_EVENT_OPENED, .trial = WN_TRIAL_NONE};
    n_trials = wn_history_n_trials(wn_study_history(study_of(coord)));
    event.opened.incarnation = opening->incarnation;
    event.opened.n_workers = (uint32_t)coord->n_peers;
    event.opened.n_slots = coord->cfg.n_slots;
    event.opened.n_lengths = opening->n_lengths;
    event.opened.lengths = opening->lengths;
    event.opened.wall_ms = coord->cfg.is_simulated ? 0 : wn_clock_wall_ms();
    event.opened.host = host;
    event.opened.version = wn_version();
    rc = wn_coord_commit(coord, &event, err);
    wn_info("study", "%s opened %s on %s: incarnation %u, %u trial%s so far", job->name,
            is_new ? "for the first time" : "again", host, opening->incarnation, n_trials,
            n_trials == 1 ? "" : "s");
    if (!rc && is_amended) {
        event = (struct wn_event){.kind = WN_EVENT_AMENDED, .trial = WN_TRIAL_NONE};
        event.job.text = job->text;
        rc = wn_coord_commit(coord, &event, err);
    }
    /* These come before all other requests. An opening may have been cut short among
     * them: the next one goes on there. */
    for (size_t i = wn_study_n_enqueued(study_of(coord)); !rc && i < job->n_initial;
         i++) {
        event = (struct wn_event){.kind = WN_EVENT_ENQUEUED, .trial = WN_TRIAL_NONE};
        event.configured.origin = WN_ORIGIN_USER;
        event.configured.cells = job->initial[i];
        event.configured.n_cells = (uint32_t)wn_space_n_params(job->space);
        rc = wn_coord_commit(coord, &event, err);
    }
    if (!rc && coord->journal)
        rc = wn_journal_sync(coord->journal, err);
    return rc;
}

/* What a later opening's trials write is not ours to judge: it may be open already. */
static bool is_kept(void *arg, struct wn_generation gen)
{
    struct wn_coord *coord = arg;

    if (gen.dispatch.incarnation > wn_study_incarnation(study_of(coord)))
        return true;
    return gen.resource > 0 && wn_study_knows(study_of(coord), gen);
}

static enum wn_status sweep(struct wn_coord *coord, struct wn_error *err)
{
    uint64_t n_removed = 0;
    enum wn_status rc;

    if (!coord->cfg.store)
        return WN_OK;
    rc = wn_coord_look_for_later(coord, err);
    if (!rc)
        rc = wn_store_sweep(coord->cfg.store, is_kept, coord, &n_removed, err);
    if (!rc && n_removed)
        wn_info("checkpoint",
                "%llu checkpoint%s that the journal does not name %s removed",
                (unsigned long long)n_removed, n_removed == 1 ? "" : "s",
                n_removed == 1 ? "was" : "were");
    return rc;
}

/* Study directory: journal, recovery. */
static enum wn_status open_journal(struct wn_coord *coord,
                                   const struct wn_job *job,
                                   const char *journal_dir,
                                   struct wn_journal_opening *opening,
                                   struct wn_error *err)
{
    struct wn_journal_config cfg = {
        .dir = journal_dir, .study = job->name, .skips_sync = coord->cfg.is_simulated};
    enum wn_status rc = wn_journal_open(&cfg, wn_rebuild_event, &coord->rebuild,
                                        &coord->journal, opening, err);

    if (!rc && opening->torn_bytes)
        wn_warn("journal",
                "%llu bytes at the end of the journal were torn off by the last "
                "interruption and "
                "are not used",
                (unsigned long long)opening->torn_bytes);
    return rc;
}

static enum wn_status write_job(struct wn_coord *coord,
                                const struct wn_job *job,
                                struct wn_error *err)
{
    char path[WN_PATH_MAX];
    struct wn_buf text = {0};
    enum wn_status rc = wn_path_join(path, err, coord->study_dir, "job.json");

    wn_json_print_pretty(job->root, &text);
    wn_buf_addc(&text, '\n');
    if (!rc && text.failed)
        rc = wn_fail(err, WN_ENOMEM, "no memory for the job's text");
    if (!rc)
        rc = wn_file_replace(path, text.at, text.n, err);
    wn_buf_release(&text);
    return rc;
}

static enum wn_status sweep_name(void *arg, const char *name, struct wn_error *err)
{
    struct wn_coord *coord = arg;
    char path[WN_PATH_MAX];

    if (!wn_file_is_temporary(name) &&
        strncmp(name, "results.h5.tmp-", strlen("results.h5.tmp-")) != 0)
        return WN_OK;
    if (wn_path_join(path, err, coord->study_dir, name) == WN_OK)
        (void)unlink(path); /* in vain: it stays, and does no harm */
    return WN_OK;
}

/* Files that killed coordinators were writing aside. */
static enum wn_status sweep_temporaries(struct wn_coord *coord, struct wn_error *err)
{
    return wn_dir_list(coord->study_dir, sweep_name, coord, err);
}

static bool dies_before_delete(void *arg)
{
    struct wn_coord *coord = arg;

    if (!coord->is_dead && coord->cfg.dies)
        coord->is_dead = coord->cfg.dies(coord->cfg.dies_arg, WN_STEP_BEFORE_DELETE);
    return coord->is_dead;
}

static enum wn_status start(struct wn_coord *coord,
                            const struct wn_job *job,
                            const char *journal_dir,
                            struct wn_problems *problems,
                            struct wn_error *err)
{
    bool is_amended = false;
    struct wn_journal_opening opening = {.incarnation = 1};
    struct wn_keeper_config keeper = {.store = coord->cfg.store,
                                      .study_dir = coord->cfg.study_dir,
                                      .is_inline = coord->cfg.is_simulated,
                                      .dies = coord->cfg.dies ? dies_before_delete : NULL,
                                      .dies_arg = coord};
    enum wn_status rc = WN_OK;

    coord->now_us = coord->t0_us = wn_comm_now_us(coord->cfg.comm);
    if (coord->cfg.study_dir)
        rc = open_journal(coord, job, journal_dir, &opening, err);
    /* Again, since another coordinator may have begun the study after we looked. */
    if (!rc && coord->rebuild.job)
        rc = wn_job_compare(coord->rebuild.job, job, &is_amended, problems, err);
    if (!rc) {
        keeper.journal = coord->journal;
        rc = wn_keeper_create(&keeper, &coord->keeper, err);
    }
    if (!rc && coord->cfg.study_dir && !coord->cfg.is_simulated) {
        rc = sweep_temporaries(coord, err);
        if (!rc)
            rc = wn_heartbeat_write(coord->study_dir, err);
        if (!rc)
            rc = write_job(coord, job, err);
    }
    if (!rc)
        rc = first_events(coord, job, !coord->rebuild.job, is_amended, &opening, err);
    wn_free(opening.lengths);
    if (!rc)
        rc = sweep(coord, err);
    coord->timer_us = coord->now_us + 60 * (int64_t)1000000;
    coord->results_us = coord->now_us + 10 * (int64_t)1000000;
    return rc;
}

enum wn_status wn_coord_open(const struct wn_coord_config *cfg,
                             enum wn_opening *opening,
                             struct wn_problems *problems,
                             struct wn_coord **out,
                             struct wn_error *err)
{
    char journal_dir[WN_PATH_MAX] = "";
    struct wn_coord *coord = NULL;
    enum wn_status rc = WN_OK;

    *opening = WN_OPENING_NEW;
    if (cfg->study_dir) {
        rc = wn_dir_make(cfg->study_dir, err);
        if (!rc && !cfg->takes_over && !cfg->is_simulated)
            rc = wn_heartbeat_check(cfg->study_dir, err);
        if (!rc)
            rc = wn_path_join(journal_dir, err, cfg->study_dir, "journal");
        if (!rc)
            rc = look_before(cfg, journal_dir, opening, problems, err);
    }
    if (rc || *opening == WN_OPENING_FINISHED)
        return rc;
    coord = create(cfg);
    if (!coord)
        return wn_fail(err, WN_ENOMEM, "no memory for the coordinator");
    rc = start(coord, cfg->job, journal_dir, problems, err);
    if (rc) {
        wn_coord_destroy(coord);
        return rc;
    }
    *out = coord;
    return WN_OK;
}
