/* problems.c - the list of a user's mistakes, and the guess at what was meant. */
#include "base/problems.h"

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

enum { NAME_MOST = 64 }; /* longer names are not guessed at */

void wn_problems_release(struct wn_problems *problems)
{
    for (size_t i = 0; i < problems->n; i++)
        wn_free(problems->at[i]);
    wn_vec_release(problems);
    problems->failed = false;
}

/* Keys and values of a foreign file shall neither break the line nor steer a terminal. */
static void make_printable(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7F)
            *text = '?';
}

void wn_problems_add(struct wn_problems *problems,
                     const char *path,
                     const char *format,
                     ...)
{
    struct wn_buf text = {0};
    char *taken;
    va_list args;

    if (path && *path) {
        wn_buf_adds(&text, path);
        wn_buf_adds(&text, ": ");
    }
    va_start(args, format);
    wn_buf_vaddf(&text, format, args);
    va_end(args);
    taken = wn_buf_take(&text);
    if (taken) {
        char **slot = wn_vec_push(problems);

        make_printable(taken);
        if (slot) {
            *slot = taken;
            return;
        }
    }
    wn_free(taken);
    problems->failed = true;
}

enum wn_status wn_problems_check(const struct wn_problems *problems, struct wn_error *err)
{
    if (problems->n == 1)
        return wn_fail(err, WN_EINVAL, "%s", problems->at[0]);
    if (problems->n)
        return wn_fail(err, WN_EINVAL, "%s (the first of %zu problems)", problems->at[0],
                       problems->n);
    if (problems->failed)
        return wn_fail(err, WN_ENOMEM, "no memory to list the problems found");
    return WN_OK;
}

static int lower(char c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Edit distance in which swapping two neighbours counts one and case counts nothing
 * (optimal string alignment: three rows of the usual table). */
static size_t distance(const char *a, size_t n_a, const char *b, size_t n_b)
{
    size_t rows[3][NAME_MOST + 1];
    size_t *before = rows[0], *last = rows[1], *row = rows[2];

    for (size_t j = 0; j <= n_b; j++)
        last[j] = j;
    for (size_t i = 1; i <= n_a; i++) {
        size_t *oldest = before;

        row[0] = i;
        for (size_t j = 1; j <= n_b; j++) {
            size_t d = last[j - 1] + (lower(a[i - 1]) != lower(b[j - 1]));

            d = least(d, least(last[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                lower(a[i - 2]) == lower(b[j - 1]))
                d = least(d, before[j - 2] + 1);
            row[j] = d;
        }
        before = last;
        last = row;
        row = oldest;
    }
    return last[n_b];
}

const char *wn_nearest_name(const char *name, const char *const *candidates)
{
    size_t n = strlen(name);
    size_t limit = n / 3 ? n / 3 : 1;
    const char *best = NULL;

    if (n > NAME_MOST)
        return NULL;
    for (; *candidates; candidates++) {
        size_t n_candidate = strlen(*candidates);
        size_t d;

        if (n_candidate > NAME_MOST)
            continue;
        d = distance(name, n, *candidates, n_candidate);
        if (d >= n && d >= n_candidate)
            continue; /* nothing in common */
        if (d < limit || (d == limit && !best)) {
            best = *candidates;
            limit = d;
        }
    }
    return best;
}
