/* base/error.h - how a function says that it failed.
 *
 * A fallible function returns enum wn_status and takes a struct wn_error last. The
 * error object lives on the caller's stack, may be NULL, is written only on failure
 * and holds plain bytes, so it can cross MPI. Use:
 *
 *     if (n < 1)
 *         return wn_fail(err, WN_EINVAL, "space.n must be at least 1, not %d", n);
 *     if (wn_file_read(path, &text, err) != WN_OK)
 *         return wn_wrap(err, "reading the job file %s", path);
 *
 * errno is not part of any interface: wn_fail_errno() records it. "No such thing" and
 * "nothing yet" are results, not errors.
 */
#ifndef WN_BASE_ERROR_H
#define WN_BASE_ERROR_H

/* Name, value, what it means. Values are stable: append, never renumber. */
#define WN_STATUS_LIST(X)                                                      \
    X(OK, 0, "success")                                                        \
    X(EINVAL, -1, "the caller or the user gave something that is not allowed") \
    X(ENOMEM, -2, "out of memory")                                             \
    X(EIO, -3, "a file or descriptor failed")                                  \
    X(ECORRUPT, -4, "stored or received bytes contradict their format")        \
    X(EVERSION, -5, "written by a format version this program does not know")  \
    X(EBUSY, -6, "in use by another process that is alive")                    \
    X(EFENCED, -7, "another coordinator has taken the study over")             \
    X(ENUMERIC, -8, "a numerical method failed")                               \
    X(EMPI, -9, "MPI failed")                                                  \
    X(EHDF5, -10, "HDF5 failed")                                               \
    X(ESYSTEM, -11, "the operating system refused a request")

enum wn_status {
#define X(name, value, text) WN_##name = (value),
    WN_STATUS_LIST(X)
#undef X
};

struct wn_error {
    enum wn_status status;
    int native;     /* errno, MPI or HDF5 code; 0 if there is none */
    char where[48]; /* file:line of the first report */
    char text[512]; /* a whole sentence, without a full stop at the end */
};

/* Fill *err and return `status`, so that one line reports and returns. */
#define wn_fail(err, status, ...) \
    wn_error_set(err, status, 0, __FILE__, __LINE__, __VA_ARGS__)

/* The same with the current errno: ": No space left on device" is appended. */
#define wn_fail_errno(err, status, ...) \
    wn_error_set_errno(err, status, __FILE__, __LINE__, __VA_ARGS__)

/* Put context before the text of *err ("context: text") and return its status. Use it
 * once per layer. `err` must have been filled; NULL returns WN_EINVAL's sibling status
 * only if the caller kept it, so prefer: rc = f(err); if (rc) { wn_wrap(...); return rc; } */
#define wn_wrap(err, ...) wn_error_wrap(err, __VA_ARGS__)

enum wn_status wn_error_set(struct wn_error *err,
                            enum wn_status status,
                            int native,
                            const char *file,
                            int line,
                            const char *format,
                            ...) __attribute__((format(printf, 6, 7)));
enum wn_status wn_error_set_errno(struct wn_error *err,
                                  enum wn_status status,
                                  const char *file,
                                  int line,
                                  const char *format,
                                  ...) __attribute__((format(printf, 5, 6)));
enum wn_status wn_error_wrap(struct wn_error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* "EINVAL" and the meaning of a status. Static strings. */
const char *wn_status_name(enum wn_status status);
const char *wn_status_meaning(enum wn_status status);

#define WN_MUST_CHECK __attribute__((warn_unused_result))

#endif /* WN_BASE_ERROR_H */
