/* log.c - formatting of log lines, and the counting of repeated ones.
 *
 * The state is one record behind a mutex: the coordinator's keeper logs on a thread of its
 * own. A sink that logs itself would lock itself out; such a line goes to standard error.
 */
#include "base/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { LINE_MOST = 1024, PART_MOST = 32 };

static struct {
    pthread_mutex_t lock;
    wn_log_sink_fn *sink;
    void *arg;
    enum wn_log_level lowest;
    /* The line before, and how often it came again. */
    enum wn_log_level last_level;
    char last_part[PART_MOST];
    char last_line[LINE_MOST];
    unsigned long n_repeats;
} state = {.lock = PTHREAD_MUTEX_INITIALIZER, .lowest = WN_LOG_INFO};

static _Thread_local bool is_inside;

static void to_stderr(enum wn_log_level level, const char *part, const char *line)
{
    if (level >= WN_LOG_WARN)
        fprintf(stderr, "winnow: %s: %s: %s\n", wn_log_level_name(level), part, line);
}

static void emit(enum wn_log_level level, const char *part, const char *line)
{
    if (state.sink)
        state.sink(state.arg, level, part, line);
    else
        to_stderr(level, part, line);
}

static void tell_repeats(void)
{
    char line[64];

    if (!state.n_repeats)
        return;
    snprintf(line, sizeof line, "the line above came %lu more times", state.n_repeats);
    if (state.n_repeats == 1)
        snprintf(line, sizeof line, "the line above came once more");
    state.n_repeats = 0;
    emit(state.last_level, state.last_part, line);
}

void wn_log_set_sink(wn_log_sink_fn *sink, void *arg)
{
    pthread_mutex_lock(&state.lock);
    is_inside = true;
    tell_repeats(); /* to the sink that got the line */
    is_inside = false;
    state.last_line[0] = '\0';
    state.sink = sink;
    state.arg = arg;
    pthread_mutex_unlock(&state.lock);
}

void wn_log_set_level(enum wn_log_level lowest)
{
    state.lowest = lowest;
}

/* One line is one event: breaks and other control characters become blanks. */
static void flatten(char *line)
{
    for (char *c = line; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7F)
            *c = ' ';
}

void wn_log(enum wn_log_level level, const char *part, const char *format, ...)
{
    int saved = errno;
    char line[LINE_MOST];
    va_list args;
    int n;

    if (level < state.lowest)
        return;
    va_start(args, format);
    n = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (n >= LINE_MOST)
        memcpy(line + LINE_MOST - 4, "...", 4);
    flatten(line);
    if (is_inside) {
        to_stderr(level, part, line);
        errno = saved;
        return;
    }
    pthread_mutex_lock(&state.lock);
    is_inside = true;
    if (level == state.last_level && strncmp(part, state.last_part, PART_MOST - 1) == 0 &&
        state.last_line[0] && strcmp(line, state.last_line) == 0) {
        state.n_repeats++;
    } else {
        tell_repeats();
        state.last_level = level;
        snprintf(state.last_part, sizeof state.last_part, "%s", part);
        memcpy(state.last_line, line, strlen(line) + 1);
        emit(level, part, line);
    }
    is_inside = false;
    pthread_mutex_unlock(&state.lock);
    errno = saved;
}

const char *wn_log_level_name(enum wn_log_level level)
{
    switch (level) {
    case WN_LOG_DEBUG: return "debug";
    case WN_LOG_INFO: return "info";
    case WN_LOG_WARN: return "warning";
    case WN_LOG_ERROR: return "error";
    }
    return "unknown";
}
