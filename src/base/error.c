/* error.c - filling and wrapping of struct wn_error.
 *
 * Nothing here allocates, so that running out of memory can be reported. Texts are
 * formatted aside and then copied: an argument may be the old text of the same error.
 */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_MAX = sizeof(((struct wn_error *)0)->text) };

/* The folder and name are enough to find a file of ours, whatever the build's paths. */
static const char *short_path(const char *file)
{
    const char *slash = strrchr(file, '/');

    while (slash && slash > file && slash[-1] != '/')
        slash--;
    return slash ? slash : file;
}

/* A text that was cut must not end inside a UTF-8 sequence. */
static void trim_cut_text(char *text)
{
    size_t n = strlen(text);
    size_t n_tail = 0;

    if (n + 1 < TEXT_MAX)
        return;
    while (n_tail < 3 && n_tail < n &&
           ((unsigned char)text[n - 1 - n_tail] & 0xC0) == 0x80)
        n_tail++;
    if (n_tail < n && ((unsigned char)text[n - 1 - n_tail] & 0xC0) == 0xC0)
        text[n - 1 - n_tail] = '\0';
}

static void fill(struct wn_error *err,
                 enum wn_status status,
                 int native,
                 const char *file,
                 int line,
                 const char *text)
{
    memset(err, 0, sizeof *err); /* plain bytes that may be sent: no old content */
    err->status = status;
    err->native = native;
    snprintf(err->where, sizeof err->where, "%s:%d", short_path(file), line);
    snprintf(err->text, sizeof err->text, "%s", text);
    trim_cut_text(err->text);
}

enum wn_status wn_error_set(struct wn_error *err,
                            enum wn_status status,
                            int native,
                            const char *file,
                            int line,
                            const char *format,
                            ...)
{
    char text[TEXT_MAX];
    va_list args;

    if (!err)
        return status;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    fill(err, status, native, file, line, text);
    return status;
}

enum wn_status wn_error_set_errno(struct wn_error *err,
                                  enum wn_status status,
                                  const char *file,
                                  int line,
                                  const char *format,
                                  ...)
{
    int native = errno;
    char reason[128];
    char text[TEXT_MAX];
    size_t n;
    va_list args;

    if (!err)
        return status;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (strerror_r(native, reason, sizeof reason) != 0)
        snprintf(reason, sizeof reason, "error %d", native);
    n = strlen(text);
    snprintf(text + n, sizeof text - n, ": %s", reason);
    fill(err, status, native, file, line, text);
    return status;
}

enum wn_status wn_error_wrap(struct wn_error *err, const char *format, ...)
{
    char text[TEXT_MAX];
    size_t n;
    va_list args;

    if (!err)
        return WN_EINVAL; /* the status is lost, but a failure stays one */
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    n = strlen(text);
    snprintf(text + n, sizeof text - n, ": %s", err->text);
    trim_cut_text(text);
    memcpy(err->text, text, sizeof text);
    return err->status == WN_OK ? WN_EINVAL : err->status;
}

const char *wn_status_name(enum wn_status status)
{
    switch (status) {
#define X(name, value, text) \
    case WN_##name: return #name;
        WN_STATUS_LIST(X)
#undef X
    }
    return "unknown status"; /* a number that came from elsewhere */
}

const char *wn_status_meaning(enum wn_status status)
{
    switch (status) {
#define X(name, value, text) \
    case WN_##name: return text;
        WN_STATUS_LIST(X)
#undef X
    }
    return "a status this program does not know";
}
