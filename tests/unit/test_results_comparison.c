/* Files of comparisons: read as they were written, joined, refused when damaged, and no run
 * lost that the log has. */
#include "test_compare.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "results/comparison_internal.h"
#include "results/image_internal.h"
#include "results/seal_internal.h"

struct place {
    char dir[64], path[128], log[160];
};

static int set_up(void **state)
{
    struct place *place = calloc(1, sizeof *place);

    strcpy(place->dir, "/tmp/winnow-comparison-XXXXXX");
    assert_non_null(mkdtemp(place->dir));
    snprintf(place->path, sizeof place->path, "%s/c.h5", place->dir);
    snprintf(place->log, sizeof place->log, "%s.log", place->path);
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;

    assert_int_equal(wn_dir_remove(place->dir, NULL), WN_OK);
    free(place);
    return 0;
}

static void fill(struct wn_comparison *c)
{
    size_t asha, tpe;
    struct wn_comparison_study study = study_of("asha", "branin", 3);

    study.metric_unit = "%";
    asha = add_study(c, study);
    tpe = add_study(c, study_of("tpe", "branin", 3));
    c->name = "toys";
    c->about = "";
    RUN(c, tpe, 1, 4, 2, -1.5);
    RUN(c, asha, 2, 3);
    RUN(c, asha, 0, 5, 1);
}

static void write_to(const struct wn_comparison *c, const char *path)
{
    struct wn_error err;

    if (wn_comparison_write(c, path, &err) != WN_OK)
        fail_msg("%s", err.text);
}

static void what_is_written_is_read(void **state)
{
    struct place *place = *state;
    struct wn_comparison c = {0}, read = {0};
    const struct wn_comparison_cell *cell;
    struct wn_error err;

    fill(&c);
    write_to(&c, place->path);
    if (wn_comparison_read(place->path, &read, &err) != WN_OK)
        fail_msg("%s", err.text);
    assert_string_equal(read.name, "toys");
    assert_int_equal(read.studies.n, 2);
    assert_string_equal(read.studies.at[1].method, "tpe");
    assert_string_equal(read.studies.at[0].metric_unit, "%");
    assert_string_equal(read.studies.at[1].metric_unit, "");
    assert_string_equal(read.studies.at[1].job, "{\"name\": \"x\"}");
    assert_true(read.studies.at[0].best > 0.49 && read.studies.at[0].budget_s > 99);
    assert_int_equal(read.cells.n, 3);
    cell = wn_comparison_find(&read, 1, 1);
    assert_non_null(cell);
    assert_int_equal(cell->seed, 1001);
    assert_int_equal(cell->n_points, 3);
    assert_true(cell->points[2].value <= -1.5 && cell->points[2].time_s >= 30);
    assert_int_equal(cell->points[2].resource, 3);
    assert_string_equal(cell->end, "complete: stop.time was reached");
    assert_null(wn_comparison_find(&read, 0, 1));
    wn_comparison_release(&c);
    wn_comparison_release(&read);
}

static void the_order_of_arrival_does_not_show(void **state)
{
    struct place *place = *state;
    struct wn_comparison a = {0}, b = {0};
    struct wn_comparison_study study = study_of("asha", "branin", 3);
    char *first, *second;
    size_t n, m;

    fill(&a);
    write_to(&a, place->path);
    assert_int_equal(wn_file_read(place->path, 1 << 24, &first, &n, NULL), WN_OK);
    b.name = "toys";
    b.about = "";
    study.metric_unit = "%";
    add_study(&b, study);
    add_study(&b, study_of("tpe", "branin", 3));
    RUN(&b, 0, 0, 5, 1);
    RUN(&b, 1, 1, 4, 2, -1.5);
    RUN(&b, 0, 2, 3);
    write_to(&b, place->path);
    assert_int_equal(wn_file_read(place->path, 1 << 24, &second, &m, NULL), WN_OK);
    assert_int_equal(n, m);
    assert_memory_equal(first, second, n);
    wn_free(first);
    wn_free(second);
    wn_comparison_release(&a);
    wn_comparison_release(&b);
}

/* Every byte flipped, some of the lengths: refused each time, and the path is named. */
static void damage_is_found(void **state)
{
    struct place *place = *state;
    struct wn_comparison c = {0};
    char *bytes;
    size_t n;

    fill(&c);
    write_to(&c, place->path);
    wn_comparison_release(&c);
    assert_int_equal(wn_file_read(place->path, 1 << 24, &bytes, &n, NULL), WN_OK);
    for (size_t at = 0; at < n; at += at < n - 16 ? 997 : 1) {
        struct wn_comparison read = {0};
        struct wn_error err = {0};

        bytes[at] = (char)(bytes[at] ^ 4);
        assert_int_equal(wn_file_replace(place->path, bytes, n, NULL), WN_OK);
        assert_int_equal(wn_comparison_read(place->path, &read, &err), WN_ECORRUPT);
        assert_non_null(strstr(err.text, "c.h5"));
        wn_comparison_release(&read);
        bytes[at] = (char)(bytes[at] ^ 4);
    }
    for (size_t length = 0; length < n; length += 1009) {
        struct wn_comparison read = {0};

        assert_int_equal(wn_file_replace(place->path, bytes, length, NULL), WN_OK);
        assert_int_equal(wn_comparison_read(place->path, &read, NULL), WN_ECORRUPT);
        wn_comparison_release(&read);
    }
    wn_free(bytes);
}

static void the_runs_of_a_study_stand_together(void **state)
{
    struct wn_comparison c = {0};
    const struct wn_comparison_cell *cells;
    size_t n = 9;

    (void)state;
    fill(&c);
    add_study(&c, study_of("bohb", "branin", 3));
    cells = wn_comparison_cells_of(&c, 0, &n);
    assert_int_equal(n, 2);
    assert_int_equal(cells[0].number, 0);
    assert_int_equal(cells[1].number, 2);
    assert_int_equal(wn_comparison_cells_of(&c, 1, &n)->number, 1);
    assert_int_equal(n, 1);
    assert_null(wn_comparison_cells_of(&c, 2, &n));
    assert_int_equal(n, 0);
    wn_comparison_release(&c);
}

static void a_missing_file_is_a_mistake_of_the_user(void **state)
{
    struct place *place = *state;
    struct wn_comparison read = {0};
    struct wn_error err = {0};

    assert_int_equal(wn_comparison_read(place->path, &read, &err), WN_EINVAL);
    assert_non_null(strstr(err.text, "No such file"));
    wn_comparison_release(&read);
}

static void add_to_log(struct wn_comparison_log *log,
                       struct wn_comparison *c,
                       size_t study,
                       int64_t number)
{
    struct wn_buf bytes = {0};
    struct wn_error err;

    RUN(c, study, number, 9, 8, 7);
    wn_comparison_encode(c, wn_comparison_find(c, study, number), &bytes);
    if (wn_comparison_log_add(log, bytes.at, bytes.n, &err) != WN_OK)
        fail_msg("%s", err.text);
    wn_buf_release(&bytes);
}

/* As `winnow compare run` begins. */
static struct wn_comparison_log *go_on(struct place *place, struct wn_comparison *c)
{
    struct wn_comparison_log *log = NULL;
    struct wn_error err;

    if (wn_comparison_log_open(place->path, &log, &err) != WN_OK ||
        (wn_file_exists(place->path) &&
         wn_comparison_read(place->path, c, &err) != WN_OK))
        fail_msg("%s", err.text);
    if (!c->name)
        fill(c);
    if (wn_comparison_write(c, place->path, &err) != WN_OK ||
        wn_comparison_log_clear(log, &err) != WN_OK)
        fail_msg("%s", err.text);
    return log;
}

/* Killed after every byte of the log: what was whole before is there, and it goes on. */
static void a_kill_loses_no_finished_run(void **state)
{
    struct place *place = *state;
    struct wn_comparison c = {0};
    struct wn_comparison_log *log = go_on(place, &c);
    char *bytes, *was;
    size_t n, n_two, n_was;

    add_to_log(log, &c, 0, 7);
    assert_int_equal(wn_file_read(place->log, 1 << 20, &bytes, &n_two, NULL), WN_OK);
    wn_free(bytes);
    add_to_log(log, &c, 1, 8);
    wn_comparison_log_close(log, false);
    wn_comparison_release(&c);
    assert_int_equal(wn_file_read(place->log, 1 << 20, &bytes, &n, NULL), WN_OK);
    assert_int_equal(wn_file_read(place->path, 1 << 20, &was, &n_was, NULL), WN_OK);
    for (size_t length = 0; length <= n; length++) {
        struct wn_comparison read = {0}, again = {0};

        assert_int_equal(wn_file_replace(place->path, was, n_was, NULL), WN_OK);
        assert_int_equal(wn_file_replace(place->log, bytes, length, NULL), WN_OK);
        log = go_on(place, &read);
        assert_int_equal(read.cells.n, length == n ? 5 : length >= n_two ? 4 : 3);
        if (length < n)
            add_to_log(log, &read, 1, 8);
        wn_comparison_log_close(log, false);
        assert_int_equal(wn_comparison_read(place->path, &again, NULL), WN_OK);
        assert_int_equal(again.cells.n, read.cells.n);
        assert_non_null(wn_comparison_find(&again, 1, 8));
        wn_comparison_release(&read);
        wn_comparison_release(&again);
    }
    wn_free(bytes);
    wn_free(was);
}

/* Its cells would pass for runs of whatever jobs have their names now. */
static void a_log_without_its_file_counts_for_nothing(void **state)
{
    struct place *place = *state;
    struct wn_comparison c = {0}, other = {.name = "other", .about = ""}, read = {0};
    struct wn_comparison_log *log = go_on(place, &c);

    add_to_log(log, &c, 0, 7);
    wn_comparison_log_close(log, false);
    wn_comparison_release(&c);
    add_study(&other, study_of("asha", "branin", 3));
    write_to(&other, place->path);
    assert_int_equal(wn_comparison_read(place->path, &read, NULL), WN_OK);
    assert_int_equal(read.cells.n, 0);
    wn_comparison_release(&read);
    wn_comparison_release(&other);
    assert_int_equal(unlink(place->path), 0);
    log = go_on(place, &c);
    assert_null(wn_comparison_find(&c, 0, 7));
    wn_comparison_log_close(log, true);
    wn_comparison_release(&c);
}

static void one_process_runs_it_at_a_time(void **state)
{
    struct place *place = *state;
    struct wn_comparison c = {0};
    struct wn_comparison_log *log = NULL;
    struct wn_error err;
    int status;
    pid_t child;

    fill(&c);
    write_to(&c, place->path);
    assert_int_equal(wn_comparison_log_open(place->path, &log, &err), WN_OK);
    child = fork();
    if (child == 0) {
        struct wn_comparison_log *other = NULL;

        _exit(wn_comparison_log_open(place->path, &other, &err) == WN_EBUSY ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_true(wn_file_exists(place->log)); /* though nothing stands in it yet */
    wn_comparison_log_close(log, true);
    assert_false(wn_file_exists(place->log));
    wn_comparison_release(&c);
}

static void comparisons_are_joined(void **state)
{
    struct wn_comparison a = {0}, b = {0};
    struct wn_comparison_study later = study_of("asha", "branin", 2);
    struct wn_error err;

    (void)state;
    fill(&a);
    b.name = "more";
    add_study(&b, study_of("dehb", "ackley", 1));
    later.first_seed = 5;
    add_study(&b, later);
    RUN(&b, 0, 0, 1);
    RUN(&b, 1, 5, 2);
    RUN(&b, 1, 0, 5, 1); /* stands in both */
    assert_int_equal(wn_comparison_join(&a, &b, &err), WN_OK);
    assert_int_equal(a.studies.n, 3);
    assert_int_equal(a.cells.n, 5);
    assert_non_null(wn_comparison_find(&a, 0, 5));
    assert_int_equal(a.studies.at[0].first_seed, 0);
    assert_int_equal(a.studies.at[0].n_seeds, 7); /* 0 to 6 */
    wn_comparison_release(&a);
    wn_comparison_release(&b);
}

static void runs_that_are_not_paired_are_not_joined(void **state)
{
    struct wn_comparison a = {0}, b = {0};
    struct wn_comparison_cell cell = {.number = 0, .seed = 7, .end = ""};
    struct wn_error err;

    (void)state;
    fill(&a);
    add_study(&b, study_of("dehb", "ackley", 1));
    assert_int_equal(wn_comparison_add(&b, &cell, &err), WN_OK);
    assert_int_equal(wn_comparison_join(&a, &b, &err), WN_EINVAL);
    assert_non_null(strstr(err.text, "have run 0 under different seeds"));
    wn_comparison_release(&a);
    wn_comparison_release(&b);
}

static void contradictions_are_not_joined(void **state)
{
    struct wn_comparison a = {0}, b = {0}, c = {0};
    struct wn_comparison_study other = study_of("asha", "branin", 3);
    struct wn_error err;

    (void)state;
    fill(&a);
    add_study(&b, study_of("asha", "branin", 3));
    RUN(&b, 0, 0, 5, 1.25);
    assert_int_equal(wn_comparison_join(&a, &b, &err), WN_EINVAL);
    assert_string_equal(err.text,
                        "asha on branin with 4 workers, seed 0: two runs of it differ");
    other.job = "{\"name\": \"y\"}";
    add_study(&c, study_of("asha", "branin", 3));
    assert_int_equal(add_study(&c, other), 0); /* of no run: it is the new job's */
    assert_string_equal(c.studies.at[0].job, "{\"name\": \"y\"}");
    assert_int_equal(wn_comparison_join(&a, &c, &err), WN_EINVAL);
    assert_non_null(strstr(err.text, "with another job"));
    wn_comparison_release(&a);
    wn_comparison_release(&b);
    wn_comparison_release(&c);
}

/* Written with a checksum that fits, but not by us: what would lead somewhere is refused. */
static void assert_refused(struct place *place, struct wn_comparison_study study)
{
    struct wn_comparison c = {.name = "x", .about = ""}, read = {0};
    struct wn_error err = {0};

    add_study(&c, study);
    write_to(&c, place->path);
    assert_int_equal(wn_comparison_read(place->path, &read, &err), WN_ECORRUPT);
    assert_non_null(strstr(err.text, "/studies"));
    wn_comparison_release(&read);
    wn_comparison_release(&c);
}

static void studies_that_are_not_of_this_world_are_refused(void **state)
{
    struct wn_comparison_study study = study_of("../asha", "branin", 3);

    assert_refused(*state, study);
    study = study_of("asha", "a/b", 3);
    assert_refused(*state, study);
    study = study_of("asha", "branin", INT64_MAX);
    study.first_seed = INT64_MAX;
    assert_refused(*state, study);
    study = study_of("asha", "branin", 3);
    study.budget_s = 1e300;
    assert_refused(*state, study);
    study.budget_s = 100;
    study.best = (double)INFINITY;
    assert_refused(*state, study);
}

static void a_best_value_may_be_learnt_later(void **state)
{
    struct wn_comparison c = {0};
    struct wn_comparison_study study = study_of("asha", "branin", 3);
    size_t index;

    (void)state;
    study.best = NONE;
    RUN(&c, add_study(&c, study), 0, 5, 1);
    study.best = 0.25;
    assert_int_equal(add_study(&c, study), 0);
    assert_true(c.studies.at[0].best > 0.24 && c.studies.at[0].best < 0.26);
    study.best = NONE; /* and is not forgotten */
    assert_int_equal(add_study(&c, study), 0);
    assert_true(c.studies.at[0].best > 0.24 && c.studies.at[0].best < 0.26);
    study.best = 0.5; /* but two that differ are of two tables */
    assert_int_equal(wn_comparison_add_study(&c, &study, &index, NULL), WN_EINVAL);
    wn_comparison_release(&c);
}

static void a_unit_may_be_learnt_later(void **state)
{
    struct wn_comparison c = {0};
    struct wn_comparison_study study = study_of("asha", "branin", 3);
    size_t index;

    (void)state;
    RUN(&c, add_study(&c, study), 0, 5, 1);
    study.metric_unit = "%";
    assert_int_equal(add_study(&c, study), 0);
    assert_string_equal(c.studies.at[0].metric_unit, "%");
    study.metric_unit = ""; /* and is not forgotten */
    assert_int_equal(add_study(&c, study), 0);
    assert_string_equal(c.studies.at[0].metric_unit, "%");
    study.metric_unit = "s"; /* but two that differ are of two tables */
    assert_int_equal(wn_comparison_add_study(&c, &study, &index, NULL), WN_EINVAL);
    wn_comparison_release(&c);
}

/* A column without rows. */
static void add_column(struct wn_table *table, const char *name, enum wn_column_type type)
{
    struct wn_column *made = wn_vec_push(&table->columns);

    assert_non_null(made);
    *made = (struct wn_column){.name = name, .type = type};
    made->data = wn_alloc_array(table->n_rows + 1, sizeof(int64_t));
    assert_non_null(made->data);
}

/* One study, no runs, as programs wrote it that knew no units. */
static void write_older(const char *path)
{
    static const char *const columns[][12] = {
        {"=method", "=benchmark", "=metric", "=resource", "=job", "#workers",
         "#is_maximised", "#first_seed", "#n_seeds", "~budget_s", "~best"},
        {"#study", "#number", "#seed", "~end_s", "#resource", "#n_trials", "#n_reports",
         "=end", "#first_point", "#n_points"},
        {"#cell", "~time_s", "~value", "#resource", "#n_trials", "#n_reports"}};
    static const char *const names[] = {"studies", "cells", "points"};
    static const char *const texts[] = {"asha", "branin", "loss", "epoch", "{}"};
    struct wn_hdf5_quiet quiet = wn_hdf5_hush();
    struct wn_image image;
    void *made = NULL;
    size_t n = 0;

    assert_int_equal(wn_image_begin(&image, NULL), WN_OK);
    assert_int_equal(wn_image_number(image.file, "format", 1, NULL), WN_OK);
    assert_int_equal(wn_image_text(&image, image.file, "kind", "comparison", NULL),
                     WN_OK);
    assert_int_equal(wn_image_text(&image, image.file, "name", "x", NULL), WN_OK);
    assert_int_equal(wn_image_text(&image, image.file, "about", "", NULL), WN_OK);
    for (size_t i = 0; i < 3; i++) {
        struct wn_table table = {.name = names[i], .n_rows = i == 0};

        for (size_t k = 0; columns[i][k]; k++)
            add_column(&table, columns[i][k] + 1,
                       *columns[i][k] == '='   ? WN_COLUMN_TEXT
                       : *columns[i][k] == '#' ? WN_COLUMN_I64
                                               : WN_COLUMN_F64);
        for (size_t k = 0; i == 0 && k < 5; k++)
            *(const char **)table.columns.at[k].data = texts[k];
        if (i == 0)
            *(int64_t *)table.columns.at[5].data = 4; /* workers */
        assert_int_equal(wn_image_table(&image, &table, NULL), WN_OK);
        for (size_t k = 0; k < table.columns.n; k++)
            wn_free(table.columns.at[k].data);
        wn_vec_release(&table.columns);
    }
    assert_int_equal(wn_image_take(&image, &made, &n, NULL), WN_OK);
    wn_image_end(&image);
    wn_hdf5_unhush(quiet);
    assert_int_equal(wn_seal_write(path, made, n, WN_COMPARISON_MARK, NULL), WN_OK);
    wn_free(made);
}

static void an_older_file_knows_no_unit(void **state)
{
    struct place *place = *state;
    struct wn_comparison read = {0};
    struct wn_error err;

    write_older(place->path);
    if (wn_comparison_read(place->path, &read, &err) != WN_OK)
        fail_msg("%s", err.text);
    assert_int_equal(read.studies.n, 1);
    assert_string_equal(read.studies.at[0].job, "{}");
    assert_string_equal(read.studies.at[0].metric_unit, "");
    wn_comparison_release(&read);
}

static void seeds_too_far_apart_are_not_joined(void **state)
{
    struct wn_comparison a = {0}, b = {0};
    struct wn_comparison_study far = study_of("asha", "branin", 2);
    struct wn_error err = {0};

    (void)state;
    fill(&a);
    far.first_seed = 1000000000;
    add_study(&b, far);
    assert_int_equal(wn_comparison_join(&a, &b, &err), WN_EINVAL);
    assert_string_equal(err.text,
                        "asha on branin: its seeds from 0 to 1000000001 are too "
                        "many for one file");
    wn_comparison_release(&a);
    wn_comparison_release(&b);
}

static void malformed_cells_are_refused(void **state)
{
    struct wn_comparison c = {0}, none = {0};
    struct wn_buf bytes = {0};
    struct wn_comparison_cell cell;

    (void)state;
    fill(&c);
    wn_comparison_encode(&c, wn_comparison_find(&c, 1, 1), &bytes);
    for (size_t n = 0; n <= bytes.n; n++) {
        struct wn_arena arena = {0};

        assert_int_equal(wn_comparison_decode(&c, bytes.at, n, &arena, &cell, NULL),
                         n == bytes.n ? WN_OK : WN_ECORRUPT);
        assert_int_equal(wn_comparison_decode(&none, bytes.at, n, &arena, &cell, NULL),
                         WN_ECORRUPT);
        wn_arena_release(&arena);
    }
    for (size_t i = 0; i < bytes.n; i++) {
        struct wn_arena arena = {0};
        enum wn_status rc;

        bytes.at[i] = (char)(bytes.at[i] ^ 0x80);
        rc = wn_comparison_decode(&c, bytes.at, bytes.n, &arena, &cell, NULL);
        assert_true(rc == WN_OK || rc == WN_ECORRUPT);
        for (size_t k = 0; rc == WN_OK && k < cell.n_points; k++)
            assert_true(isfinite(cell.points[k].value));
        bytes.at[i] = (char)(bytes.at[i] ^ 0x80);
        wn_arena_release(&arena);
    }
    wn_buf_release(&bytes);
    wn_comparison_release(&c);
}

static void survives_the_failure_of_any_allocation(void **state)
{
    struct place *place = *state;
    struct wn_comparison c = {0};
    enum wn_status rc = WN_ENOMEM;

    fill(&c);
    for (uint64_t n = 1; rc != WN_OK; n++) {
        struct wn_comparison read = {0}, joined = {0};
        struct wn_error err = {0};

        wn_mem_fail_after(n);
        rc = wn_comparison_write(&c, place->path, &err);
        if (rc == WN_OK)
            rc = wn_comparison_read(place->path, &read, &err);
        if (rc == WN_OK)
            rc = wn_comparison_join(&joined, &read, &err);
        wn_mem_fail_after(0);
        if (rc != WN_OK && rc != WN_ENOMEM)
            fail_msg("allocation %lu: %s", (unsigned long)n, err.text);
        wn_comparison_release(&read);
        wn_comparison_release(&joined);
        assert_true(n < 2000);
    }
    wn_comparison_release(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_written_is_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_order_of_arrival_does_not_show, set_up,
                                        tear_down),
        cmocka_unit_test(the_runs_of_a_study_stand_together),
        cmocka_unit_test_setup_teardown(damage_is_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_missing_file_is_a_mistake_of_the_user, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_kill_loses_no_finished_run, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_log_without_its_file_counts_for_nothing, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(one_process_runs_it_at_a_time, set_up, tear_down),
        cmocka_unit_test(comparisons_are_joined),
        cmocka_unit_test(runs_that_are_not_paired_are_not_joined),
        cmocka_unit_test(contradictions_are_not_joined),
        cmocka_unit_test_setup_teardown(studies_that_are_not_of_this_world_are_refused,
                                        set_up, tear_down),
        cmocka_unit_test(a_best_value_may_be_learnt_later),
        cmocka_unit_test(a_unit_may_be_learnt_later),
        cmocka_unit_test_setup_teardown(an_older_file_knows_no_unit, set_up, tear_down),
        cmocka_unit_test(seeds_too_far_apart_are_not_joined),
        cmocka_unit_test(malformed_cells_are_refused),
        cmocka_unit_test_setup_teardown(survives_the_failure_of_any_allocation, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
