/* ask.c - what the searcher is asked, and when (rule 14).
 *
 * It is asked for one trial at a time, the one that awaits its configuration first. When
 * does not matter to a fast searcher, whose reply is an event at once. A slow one replies
 * from what had happened when the ask began, and in between a lot may happen; so that a
 * replay of the journal, a simulation and a run agree, that moment has to be a function of
 * the events. It is: right after the event that made the ask due. next() is called soon
 * after each event and begins what is due; should a driver apply two events without asking
 * in between, the second begins it before it changes anything, and so does every event of
 * a replay, in which nobody calls next().
 *
 * Of events that are only applied again, before the first next(), nothing begins: recovery
 * asks nobody. What may stand between these and the first next() (opened, amended,
 * enqueued) begins every ask anew.
 */
#include "study/study_internal.h"

#include "base/assert.h"

uint32_t wn_ask_first(const struct wn_study *study)
{
    const struct queue *queue = &study->queues[QUEUE_AWAITING];

    return queue->n ? queue->head : WN_TRIAL_NONE;
}

bool wn_ask_is_users(const struct wn_study *study)
{
    uint32_t first = wn_ask_first(study);

    return first != WN_TRIAL_NONE && study->n_given < study->enqueued.n &&
           study->runs.at[first].parent == WN_TRIAL_NONE;
}

static bool is_due(const struct wn_study *study)
{
    return wn_ask_first(study) != WN_TRIAL_NONE && !wn_ask_is_users(study) &&
           !wn_history_is_exhausted(study->history) && study->stop == WN_STOP_NONE &&
           !study->is_closed;
}

static void begin(struct wn_study *study)
{
    uint32_t first = wn_ask_first(study);
    const struct run *run;
    struct wn_ask ask;

    WN_ASSERT(first != WN_TRIAL_NONE);
    run = &study->runs.at[first];
    ask = (struct wn_ask){.trial = first,
                          .milestone = run->milestone,
                          .parent = run->parent,
                          .pool = run->pool};
    wn_thinker_begin(study->thinker, &ask,
                     wn_rng_keyed(study->cfg.seed, WN_STREAM_PROPOSE, first));
}

void wn_ask_begin_due(struct wn_study *study)
{
    if (study->is_driven && is_due(study))
        begin(study);
}

struct wn_reply wn_ask_reply(struct wn_study *study)
{
    begin(study);
    return wn_thinker_reply(study->thinker, study->scratch);
}

/* What the user asks for is as good as tried, and a plan may now get it: the searcher
 * should know. */
static bool begins_anew(enum wn_event_kind kind)
{
    return kind == WN_EVENT_OPENED || kind == WN_EVENT_AMENDED ||
           kind == WN_EVENT_ENQUEUED;
}

void wn_ask_settle(struct wn_study *study, const struct wn_event *event, uint32_t first)
{
    if (begins_anew(event->kind) || wn_ask_first(study) != first)
        wn_thinker_forget(study->thinker);
}

int wn_study_fd(const struct wn_study *study)
{
    return wn_thinker_fd(study->thinker);
}

enum wn_status wn_study_check(struct wn_study *study, struct wn_error *err)
{
    return wn_thinker_check(study->thinker, err);
}

bool wn_study_is_thinking(const struct wn_study *study)
{
    return wn_thinker_is_thinking(study->thinker);
}
