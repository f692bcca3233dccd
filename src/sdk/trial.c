/* trial.c - the trial client: beginning, ending, and reading the configuration. */
#include "client_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static long member_long(const struct winnow_object *object,
                        const char *name,
                        long fallback)
{
    const struct winnow_member *m = winnow_object_get(object, name);
    char *end;
    long value;

    if (!m || m->kind != 'n')
        return fallback;
    errno = 0;
    value = strtol(m->value, &end, 10);
    return errno || *end ? fallback : value;
}

static const char *member_string(const struct winnow_object *object, const char *name)
{
    const struct winnow_member *m = winnow_object_get(object, name);

    return m && m->kind == 's' ? m->value : NULL;
}

static int member_bool(const struct winnow_object *object, const char *name)
{
    const struct winnow_member *m = winnow_object_get(object, name);

    return m && strcmp(m->value, "true") == 0;
}

/* The descriptor of a trial that Winnow started, or -1. The variable is taken out of the
 * environment, so that no program started by this one takes itself for the trial. */
static int find_socket(void)
{
    const char *text = getenv("WINNOW_FD");
    char *end;
    long fd;
    int type = 0;
    socklen_t size = sizeof type;

    if (!text)
        return -1;
    fd = strtol(text, &end, 10);
    if (end == text || *end || fd < 0 || fd > INT_MAX)
        return -1;
    if (getsockopt((int)fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0 ||
        type != SOCK_SEQPACKET)
        return -1;
    fcntl((int)fd, F_SETFD, FD_CLOEXEC);
    unsetenv("WINNOW_FD");
    return (int)fd;
}

static int greet(struct winnow_trial *t)
{
    static const char hello[] = "{\"hello\":1,\"client\":\"c\"}";
    const struct winnow_member *parameters;
    char *text;
    int rc;

    if (winnow_send(t, hello, sizeof hello - 1, 1) != 0)
        return -1;
    text = winnow_receive(t);
    if (!text)
        return -1;
    rc = winnow_object_parse(text, &t->greeting);
    free(text);
    if (rc != 0)
        return -1;
    parameters = winnow_object_get(&t->greeting, "parameters");
    if (parameters && winnow_object_parse(parameters->value, &t->parameters) != 0)
        return -1;
    t->id = member_string(&t->greeting, "trial");
    t->restore = member_string(&t->greeting, "restore");
    t->temp = member_string(&t->greeting, "checkpoint_temp");
    t->restore_resource =
        t->restore ? member_long(&t->greeting, "restore_resource", 0) : 0;
    t->saved = t->restore_resource;
    t->milestone = member_long(&t->greeting, "milestone", LONG_MAX);
    t->max = member_long(&t->greeting, "max", 0);
    t->shift = 1 - member_long(&t->greeting, "first", 1);
    t->every = member_long(&t->greeting, "checkpoint_every", 0);
    t->waits = member_bool(&t->greeting, "waits");
    return 0;
}

/* --name value, --name=value, and --name alone for true. A value may begin with one dash. */
static int read_flags(struct winnow_trial *t, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i], *equals;
        char name[128];
        size_t n;

        if (strncmp(word, "--", 2) != 0 || !word[2])
            continue;
        equals = strchr(word, '=');
        n = equals ? (size_t)(equals - word) - 2 : strlen(word) - 2;
        if (!n || n >= sizeof name)
            continue;
        memcpy(name, word + 2, n);
        name[n] = '\0';
        if (equals) {
            if (winnow_object_add(&t->parameters, name, equals + 1) != 0)
                return -1;
        } else if (i + 1 < argc && strncmp(argv[i + 1], "--", 2) != 0) {
            if (winnow_object_add(&t->parameters, name, argv[++i]) != 0)
                return -1;
        } else if (winnow_object_add(&t->parameters, name, "true") != 0) {
            return -1;
        }
    }
    return 0;
}

struct winnow_trial *winnow_begin(int argc, char **argv)
{
    struct winnow_trial *t = calloc(1, sizeof *t);

    if (!t)
        return NULL;
    t->queue_end = &t->queue;
    t->fd = find_socket();
    if (t->fd >= 0 && greet(t) == 0)
        return t;
    if (t->fd >= 0) {
        /* Started by Winnow, but its worker is gone: nobody wants this run. */
        t->over = 1;
        t->last = WINNOW_STOP;
        return t;
    }
    if (read_flags(t, argc, argv) != 0) {
        winnow_end(t);
        return NULL;
    }
    return t;
}

void winnow_end(struct winnow_trial *t)
{
    static const char bye[] = "{\"bye\":1}";

    if (!t)
        return;
    winnow_folder_discard(t);
    if (t->fd >= 0) {
        winnow_send(t, bye, sizeof bye - 1, 1);
        close(t->fd);
    }
    while (t->queue) {
        struct winnow_packet *packet = t->queue;

        t->queue = packet->next;
        free(packet);
    }
    winnow_object_release(&t->greeting);
    winnow_object_release(&t->parameters);
    free(t->metrics.at);
    free(t->shown.at);
    free(t);
}

int winnow_is_managed(const struct winnow_trial *t)
{
    return t->fd >= 0;
}

const char *winnow_trial_id(const struct winnow_trial *t)
{
    return t->id ? t->id : "";
}

int winnow_has(const struct winnow_trial *t, const char *name)
{
    return winnow_object_get(&t->parameters, name) != NULL;
}

double winnow_double(const struct winnow_trial *t, const char *name, double fallback)
{
    const struct winnow_member *m = winnow_object_get(&t->parameters, name);
    double value = fallback;

    if (m && (m->kind == 'n' || m->kind == 's'))
        winnow_number(m->value, &value);
    return value;
}

long winnow_long(const struct winnow_trial *t, const char *name, long fallback)
{
    const struct winnow_member *m = winnow_object_get(&t->parameters, name);
    double value;
    long whole;
    char *end;

    if (!m || (m->kind != 'n' && m->kind != 's'))
        return fallback;
    errno = 0;
    whole = strtol(m->value, &end, 10);
    if (end != m->value && !*end)
        return errno ? fallback : whole;
    /* 1e3 and 16.0 are whole numbers too */
    if (!winnow_number(m->value, &value) || !(value >= -9e15 && value <= 9e15))
        return fallback;
    whole = (long)value;
    return (double)whole < value || (double)whole > value ? fallback : whole;
}

int winnow_bool(const struct winnow_trial *t, const char *name, int fallback)
{
    static const char *const yes[] = {"true", "1", "yes", "on", NULL};
    static const char *const no[] = {"false", "0", "no", "off", NULL};
    const struct winnow_member *m = winnow_object_get(&t->parameters, name);

    if (!m)
        return fallback;
    for (int i = 0; yes[i]; i++) {
        if (strcmp(m->value, yes[i]) == 0)
            return 1;
        if (strcmp(m->value, no[i]) == 0)
            return 0;
    }
    return fallback;
}

const char *winnow_string(const struct winnow_trial *t,
                          const char *name,
                          const char *fallback)
{
    const struct winnow_member *m = winnow_object_get(&t->parameters, name);

    return m && m->kind != 'z' ? m->value : fallback;
}

long winnow_milestone(const struct winnow_trial *t)
{
    return t->milestone;
}

long winnow_max_resource(const struct winnow_trial *t, long fallback)
{
    return t->max > 0 ? t->max : fallback;
}

const char *winnow_restore(const struct winnow_trial *t)
{
    return t->restore;
}

long winnow_restore_resource(const struct winnow_trial *t)
{
    return t->restore_resource;
}
