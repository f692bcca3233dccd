/* protocol.c - what programs say: packets of the socket, lines of standard output.
 *
 * Foreign bytes: everything is checked here, and a report that is not understood says
 * why. Numbers may be NaN or infinite; what becomes of them is the coordinator's.
 */
#include <string.h>

#include "runner/process_internal.h"

#define METRICS_MAX    256
#define NAME_MAX_BYTES 128

static const char mark[] = "[tune-metric]:";

/* The numbers of an object as metrics, in one block. */
static enum wn_status take_metrics(const struct wn_json *object,
                                   const char *skip,
                                   struct wn_parsed *out,
                                   struct wn_error *err)
{
    size_t n = 0, n_bytes = 0;
    struct wn_metric *metrics;
    char *names;

    for (const struct wn_json *m = wn_json_first(object); m; m = wn_json_next(m)) {
        const char *key = wn_json_key(m);

        if (!wn_json_is(m, WN_JSON_NUMBER) || (skip && strcmp(key, skip) == 0))
            continue;
        if (!*key || strlen(key) > NAME_MAX_BYTES)
            return wn_fail(err, WN_EINVAL, "a metric's name must have 1 to %d bytes",
                           NAME_MAX_BYTES);
        n++;
        n_bytes += strlen(key) + 1;
    }
    if (n > METRICS_MAX)
        return wn_fail(err, WN_EINVAL, "a report may have %d metrics, not %zu",
                       METRICS_MAX, n);
    metrics = wn_alloc(n * sizeof *metrics + n_bytes + 1);
    if (!metrics)
        return wn_fail(err, WN_ENOMEM, "no memory for a report");
    names = (char *)(metrics + n);
    out->metrics = metrics;
    for (const struct wn_json *m = wn_json_first(object); m; m = wn_json_next(m)) {
        const char *key = wn_json_key(m);
        size_t length = strlen(key) + 1;

        if (!wn_json_is(m, WN_JSON_NUMBER) || (skip && strcmp(key, skip) == 0))
            continue;
        memcpy(names, key, length);
        *metrics++ = (struct wn_metric){.name = names, .value = wn_json_number(m)};
        names += length;
    }
    out->n_metrics = (uint32_t)n;
    return WN_OK;
}

static enum wn_status take_report(const struct wn_json *report,
                                  struct wn_parsed *out,
                                  struct wn_error *err)
{
    const struct wn_json *resource = wn_json_get(report, "resource");
    const struct wn_json *metrics = wn_json_get(report, "metrics");
    const struct wn_json *checkpoint = wn_json_get(report, "checkpoint");

    if (!wn_json_is(metrics, WN_JSON_OBJECT))
        return wn_fail(err, WN_EINVAL, "a report came without metrics");
    if (resource && !wn_json_is(resource, WN_JSON_NUMBER))
        return wn_fail(err, WN_EINVAL, "a report's resource must be a number, not %s",
                       wn_json_type_name(resource));
    if (checkpoint && (!wn_json_is(checkpoint, WN_JSON_STRING) ||
                       !wn_name_is_plain(wn_json_string(checkpoint)) ||
                       strlen(wn_json_string(checkpoint)) >= sizeof out->checkpoint))
        return wn_fail(err, WN_EINVAL, "a report names a checkpoint that cannot be");
    out->has_resource = resource != NULL;
    out->resource = resource ? wn_json_number(resource) : 0;
    out->waits = wn_json_bool(wn_json_get(report, "waits"));
    if (checkpoint)
        memcpy(out->checkpoint, wn_json_string(checkpoint),
               strlen(wn_json_string(checkpoint)) + 1);
    return take_metrics(metrics, NULL, out, err);
}

enum wn_status wn_packet_parse(const char *text,
                               size_t n,
                               enum wn_packet_kind *kind,
                               struct wn_parsed *out,
                               struct wn_error *err)
{
    struct wn_json *root = NULL;
    enum wn_status rc;

    if (n > WN_REPORT_MAX)
        return wn_fail(err, WN_EINVAL,
                       "a message of %zu bytes is longer than the %d allowed", n,
                       WN_REPORT_MAX);
    rc = wn_json_parse_lenient(text, n, &root, err);
    if (rc != WN_OK)
        return wn_wrap(err, "a message of the program is no JSON");
    if (wn_json_get(root, "report")) {
        *kind = WN_PACKET_REPORT;
        rc = take_report(wn_json_get(root, "report"), out, err);
    } else if (wn_json_get(root, "hello")) {
        *kind = WN_PACKET_HELLO;
    } else if (wn_json_get(root, "bye")) {
        *kind = WN_PACKET_BYE;
    } else {
        rc = wn_fail(err, WN_EINVAL, "a message of the program is none of the protocol");
    }
    wn_json_destroy(root);
    return rc;
}

static const char *skip_space(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\r'))
        at++;
    return at;
}

bool wn_line_begins_report(const char *text, size_t n)
{
    const char *end = text + n, *at = skip_space(text, end);

    return (size_t)(end - at) >= sizeof mark - 1 &&
           memcmp(at, mark, sizeof mark - 1) == 0;
}

enum wn_status wn_line_parse(const char *text,
                             size_t n,
                             const char *resource_name,
                             bool *is_report,
                             struct wn_parsed *out,
                             struct wn_error *err)
{
    const char *end = text + n, *at = skip_space(text, end);
    const struct wn_json *resource;
    struct wn_json *root = NULL;
    enum wn_status rc;

    *is_report = wn_line_begins_report(text, n);
    if (!*is_report)
        return WN_OK;
    if (n > WN_REPORT_MAX)
        return wn_fail(err, WN_EINVAL, "a [tune-metric] line is longer than %d bytes",
                       WN_REPORT_MAX);
    at = skip_space(at + sizeof mark - 1, end);
    rc = wn_json_parse_lenient(at, (size_t)(end - at), &root, err);
    if (rc != WN_OK)
        return wn_wrap(err, "a [tune-metric] line is no JSON");
    resource = wn_json_get(root, resource_name);
    if (!wn_json_is(root, WN_JSON_OBJECT)) {
        rc = wn_fail(err, WN_EINVAL, "a [tune-metric] line holds %s, not an object",
                     wn_json_type_name(root));
    } else if (resource && !wn_json_is(resource, WN_JSON_NUMBER)) {
        rc =
            wn_fail(err, WN_EINVAL, "%s of a [tune-metric] line must be a number, not %s",
                    resource_name, wn_json_type_name(resource));
    } else {
        out->is_line = true;
        out->has_resource = resource != NULL;
        out->resource = resource ? wn_json_number(resource) : 0;
        rc = take_metrics(root, resource_name, out, err);
    }
    wn_json_destroy(root);
    return rc;
}
