/* test_job_restrict.c - restrict_configurations: a list, a file, and what follows of it. */
#include "test_job.h"

#include <unistd.h>

#include "base/file.h"

#define TABLE                                                            \
    "[{'lr': 0.1, 'opt': 'sgd'}, {'opt': 'adam', 'lr': 0.02}, {'lr': 1," \
    " 'opt': 'adam', 'epochs': 9}, {'lr': 0.1, 'opt': 'sgd'}]"

enum { N_TABLE = 3 }; /* one is there twice */

static void holds_nothing_of_it_when_it_is_not_given(void **state)
{
    struct wn_job *job = good_job(NULL);

    (void)state;
    assert_int_equal(wn_space_n_allowed(job->space), 0);
    assert_null(strstr(job->text, "restrict_configurations"));
    wn_job_destroy(job);
}

static void restricts_the_space_and_stands_in_the_canonical_text(void **state)
{
    struct wn_job *job = good_job("restrict_configurations=" TABLE), *again = NULL;
    const struct wn_json *list = wn_json_get(job->root, "restrict_configurations");
    struct wn_error err = {0};
    uint64_t size = 0;

    (void)state;
    assert_int_equal(wn_space_n_allowed(job->space), N_TABLE);
    assert_true(wn_space_size(job->space, &size) && size == N_TABLE);
    assert_int_equal(wn_json_size(list), N_TABLE);
    assert_true(wn_json_number(wn_json_get(wn_json_at(list, 1), "lr")) == 0.02);
    assert_null(
        wn_json_get(wn_json_at(list, 2), "epochs")); /* constants are not listed */
    if (wn_job_parse_canonical(job->text, "/elsewhere", &again, &err) != WN_OK)
        fail_msg("%s", err.text);
    assert_string_equal(again->text, job->text);
    assert_true(wn_space_fingerprint(again->space) == wn_space_fingerprint(job->space));
    wn_job_destroy(again);
    wn_job_destroy(job);
}

/* By default the first is the listed one nearest to the middle (lr 0.01, opt sgd). */
static void begins_with_what_is_listed(void **state)
{
    static const struct {
        const char *initial;
        double lr[2];
    } cases[] = {
        {"seed=1", {0.1}},
        {"initial=[]", {0}},
        {"initial=[{'opt': 'adam'}, {'lr': 1}]", {0.02, 1}},
        {"initial=[{'opt': 'adam', 'lr': 1}]", {1}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const sets[] = {"restrict_configurations=" TABLE, cases[i].initial,
                                    NULL};
        struct wn_job *job = job_with(GOOD_JOB, sets);

        for (size_t k = 0; k < 2; k++) {
            assert_int_equal(job->n_initial > k, cases[i].lr[k] > 0);
            if (job->n_initial > k)
                assert_true(job->initial[k][0].f == cases[i].lr[k]);
        }
        wn_job_destroy(job);
    }
}

static void tells_mistakes_with_their_paths(void **state)
{
    static const struct {
        const char *sets[3];
        const char *said[3];
    } cases[] = {
        {{"restrict_configurations=7"},
         {"restrict_configurations: must be a list of configurations, or the path of a "
          "JSON file with one, not a number"}},
        {{"restrict_configurations=null"},
         {"restrict_configurations: must be a list of configurations, or the path of a "
          "JSON file with one, not null"}},
        {{"restrict_configurations=[]"},
         {"restrict_configurations: must be a list of at least one configuration, not an "
          "empty one"}},
        {{"restrict_configurations=[{'lr': 0.1, 'opt': 'sgd'}, {'lr': 2, 'opt': 'sgd'}, "
          "{'lr': 1, 'optt': 'sgd'}, {'opt': 'sgd'}]"},
         {"restrict_configurations[1].lr: must be a number from 0.0001 to 1, not 2",
          "restrict_configurations[2].optt: there is no parameter of this name; did you "
          "mean \"opt\"?",
          "restrict_configurations[3].lr: this parameter is missing"}},
        {{"restrict_configurations=[{'lr': 0.1, 'opt': 'sgd', 'epochs': 8}]"},
         {"restrict_configurations[0].epochs: is a constant, always 9, and cannot be 8"}},
        {{"restrict_configurations=" TABLE, "initial=[{'lr': 0.5}]"},
         {"initial[0]: none of the 3 configurations that the space is restricted to has "
          "this value"}},
        {{"restrict_configurations=none.json"},
         {"restrict_configurations: cannot open the file /jobs/none.json: No such file "
          "or directory"}},
        {{"restrict_configuration=[]"},
         {"restrict_configuration: unknown key; did you mean restrict_configurations?"}},
        /* of a space that is wrong nothing is known */
        {{"restrict_configurations=[{'x': 1}]", "space={'a': {}}"}, {"space.a: needs a"}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wn_problems problems = {0};
        struct wn_job *job = NULL;
        size_t n = 0;

        assert_int_equal(parse_with(GOOD_JOB, cases[i].sets, &problems, &job), WN_EINVAL);
        for (; n < 3 && cases[i].said[n]; n++)
            if (n >= problems.n ||
                strncmp(problems.at[n], cases[i].said[n], strlen(cases[i].said[n])) != 0)
                fail_msg("%s\n  is: %s\n  not: %s", cases[i].sets[0],
                         n < problems.n ? problems.at[n] : "", cases[i].said[n]);
        assert_int_equal(problems.n, n);
        wn_problems_release(&problems);
    }
}

static void a_path_needs_a_folder_to_start_in(void **state)
{
    char *text = with_quotes(GOOD_JOB);
    const char *const sets[] = {"restrict_configurations=/tmp/x.json"};
    struct wn_problems problems = {0};
    struct wn_job *job = NULL;

    (void)state;
    assert_int_equal(
        wn_job_parse(text, strlen(text), NULL, sets, 1, &problems, &job, NULL),
        WN_EINVAL);
    assert_int_equal(problems.n, 1);
    assert_non_null(
        strstr(problems.at[0], "a path starts in the folder of the job file"));
    wn_problems_release(&problems);
    wn_free(text);
}

static void replaces_job_dir_in_what_is_listed(void **state)
{
    static const char *const sets[] = {
        "space.opt={'type': 'categorical', 'values': ['{job_dir}/a', 'b']}",
        "restrict_configurations=[{'lr': 0.1, 'opt': '{job_dir}/a'}]", NULL};
    struct wn_job *job = job_with(GOOD_JOB, sets);

    (void)state;
    assert_int_equal(wn_space_n_allowed(job->space), 1);
    assert_null(strstr(job->text, "{job_dir}"));
    wn_job_destroy(job);
}

/* --- files --- */

struct folder {
    char dir[32], path[64];
};

static void write_file(struct folder *f, const char *name, const char *quoted)
{
    char *text = with_quotes(quoted);

    snprintf(f->path, sizeof f->path, "%s/%s", f->dir, name);
    assert_int_equal(wn_file_replace(f->path, text, strlen(text), NULL), WN_OK);
    wn_free(text);
}

static enum wn_status read_job(struct folder *f,
                               const char *set,
                               struct wn_problems *problems,
                               struct wn_job **out)
{
    const char *const sets[] = {set};

    write_file(f, "job.json", GOOD_JOB);
    return wn_job_read(f->path, sets, 1, problems, out, NULL);
}

static void reads_the_list_from_a_file(void **state)
{
    static const char *const paths[] = {
        "restrict_configurations=table.json", "restrict_configurations=./table.json",
        "restrict_configurations=\"{job_dir}/table.json\"",
        "restrict_configurations=link.json"};
    struct folder f = {.dir = "/tmp/wn-table-XXXXXX"};
    struct wn_job *listed = good_job("restrict_configurations=" TABLE), *again = NULL;
    char set[128];

    (void)state;
    assert_non_null(mkdtemp(f.dir));
    write_file(&f, "table.json", TABLE);
    snprintf(set, sizeof set, "%s/link.json", f.dir);
    assert_int_equal(symlink("table.json", set), 0);
    snprintf(set, sizeof set, "restrict_configurations=%s/table.json", f.dir);
    for (size_t i = 0; i <= sizeof paths / sizeof *paths; i++) {
        bool is_absolute = i == sizeof paths / sizeof *paths;
        struct wn_problems problems = {0};
        struct wn_job *job = NULL;

        if (read_job(&f, is_absolute ? set : paths[i], &problems, &job) != WN_OK)
            fail_msg("%s", problems.n ? problems.at[0] : "no problem was told");
        assert_string_equal(job->text, listed->text);
        wn_job_destroy(job);
    }
    /* and never again: a study has it in its job */
    assert_int_equal(wn_dir_remove(f.dir, NULL), WN_OK);
    assert_int_equal(wn_job_parse_canonical(listed->text, f.dir, &again, NULL), WN_OK);
    assert_int_equal(wn_space_n_allowed(again->space), N_TABLE);
    wn_job_destroy(again);
    wn_job_destroy(listed);
}

static void tells_what_is_wrong_with_the_file(void **state)
{
    static const struct {
        const char *text, *said;
    } cases[] = {
        {"[{'lr': 0.1,\n 'opt': sgd}]", "/table.json: line 2, column 9: "},
        {"{'lr': 0.1}", "/table.json must hold a list of configurations, not an object"},
        {"", "/table.json: line 1, column 1: "},
        {"[{'lr': 3, 'opt': 'sgd'}]", "restrict_configurations[0].lr: must be a number"},
    };
    struct folder f = {.dir = "/tmp/wn-table-XXXXXX"};

    (void)state;
    assert_non_null(mkdtemp(f.dir));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wn_problems problems = {0};
        struct wn_job *job = NULL;

        write_file(&f, "table.json", cases[i].text);
        assert_int_equal(
            read_job(&f, "restrict_configurations=table.json", &problems, &job),
            WN_EINVAL);
        assert_int_equal(problems.n, 1);
        assert_memory_equal(problems.at[0], "restrict_configurations", 23);
        if (!strstr(problems.at[0], cases[i].said))
            fail_msg("%s", problems.at[0]);
        wn_problems_release(&problems);
    }
    assert_int_equal(wn_dir_remove(f.dir, NULL), WN_OK);
}

static void is_shown_by_check(void **state)
{
    struct wn_job *job = good_job("restrict_configurations=" TABLE);
    struct wn_buf text = {0};

    (void)state;
    assert_int_equal(wn_job_describe(job, &text, NULL), WN_OK);
    assert_non_null(strstr(wn_buf_text(&text),
                           "restrict_configurations\n  3 configurations, no others\n"));
    assert_non_null(strstr(wn_buf_text(&text), "random allow_duplicates=false\n"
                                               "  3 configurations\n"
                                               "  1 initial configuration\n"));
    wn_buf_release(&text);
    wn_job_destroy(job);
}

static void survives_the_failure_of_any_allocation(void **state)
{
    struct folder f = {.dir = "/tmp/wn-table-XXXXXX"};
    char *text = with_quotes(GOOD_JOB), *sets[3];

    (void)state;
    assert_non_null(mkdtemp(f.dir));
    write_file(&f, "table.json", TABLE);
    sets[0] = with_quotes("restrict_configurations=" TABLE);
    sets[1] = with_quotes("restrict_configurations=table.json");
    sets[2] = with_quotes("restrict_configurations=none.json");
    for (size_t i = 0; i < 3; i++) {
        enum wn_status rc = WN_ENOMEM;

        for (uint64_t n = 1; rc == WN_ENOMEM; n++) {
            struct wn_problems problems = {0};
            struct wn_job *job = NULL;

            wn_mem_fail_after(n);
            rc = wn_job_parse(text, strlen(text), f.dir, (const char *const *)&sets[i], 1,
                              &problems, &job, NULL);
            wn_mem_fail_after(0);
            assert_true((rc == WN_OK) == (job != NULL));
            wn_job_destroy(job);
            wn_problems_release(&problems);
        }
        assert_int_equal(rc, i == 2 ? WN_EINVAL : WN_OK);
        wn_free(sets[i]);
    }
    assert_int_equal(wn_dir_remove(f.dir, NULL), WN_OK);
    wn_free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holds_nothing_of_it_when_it_is_not_given),
        cmocka_unit_test(restricts_the_space_and_stands_in_the_canonical_text),
        cmocka_unit_test(begins_with_what_is_listed),
        cmocka_unit_test(tells_mistakes_with_their_paths),
        cmocka_unit_test(a_path_needs_a_folder_to_start_in),
        cmocka_unit_test(replaces_job_dir_in_what_is_listed),
        cmocka_unit_test(reads_the_list_from_a_file),
        cmocka_unit_test(tells_what_is_wrong_with_the_file),
        cmocka_unit_test(is_shown_by_check),
        cmocka_unit_test(survives_the_failure_of_any_allocation),
    };

    return cmocka_run_group_tests_name("job_restrict", tests, NULL, NULL);
}
