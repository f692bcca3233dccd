/* drive.h - a small study that drives a scheduler or searcher through anything legal.
 *
 * A drive owns a history, one method under test and the log of all events it made; with
 * a seeded generator it picks which running trial does what: reports below, at or far
 * past its milestone, fails, ends early; and now and then stops a paused one, as a user
 * may. Every legality rule of the contracts is asserted on the way. The log can be
 * applied to a second instance, which must then go on like the first.
 *
 * Out of memory is a result (WN_ENOMEM), so that tests can walk failing allocations.
 */
#ifndef TESTS_CONFORMANCE_DRIVE_H
#define TESTS_CONFORMANCE_DRIVE_H

#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/option.h"
#include "base/rng.h"
#include "trial/event.h"
#include "trial/history.h"

/* Fails the test with a printed reason. */
#define DRIVE_CHECK(condition, ...)          \
    do {                                     \
        if (!(condition)) {                  \
            print_error("%s: ", #condition); \
            print_error(__VA_ARGS__);        \
            print_error("\n");               \
            fail();                          \
        }                                    \
    } while (0)

/* JSON written with ' for ", which no test needs inside a string; the caller frees it. */
static inline char *drive_requoted(const char *text)
{
    char *copy = wn_strdup(text);

    assert_non_null(copy);
    for (char *c = copy; *c; c++)
        if (*c == '\'')
            *c = '"';
    return copy;
}

static inline struct wn_space *drive_space(const char *text)
{
    struct wn_json *json = NULL;
    struct wn_problems problems = {0};
    struct wn_space *space = NULL;
    struct wn_error err = {0};

    DRIVE_CHECK(wn_json_parse(text, strlen(text), &json, &err) == WN_OK, "%s", err.text);
    DRIVE_CHECK(wn_space_parse(json, NULL, &problems, &space, &err) == WN_OK, "%s",
                err.text);
    DRIVE_CHECK(problems.n == 0, "%s", problems.n ? problems.at[0] : "");
    DRIVE_CHECK(wn_space_n_constants(space) == 0, "a parameter was taken for a constant");
    wn_json_destroy(json);
    return space;
}

/* One integer parameter of nine values, for whom the space is no matter. */
static inline struct wn_space *drive_small_space(void)
{
    return drive_space("{\"x\": {\"type\": \"int\", \"low\": 1, \"high\": 9}}");
}

/* Restrict the space to a list of configurations. */
static inline void drive_restrict(struct wn_space *space, const char *list)
{
    struct wn_json *json = NULL;
    struct wn_problems problems = {0};
    struct wn_error err = {0};

    DRIVE_CHECK(wn_json_parse(list, strlen(list), &json, &err) == WN_OK, "%s", err.text);
    DRIVE_CHECK(wn_space_restrict(space, json, "list", &problems, &err) == WN_OK, "%s",
                err.text);
    DRIVE_CHECK(problems.n == 0, "%s", problems.n ? problems.at[0] : "");
    wn_json_destroy(json);
}

/* The values of a table from JSON text; NULL if they are refused. */
static inline struct wn_values *drive_values(const struct wn_option *table,
                                             const char *text)
{
    struct wn_json *json = NULL;
    struct wn_problems problems = {0};
    struct wn_values *values = NULL;
    struct wn_error err = {0};

    DRIVE_CHECK(wn_json_parse(text, strlen(text), &json, &err) == WN_OK, "%s", err.text);
    if (wn_values_parse(table, json, "part", NULL, &problems, &values, &err) != WN_OK ||
        problems.n) {
        wn_values_destroy(values);
        values = NULL;
    }
    wn_problems_release(&problems);
    wn_json_destroy(json);
    return values;
}

/* What means nothing by itself and is refused so, with what it is driven beside. */
static const struct {
    const char *name, *with, *value;
} drive_partners[] = {{"rung_system_per_bracket", "brackets", "3"}};

/* "{NAME: VALUE}", and in it the option's partner where the table has it. */
static inline void drive_print_variant(const struct wn_option *table,
                                       const char *name,
                                       const char *value,
                                       char *text,
                                       size_t room)
{
    int n = snprintf(text, room, "{\"%s\": %s", name, value);

    for (size_t i = 0; i < sizeof drive_partners / sizeof drive_partners[0]; i++)
        for (size_t k = 0; table[k].name; k++)
            if (strcmp(name, drive_partners[i].name) == 0 &&
                strcmp(table[k].name, drive_partners[i].with) == 0)
                n += snprintf(text + n, room - (size_t)n, ", \"%s\": %s",
                              drive_partners[i].with, drive_partners[i].value);
    snprintf(text + n, room - (size_t)n, "}");
}

/* Calls visit for the default values and for each table entry set to each of its choices,
 * to its lowest bound, to what its default is not, or to ASHA inside: every branch of a
 * part without knowing the part. */
static inline void drive_each_variant(const struct wn_option *table,
                                      void (*visit)(void *arg,
                                                    const struct wn_values *values,
                                                    const char *text),
                                      void *arg)
{
    static const char *const none[] = {"", NULL};
    struct wn_values *values = drive_values(table, "{}");
    char value[128], text[256];

    DRIVE_CHECK(values, "the default values are refused");
    visit(arg, values, "{}");
    wn_values_destroy(values);
    for (size_t i = 0; table[i].name; i++) {
        const char *const *choice =
            table[i].type == WN_OPTION_CHOICE ? table[i].choices : none;
        for (; *choice; choice++) {
            if (table[i].type == WN_OPTION_CHOICE)
                snprintf(value, sizeof value, "\"%s\"", *choice);
            else if (table[i].type == WN_OPTION_INT)
                snprintf(value, sizeof value, "%.0f", table[i].low);
            else if (table[i].type == WN_OPTION_BOOL)
                snprintf(value, sizeof value, "%s",
                         table[i].def && strcmp(table[i].def, "true") == 0 ? "false"
                                                                           : "true");
            else if (table[i].type == WN_OPTION_INTS)
                snprintf(value, sizeof value, "[2, 3, 7, 30]");
            else if (strcmp(table[i].name, "around") == 0)
                snprintf(value, sizeof value, "{\"type\": \"asha\"}");
            else
                continue;
            drive_print_variant(table, table[i].name, value, text, sizeof text);
            values = drive_values(table, text);
            DRIVE_CHECK(values, "%s is refused", text);
            visit(arg, values, text);
            wn_values_destroy(values);
        }
    }
}

/* Each table entry out of its bounds, of the wrong type, and a key that does not exist. */
static inline void drive_refuses_bad_options(const struct wn_option *table)
{
    char text[256];

    DRIVE_CHECK(!drive_values(table, "{\"no_such_option\": 1}"),
                "an unknown key is accepted");
    for (size_t i = 0; table[i].name; i++) {
        if (table[i].type == WN_OPTION_ANY)
            continue; /* its owner checks it */
        snprintf(text, sizeof text, "{\"%s\": {}}", table[i].name);
        DRIVE_CHECK(!drive_values(table, text), "%s is accepted", text);
        if (table[i].type == WN_OPTION_INT || table[i].type == WN_OPTION_FLOAT)
            snprintf(text, sizeof text, "{\"%s\": %.0f}", table[i].name,
                     table[i].low - 1);
        else if (table[i].type == WN_OPTION_INTS || table[i].type == WN_OPTION_FLOATS)
            snprintf(text, sizeof text, "{\"%s\": [%.0f]}", table[i].name,
                     table[i].low - 1);
        else
            snprintf(text, sizeof text, "{\"%s\": \"no-such\"}", table[i].name);
        DRIVE_CHECK(!drive_values(table, text), "%s is accepted", text);
    }
}

/* A trial's end; failures have a kind. */
static inline struct wn_event drive_ended(uint32_t trial, enum wn_end how)
{
    bool has_failed = how == WN_END_FAILED;

    return (struct wn_event){
        .kind = WN_EVENT_ENDED,
        .trial = trial,
        .ended = {.how = how,
                  .failure = has_failed ? WN_FAILURE_EXIT : WN_FAILURE_NONE,
                  .text = has_failed ? "exit code 3" : ""}};
}

/* --- the log --- */

struct drive_log {
    WN_VEC(struct wn_event) events; /* what they point to lives in the arena */
    struct wn_arena arena;
};

static inline void drive_log_release(struct drive_log *log)
{
    wn_vec_release(&log->events);
    wn_arena_release(&log->arena);
}

/* Keep a copy of the event; NULL without memory. */
static inline const struct wn_event *drive_log_add(struct drive_log *log,
                                                   const struct wn_event *event)
{
    struct wn_event *copy = wn_vec_push(&log->events);

    if (!copy)
        return NULL;
    *copy = *event;
    if (event->kind == WN_EVENT_CONFIGURED || event->kind == WN_EVENT_ENQUEUED) {
        size_t size_bytes = event->configured.n_cells * sizeof(union wn_cell);
        union wn_cell *cells = wn_arena_alloc(&log->arena, size_bytes + 1);

        if (!cells)
            return NULL;
        memcpy(cells, event->configured.cells, size_bytes);
        copy->configured.cells = cells;
    } else if (event->kind == WN_EVENT_REPORTED) {
        struct wn_metric *metric = wn_arena_alloc(&log->arena, sizeof *metric);

        if (!metric)
            return NULL;
        *metric = event->reported.metrics[0];
        copy->reported.metrics = metric;
    }
    return copy;
}

/* What a decision or a trial's fate looks like, so that two runs compare as text. */
static inline void drive_print(const struct wn_event *event, struct wn_buf *out)
{
    wn_buf_addf(out, "%s %" PRIu32, wn_event_name(event->kind), event->trial);
    if (event->kind == WN_EVENT_PLANNED)
        wn_buf_addf(out, " to %" PRId64, event->planned.milestone);
    else if (event->kind == WN_EVENT_RESUMED)
        wn_buf_addf(out, " to %" PRId64, event->resumed.milestone);
    else if (event->kind == WN_EVENT_ENDED)
        wn_buf_addf(out, " %s", wn_end_name(event->ended.how));
    else if (event->kind == WN_EVENT_REPORTED)
        wn_buf_addf(out, " %" PRId64 " %.17g %s %" PRId64, event->reported.resource,
                    event->reported.metrics[0].value,
                    wn_verdict_name(event->reported.verdict), event->reported.milestone);
    wn_buf_addc(out, '\n');
}

static inline void drive_print_all(const struct drive_log *log, struct wn_buf *out)
{
    for (size_t i = 0; i < log->events.n; i++)
        drive_print(&log->events.at[i], out);
}

#endif /* TESTS_CONFORMANCE_DRIVE_H */
