/* list.c - `winnow list`: the parts there are, with their options, from the registries. */
#define _GNU_SOURCE
#include "cli/command.h"

#include <string.h>

#include "job/methods.h"
#include "runner/runner.h"
#include "sched/sched.h"
#include "search/search.h"
#include "study/study.h"

enum { KINDS_MOST = 16 };

static void add_options(const struct wn_option *table, struct wn_buf *out)
{
    struct wn_buf help = {0};

    wn_options_help(table, &help);
    for (const char *line = wn_buf_text(&help); *line;) {
        size_t n = strcspn(line, "\n");

        wn_buf_addf(out, "    %.*s\n", (int)n, line);
        line += n + (line[n] == '\n');
    }
    out->failed = out->failed || help.failed;
    wn_buf_release(&help);
}

struct part {
    const char *name, *summary, *reference;
    const struct wn_option *table;
    const char *kind, *partner; /* "searcher", the only one it works with; NULL: any */
};

/* A part's line, and with `is_full` its reference and options. */
static void add_part(const struct part *part, bool is_full, struct wn_buf *out)
{
    wn_buf_addf(out, "  %-12s %s", part->name, part->summary);
    if (part->partner)
        wn_buf_addf(out, " (with the %s %s only)", part->kind, part->partner);
    wn_buf_addc(out, '\n');
    if (!is_full)
        return;
    if (part->reference && *part->reference)
        wn_buf_addf(out, "      %s\n", part->reference);
    add_options(part->table, out);
}

static void list_methods(bool is_full, struct wn_buf *out)
{
    for (size_t i = 0; wn_method_at(i); i++) {
        const struct wn_method *method = wn_method_at(i);

        wn_buf_addf(out, "  %-18s %s\n", method->name, method->summary);
        if (!is_full)
            continue;
        if (*method->reference)
            wn_buf_addf(out, "      %s\n", method->reference);
        wn_buf_addf(out, "      scheduler %s\n      searcher  %s\n", method->scheduler,
                    method->searcher);
    }
}

static void list_scheds(bool is_full, struct wn_buf *out)
{
    for (size_t i = 0; wn_sched_at(i); i++) {
        const struct wn_sched_ops *ops = wn_sched_at(i);

        add_part(&(struct part){ops->name, ops->summary, ops->reference, ops->options,
                                "searcher", ops->searcher},
                 is_full, out);
    }
}

static void list_searches(bool is_full, struct wn_buf *out)
{
    for (size_t i = 0; wn_search_at(i); i++) {
        const struct wn_search_ops *ops = wn_search_at(i);

        add_part(&(struct part){ops->name, ops->summary, ops->reference, ops->options,
                                "scheduler", ops->scheduler},
                 is_full, out);
    }
}

static void list_runners(bool is_full, struct wn_buf *out)
{
    for (size_t i = 0; wn_runner_at(i); i++) {
        const struct wn_runner_ops *ops = wn_runner_at(i);

        add_part(&(struct part){.name = ops->name,
                                .summary = ops->summary,
                                .table = ops->options},
                 is_full, out);
    }
    if (is_full) {
        wn_buf_adds(out, "  keys of \"trial\" with every runner\n");
        add_options(wn_trial_options, out);
    }
}

static void list_stops(bool is_full, struct wn_buf *out)
{
    if (is_full) {
        wn_options_help(wn_stop_options, out);
        return;
    }
    for (const struct wn_option *option = wn_stop_options; option->name; option++)
        wn_buf_addf(out, "  %-16s %s\n", option->name, option->help);
}

static const struct {
    const char *name, *title;
    void (*list)(bool is_full, struct wn_buf *out);
} kinds[] = {
    {"methods", "methods: a scheduler and a searcher by one name", list_methods},
    {"schedulers", "schedulers: which trial runs next, and how far", list_scheds},
    {"searchers", "searchers: which configuration a new trial gets", list_searches},
    {"runners", "runners: how a trial is run", list_runners},
    {"stop", "stop criteria: when a study ends", list_stops},
};
#define N_KINDS (sizeof kinds / sizeof kinds[0])

struct list {
    size_t kind; /* N_KINDS: all */
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct list *list = state->input;
    const char *names[KINDS_MOST + 1] = {0};
    const char *nearest;

    if (key != ARGP_KEY_ARG)
        return ARGP_ERR_UNKNOWN;
    if (list->kind < N_KINDS)
        argp_error(state, "one kind at a time, not '%s' too", arg);
    for (size_t i = 0; i < N_KINDS; i++) {
        names[i] = kinds[i].name;
        if (strcmp(kinds[i].name, arg) == 0)
            list->kind = i;
    }
    if (list->kind < N_KINDS)
        return 0;
    nearest = wn_nearest_name(arg, names);
    argp_error(state, "there is no list of '%s'%s%s%s", arg,
               nearest ? "; did you mean '" : "", nearest ? nearest : "",
               nearest ? "'?" : "");
    return 0;
}

static const struct argp argp = {
    NULL,
    parse_option,
    "[methods|schedulers|searchers|runners|stop]",
    "List the parts a job can name: all in short, or one kind with its options."
    "\v" WN_CLI_EXIT_HELP,
    NULL,
    NULL,
    NULL};

static int run(int argc, char **argv)
{
    struct list list = {.kind = N_KINDS};
    struct wn_buf out = {0};
    int code;

    wn_cli_parse(&argp, argc, argv, &list);
    for (size_t i = 0; i < N_KINDS; i++) {
        if (list.kind < N_KINDS && list.kind != i)
            continue;
        wn_buf_addf(&out, "%s%s\n", out.n ? "\n" : "", kinds[i].title);
        kinds[i].list(list.kind == i, &out);
    }
    code = wn_cli_print(&out);
    wn_buf_release(&out);
    return code;
}

const struct wn_command wn_command_list = {
    .name = "list",
    .summary = "list methods, schedulers, searchers, runners, stop criteria",
    .run = run,
};
