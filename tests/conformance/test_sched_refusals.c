/* test_sched_refusals.c - options that mean nothing beside each other, word for word.
 *
 * What is refused in a new job goes on in a study that was begun with it (was_checked),
 * and a scheduler inside another is refused with the path inside.
 */
#include "drive_sched.h"

#define NOTHING_DECIDED "the maximum would be the only level, where nothing is decided"

struct refusal {
    const char *sched, *options; /* with ' for " */
    int64_t max;
    uint32_t n_initial;
    const char *said; /* NULL: accepted */
};

static const struct refusal refusals[] = {
    {"asha", "{'rung_system_per_bracket': true}", 9, 1,
     "scheduler.rung_system_per_bracket must be false with one bracket, in which all "
     "compete; take more scheduler.brackets"},
    {"asha", "{'rung_system_per_bracket': true, 'brackets': 2}", 9, 1, NULL},
    {"asha", "{'grace_period': 9}", 9, 1,
     "scheduler.grace_period must be below resource.max (9): without a rung there "
     "nothing "
     "is ever decided"},
    {"asha", "{'grace_period': 8, 'reduction_factor': 1000}", 9, 1, NULL},
    {"asha", "{}", 1, 1, NULL},
    {"asha", "{'grace_period': 1}", 1, 1, NULL},
    {"asha", "{'rung_levels': [9]}", 9, 1,
     "scheduler.rung_levels must begin below resource.max (9): without a rung there "
     "nothing "
     "is ever decided"},
    {"asha", "{'rung_levels': [2, 9], 'grace_period': 2}", 9, 1,
     "scheduler.grace_period has no effect beside scheduler.rung_levels, which begin "
     "with "
     "the first rung"},
    {"asha", "{'rung_levels': [2, 9], 'grace_period': 1}", 9, 1, NULL},
    {"hyperband", "{}", 1, 1, "resource.max must be at least 2, not 1: " NOTHING_DECIDED},
    {"hyperband", "{}", 2, 1,
     "scheduler.reduction_factor must be at most resource.max (2), not "
     "3: " NOTHING_DECIDED},
    {"hyperband", "{'reduction_factor': 10}", 9, 1,
     "scheduler.reduction_factor must be at most resource.max (9), not "
     "10: " NOTHING_DECIDED},
    {"hyperband", "{'grace_period': 4}", 9, 1,
     "scheduler.grace_period must be at most resource.max divided by reduction_factor "
     "(3), "
     "not 4: " NOTHING_DECIDED},
    {"hyperband", "{'grace_period': 3}", 9, 1, NULL},
    {"hyperband", "{'reduction_factor': 2}", 2, 1, NULL},
    {"hyperband", "{'brackets': 1, 'sizes': 'table'}", 9, 1,
     "scheduler.sizes has no effect with one bracket, whose size is the same by formula "
     "and "
     "table"},
    {"hyperband", "{'brackets': 1, 'sizes': 'formula'}", 9, 1, NULL},
    {"hyperband", "{'brackets': 4}", 9, 1,
     "scheduler.brackets must be at most 3, the number of levels up to resource.max, not "
     "4"},
    {"dehb", "{}", 1, 1, "resource.max must be at least 2, not 1: " NOTHING_DECIDED},
    {"dehb", "{'grace_period': 9}", 9, 1,
     "scheduler.grace_period must be at most resource.max divided by reduction_factor "
     "(3), "
     "not 9: " NOTHING_DECIDED},
    {"dehb", "{'brackets': 1, 'sizes': 'formula'}", 9, 1,
     "scheduler.sizes has no effect with one bracket, whose size is the same by formula "
     "and "
     "table"},
    {"dehb", "{'brackets': 1, 'sizes': 'table'}", 9, 1, NULL},
    {"pbt", "{'population': 4}", 9, 5,
     "scheduler.population must be at least the number of initial configurations (5), "
     "not 4: "
     "a member begins with one"},
    {"pbt", "{'population': 4}", 9, 4, NULL},
    {"pbt", "{}", 9, 21,
     "scheduler.population must be at least the number of initial configurations (21), "
     "not "
     "20: a member begins with one"},
    {"pbt", "{'exploit': 'none', 'quantile': 0.3}", 9, 1,
     "scheduler.quantile has no effect with exploit \"none\", under which nobody is "
     "copied"},
    {"pbt", "{'exploit': 'none', 'quantile': 0.2}", 9, 1, NULL},
    {"pbt", "{'exploit': 'none', 'burn_in': 3}", 9, 1, NULL},
    {"pbt", "{'quantile': 0, 'burn_in': 3}", 9, 1,
     "scheduler.burn_in has no effect with quantile 0, under which no member ever loses "
     "its "
     "place"},
    {"pbt", "{'quantile': 0}", 9, 1, NULL},
    {"pbt", "{'perturbation_interval': 4, 'burn_in': 9}", 10, 1,
     "scheduler.burn_in must be at most 8, the last judgement before resource.max, not "
     "9: no "
     "member would ever lose its place"},
    {"pbt", "{'perturbation_interval': 4, 'burn_in': 8}", 10, 1, NULL},
    {"pbt", "{'perturbation_interval': 4, 'burn_in': 5}", 8, 1,
     "scheduler.burn_in must be at most 4, the last judgement before resource.max, not "
     "5: no "
     "member would ever lose its place"},
    {"median", "{'interval': 9}", 9, 1,
     "scheduler.interval must leave a step between grace_time (1) and resource.max (9), "
     "and "
     "not be 9: nothing would ever be judged"},
    {"median", "{'interval': 5, 'grace_time': 5}", 9, 1,
     "scheduler.interval must leave a step between grace_time (5) and resource.max (9), "
     "and "
     "not be 5: nothing would ever be judged"},
    {"median", "{'interval': 5, 'grace_time': 4}", 9, 1, NULL},
    {"median", "{'grace_time': 8}", 9, 1,
     "scheduler.grace_time must be below 8, the last step before resource.max, not 8: "
     "nothing would ever be judged"},
    {"median", "{'grace_time': 7}", 9, 1, NULL},
    {"median", "{}", 2, 1, NULL},
    {"schedule", "{'until': [2, 5]}", 9, 1,
     "initial must be [] under the scheduler schedule, whose segments have the "
     "configurations of the searcher"},
    {"schedule", "{'until': [2, 5]}", 9, 0, NULL},
};
#define N_REFUSALS (sizeof refusals / sizeof refusals[0])

/* What create() says of it; "" if it accepts. */
static struct wn_error heard(const struct wn_sched_ops *ops,
                             const char *options,
                             const struct refusal *of,
                             bool was_checked)
{
    char *text = drive_requoted(options);
    struct wn_values *values = drive_values(ops->options, text);
    struct wn_space *space = drive_small_space();
    struct drive d = {.ops = ops,
                      .values = values,
                      .space = space,
                      .max_resource = of->max,
                      .n_initial = of->n_initial,
                      .was_checked = was_checked};
    struct wn_error err = {0};
    enum wn_status rc;

    DRIVE_CHECK(values, "%s is no matter of create()", text);
    rc = drive_begin(&d, &err);
    DRIVE_CHECK(rc == (*err.text ? WN_EINVAL : WN_OK), "%s", err.text);
    if (rc == WN_OK)
        drive_end(&d);
    wn_values_destroy(values);
    wn_space_destroy(space);
    wn_free(text);
    return err;
}

static void a_new_job_is_told_what_has_no_effect_and_why(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_REFUSALS; i++) {
        const struct refusal *of = &refusals[i];
        struct wn_error err = heard(wn_sched_find(of->sched), of->options, of, false);

        if (strcmp(err.text, of->said ? of->said : "") != 0)
            fail_msg("%s %s: said \"%s\"", of->sched, of->options, err.text);
    }
}

/* All but what never could be: more brackets than levels. */
static void a_study_begun_with_it_goes_on(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_REFUSALS; i++) {
        const struct refusal *of = &refusals[i];
        struct wn_error err = heard(wn_sched_find(of->sched), of->options, of, true);

        if (*err.text && !strstr(err.text, "scheduler.brackets must be at most"))
            fail_msg("%s %s: said \"%s\"", of->sched, of->options, err.text);
    }
}

/* `said` with each path put inside. */
static void put_inside(const char *said, char *out, size_t room)
{
    size_t n = 0;

    while (*said && n + 32 < room) {
        if (strncmp(said, "scheduler.", 10) == 0) {
            n += (size_t)snprintf(out + n, room - n, "scheduler.around.");
            said += 10;
        } else {
            out[n++] = *said++;
        }
    }
    out[n] = '\0';
}

static void inside_another_the_path_is_that_of_the_inside(void **state)
{
    const struct wn_sched_ops *median = wn_sched_find("median");
    char options[512], expected[512];

    (void)state;
    for (size_t i = 0; i < N_REFUSALS; i++) {
        const struct refusal *of = &refusals[i];
        bool has_more = of->options[1] != '}';
        struct wn_error err;

        if (wn_sched_is_around(wn_sched_find(of->sched)) || of->max < 3)
            continue;
        snprintf(options, sizeof options, "{'around': {'type': '%s'%s%s}", of->sched,
                 has_more ? ", " : "", of->options + 1);
        put_inside(of->said ? of->said : "", expected, sizeof expected);
        err = heard(median, options, of, false);
        if (strcmp(err.text, expected) != 0)
            fail_msg("%s: said \"%s\"", options, err.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_job_is_told_what_has_no_effect_and_why),
        cmocka_unit_test(a_study_begun_with_it_goes_on),
        cmocka_unit_test(inside_another_the_path_is_that_of_the_inside),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
