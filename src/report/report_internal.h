/* report_internal.h - what the files of report/ share. */
#ifndef WN_REPORT_REPORT_INTERNAL_H
#define WN_REPORT_REPORT_INTERNAL_H

#include "report/report.h"

#define WN_REPORT_BOLD  "\033[1m"
#define WN_REPORT_GREEN "\033[32m"
#define WN_REPORT_PLAIN "\033[0m"

struct wn_table;

/* A title on a line of its own. */
void wn_report_head(struct wn_report_style style, const char *title, struct wn_buf *out);
void wn_report_print_table(const struct wn_table *table,
                           struct wn_report_style style,
                           struct wn_buf *out);
/* A metric for people: 6 digits. Returns `text`. */
char *wn_report_number(double value, char *text, size_t room);
/* One more word of a command line, quoted for a shell, to a struct wn_buf. True. */
bool wn_report_add_word(void *out, const char *word);
/* "best accuracy 0.9722 (trial 17, epoch 27)"; nothing before the first report. */
void wn_report_best(const struct wn_study *study,
                    const struct wn_job *job,
                    struct wn_buf *out);

#endif /* WN_REPORT_REPORT_INTERNAL_H */
