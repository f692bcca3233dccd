/* queue.c - first-in first-out queues of trials, threaded through the trials. */
#include "study/study_internal.h"

#include "base/assert.h"

void wn_queue_push(struct wn_study *study, enum queue_id id, uint32_t trial)
{
    struct queue *queue = &study->queues[id];
    struct run *run = &study->runs.at[trial];

    WN_ASSERT(run->queue == QUEUE_NONE);
    run->queue = (uint8_t)id;
    run->previous = queue->n ? queue->tail : WN_TRIAL_NONE;
    run->next = WN_TRIAL_NONE;
    if (queue->n)
        study->runs.at[queue->tail].next = trial;
    else
        queue->head = trial;
    queue->tail = trial;
    queue->n++;
}

void wn_queue_remove(struct wn_study *study, uint32_t trial)
{
    struct run *run = &study->runs.at[trial];
    struct queue *queue = &study->queues[run->queue];

    if (run->queue == QUEUE_NONE)
        return;
    if (run->previous != WN_TRIAL_NONE)
        study->runs.at[run->previous].next = run->next;
    else
        queue->head = run->next;
    if (run->next != WN_TRIAL_NONE)
        study->runs.at[run->next].previous = run->previous;
    else
        queue->tail = run->previous;
    queue->n--;
    run->queue = QUEUE_NONE;
}
