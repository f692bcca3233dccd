/* compare/board.h - the cells of a comparison, handed out to ranks one at a time.
 *
 * Rank 0 has the board: it sends a cell to every rank that has none and takes down what
 * comes back; alone it runs the cells itself. A rank that is lost costs the cell it had,
 * which another gets. What a cell finds depends on the plan and its number only, so the
 * file is the same for any number of ranks.
 */
#ifndef WN_COMPARE_BOARD_H
#define WN_COMPARE_BOARD_H

#include <stdbool.h>

#include "comm/comm.h"
#include "compare/cell.h"

struct wn_compare_task {
    size_t study; /* of the plan */
    int64_t number;
};

struct wn_compare_board {
    const struct wn_compare_plan *plan;
    struct wn_comparison *comparison; /* what is found is added here */
    const size_t *index;              /* the plan's studies in the comparison */
    struct wn_comparison_log *log;    /* and here, before; NULL: nowhere */
    const struct wn_compare_task *tasks;
    size_t n_tasks;
    wn_compare_train_fn *train; /* cells that train for real; NULL: there are none */
    void *train_arg;
    /* Called after every cell and now and then between; may be NULL. */
    void (*progress)(void *arg, size_t n_done);
    void *arg;
    bool had_loss; /* out: a rank is lost, or taken for lost, at the end */
};

/* Until all is done. `comm` NULL, or without a peer that lives: here. */
enum wn_status wn_compare_serve(struct wn_compare_board *board,
                                struct wn_comm *comm,
                                struct wn_error *err) WN_MUST_CHECK;
/* The other end: run what comes until told to quit. */
enum wn_status wn_compare_work(const struct wn_compare_plan *plan,
                               struct wn_comm *comm,
                               wn_compare_train_fn *train,
                               void *train_arg,
                               struct wn_error *err) WN_MUST_CHECK;

#endif /* WN_COMPARE_BOARD_H */
