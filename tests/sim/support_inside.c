/* support_inside.c - see support_inside.h. */
#include "support_inside.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { MILESTONE_BYTES = 8 };

/* The tag without what median put before it, which *milestone gets. */
static struct wn_tag unwrapped(const struct wn_tag *tag, int64_t *milestone)
{
    struct wn_tag inner = {.n = (uint8_t)(tag->n - MILESTONE_BYTES)};
    uint64_t number = 0;

    assert_in_range(tag->n, MILESTONE_BYTES, WN_TAG_MAX);
    for (size_t i = MILESTONE_BYTES; i-- > 0;)
        number = number << 8 | tag->bytes[i];
    memcpy(inner.bytes, tag->bytes + MILESTONE_BYTES, inner.n);
    *milestone = (int64_t)number;
    return inner;
}

static void unwrap_report(const struct inside *self,
                          struct wn_event *event,
                          bool *is_ruled)
{
    int64_t *own = &self->milestones.at[event->trial], next = 0;
    enum wn_verdict_kind verdict = event->reported.verdict;

    if (!event->reported.is_milestone)
        return;
    *is_ruled = verdict == WN_VERDICT_STOP && !event->reported.tag.n;
    if (!event->reported.tag.n)
        return;
    event->reported.tag = unwrapped(&event->reported.tag, &next);
    if (verdict != WN_VERDICT_CONTINUE) {
        assert_int_equal(next, 0);
    } else if (event->reported.resource < *own) {
        assert_int_equal(next, *own); /* as it was: nobody was asked inside */
        assert_int_equal(event->reported.tag.n, 0);
        event->reported.is_milestone = false;
        next = 0;
    } else {
        *own = next;
    }
    event->reported.milestone = next;
}

struct wn_event inside_event(struct inside *self,
                             const struct wn_job *job,
                             const struct wn_event *event,
                             bool *is_ruled)
{
    struct wn_event told = *event;
    int64_t *own;

    *is_ruled = false;
    if (!self->sched && job) {
        self->sched = wn_sched_deciding(job->sched, job->sched_options);
        self->is_around = self->sched != job->sched;
        assert_true(!self->is_around || strcmp(job->sched->name, "median") == 0);
    }
    if (!self->is_around)
        return told;
    if (event->kind == WN_EVENT_PLANNED) {
        own = wn_vec_push(&self->milestones);
        assert_non_null(own);
        told.planned.tag = unwrapped(&event->planned.tag, own);
        told.planned.milestone = *own;
    } else if (event->kind == WN_EVENT_RESUMED) {
        own = &self->milestones.at[event->trial];
        told.resumed.tag = unwrapped(&event->resumed.tag, own);
        told.resumed.milestone = *own;
    } else if (event->kind == WN_EVENT_REPORTED) {
        unwrap_report(self, &told, is_ruled);
    }
    return told;
}

struct wn_values *inside_options(const struct wn_job *job)
{
    static const char *const type_key[] = {"type", NULL};
    const struct wn_sched_ops *sched = wn_sched_deciding(job->sched, job->sched_options);
    const struct wn_json *object = wn_json_get(job->root, "scheduler");
    struct wn_problems problems = {0};
    struct wn_values *options = NULL;

    (void)wn_sched_inside(job->sched, job->sched_options, &object);
    assert_int_equal(wn_values_parse(sched->options, object, "scheduler", type_key,
                                     &problems, &options, NULL),
                     WN_OK);
    assert_int_equal(problems.n, 0);
    wn_problems_release(&problems);
    return options;
}

void inside_release(struct inside *self)
{
    wn_vec_release(&self->milestones);
}
