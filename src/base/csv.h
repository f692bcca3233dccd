/* base/csv.h - comma-separated values, read strictly and record by record (RFC 4180).
 *
 * Fields are parted by commas, records by LF or CRLF; a field may stand in double quotes,
 * where commas, line breaks and doubled quotes are its text. Refused, with the line: a
 * quote inside a field without quotes, text behind a closing quote, a quote that is never
 * closed, a carriage return alone, a NUL, a record of more than 16 MiB. A byte order mark
 * at the start and empty lines are passed over; the last record may lack its line break.
 * How many fields a record has is the caller's matter.
 */
#ifndef WN_BASE_CSV_H
#define WN_BASE_CSV_H

#include <stddef.h>

#include "base/error.h"

/* Put up to `room` of the next bytes there and say how many; none: the end. */
typedef enum wn_status wn_csv_read_fn(void *arg,
                                      char *bytes,
                                      size_t room,
                                      size_t *n,
                                      struct wn_error *err);

struct wn_csv;

/* A reader of what read(arg) gives; `source` (copied) begins every message. */
enum wn_status wn_csv_create(wn_csv_read_fn *read,
                             void *arg,
                             const char *source,
                             struct wn_csv **out,
                             struct wn_error *err) WN_MUST_CHECK;
void wn_csv_destroy(struct wn_csv *csv);
/* The next record: *n texts, borrowed until the next call; *n is 0 at the end. WN_EINVAL:
 * it is no CSV; what read() says is passed on. */
enum wn_status wn_csv_next(struct wn_csv *csv,
                           const char *const **fields,
                           size_t *n,
                           struct wn_error *err) WN_MUST_CHECK;
/* The line, from 1, where the last record began. */
size_t wn_csv_line(const struct wn_csv *csv);

#endif /* WN_BASE_CSV_H */
