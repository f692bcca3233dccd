/* csv.c - see csv.h: one character at a time through five states. */
#include "base/csv.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

enum { BLOCK = 1 << 16, RECORD_MOST = 16 << 20, END = -1 };

/* Where in a record the next character stands. */
enum state {
    AT_FIELD,   /* nothing of this field yet */
    IN_PLAIN,   /* in a field without quotes */
    IN_QUOTES,  /* between quotes */
    AT_QUOTE,   /* behind a quote inside quotes: doubled, or the last */
    AT_LINE_END /* behind a carriage return */
};

struct wn_csv {
    wn_csv_read_fn *read;
    void *arg;
    char *source, *block;
    size_t n_block, at_block;
    size_t line, record_line; /* of the next character; of the record */
    bool is_at_end, has_begun;
    struct wn_buf texts;     /* fields one behind the other, a NUL after each */
    WN_VEC(size_t) starts;   /* in texts */
    WN_VEC(const char *) at; /* pointers to them, once the record is whole */
};

static enum wn_status no_memory(const struct wn_csv *csv, struct wn_error *err)
{
    return wn_fail(err, WN_ENOMEM, "no memory to read %s", csv->source);
}

static enum wn_status refuse(const struct wn_csv *csv,
                             const char *what,
                             struct wn_error *err)
{
    return wn_fail(err, WN_EINVAL, "%s: line %zu: %s", csv->source, csv->line, what);
}

enum wn_status wn_csv_create(wn_csv_read_fn *read,
                             void *arg,
                             const char *source,
                             struct wn_csv **out,
                             struct wn_error *err)
{
    struct wn_csv *csv = wn_alloc(sizeof *csv);

    if (csv) {
        csv->read = read;
        csv->arg = arg;
        csv->line = 1;
        csv->source = wn_strdup(source);
        csv->block = wn_alloc(BLOCK);
    }
    if (!csv || !csv->source || !csv->block) {
        wn_csv_destroy(csv);
        return wn_fail(err, WN_ENOMEM, "no memory to read %s", source);
    }
    *out = csv;
    return WN_OK;
}

void wn_csv_destroy(struct wn_csv *csv)
{
    if (!csv)
        return;
    wn_free(csv->source);
    wn_free(csv->block);
    wn_buf_release(&csv->texts);
    wn_vec_release(&csv->starts);
    wn_vec_release(&csv->at);
    wn_free(csv);
}

size_t wn_csv_line(const struct wn_csv *csv)
{
    return csv->record_line;
}

/* The next block; the first is long enough to hold a byte order mark. */
static enum wn_status fill(struct wn_csv *csv, struct wn_error *err)
{
    size_t least = csv->has_begun ? 1 : 3, got = 1;

    csv->at_block = csv->n_block = 0;
    while (got && csv->n_block < least) {
        enum wn_status rc = csv->read(csv->arg, csv->block + csv->n_block,
                                      BLOCK - csv->n_block, &got, err);

        if (rc != WN_OK)
            return rc;
        csv->n_block += got;
    }
    csv->is_at_end = csv->n_block == 0;
    if (!csv->has_begun && csv->n_block >= 3 &&
        memcmp(csv->block, "\xef\xbb\xbf", 3) == 0)
        csv->at_block = 3;
    csv->has_begun = true;
    return WN_OK;
}

/* The next character, or END. */
static enum wn_status take(struct wn_csv *csv, int *c, struct wn_error *err)
{
    while (csv->at_block == csv->n_block && !csv->is_at_end) {
        enum wn_status rc = fill(csv, err);

        if (rc != WN_OK)
            return rc;
    }
    *c = csv->is_at_end ? END : (unsigned char)csv->block[csv->at_block++];
    return WN_OK;
}

static bool begin_field(struct wn_csv *csv)
{
    size_t *start = wn_vec_push(&csv->starts);

    if (start)
        *start = csv->texts.n;
    return start != NULL;
}

static void end_field(struct wn_csv *csv)
{
    wn_buf_add(&csv->texts, "", 1);
}

/* One character; *is_whole: it ended the record. */
static enum wn_status step(struct wn_csv *csv,
                           int c,
                           enum state *state,
                           bool *is_whole,
                           struct wn_error *err)
{
    if (c == 0)
        return refuse(csv, "a NUL byte: this is no text", err);
    if (*state == IN_QUOTES) {
        if (c == END)
            return refuse(csv, "the file ends inside quotes", err);
        if (c == '"')
            *state = AT_QUOTE;
        else
            wn_buf_addc(&csv->texts, (char)c);
        return WN_OK;
    }
    if (*state == AT_LINE_END && c != '\n')
        return refuse(csv, "a carriage return that ends no line", err);
    if (c == '\n' || c == END) {
        end_field(csv);
        *is_whole = true;
    } else if (c == '\r') {
        *state = AT_LINE_END;
    } else if (c == ',') {
        end_field(csv);
        *state = AT_FIELD;
        return begin_field(csv) ? WN_OK : no_memory(csv, err);
    } else if (c == '"' && *state != IN_PLAIN) {
        if (*state == AT_QUOTE)
            wn_buf_addc(&csv->texts, '"');
        *state = IN_QUOTES;
    } else if (c == '"') {
        return refuse(csv, "a quote inside a field that has none around it", err);
    } else if (*state == AT_QUOTE) {
        return refuse(csv, "text behind a closing quote", err);
    } else {
        wn_buf_addc(&csv->texts, (char)c);
        *state = IN_PLAIN;
    }
    return WN_OK;
}

/* One record into texts and starts; *is_empty: it is an empty line, or the end. */
static enum wn_status read_record(struct wn_csv *csv,
                                  bool *is_empty,
                                  struct wn_error *err)
{
    enum state state = AT_FIELD;
    bool is_whole = false, is_bare = true;

    csv->starts.n = 0;
    wn_buf_clear(&csv->texts);
    csv->record_line = csv->line;
    if (!begin_field(csv))
        return no_memory(csv, err);
    while (!is_whole) {
        int c = END;
        enum wn_status rc = take(csv, &c, err);

        if (rc == WN_OK)
            rc = step(csv, c, &state, &is_whole, err);
        if (rc == WN_OK && csv->texts.n > RECORD_MOST)
            rc = refuse(csv, "a record of more than 16 MiB", err);
        if (rc == WN_OK && csv->texts.failed)
            rc = no_memory(csv, err);
        if (rc != WN_OK)
            return rc;
        is_bare = is_bare && (c == '\n' || c == '\r' || c == END);
        csv->line += c == '\n';
    }
    *is_empty = is_bare;
    return WN_OK;
}

enum wn_status wn_csv_next(struct wn_csv *csv,
                           const char *const **fields,
                           size_t *n,
                           struct wn_error *err)
{
    bool is_empty = true;

    *n = 0;
    *fields = NULL;
    while (is_empty) {
        enum wn_status rc = read_record(csv, &is_empty, err);

        if (rc != WN_OK)
            return rc;
        if (is_empty && csv->is_at_end)
            return WN_OK;
    }
    csv->at.n = 0;
    for (size_t i = 0; i < csv->starts.n; i++) {
        const char **at = wn_vec_push(&csv->at);

        if (!at)
            return no_memory(csv, err);
        *at = csv->texts.at + csv->starts.at[i];
    }
    *fields = csv->at.at;
    *n = csv->at.n;
    return WN_OK;
}
