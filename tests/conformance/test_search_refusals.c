/* test_search_refusals.c - options that mean nothing beside each other, word for word.
 *
 * What is refused in a new job goes on in a study that was begun with it (was_checked).
 */
#include "drive.h"

#include "search/search.h"

#define EVERYTHING_ANEW \
    " has no effect with resample_probability 1, with which everything is drawn anew"
#define ALL_RANDOM \
    " has no effect with random_fraction 1, with which every proposal is random"

static const char space_text[] = "{\"x\": {\"type\": \"int\", \"low\": 1, \"high\": 9}}";

struct refusal {
    const char *search, *options; /* with ' for " */
    const char *said;             /* NULL: accepted */
    bool is_restricted;           /* the space, to a list */
    const char *partner;          /* options of its scheduler; NULL: not known */
};

static const struct refusal refusals[] = {
    {"evolution", "{'population': 5, 'sample_size': 6}",
     "searcher.sample_size must be at most the population (5), not 6"},
    {"evolution", "{'sample_size': 101}",
     "searcher.sample_size must be at most the population (100), not 101"},
    {"evolution", "{'population': 5, 'sample_size': 5}", NULL},
    {"evolution", "{'population': 5}", NULL},
    {"local", "{'probability': 0, 'startup': 5}",
     "searcher.startup has no effect with probability 0, with which every trial is drawn "
     "at "
     "random"},
    {"local", "{'probability': 0}", NULL},
    {"kde", "{'random_fraction': 1, 'num_min_data_points': 4}",
     "searcher.num_min_data_points" ALL_RANDOM},
    {"kde", "{'random_fraction': 1, 'top_n_percent': 20}",
     "searcher.top_n_percent" ALL_RANDOM},
    {"kde", "{'random_fraction': 1, 'min_bandwidth': 0.1}",
     "searcher.min_bandwidth" ALL_RANDOM},
    {"kde", "{'random_fraction': 1, 'num_candidates': 3}",
     "searcher.num_candidates" ALL_RANDOM},
    {"kde", "{'random_fraction': 1, 'bandwidth_factor': 2}",
     "searcher.bandwidth_factor" ALL_RANDOM},
    {"kde", "{'random_fraction': 1, 'allow_duplicates': true}", NULL},
    {"grid", "{'num_samples': 3}",
     "searcher.num_samples has no effect with restrict_configurations, whose list is the "
     "grid",
     .is_restricted = true},
    {"grid", "{'num_samples': 10, 'order': 'sequential'}", NULL, .is_restricted = true},
    {"grid", "{'num_samples': 3}", NULL},
    {"perturb", "{'explore': 'additive', 'factors': [0.5, 2]}",
     "searcher.factors has no effect with explore \"additive\""},
    {"perturb", "{'explore': 'additive', 'factors': [0.8, 1.2]}", NULL},
    {"perturb", "{'step': 0.1}", "searcher.step has no effect with explore \"factor\""},
    {"perturb", "{'explore': 'none', 'factors': [2]}",
     "searcher.factors has no effect with explore \"none\""},
    {"perturb", "{'explore': 'none', 'step': 0.3}",
     "searcher.step has no effect with explore \"none\""},
    {"perturb", "{'explore': 'none', 'resample_probability': 0}",
     "searcher.resample_probability has no effect with explore \"none\""},
    {"perturb", "{'explore': 'none'}", NULL},
    {"perturb", "{'explore': 'none'}", NULL, .partner = "{}"},
    {"perturb", "{'explore': 'none'}",
     "searcher.explore must not be \"none\" with the scheduler's exploit \"none\": every "
     "member would go on as it is",
     .partner = "{'exploit': 'none'}"},
    {"perturb", "{'explore': 'additive'}", NULL, .partner = "{'exploit': 'none'}"},
    {"perturb", "{'explore': 'none'}",
     "searcher.explore must not be \"none\" with the scheduler's quantile 0: every "
     "member "
     "would go on as it is",
     .partner = "{'quantile': 0}"},
    {"perturb", "{'explore': 'none'}", NULL, .partner = "{'quantile': 0.01}"},
    {"perturb", "{}", NULL, .partner = "{'quantile': 0}"},
    {"perturb", "{'resample_probability': 1, 'factors': [2]}",
     "searcher.factors" EVERYTHING_ANEW},
    {"perturb", "{'resample_probability': 1, 'explore': 'additive', 'step': 0.5}",
     "searcher.step" EVERYTHING_ANEW},
    {"perturb", "{'resample_probability': 1}", NULL},
    {"perturb", "{'resample_probability': 0, 'factors': [1, 1]}",
     "searcher.factors must change something with resample_probability 0: no number "
     "would "
     "ever change"},
    {"perturb", "{'resample_probability': 0, 'factors': [1, 2]}", NULL},
    {"perturb", "{'factors': [1]}", NULL},
    {"perturb", "{'resample_probability': 0, 'explore': 'additive', 'step': 0}",
     "searcher.step must change something with resample_probability 0: no number would "
     "ever "
     "change"},
    {"perturb", "{'explore': 'additive', 'step': 0}", NULL},
    {"perturb", "{'resample_probability': 0, 'explore': 'additive'}", NULL},
    {"schedule", "{'configurations': [{}, {'x': 2}]}",
     "searcher.configurations must be 3, one for each segment (the scheduler's until), "
     "not 2",
     .partner = "{'until': [2, 4, 9]}"},
    {"schedule", "{'configurations': [{}, {'x': 2}]}",
     "searcher.configurations must be 1, one for each segment (without the scheduler's "
     "until "
     "there is one), not 2",
     .partner = "{}"},
    {"schedule", "{'configurations': [{}, {'x': 2}]}", NULL,
     .partner = "{'until': [2, 4]}"},
    {"schedule", "{}", NULL, .partner = "{'until': [2, 4]}"},
    {"schedule", "{'configurations': [{'x': 2}]}", NULL, .partner = "{}"},
};

/* The keys of pbt and schedule that their searchers look at. */
static const char *const exploits[] = {"truncation", "none", NULL};
static const struct wn_option partner_options[] = {
    {.name = "until", .type = WN_OPTION_INTS, .low = 1, .high = 100},
    {.name = "exploit",
     .type = WN_OPTION_CHOICE,
     .choices = exploits,
     .def = "\"truncation\""},
    {.name = "quantile", .type = WN_OPTION_FLOAT, .low = 0, .high = 0.5, .def = "0.25"},
    {0}};

static struct wn_values *values_of(const struct wn_option *table, const char *quoted)
{
    char *text = drive_requoted(quoted);
    struct wn_values *values = drive_values(table, text);

    DRIVE_CHECK(values, "%s is no matter of create()", text);
    wn_free(text);
    return values;
}

static void expect(const struct refusal *of, bool was_checked, const char *said)
{
    const struct wn_search_ops *ops = wn_search_find(of->search);
    struct wn_space *space = drive_space(space_text);
    struct wn_values *values = values_of(ops->options, of->options);
    struct wn_values *partner =
        of->partner ? values_of(partner_options, of->partner) : NULL;
    struct wn_history_config past = {.space = space, .metric = "loss", .max_resource = 9};
    struct wn_search_config cfg = {.space = space,
                                   .options = values,
                                   .partner = partner,
                                   .seed = 1,
                                   .was_checked = was_checked};
    struct wn_history *history = NULL;
    struct wn_search *search = NULL;
    struct wn_error err = {0};
    enum wn_status rc;

    if (of->is_restricted)
        drive_restrict(space, "[{\"x\": 2}, {\"x\": 3}]");
    assert_int_equal(wn_history_create(&past, &history, &err), WN_OK);
    cfg.history = history;
    rc = ops->create(&cfg, &search, &err);
    if (strcmp(err.text, said) != 0 || rc != (*said ? WN_EINVAL : WN_OK))
        fail_msg("%s %s: said \"%s\"", of->search, of->options, err.text);
    ops->destroy(search);
    wn_history_destroy(history);
    wn_values_destroy(values);
    wn_values_destroy(partner);
    wn_space_destroy(space);
}

static void a_new_job_is_told_what_has_no_effect_and_why(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++)
        expect(&refusals[i], false, refusals[i].said ? refusals[i].said : "");
}

static void a_study_begun_with_it_goes_on(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++)
        expect(&refusals[i], true, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_job_is_told_what_has_no_effect_and_why),
        cmocka_unit_test(a_study_begun_with_it_goes_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
