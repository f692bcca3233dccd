/* base/table.h - aligned columns of text for people.
 *
 * Cells are added row by row; printing pads each column to its widest cell. The first
 * row is the head. Memory trouble is remembered and shows in the buffer printed to.
 */
#ifndef WN_BASE_TABLE_H
#define WN_BASE_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/mem.h"

struct wn_table {
    const char *align; /* a letter a column: 'l' or 'r'; borrowed */
    WN_VEC(char *) cells;
    bool failed;
};

/* A table of strlen(align) columns, in the caller's storage; free with release. */
void wn_table_init(struct wn_table *table, const char *align);
void wn_table_release(struct wn_table *table);
/* The next cell; NULL is empty. Line breaks and control characters become spaces. */
void wn_table_add(struct wn_table *table, const char *text);
void wn_table_addf(struct wn_table *table, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Lines of `indent` spaces and the columns, two spaces apart, nothing at line ends. With
 * `width` > 0 lines are cut to that many characters. `head` and `plain`: escape sequences
 * around the first line, NULL for none. */
void wn_table_print(const struct wn_table *table,
                    int indent,
                    size_t width,
                    const char *head,
                    const char *plain,
                    struct wn_buf *out);
/* Characters (not bytes) of UTF-8 text. */
size_t wn_text_width(const char *text);
/* Bytes of its first `width` characters. */
size_t wn_text_cut(const char *text, size_t width);

#endif /* WN_BASE_TABLE_H */
