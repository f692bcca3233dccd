/* test_parzen.h - a space with observations, and one estimator of their density. */
#ifndef TESTS_UNIT_TEST_PARZEN_H
#define TESTS_UNIT_TEST_PARZEN_H

#include "test_space.h"

#include "model/parzen.h"

#define MIXED_SPACE                                                    \
    "{'x': {'type': 'float', 'low': 0, 'high': 1},"                    \
    " 'y': {'type': 'float', 'low': 1e-4, 'high': 1, 'scale': 'log'}," \
    " 'n': {'type': 'int', 'low': 1, 'high': 64, 'scale': 'log'},"     \
    " 'm': {'type': 'int', 'low': 0, 'high': 3},"                      \
    " 'o': {'type': 'ordinal', 'values': ['s', 'm', 'l']},"            \
    " 'c': {'type': 'categorical', 'values': ['a', 'b']}}"

enum { MAX_AXES = 8, MAX_OBSERVATIONS = 3000 };

/* A space, its axes and one estimator. */
struct stage {
    struct wn_space *space;
    struct wn_axis axes[MAX_AXES];
    struct wn_parzen *parzen;
    size_t n_axes, n, n_members;
    uint32_t members[MAX_OBSERVATIONS];
};

static inline void begin(struct stage *stage, const char *space)
{
    struct wn_axis *axes[MAX_AXES];
    struct wn_error err;

    *stage = (struct stage){.space = space_of(space)};
    stage->n_axes = wn_space_n_params(stage->space);
    for (size_t i = 0; i < stage->n_axes; i++) {
        wn_axis_init(&stage->axes[i], wn_space_param(stage->space, i));
        axes[i] = &stage->axes[i];
    }
    assert_int_equal(wn_parzen_create(axes, stage->n_axes, &stage->parzen, &err), WN_OK);
}

static inline void end(struct stage *stage)
{
    wn_parzen_destroy(stage->parzen);
    for (size_t i = 0; i < stage->n_axes; i++)
        wn_axis_release(&stage->axes[i]);
    wn_space_destroy(stage->space);
}

/* Cells of a configuration as an axis takes them. */
static inline void place(const struct stage *stage, const union wn_cell *cells, double *x)
{
    double cube[MAX_DIMS];

    wn_config_encode(stage->space, cells, cube);
    for (size_t i = 0; i < stage->n_axes; i++) {
        const struct wn_param *param = stage->axes[i].param;

        x[i] = cells[i].i == WN_CELL_OFF             ? (double)NAN
               : param->type == WN_PARAM_CATEGORICAL ? (double)cells[i].i
                                                     : cube[param->dim];
    }
}

static inline void observe(struct stage *stage, const union wn_cell *cells)
{
    double x[MAX_AXES];

    place(stage, cells, x);
    for (size_t i = 0; i < stage->n_axes; i++)
        assert_true(wn_axis_add(&stage->axes[i], x[i]));
    stage->n++;
}

/* All observations but every skip-th are members. */
static inline void fit(struct stage *stage, size_t skip)
{
    stage->n_members = 0;
    for (size_t i = 0; i < stage->n; i++)
        if (!(skip && i % skip == 0))
            stage->members[stage->n_members++] = (uint32_t)i;
    assert_true(wn_parzen_reserve(stage->parzen, stage->n_members, stage->n));
    wn_parzen_fit(stage->parzen, stage->members, stage->n_members);
}

static inline void assert_near(double got, double want, double least, const char *what)
{
    if (!(fabs(got - want) < least))
        fail_msg("%s: %.17g, not %.17g", what, got, want);
}

#endif /* TESTS_UNIT_TEST_PARZEN_H */
