/* report.c - the trial client: reports, answers, and the packets between.
 *
 * Below a milestone a report is one look and one send, neither of which waits. What the
 * socket has no room for stays in the queue and goes before the next report.
 */
#include "client_internal.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>

/* One packet as text, or NULL: nothing there (*gone 0) or the worker is gone (*gone 1). */
static char *take_packet(struct winnow_trial *t, int flags, int *gone)
{
    char small[4096], *text;
    ssize_t n;
    size_t room = sizeof small;

    *gone = 0;
    /* The size is looked up first: a greeting may be long, and a packet cut short is lost. */
    do
        n = recv(t->fd, small, sizeof small, flags | MSG_PEEK | MSG_TRUNC);
    while (n < 0 && errno == EINTR);
    if (n <= 0 || n > WINNOW_MESSAGE_MAX) {
        *gone = !(n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK));
        return NULL;
    }
    if ((size_t)n > room)
        room = (size_t)n;
    text = malloc(room + 1);
    if (!text) {
        *gone = 1;
        return NULL;
    }
    do
        n = recv(t->fd, text, room, flags);
    while (n < 0 && errno == EINTR);
    if (n <= 0) {
        free(text);
        *gone = 1;
        return NULL;
    }
    text[n] = '\0';
    return text;
}

char *winnow_receive(struct winnow_trial *t)
{
    int gone;

    return take_packet(t, 0, &gone);
}

/* Take in one message of the worker. 1 if it was an answer. */
static int absorb(struct winnow_trial *t, const char *text, enum winnow_answer *answer)
{
    struct winnow_object message = {NULL, 0};
    const struct winnow_member *m;
    double value;
    int is_answer = 0;

    if (winnow_object_parse(text, &message) != 0)
        return 0;
    if (winnow_object_get(&message, "recall"))
        t->waits = 1;
    m = winnow_object_get(&message, "answer");
    if (m) {
        is_answer = 1;
        *answer = strcmp(m->value, "pause") == 0  ? WINNOW_PAUSE
                  : strcmp(m->value, "stop") == 0 ? WINNOW_STOP
                                                  : WINNOW_CONTINUE;
        m = winnow_object_get(&message, "waits");
        t->waits = m && strcmp(m->value, "true") == 0;
        m = winnow_object_get(&message, "milestone");
        if (m && m->kind == 'z')
            t->milestone = LONG_MAX;
        else if (m && winnow_number(m->value, &value) && value < 9e15)
            t->milestone = (long)value;
    }
    winnow_object_release(&message);
    return is_answer;
}

static void set_over(struct winnow_trial *t, enum winnow_answer answer)
{
    t->over = 1;
    t->last = answer;
}

int winnow_look(struct winnow_trial *t)
{
    enum winnow_answer ignored;
    char *text;
    int gone;

    if (t->fd < 0 || t->over)
        return t->over ? -1 : 0;
    while ((text = take_packet(t, MSG_DONTWAIT, &gone)) != NULL) {
        absorb(t, text, &ignored);
        free(text);
    }
    if (gone)
        set_over(t, WINNOW_STOP);
    return gone ? -1 : 0;
}

static int flush_queue(struct winnow_trial *t, int wait)
{
    while (t->queue) {
        struct winnow_packet *packet = t->queue;
        ssize_t n = send(t->fd, packet->bytes, packet->n, MSG_DONTWAIT | MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS)) {
            struct pollfd ready = {t->fd, POLLOUT, 0};

            if (!wait)
                return 0;
            poll(&ready, 1, -1);
            continue;
        }
        if (n < 0 && errno == EMSGSIZE && packet->n > WINNOW_REPORT_MAX + 1) {
            packet->n = WINNOW_REPORT_MAX + 1; /* enough for the worker to say so */
            continue;
        }
        if (n < 0)
            return -1;
        t->queue = packet->next;
        if (!t->queue)
            t->queue_end = &t->queue;
        free(packet);
    }
    return 0;
}

int winnow_send(struct winnow_trial *t, const char *bytes, size_t n, int wait)
{
    struct winnow_packet *packet = malloc(sizeof *packet + n);

    if (!packet)
        return -1;
    packet->next = NULL;
    packet->n = n;
    memcpy(packet->bytes, bytes, n);
    *t->queue_end = packet;
    t->queue_end = &packet->next;
    return flush_queue(t, wait);
}

void winnow_metric(struct winnow_trial *t, const char *name, double value)
{
    if (t->metrics.n)
        winnow_text_adds(&t->metrics, ",");
    winnow_text_string(&t->metrics, name);
    winnow_text_adds(&t->metrics, ":");
    winnow_text_double(&t->metrics, value);
    if (t->fd < 0) {
        char number[40];

        snprintf(number, sizeof number, "%.6g", value);
        winnow_text_adds(&t->shown, " ");
        winnow_text_adds(&t->shown, name);
        winnow_text_adds(&t->shown, "=");
        winnow_text_adds(&t->shown, number);
    }
}

static void show(struct winnow_trial *t, long resource)
{
    printf("report %ld:%s\n", resource, t->shown.at ? t->shown.at : "");
    fflush(stdout);
    t->shown.n = 0;
    if (t->shown.at)
        t->shown.at[0] = '\0';
}

static int compose(struct winnow_trial *t,
                   long resource,
                   int waits,
                   struct winnow_text *out)
{
    winnow_text_adds(out, "{\"report\":{\"resource\":");
    winnow_text_long(out, resource);
    winnow_text_adds(out, ",\"metrics\":{");
    if (t->metrics.n)
        winnow_text_add(out, t->metrics.at, t->metrics.n);
    winnow_text_adds(out, "}");
    if (t->folder && t->is_committed) {
        winnow_text_adds(out, ",\"checkpoint\":");
        winnow_text_string(out, strrchr(t->folder, '/') + 1);
    }
    winnow_text_adds(out, waits ? ",\"waits\":true}}" : ",\"waits\":false}}");
    return out->failed || t->metrics.failed ? -1 : 0;
}

static enum winnow_answer wait_for_answer(struct winnow_trial *t)
{
    enum winnow_answer answer = WINNOW_STOP;

    for (;;) {
        char *text = winnow_receive(t);
        int is_answer;

        if (!text)
            return WINNOW_STOP;
        is_answer = absorb(t, text, &answer);
        free(text);
        if (is_answer)
            return answer;
    }
}

enum winnow_answer winnow_report(struct winnow_trial *t, long resource)
{
    struct winnow_text message = {0};
    enum winnow_answer answer = WINNOW_CONTINUE;
    long unit = resource + t->shift;
    int waits, rc;

    if (t->fd < 0) {
        show(t, resource);
        t->metrics.n = 0;
        return WINNOW_CONTINUE;
    }
    if (t->folder && !t->is_committed)
        winnow_folder_discard(t);
    if (winnow_look(t) != 0) {
        t->metrics.n = 0; /* a program that goes on all the same shall not grow */
        return t->last;
    }
    waits = t->waits || unit >= t->milestone;
    rc = compose(t, resource, waits, &message);
    if (rc == 0)
        rc = winnow_send(t, message.at, message.n, waits);
    free(message.at);
    t->metrics.n = 0;
    if (t->folder) { /* handed over */
        t->saved = unit;
        free(t->folder);
        t->folder = NULL;
        t->is_committed = 0;
    }
    if (rc != 0)
        answer = WINNOW_STOP;
    else if (waits)
        answer = wait_for_answer(t);
    if (answer != WINNOW_CONTINUE)
        set_over(t, answer);
    return answer;
}
