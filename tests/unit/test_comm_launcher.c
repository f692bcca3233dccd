/* Who started this process: read from the environment, without starting MPI. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "comm/mpi.h"

static const char *const variables[] = {
    "OMPI_COMM_WORLD_SIZE", "PMI_SIZE",       "PMI_FD",       "PMI_RANK",     "PMIX_RANK",
    "SLURM_STEP_NUM_TASKS", "SLURM_PTY_PORT", "SLURM_PROCID", "SLURM_NTASKS",
};

/* "NAME=value" each, NULL at the end; everything else about launchers is taken away. */
static void set_environment(const char *const *settings)
{
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
        unsetenv(variables[i]);
    for (; *settings; settings++) {
        char name[64] = {0};
        const char *equals = strchr(*settings, '=');

        assert_non_null(equals);
        memcpy(name, *settings, (size_t)(equals - *settings));
        setenv(name, equals + 1, 1);
    }
}

static void launchers_are_told_from_shells(void **state)
{
    static const struct {
        const char *settings[5];
        bool is_one, is_several; /* a launcher of one process, of several */
    } table[] = {
        {{NULL}, false, false},
        {{"OMPI_COMM_WORLD_SIZE=4"}, false, true},
        {{"OMPI_COMM_WORLD_SIZE=1"}, true, false},
        {{"PMI_SIZE=2"}, false, true},
        {{"PMI_SIZE=0"}, false, false},
        {{"PMI_SIZE=-3"}, false, false},
        {{"PMI_SIZE=3x"}, false, false},
        {{"PMI_SIZE=99999999999999999999"}, false, false},
        {{"SLURM_PROCID=1", "SLURM_STEP_NUM_TASKS=2"}, false, true}, /* srun --mpi=none */
        {{"SLURM_PROCID=0", "SLURM_STEP_NUM_TASKS=2", "PMIX_RANK=0"}, false, true},
        {{"SLURM_PROCID=0", "SLURM_STEP_NUM_TASKS=1", "PMIX_RANK=0"}, true, false},
        {{"SLURM_PROCID=0", "SLURM_STEP_NUM_TASKS=1"}, false, false},
        {{"SLURM_PROCID=0", "SLURM_NTASKS=8"}, false, false}, /* batch shell */
        {{"SLURM_STEP_NUM_TASKS=8"}, false, false},           /* inherited */
        {{"SLURM_PROCID=0", "SLURM_STEP_NUM_TASKS=8", "SLURM_PTY_PORT=1"}, false, false},
        {{"SLURM_PROCID=1", "SLURM_STEP_NUM_TASKS=8", "SLURM_PTY_PORT=1"}, false, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        bool expected = table[i].is_several || (table[i].is_one && wn_mpi_is_built());

        set_environment(table[i].settings);
        if (wn_mpi_is_launched() != expected)
            fail_msg("case %zu (%s)", i,
                     table[i].settings[0] ? table[i].settings[0] : "");
    }
}

/* Each of them would coordinate a study of its own. With MPI built in this is the srun
 * that tells no MPI about its world, seen before MPI is started. */
static void several_processes_without_mpi_are_refused(void **state)
{
    static const char *const settings[] = {"SLURM_PROCID=0", "SLURM_STEP_NUM_TASKS=3",
                                           NULL};
    struct wn_mpi *mpi;
    struct wn_error err = {0};
    int argc = 0;
    char **argv = NULL;

    (void)state;
    set_environment(settings);
    assert_int_equal(wn_mpi_init(&argc, &argv, &mpi, &err),
                     wn_mpi_is_built() ? WN_EMPI : WN_EINVAL);
    assert_non_null(strstr(err.text, "srun"));
    assert_non_null(strstr(err.text, "SLURM_STEP_NUM_TASKS"));
    assert_non_null(strstr(err.text, wn_mpi_library()));
}

static void without_mpi_everything_is_refused(void **state)
{
    static const char *const settings[] = {NULL};
    struct wn_mpi *mpi = NULL;
    struct wn_comm *comm;
    char *bytes = NULL;
    size_t n = 0, mine = 0;
    int argc = 0;
    char **argv = NULL;

    (void)state;
    if (wn_mpi_is_built())
        skip();
    set_environment(settings);
    assert_string_equal(wn_mpi_library(), "");
    assert_int_equal(wn_mpi_init(&argc, &argv, &mpi, NULL), WN_EINVAL);
    assert_int_equal(wn_mpi_agree_coll(mpi, WN_OK, NULL), WN_EINVAL);
    assert_int_equal(wn_mpi_share_coll(mpi, &bytes, &n, NULL), WN_EINVAL);
    assert_int_equal(wn_mpi_node_texts_coll(mpi, "", 1, &bytes, &n, &mine, NULL),
                     WN_EINVAL);
    assert_int_equal(wn_mpi_endpoint(mpi, 1000, &comm, NULL), WN_EINVAL);
    wn_mpi_end(NULL, false, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(launchers_are_told_from_shells),
        cmocka_unit_test(several_processes_without_mpi_are_refused),
        cmocka_unit_test(without_mpi_everything_is_refused),
    };

    return cmocka_run_group_tests_name("comm/launcher", tests, NULL, NULL);
}
