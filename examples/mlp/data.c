/* data.c - read the CSV file through zlib and split it. */
#include "data.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "rng.h"

enum { LINE_MAX_BYTES = 1024, ROWS_MAX = 1000000 };

/* What the file holds, in its own order. */
struct table {
    int n_rows, capacity;
    uint8_t (*row)[DATA_PIXELS + 1];
};

static bool row_parse(const char *text, uint8_t row[DATA_PIXELS + 1])
{
    for (int i = 0; i <= DATA_PIXELS; i++) {
        char *end;
        long value;
        long limit = i < DATA_PIXELS ? 16 : DATA_CLASSES - 1;

        if (*text < '0' || *text > '9') /* strtol would skip blanks and take signs */
            return false;
        value = strtol(text, &end, 10);
        if (value > limit)
            return false;
        row[i] = (uint8_t)value;
        if (i < DATA_PIXELS && *end++ != ',')
            return false;
        text = end;
    }
    return text[strspn(text, "\r\n")] == '\0';
}

static bool table_grow(struct table *table)
{
    int capacity = table->capacity ? 2 * table->capacity : 2048;
    void *row = realloc(table->row, (size_t)capacity * sizeof *table->row);

    if (!row)
        return false;
    table->row = row;
    table->capacity = capacity;
    return true;
}

static bool table_read(struct table *table, gzFile file, const char *path)
{
    char line[LINE_MAX_BYTES];
    int code;

    while (gzgets(file, line, (int)sizeof line)) {
        if (table->n_rows == ROWS_MAX) {
            fprintf(stderr, "mlp: %s has more than %d lines\n", path, ROWS_MAX);
            return false;
        }
        if (table->n_rows == table->capacity && !table_grow(table)) {
            fprintf(stderr, "mlp: no memory for the data\n");
            return false;
        }
        if (!row_parse(line, table->row[table->n_rows])) {
            fprintf(stderr,
                    "mlp: %s:%d: not 64 pixels of 0 to 16 and a digit, separated by "
                    "commas\n",
                    path, table->n_rows + 1);
            return false;
        }
        table->n_rows++;
    }
    gzerror(file, &code);
    if (code != Z_OK && code != Z_STREAM_END) {
        fprintf(stderr, "mlp: %s is damaged or cut off\n", path);
        return false;
    }
    return true;
}

/* The lines in the order of the split: shuffled, sorted by digit without disturbing the
 * shuffled order, then dealt out: of each five one is for testing, one for validation. */
static bool split(const struct table *table, struct data *data)
{
    uint64_t rng = DATA_SEED;
    size_t n = (size_t)table->n_rows;
    int *shuffled = malloc(n * sizeof *shuffled);
    int at[3], place = 0;

    data->line = malloc(n * sizeof *data->line);
    if (!shuffled || !data->line) {
        free(shuffled);
        return false;
    }
    for (int i = 0; i < table->n_rows; i++)
        shuffled[i] = i;
    rng_shuffle(&rng, shuffled, table->n_rows);
    data->n_test = (table->n_rows + 4) / 5;
    data->n_validation = (table->n_rows + 3) / 5;
    data->n_train = table->n_rows - data->n_test - data->n_validation;
    at[0] = data->n_train + data->n_validation;
    at[1] = data->n_train;
    at[2] = 0;
    for (int digit = 0; digit < DATA_CLASSES; digit++) {
        for (int i = 0; i < table->n_rows; i++) {
            if (table->row[shuffled[i]][DATA_PIXELS] != digit)
                continue;
            data->line[at[place % 5 < 2 ? place % 5 : 2]++] = shuffled[i];
            place++;
        }
    }
    free(shuffled);
    return true;
}

static bool data_fill(struct data *data, const struct table *table)
{
    size_t n = (size_t)table->n_rows;

    data->x = malloc(n * DATA_PIXELS * sizeof *data->x);
    data->label = malloc(n);
    if (!data->x || !data->label || !split(table, data))
        return false;
    for (size_t i = 0; i < n; i++) {
        const uint8_t *row = table->row[data->line[i]];

        for (size_t j = 0; j < DATA_PIXELS; j++)
            data->x[i * DATA_PIXELS + j] = (float)row[j] / 16;
        data->label[i] = row[DATA_PIXELS];
    }
    return true;
}

bool data_read(struct data *data, const char *path)
{
    struct table table = {0};
    gzFile file = gzopen(path, "rb");
    bool ok;

    *data = (struct data){0};
    if (!file) {
        fprintf(stderr, "mlp: cannot open the data file %s\n", path);
        return false;
    }
    ok = table_read(&table, file, path);
    if (gzclose(file) != Z_OK && ok) {
        fprintf(stderr, "mlp: %s is damaged or cut off\n", path);
        ok = false;
    }
    if (ok && table.n_rows < 5) {
        fprintf(stderr, "mlp: %s has %d lines: too few to split\n", path, table.n_rows);
        ok = false;
    }
    if (ok && !data_fill(data, &table)) {
        fprintf(stderr, "mlp: no memory for the data\n");
        ok = false;
    }
    free(table.row);
    return ok;
}

void data_release(struct data *data)
{
    free(data->x);
    free(data->label);
    free(data->line);
    *data = (struct data){0};
}
