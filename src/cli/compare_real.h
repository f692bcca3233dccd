/* cli/compare_real.h - runs of a comparison that train for real, each on ranks of its own.
 *
 * The ranks but rank 0 are dealt out in groups of the plan's `ranks`; what is left over is
 * idle, which is said. The first of a group gets runs from rank 0 (compare/board.h),
 * coordinates them as `winnow run` does, and takes the others of its group along, which work.
 * Groups of one, and rank 0 alone, coordinate and work. The study of a run stands in
 * FILE.studies/METHOD/BENCHMARK/WORKERS.NUMBER and is gone on with when the comparison was
 * interrupted.
 *
 * Calls inside a group are collective: a group that loses a rank ends with the whole program,
 * and the comparison is started again.
 */
#ifndef WN_CLI_COMPARE_REAL_H
#define WN_CLI_COMPARE_REAL_H

#include "base/file.h"
#include "comm/mpi.h"
#include "compare/cell.h"

struct wn_cli_real {
    struct wn_mpi
        *board; /* rank 0 and the firsts of the groups; NULL: this rank is neither */
    struct wn_mpi *group; /* NULL: this rank is in none */
    const struct wn_compare_plan *plan;
    char dir[WN_PATH_MAX]; /* of the studies */
};

/* Deal out the ranks of the world. Collective. */
enum wn_status wn_cli_real_deal(struct wn_mpi *world,
                                const struct wn_compare_plan *plan,
                                struct wn_cli_real *out,
                                struct wn_error *err) WN_MUST_CHECK;
/* The first of a group (or who is alone): a run; `arg` is the struct wn_cli_real. */
wn_compare_train_fn wn_cli_real_train;
/* The others: work until wn_cli_real_dismiss(). */
enum wn_status wn_cli_real_follow(struct wn_cli_real *real,
                                  struct wn_error *err) WN_MUST_CHECK;
/* The first of a group: there is nothing more to do. */
void wn_cli_real_dismiss(struct wn_cli_real *real);
void wn_cli_real_release(struct wn_cli_real *real); /* collective */

#endif /* WN_CLI_COMPARE_REAL_H */
