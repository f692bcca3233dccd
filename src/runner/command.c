/* command.c - the words of a command line, and the greeting of the trial protocol.
 *
 * No shell: a word of the job file is a word of the program, a value is one word and is
 * never read again. resource.parameter is set here: for schedulers that pause, to the
 * next milestone, so that the program ends itself there.
 */
#include <inttypes.h>
#include <string.h>

#include "runner/process_internal.h"

struct words {
    const struct wn_runner *self;
    const struct wn_run *run;
    struct wn_arena *arena;
    WN_VEC(const char *) list; /* released by wn_command_make() */
    bool is_value;             /* flags come as name, value, name, value */
    bool replaces;             /* the next value is that of resource.parameter */
    bool has_parameter;
};

static bool add_word(struct words *w, const char *word)
{
    const char **slot = wn_vec_push(&w->list);

    if (!slot || !word)
        return false;
    *slot = word;
    return true;
}

static const char *parameter_text(struct words *w)
{
    return wn_arena_printf(w->arena, "%" PRId64, w->run->parameter);
}

static bool add_flag(void *arg, const char *word)
{
    struct words *w = arg;
    const char *name = w->self->cfg.resource_parameter;

    if (w->is_value) {
        w->is_value = false;
        if (w->replaces) {
            w->replaces = false;
            return add_word(w, parameter_text(w));
        }
        return add_word(w, wn_arena_strdup(w->arena, word));
    }
    w->is_value = true;
    if (name && w->run->parameter != INT64_MAX && strncmp(word, "--", 2) == 0 &&
        strcmp(word + 2, name) == 0)
        w->replaces = w->has_parameter = true;
    return add_word(w, wn_arena_strdup(w->arena, word));
}

static bool add_flags(struct words *w)
{
    const struct wn_runner *self = w->self;

    if (!wn_config_flags(self->cfg.space, w->run->cells, add_flag, w))
        return false;
    if (!self->cfg.resource_parameter || w->run->parameter == INT64_MAX ||
        w->has_parameter)
        return true;
    return add_word(w, wn_arena_printf(w->arena, "--%s", self->cfg.resource_parameter)) &&
           add_word(w, parameter_text(w));
}

/* One word of the command with {job_dir} and, in templates, {name} replaced. */
static const char *expand(struct words *w, const char *word, bool is_template)
{
    const struct wn_runner *self = w->self;
    struct wn_buf out = {0};
    char name[WN_NAME_ROOM];
    const char *text;

    while (*word) {
        const char *after = wn_template_name(word, name, sizeof name);

        if (after && strcmp(name, "job_dir") == 0 && self->cfg.job_dir) {
            wn_buf_adds(&out, self->cfg.job_dir);
        } else if (after && is_template && self->cfg.resource_parameter &&
                   w->run->parameter != INT64_MAX &&
                   strcmp(name, self->cfg.resource_parameter) == 0) {
            wn_buf_addf(&out, "%" PRId64, w->run->parameter);
        } else if (!after || !is_template ||
                   !wn_config_word(self->cfg.space, w->run->cells, name, &out)) {
            if (after && is_template &&
                wn_space_find(self->cfg.space, name) != SIZE_MAX) {
                word = after; /* inactive in this configuration: nothing */
                continue;
            }
            wn_buf_addc(&out, *word);
            after = word + 1;
        }
        word = after;
    }
    text = out.failed ? NULL : wn_arena_strdup(w->arena, wn_buf_text(&out));
    wn_buf_release(&out);
    return text;
}

static struct wn_json *config_json(const struct wn_runner *self, const struct wn_run *run)
{
    struct wn_json *config = wn_config_json(self->cfg.space, run->cells, true);

    if (!config || !self->cfg.resource_parameter || run->parameter == INT64_MAX ||
        wn_json_set(config, self->cfg.resource_parameter,
                    wn_json_new_integer(run->parameter)))
        return config;
    wn_json_destroy(config);
    return NULL;
}

static bool add_config_file(struct words *w, struct wn_spec *spec)
{
    struct wn_json *config = config_json(w->self, w->run);
    struct wn_buf text = {0};

    if (!config)
        return false;
    wn_json_print(config, &text);
    wn_buf_addc(&text, '\n');
    wn_json_destroy(config);
    spec->config = text.failed ? NULL : wn_arena_strdup(w->arena, text.at);
    wn_buf_release(&text);
    return spec->config && add_word(w, "--config") &&
           add_word(w, wn_arena_printf(w->arena,
                                       "%s/trials/%u/" WN_CWD_NAME "/" WN_CONFIG_NAME,
                                       w->self->cfg.study_dir, w->run->task.trial,
                                       w->run->task.dispatch.incarnation,
                                       w->run->task.dispatch.count));
}

static bool add_checkpoint_dir(struct words *w)
{
    char temp[WN_PATH_MAX];
    const char *path;

    /* The helper makes the same path: the name of a run's folder is the store's. */
    wn_store_path(w->self->cfg.store,
                  (struct wn_generation){1, w->run->task.trial, w->run->task.dispatch},
                  temp);
    *strrchr(temp, '/') = '\0';
    path =
        wn_arena_printf(w->arena, "%s/tmp-%u.%u/" WN_WORK_NAME, temp,
                        w->run->task.dispatch.incarnation, w->run->task.dispatch.count);
    return add_word(w, "--st_checkpoint_dir") && add_word(w, path);
}

static enum wn_status add_command(struct words *w,
                                  struct wn_spec *spec,
                                  struct wn_error *err)
{
    const struct wn_runner *self = w->self;
    char program[WN_PATH_MAX];
    size_t n;
    const char *const *command = wn_values_strings(self->cfg.trial, "command", &n);
    enum wn_status rc = wn_program_place(command[0], self->cfg.job_dir, program, err);
    bool ok;

    if (rc != WN_OK)
        return rc;
    ok = add_word(w, wn_arena_strdup(w->arena, program));
    for (size_t i = 1; ok && i < n; i++)
        ok = add_word(w, expand(w, command[i], self->pass == WN_PASS_TEMPLATE));
    if (ok && self->pass == WN_PASS_FLAGS)
        ok = add_flags(w);
    if (ok && self->pass == WN_PASS_JSON)
        ok = add_config_file(w, spec);
    if (ok && self->protocol == WN_PROTOCOL_STDOUT)
        ok = add_checkpoint_dir(w);
    return ok ? WN_OK : wn_fail(err, WN_ENOMEM, "no memory for a command line");
}

/* Threads beyond the cores it is bound to would only take turns: a slot may be smaller than
 * trial.cores. */
static uint32_t threads_of(const struct wn_runner *self, const struct wn_run *run)
{
    size_t slot = (size_t)(run - self->runs);

    return (uint32_t)(self->cfg.slots ? self->cfg.slots[slot].n_cores
                                      : (size_t)self->cores);
}

enum wn_status wn_command_make(const struct wn_runner *self,
                               const struct wn_run *run,
                               struct wn_arena *arena,
                               struct wn_spec *out,
                               struct wn_error *err)
{
    struct words w = {.self = self, .run = run, .arena = arena};
    struct wn_spec spec = {
        .study_dir = self->cfg.study_dir,
        .study_name = self->cfg.study_name,
        .trial = run->task.trial,
        .dispatch = run->task.dispatch,
        .source = run->task.source,
        .has_work = self->protocol == WN_PROTOCOL_STDOUT,
        .has_socket = self->protocol != WN_PROTOCOL_STDOUT,
        .cores = threads_of(self, run),
        .python_dir = self->python_dir,
        .config = "",
    };
    enum wn_status rc = add_command(&w, &spec, err);
    const char **args = NULL;

    if (rc == WN_OK) {
        args = wn_arena_alloc(arena, (w.list.n + 1) * sizeof *args);
        if (!args)
            rc = wn_fail(err, WN_ENOMEM, "no memory for a command line");
    }
    if (rc == WN_OK && args) {
        memcpy(args, w.list.at, w.list.n * sizeof *args);
        spec.args = args;
        spec.n_args = w.list.n;
        *out = spec;
    }
    wn_vec_release(&w.list);
    return rc;
}

static bool set_resource(struct wn_json *object, const char *key, int64_t value)
{
    return wn_json_set(object, key,
                       value == INT64_MAX ? wn_json_new_null()
                                          : wn_json_new_integer(value));
}

enum wn_status wn_greeting_make(const struct wn_runner *self,
                                const struct wn_run *run,
                                struct wn_buf *out,
                                struct wn_error *err)
{
    const struct wn_runner_config *cfg = &self->cfg;
    struct wn_json *g = wn_json_new_object();
    char text[32], path[WN_PATH_MAX];
    bool ok;

    snprintf(text, sizeof text, "%u", run->task.trial);
    ok = wn_json_set(g, "winnow", wn_json_new_integer(1)) &&
         wn_json_set(g, "study", wn_json_new_string(cfg->study_name)) &&
         wn_json_set(g, "trial", wn_json_new_string(text)) &&
         wn_json_set(g, "parameters", config_json(self, run)) &&
         set_resource(g, "milestone", run->milestone) &&
         set_resource(g, "max", cfg->max_resource) &&
         set_resource(g, "first", cfg->resource_rule.first) &&
         set_resource(g, "checkpoint_every", cfg->checkpoint_every) &&
         wn_json_set(g, "waits", wn_json_new_bool(run->waits_next));
    if (ok) {
        wn_store_path(cfg->store,
                      (struct wn_generation){1, run->task.trial, run->task.dispatch},
                      path);
        *strrchr(path, '/') = '\0';
        snprintf(text, sizeof text, "/tmp-%u.%u", run->task.dispatch.incarnation,
                 run->task.dispatch.count);
        ok = strlen(path) + strlen(text) < sizeof path;
        if (ok)
            memcpy(path + strlen(path), text, strlen(text) + 1);
        ok = ok && wn_json_set(g, "checkpoint_temp", wn_json_new_string(path));
    }
    if (ok && run->task.source.resource) {
        wn_store_path(cfg->store, run->task.source, path);
        ok = wn_json_set(g, "restore", wn_json_new_string(path)) &&
             set_resource(g, "restore_resource", run->task.source.resource);
    }
    if (ok)
        wn_json_print(g, out);
    wn_json_destroy(g);
    return ok && !out->failed ? WN_OK
                              : wn_fail(err, WN_ENOMEM, "no memory for a greeting");
}
