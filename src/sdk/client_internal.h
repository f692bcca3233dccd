/* client_internal.h - the trial client from inside. Not installed.
 *
 * The client is plain C99 with POSIX sockets and knows nothing of the rest of Winnow but
 * the text protocol of src/runner/FORMAT.md. A message is one packet of a SOCK_SEQPACKET
 * socket and one JSON object. Messages that the socket has no room for wait in `queue`,
 * in order, so that a report below a milestone never waits for the worker.
 */
#ifndef WINNOW_CLIENT_INTERNAL_H
#define WINNOW_CLIENT_INTERNAL_H

#include <stddef.h>

#include "winnow/trial.h"

#define WINNOW_MESSAGE_MAX \
    (256 * 1024) /* of the greeting; everything else is far smaller */

#define WINNOW_REPORT_MAX 65536 /* of a report: a longer one fails the trial */

/* --- json.c: as much JSON as the protocol needs --- */

struct winnow_text { /* a string that grows; `failed` when memory ran out */
    char *at;
    size_t n, room;
    int failed;
};

void winnow_text_add(struct winnow_text *text, const char *bytes, size_t n);
void winnow_text_adds(struct winnow_text *text, const char *string);
void winnow_text_string(struct winnow_text *text,
                        const char *string); /* quoted, escaped */
void winnow_text_double(struct winnow_text *text,
                        double value); /* 17 digits; NaN, Infinity */
void winnow_text_long(struct winnow_text *text, long value);

/* A number as C programs write it, whatever the locale; 0 and *value untouched if none. */
int winnow_number(const char *string, double *value);

struct winnow_member {
    char *name;
    char *value; /* strings unescaped; of everything else the JSON text */
    char kind;   /* 's' string, 'n' number, 'b' bool, 'z' null, 'j' list or object */
};

struct winnow_object {
    struct winnow_member *at;
    size_t n;
};

/* Read one JSON object. 0, or -1 if it is malformed or memory ran out. */
int winnow_object_parse(const char *json, struct winnow_object *out);
void winnow_object_release(struct winnow_object *object);
const struct winnow_member *winnow_object_get(const struct winnow_object *object,
                                              const char *name); /* or NULL */
/* Add one (kind 's' for flags of a program that runs alone). 0 or -1. */
int winnow_object_add(struct winnow_object *object, const char *name, const char *value);

/* --- the trial --- */

struct winnow_packet {
    struct winnow_packet *next;
    size_t n;
    char bytes[1];
};

struct winnow_trial {
    int fd;    /* -1: alone */
    int waits; /* the next report waits whatever its resource */
    int over;  /* an answer other than continue was given: it stays */
    enum winnow_answer last;
    long milestone, max; /* in units; max 0: open */
    long shift;          /* what turns the program's count into units: 1 - first */
    long every, saved;   /* checkpoint interval; unit of the newest checkpoint */
    long restore_resource;
    struct winnow_object greeting, parameters;
    const char *id, *restore, *temp; /* borrowed from the greeting; "" or NULL */
    struct winnow_text metrics;      /* "name":value,... */
    struct winnow_text shown;        /* the same for people, when alone */
    struct winnow_packet *queue, **queue_end;
    char *folder; /* checkpoint begun */
    int is_committed;
    unsigned n_folders;
};

/* report.c: read what the worker said, without waiting; -1 when it is gone. */
int winnow_look(struct winnow_trial *t);
/* Wait for one packet and take it (NUL-terminated text, caller frees); NULL: it is gone. */
char *winnow_receive(struct winnow_trial *t);
/* Queue a message and send what the socket takes; `wait`: until all is sent. 0 or -1. */
int winnow_send(struct winnow_trial *t, const char *bytes, size_t n, int wait);
/* checkpoint.c: throw away the folder begun, if any. */
void winnow_folder_discard(struct winnow_trial *t);

#endif /* WINNOW_CLIENT_INTERNAL_H */
