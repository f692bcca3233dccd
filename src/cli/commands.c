/* commands.c - the table of commands, made from commands.def, and what commands share. */
#define _GNU_SOURCE
#include "cli/command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/registry.h"
#include "comm/mpi.h"

#define WN_COMMAND(name) extern const struct wn_command wn_command_##name;
#include "cli/commands.def"
#undef WN_COMMAND

#define WN_COMMAND(name) &wn_command_##name,
static const struct wn_command *const table[] = {
#include "cli/commands.def"
};
#undef WN_COMMAND

WN_REGISTRY(struct wn_command, wn_command, table)

void wn_cli_parse(const struct argp *argp, int argc, char **argv, void *input)
{
    argp_err_exit_status = WN_EXIT_USAGE;
    if (argp_parse(argp, argc, argv, 0, NULL, input) != 0)
        exit(WN_EXIT_USAGE); /* argp has said why */
}

int wn_cli_fail(const struct wn_error *err)
{
    fprintf(stderr, "winnow: %s\n", err->text);
    return err->status == WN_EINVAL ? WN_EXIT_USAGE : WN_EXIT_FAILED;
}

int wn_cli_tell_problems(const char *source, const struct wn_problems *problems)
{
    for (size_t i = 0; i < problems->n; i++)
        fprintf(stderr, "%s: %s\n", source, problems->at[i]);
    return WN_EXIT_USAGE;
}

int wn_cli_print(const struct wn_buf *text)
{
    if (text->failed) {
        fprintf(stderr, "winnow: out of memory\n");
        return WN_EXIT_FAILED;
    }
    if (fwrite(wn_buf_text(text), 1, text->n, stdout) == text->n && fflush(stdout) == 0)
        return WN_EXIT_COMPLETE;
    fprintf(stderr, "winnow: standard output: %s\n", strerror(errno));
    return WN_EXIT_FAILED;
}

enum wn_status wn_cli_output(const char *path, char *whole, struct wn_error *err)
{
    enum wn_status rc = wn_path_blame(wn_path_absolute(path, whole, err), err);
    char *slash = rc == WN_OK ? strrchr(whole, '/') : NULL;
    struct stat seen;

    if (!slash || slash == whole)
        return rc;
    *slash = '\0';
    if (stat(whole, &seen) != 0 || !S_ISDIR(seen.st_mode))
        rc = wn_fail(err, WN_EINVAL, "%s cannot be written: there is no folder %s", path,
                     whole);
    *slash = '/';
    return rc;
}

struct wn_report_style wn_cli_style(void)
{
    return wn_cli_style_of(STDOUT_FILENO);
}

struct wn_report_style wn_cli_style_of(int fd)
{
    struct wn_report_style style = {0};
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    struct winsize size;

    /* Open MPI gives its first rank a terminal of its own: of what stands behind it, a log
     * as often as a screen, nothing is known. */
    if (wn_mpi_is_launched() || !isatty(fd))
        return style;
    style.has_color =
        !(no_color && *no_color) && term && *term && strcmp(term, "dumb") != 0;
    style.width = 80;
    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20)
        style.width = size.ws_col;
    return style;
}

bool wn_cli_words_add(struct wn_cli_words *words, const char *word)
{
    const char **grown = wn_alloc_array(words->n + 1, sizeof *grown);

    if (!grown)
        return false;
    if (words->n)
        memcpy(grown, words->at, words->n * sizeof *grown);
    grown[words->n++] = word;
    wn_free(words->at);
    words->at = grown;
    return true;
}

error_t wn_cli_take_set(struct wn_cli_words *sets, char *arg, struct argp_state *state)
{
    if (!wn_cli_words_add(sets, arg))
        argp_failure(state, WN_EXIT_FAILED, 0, "out of memory");
    return 0;
}

error_t wn_cli_take_one(const char **to,
                        const char *what,
                        char *arg,
                        struct argp_state *state)
{
    if (*to)
        argp_error(state, "one %s at a time, not '%s' too", what, arg);
    *to = arg;
    return 0;
}

void wn_cli_words_release(struct wn_cli_words *words)
{
    wn_free(words->at);
    *words = (struct wn_cli_words){0};
}

long wn_cli_integer(struct argp_state *state,
                    const char *option,
                    const char *text,
                    long low,
                    long high)
{
    char *end;
    long value;

    errno = 0;
    value = strtol(text, &end, 10);
    if (end == text || *end || errno || value < low || value > high)
        argp_error(state, "%s must be an integer from %ld to %ld, not '%s'", option, low,
                   high, text);
    return value;
}

double wn_cli_number(struct argp_state *state,
                     const char *option,
                     const char *text,
                     double low,
                     double high)
{
    char *end;
    double value;

    errno = 0;
    value = strtod(text, &end);
    if (end == text || *end || errno || !(value >= low && value <= high))
        argp_error(state, "%s must be a number from %g to %g, not '%s'", option, low,
                   high, text);
    return value;
}

int64_t wn_cli_duration(struct argp_state *state, const char *option, const char *text)
{
    int64_t ms = 0;

    if (!wn_duration_parse(text, &ms))
        argp_error(state, "%s must be a time such as 90s, 10m or 12h, not '%s'", option,
                   text);
    return ms;
}
