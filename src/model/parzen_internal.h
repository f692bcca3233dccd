/* model/parzen_internal.h - how a Parzen estimator is kept, and what its files share.
 *
 * Kernel 0 is the prior. With several axes kernel k is member k. With one axis members may
 * be put in any order, and those with the same kernel together: floats go by place, so
 * that blocks of kernels far from a point are passed over, and values of finitely many
 * become one kernel each, with their members' weights.
 *
 * Along an axis of parts or categories kernels that are the same have the same code, code
 * 0 being the prior's: of each code the mass at a point is computed once.
 */
#ifndef WN_MODEL_PARZEN_INTERNAL_H
#define WN_MODEL_PARZEN_INTERNAL_H

#include "model/parzen.h"

#include "model/mixture.h"

enum { WN_PARZEN_BATCH = 64 }; /* points scored at a time, at most */

/* What an estimator knows along one axis. */
struct wn_parzen_column {
    struct wn_axis *axis;
    double *center, *precision;                       /* PLACE: of each kernel */
    uint32_t *code;                                   /* PART, CATEGORY: of each kernel */
    double *code_center, *code_width, *code_log_unit; /* PART: of each code */
    size_t n_codes;
};

struct wn_parzen {
    struct wn_parzen_column *columns;
    struct wn_mixture_axis *mixture_axes; /* views of the columns */
    size_t n_axes, n_members, n_kernels, room, rank_room;
    double sum_weights, cut, code_cut;
    double log_wide_unit; /* of the prior: what normal(0.5, 1) has in [0, 1] */
    /* Points at work: */
    struct wn_mixture_point points[WN_PARZEN_BATCH];
    const double **gains; /* WN_PARZEN_BATCH times n_axes */
    double *from;         /* PART: where the part of each begins; the same */
    uint32_t *rank;       /* of each observation during a fit: 1 ... n_members; else 0 */
    /* Made anew when room is made, since every fit fills them: */
    struct wn_arena arena;
    double *weight, *base;       /* of each kernel */
    double *ranked;              /* weights of members by their ranks, less 1 */
    double *near, *width, *norm; /* of members along one axis, in the order of places */
    uint32_t *id, *item;         /* their observations, and which items they are */
    struct wn_sorted_item *few;  /* when members are few: their items and kernels */
    struct wn_axis_kernel *few_kernels;
    double *tables;
    size_t tables_room;
};

#endif /* WN_MODEL_PARZEN_INTERNAL_H */
