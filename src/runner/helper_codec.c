/* helper_codec.c - the words between worker and helper. */
#include <errno.h>
#include <sys/socket.h>

#include "runner/helper_internal.h"

#define SPEC_VERSION 1

static void put_generation(struct wn_buf *out, struct wn_generation gen)
{
    wn_put_int(out, gen.resource);
    wn_put_u32(out, gen.trial);
    wn_put_u32(out, gen.dispatch.incarnation);
    wn_put_u32(out, gen.dispatch.count);
}

static struct wn_generation get_generation(struct wn_reader *r)
{
    struct wn_generation gen;

    gen.resource = wn_get_int(r);
    gen.trial = wn_get_u32(r);
    gen.dispatch.incarnation = wn_get_u32(r);
    gen.dispatch.count = wn_get_u32(r);
    return gen;
}

void wn_spec_encode(const struct wn_spec *spec, struct wn_buf *out)
{
    wn_put_u8(out, SPEC_VERSION);
    wn_put_str(out, spec->study_dir);
    wn_put_u32(out, spec->trial);
    wn_put_u32(out, spec->dispatch.incarnation);
    wn_put_u32(out, spec->dispatch.count);
    put_generation(out, spec->source);
    wn_put_u8(out, spec->has_work);
    wn_put_u8(out, spec->has_socket);
    wn_put_u32(out, spec->cores);
    wn_put_str(out, spec->python_dir);
    wn_put_str(out, spec->study_name);
    wn_put_str(out, spec->config);
    wn_put_uint(out, spec->n_args);
    for (size_t i = 0; i < spec->n_args; i++)
        wn_put_str(out, spec->args[i]);
}

enum wn_status wn_spec_decode(const void *bytes,
                              size_t n,
                              struct wn_arena *arena,
                              struct wn_spec *out,
                              struct wn_error *err)
{
    struct wn_reader r = wn_reader_of(bytes, n);
    struct wn_spec spec = {0};
    const char **args;

    if (wn_get_u8(&r) != SPEC_VERSION)
        return wn_fail(err, WN_EVERSION,
                       "the helper is of another version than the worker");
    spec.study_dir = wn_get_str(&r, arena);
    spec.trial = wn_get_u32(&r);
    spec.dispatch.incarnation = wn_get_u32(&r);
    spec.dispatch.count = wn_get_u32(&r);
    spec.source = get_generation(&r);
    spec.has_work = wn_get_u8(&r);
    spec.has_socket = wn_get_u8(&r);
    spec.cores = wn_get_u32(&r);
    spec.python_dir = wn_get_str(&r, arena);
    spec.study_name = wn_get_str(&r, arena);
    spec.config = wn_get_str(&r, arena);
    spec.n_args = wn_get_count(&r, 1);
    args = wn_arena_alloc(arena, (spec.n_args + 1) * sizeof *args);
    for (size_t i = 0; args && i < spec.n_args; i++)
        args[i] = wn_get_str(&r, arena);
    if (!args || r.is_starved)
        return wn_fail(err, WN_ENOMEM, "no memory for what to run");
    if (!wn_reader_is_done(&r) || !spec.n_args)
        return wn_fail(err, WN_ECORRUPT, "what to run is malformed");
    spec.args = args;
    *out = spec;
    return WN_OK;
}

enum wn_status wn_control_send(int fd,
                               const struct wn_control *control,
                               struct wn_error *err)
{
    struct wn_buf out = {0};
    enum wn_status rc = WN_OK;

    wn_put_u8(&out, (uint8_t)control->kind);
    wn_put_u8(&out, control->flag);
    wn_put_int(&out, control->resource);
    wn_put_int(&out, control->number);
    wn_put_str(&out, control->text);
    if (out.failed || out.n > WN_CONTROL_MAX)
        rc = wn_fail(err, WN_ENOMEM, "no room for a message to the other side");
    while (rc == WN_OK && send(fd, out.at, out.n, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
        if (errno != EINTR)
            rc = wn_fail_errno(err, WN_EIO, "the other side does not listen");
    wn_buf_release(&out);
    return rc;
}

bool wn_control_recv(int fd,
                     struct wn_arena *arena,
                     struct wn_control *out,
                     bool *is_gone)
{
    char bytes[WN_CONTROL_MAX];
    struct wn_reader r;
    ssize_t n;

    *is_gone = false;
    do
        n = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return false;
    *is_gone = n <= 0;
    if (n <= 0)
        return false;
    r = wn_reader_of(bytes, (size_t)n);
    out->kind = (enum wn_control_kind)wn_get_u8(&r);
    out->flag = wn_get_u8(&r);
    out->resource = wn_get_int(&r);
    out->number = wn_get_int(&r);
    out->text = wn_get_str(&r, arena);
    *is_gone = !wn_reader_is_done(&r);
    return !*is_gone;
}
