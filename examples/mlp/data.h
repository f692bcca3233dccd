/* data.h - the handwritten digits and their split.
 *
 * A file is lines of 65 whole numbers: 64 pixels of 0..16 and the digit, 0..9; gzip'ed
 * or plain. Rows are kept in the order train, validation, test, so that training on
 * train and validation together is training on the first rows. The split is described
 * in ../data/README.md and must stay what it is: ../python/digits.py makes the same,
 * and results are only comparable on the same split.
 */
#ifndef MLP_DATA_H
#define MLP_DATA_H

#include <stdbool.h>
#include <stdint.h>

#define DATA_PIXELS  64
#define DATA_CLASSES 10
#define DATA_SEED    1 /* of the split; not of the training */

struct data {
    int n_train, n_validation, n_test;
    float *x;       /* rows x DATA_PIXELS, pixels scaled to 0..1 */
    uint8_t *label; /* rows */
    int *line;      /* rows: which line of the file, from 0 */
};

/* False after a message on standard error. data_release() takes a half-read one too. */
bool data_read(struct data *data, const char *path);
void data_release(struct data *data);

#endif /* MLP_DATA_H */
