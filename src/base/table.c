/* table.c - aligned columns. */
#include "base/table.h"

#include <string.h>

size_t wn_text_width(const char *text)
{
    size_t n = 0;

    for (; *text; text++)
        n += ((unsigned char)*text & 0xC0) != 0x80;
    return n;
}

void wn_table_init(struct wn_table *table, const char *align)
{
    *table = (struct wn_table){.align = align};
}

void wn_table_release(struct wn_table *table)
{
    for (size_t i = 0; i < table->cells.n; i++)
        wn_free(table->cells.at[i]);
    wn_vec_release(&table->cells);
}

void wn_table_add(struct wn_table *table, const char *text)
{
    char *copy = wn_strdup(text ? text : "");
    char **cell = copy ? wn_vec_push(&table->cells) : NULL;

    if (!cell) {
        wn_free(copy);
        table->failed = true;
        return;
    }
    for (char *c = copy; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 127)
            *c = ' ';
    *cell = copy;
}

void wn_table_addf(struct wn_table *table, const char *format, ...)
{
    struct wn_buf text = {0};
    va_list args;

    va_start(args, format);
    wn_buf_vaddf(&text, format, args);
    va_end(args);
    table->failed = table->failed || text.failed;
    wn_table_add(table, wn_buf_text(&text));
    wn_buf_release(&text);
}

static size_t column_width(const struct wn_table *table, size_t column, size_t n_columns)
{
    size_t widest = 0;

    for (size_t i = column; i < table->cells.n; i += n_columns) {
        size_t width = wn_text_width(table->cells.at[i]);

        if (width > widest)
            widest = width;
    }
    return widest;
}

static void pad(struct wn_buf *out, size_t n)
{
    for (; n; n--)
        wn_buf_addc(out, ' ');
}

size_t wn_text_cut(const char *text, size_t width)
{
    size_t i = 0;

    for (; text[i]; i++)
        if (((unsigned char)text[i] & 0xC0) != 0x80 && !width--)
            break;
    return i;
}

static void print_row(const struct wn_table *table,
                      size_t row,
                      const size_t *widths,
                      size_t n_columns,
                      struct wn_buf *line)
{
    for (size_t c = 0; c < n_columns; c++) {
        size_t i = row * n_columns + c;
        const char *text = i < table->cells.n ? table->cells.at[i] : "";
        size_t space = widths[c] - wn_text_width(text);

        if (table->align[c] == 'r')
            pad(line, space);
        wn_buf_adds(line, text);
        if (table->align[c] != 'r')
            pad(line, space);
        if (c + 1 < n_columns)
            wn_buf_adds(line, "  ");
    }
    while (line->n && line->at[line->n - 1] == ' ')
        line->at[--line->n] = 0;
}

void wn_table_print(const struct wn_table *table,
                    int indent,
                    size_t width,
                    const char *head,
                    const char *plain,
                    struct wn_buf *out)
{
    size_t n_columns = strlen(table->align);
    size_t *widths = wn_alloc_array(n_columns, sizeof *widths);
    struct wn_buf line = {0};

    for (size_t c = 0; widths && c < n_columns; c++)
        widths[c] = column_width(table, c, n_columns);
    for (size_t row = 0; widths && row * n_columns < table->cells.n; row++) {
        wn_buf_clear(&line);
        pad(&line, (size_t)indent);
        print_row(table, row, widths, n_columns, &line);
        if (row == 0 && head)
            wn_buf_adds(out, head);
        wn_buf_add(out, wn_buf_text(&line),
                   width ? wn_text_cut(wn_buf_text(&line), width) : line.n);
        if (row == 0 && head && plain)
            wn_buf_adds(out, plain);
        wn_buf_addc(out, '\n');
        out->failed = out->failed || line.failed;
    }
    out->failed = out->failed || table->failed || !widths;
    wn_buf_release(&line);
    wn_free(widths);
}
