/* test_mlp_checkpoint.c - what a checkpoint brings back, and what it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "checkpoint.h"
#include "rng.h"

struct state {
    char dir[64], file[96];
    struct net net;
    struct optim optim;
};

static void state_make(struct state *s, int width, enum optim_kind kind, uint64_t seed)
{
    struct net_shape shape = {64, 10, width, 2, NET_RELU};
    uint64_t rng = seed;

    assert_true(net_create(&s->net, &shape, 32));
    net_draw(&s->net, &rng);
    s->optim = (struct optim){kind, 0.1f, 0,   0, s->net.n_weights, s->net.n_params,
                              9,    NULL, NULL};
    assert_true(optim_create(&s->optim));
    for (size_t i = 0; i < s->net.n_params; i++)
        s->optim.first[i] = rng_unit(&rng);
    for (size_t i = 0; s->optim.second && i < s->net.n_params; i++)
        s->optim.second[i] = rng_unit(&rng);
}

static void state_free(struct state *s)
{
    net_release(&s->net);
    optim_release(&s->optim);
}

static int set_up(void **state)
{
    struct state *s = calloc(1, sizeof *s);

    strcpy(s->dir, "/tmp/mlp-checkpoint-XXXXXX");
    assert_non_null(mkdtemp(s->dir));
    snprintf(s->file, sizeof s->file, "%s/checkpoint.h5", s->dir);
    state_make(s, 8, OPTIM_ADAM, 1);
    assert_true(checkpoint_save(s->dir, &s->net, &s->optim, UINT64_MAX - 5, 12));
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    struct state *s = *state;

    state_free(s);
    unlink(s->file);
    rmdir(s->dir);
    free(s);
    return 0;
}

static void brings_everything_back(void **state)
{
    const struct state *s = *state;
    size_t bytes = s->net.n_params * sizeof(float);
    struct state other = {0};
    uint64_t rng = 0;
    long epoch = 0;

    state_make(&other, 8, OPTIM_ADAM, 2);
    assert_true(checkpoint_load(s->dir, &other.net, &other.optim, &rng, &epoch));
    assert_memory_equal(other.net.params, s->net.params, bytes);
    assert_memory_equal(other.optim.first, s->optim.first, bytes);
    assert_memory_equal(other.optim.second, s->optim.second, bytes);
    assert_int_equal(other.optim.n_steps, 9);
    assert_int_equal(rng, UINT64_MAX - 5);
    assert_int_equal(epoch, 12);
    state_free(&other);
}

static void another_optimizer_starts_clean(void **state)
{
    const struct state *s = *state;
    struct state other = {0};
    uint64_t rng = 0;
    long epoch = 0;

    state_make(&other, 8, OPTIM_SGD, 2);
    assert_true(checkpoint_load(s->dir, &other.net, &other.optim, &rng, &epoch));
    assert_memory_equal(other.net.params, s->net.params, s->net.n_params * sizeof(float));
    for (size_t i = 0; i < other.net.n_params; i++)
        assert_float_equal(other.optim.first[i], 0, 0);
    assert_int_equal(other.optim.n_steps, 0);
    state_free(&other);
}

/* A load that fails leaves the training as it was. */
static void check_refused(const struct state *s, int width)
{
    struct state other = {0};
    uint64_t rng = 77;
    long epoch = 5;
    static float before[1024];
    size_t bytes;

    state_make(&other, width, OPTIM_ADAM, 2);
    bytes = other.net.n_params * sizeof *before;
    assert_true(bytes <= sizeof before);
    memcpy(before, other.net.params, bytes);
    assert_false(checkpoint_load(s->dir, &other.net, &other.optim, &rng, &epoch));
    assert_memory_equal(other.net.params, before, bytes);
    assert_int_equal(rng, 77);
    assert_int_equal(epoch, 5);
    state_free(&other);
}

static void refuses_another_shape(void **state)
{
    check_refused(*state, 9);
}

static void refuses_a_missing_file(void **state)
{
    const struct state *s = *state;

    assert_int_equal(unlink(s->file), 0);
    check_refused(s, 8);
}

static void refuses_a_file_cut_off_anywhere(void **state)
{
    const struct state *s = *state;
    FILE *file = fopen(s->file, "rb");
    long size;

    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    size = ftell(file);
    fclose(file);
    assert_true(size > 10000);
    for (long cut = size - 1; cut >= 0; cut -= 997) {
        assert_int_equal(truncate(s->file, cut), 0);
        check_refused(s, 8);
    }
}

static void refuses_a_folder_it_cannot_write(void **state)
{
    const struct state *s = *state;

    assert_false(checkpoint_save("/proc/no-such-folder", &s->net, &s->optim, 1, 1));
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(brings_everything_back),          CASE(another_optimizer_starts_clean),
        CASE(refuses_another_shape),           CASE(refuses_a_missing_file),
        CASE(refuses_a_file_cut_off_anywhere), CASE(refuses_a_folder_it_cannot_write),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
