/* test_study_rungs.c - the table of rung sizes: a row a rung and second, when it changed. */
#include "test_study.h"

/* A ladder as the test says: a study looks at it when a milestone was reached. */
static struct wn_rung ladder[3];
static size_t n_ladder;

static size_t ladder_rungs(const struct wn_sched *self, struct wn_rung *out, size_t room)
{
    (void)self;
    for (size_t i = 0; i < n_ladder && i < room; i++)
        out[i] = ladder[i];
    return n_ladder;
}

static void look_at_rungs(struct stage *stage, int64_t time_ms, int64_t resource)
{
    stage->time_ms = time_ms;
    answer_at(0, resource, WN_VERDICT_CONTINUE, resource + 1);
    report(stage, 0, resource, WAITS);
}

static void expect_rows(const struct stage *stage, const char *expected)
{
    struct wn_buf text = {0};
    size_t n;
    const struct wn_rung_row *rows = wn_study_rung_changes(stage->study, &n);

    for (size_t i = 0; i < n; i++)
        wn_buf_addf(&text, "%s%" PRId64 ": %" PRId64 " %" PRIu64 "/%" PRIu64,
                    i ? ", " : "", rows[i].time_ms, rows[i].resource, rows[i].n_promoted,
                    rows[i].n_entered);
    assert_string_equal(wn_buf_text(&text), expected);
    wn_buf_release(&text);
}

static void a_rung_has_a_row_when_it_changes_but_one_a_second(void **state)
{
    struct wn_sched_ops ops = scripted_sched;
    struct stage stage;

    (void)state;
    ops.rungs = ladder_rungs;
    stage_open(&stage, 1, "{}");
    stage.cfg.sched = &ops;
    wn_study_destroy(stage.study);
    create_study(&stage);
    open_again(&stage);
    start_to(1);
    pump(&stage);
    ladder[0] = (struct wn_rung){.resource = 1, .n_entered = 1};
    ladder[1] = (struct wn_rung){.resource = 3};
    n_ladder = 2;
    look_at_rungs(&stage, 5000, 1);
    expect_rows(&stage, "5000: 1 0/1"); /* an empty rung has none */
    look_at_rungs(&stage, 7000, 2);
    expect_rows(&stage, "5000: 1 0/1"); /* nothing changed */
    ladder[1].n_entered = 1;
    look_at_rungs(&stage, 8000, 3);
    expect_rows(&stage, "5000: 1 0/1, 8000: 3 0/1");
    ladder[0].n_entered = 2;
    ladder[1].n_entered = 2;
    look_at_rungs(&stage, 8999, 4); /* the second of one rung is over, not the other's */
    expect_rows(&stage, "5000: 1 0/1, 8000: 3 0/2, 8999: 1 0/2");
    ladder[0].n_promoted = 1;
    look_at_rungs(&stage, 9998, 5);
    expect_rows(&stage, "5000: 1 0/1, 8000: 3 0/2, 8999: 1 1/2");
    ladder[2] = (struct wn_rung){.resource = 9, .n_entered = 1};
    n_ladder = 3; /* a new one comes last */
    look_at_rungs(&stage, 9999, 6);
    expect_rows(&stage, "5000: 1 0/1, 8000: 3 0/2, 8999: 1 1/2, 9999: 9 0/1");
    stage_close(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scripted_test(a_rung_has_a_row_when_it_changes_but_one_a_second),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
