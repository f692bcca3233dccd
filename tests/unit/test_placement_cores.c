/* Cores are dealt whole and disjoint, on invented, recorded and real machines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "placement/placement.h"

#define N(a)     (sizeof(a) / sizeof *(a))
#define BIG      "pack:2 numa:1 l3:8 core:8 pu:2"
#define RECORDED WN_SOURCE_DIR "/tests/data/topo/topo-2s128c4gpu.xml"

static struct wn_topology *synthetic(const char *text)
{
    struct wn_topology *topology;

    assert_int_equal(wn_topology_load_synthetic(text, &topology, NULL), WN_OK);
    return topology;
}

static void describes_machines(void **state)
{
    static const struct {
        const char *text, *expected;
    } table[] = {
        {BIG, "2 packages, 128 cores, 256 hardware threads"},
        {"pack:1 core:1 pu:1", "1 package, 1 core, 1 hardware thread"},
        {"numa:1 core:4 pu:2", "4 cores, 8 hardware threads"},
        {"numa:1 pu:3", "3 cores, 3 hardware threads"},
    };

    (void)state;
    for (size_t i = 0; i < N(table); i++) {
        struct wn_topology *topology = synthetic(table[i].text);
        struct wn_buf buf = {0};

        wn_buf_adds(&buf, "here: ");
        wn_topology_describe(topology, &buf);
        assert_string_equal(buf.at + 6, table[i].expected);
        wn_buf_release(&buf);
        wn_topology_destroy(topology);
    }
}

static void loads_a_recorded_machine(void **state)
{
    struct wn_topology *topology;
    struct wn_buf buf = {0};
    struct wn_slot slot = {.cpulist = "0"};
    char usable[WN_CPULIST_MAX];

    (void)state;
    assert_int_equal(wn_topology_load_xml(RECORDED, &topology, NULL), WN_OK);
    wn_topology_describe(topology, &buf);
    assert_string_equal(buf.at, "2 packages, 128 cores, 256 hardware threads");
    assert_int_equal(wn_topology_usable(topology, usable, NULL), WN_OK);
    assert_string_equal(usable, "0-255"); /* not what this process may use here */
    assert_int_equal(wn_topology_n_cores(topology, usable), 128);
    assert_int_equal(wn_place_bind(topology, 0, &slot, NULL), WN_EINVAL);
    wn_buf_release(&buf);
    wn_topology_destroy(topology);
}

static void refuses_machines_that_cannot_be_read(void **state)
{
    struct wn_topology *topology;
    struct wn_error err = {0};

    (void)state;
    assert_int_equal(wn_topology_load_synthetic("nonsense", &topology, &err), WN_EINVAL);
    assert_non_null(strstr(err.text, "nonsense"));
    assert_int_equal(wn_topology_load_synthetic("", &topology, NULL), WN_EINVAL);
    assert_int_equal(wn_topology_load_xml("/nowhere/x.xml", &topology, &err), WN_EINVAL);
    assert_non_null(strstr(err.text, "/nowhere/x.xml"));
    assert_int_equal(wn_topology_load_xml(__FILE__, &topology, NULL), WN_EINVAL);
    wn_topology_destroy(NULL);
}

static void counts_a_core_when_any_of_its_threads_is_there(void **state)
{
    static const struct {
        const char *list;
        size_t n_cores;
    } table[] = {
        {"0-255", 128},
        {"0", 1},
        {"1", 1},
        {"0-1", 1},
        {"1-2", 2},
        {"0,2,4", 3},
        {"0-3,8", 3},
        {"254-255,0", 2},
        {"0,0,0", 1},
        {"", 0},
        {"x", 0},
        {"1-0", 0},
        {"0-", 0},
        {"-1", 0},
        {"0,", 0},
        {",0", 0},
        {"0--1", 0},
        {"256", 0},
        {"0-99999999999", 0},
        {" 0", 0},
        {"0x1", 0},
    };
    struct wn_topology *topology = synthetic(BIG);

    (void)state;
    for (size_t i = 0; i < N(table); i++)
        if (wn_topology_n_cores(topology, table[i].list) != table[i].n_cores)
            fail_msg("\"%s\" has %zu cores", table[i].list,
                     wn_topology_n_cores(topology, table[i].list));
    wn_topology_destroy(topology);
}

/* --- shares of ranks --- */

struct shares {
    const char *machine;
    const char *usable[8], *share[8]; /* by rank */
    bool is_shared[8];
};

static void ranks_get_their_shares(void **state)
{
    static const struct shares table[] = {
        {BIG, {"0-255"}, {"0-255"}, {false}}, /* alone */
        {BIG, {"0-255", "0-255"}, {"0-127", "128-255"}, {false}},
        /* uneven: the first ranks get one more; never half a core */
        {"pack:1 core:8 pu:2",
         {"0-15", "0-15", "0-15"},
         {"0-5", "6-11", "12-15"},
         {false}},
        /* equal sets that are a part of the machine, one thread a core */
        {"pack:1 core:8 pu:2", {"0,2,4,6", "0,2,4,6"}, {"0,2", "4,6"}, {false}},
        /* different sets are kept: bound by mpirun --bind-to core */
        {"core:4 pu:1", {"0", "1", "2", "3"}, {"0", "1", "2", "3"}, {false}},
        /* two groups of equal sets */
        {"core:8 pu:1",
         {"0-3", "4-7", "0-3", "4-7"},
         {"0-1", "4-5", "2-3", "6-7"},
         {false}},
        /* overlapping but unequal: kept, and said so; the third is not concerned */
        {"core:6 pu:1",
         {"0-2", "2-3", "4-5"},
         {"0-2", "2-3", "4-5"},
         {true, true, false}},
        /* a group splits and only the part that overlaps is shared */
        {"core:6 pu:1",
         {"0-3", "0-3", "3-4"},
         {"0-1", "2-3", "3-4"},
         {false, true, true}},
        /* two threads of one core are one core */
        {"core:2 pu:2", {"0", "1", "2-3"}, {"0", "1", "2-3"}, {true, true, false}},
        /* more ranks than cores: dealt round; rank 1 alone has core 1 */
        {"core:2 pu:1", {"0-1", "0-1", "0-1"}, {"0", "1", "0"}, {true, false, true}},
        {"core:2 pu:1",
         {"0-1", "0-1", "0-1", "0-1", "0-1"},
         {"0", "1", "0", "1", "0"},
         {true, true, true, true, true}},
        {"core:1 pu:2", {"0-1", "0-1"}, {"0-1", "0-1"}, {true, true}},
    };

    (void)state;
    for (size_t i = 0; i < N(table); i++) {
        struct wn_topology *topology = synthetic(table[i].machine);
        size_t n = 0;

        while (n < 8 && table[i].usable[n])
            n++;
        for (size_t rank = 0; rank < n; rank++) {
            char share[WN_CPULIST_MAX];
            bool is_shared = !table[i].is_shared[rank];
            struct wn_error err = {0};

            if (wn_place_share(topology, table[i].usable, n, rank, share, &is_shared,
                               &err) != WN_OK)
                fail_msg("case %zu rank %zu: %s", i, rank, err.text);
            if (strcmp(share, table[i].share[rank]) != 0 ||
                is_shared != table[i].is_shared[rank])
                fail_msg("case %zu rank %zu: %s, shared %d", i, rank, share, is_shared);
        }
        wn_topology_destroy(topology);
    }
}

/* 128 cores among 1 to 130 ranks: together everything, nothing twice. */
static void equal_ranks_split_everything_disjointly(void **state)
{
    struct wn_topology *topology = synthetic(BIG);
    const char *usable[130];

    (void)state;
    for (size_t i = 0; i < N(usable); i++)
        usable[i] = "0-255";
    for (size_t n = 1; n <= N(usable); n += n < 10 ? 1 : 17) {
        size_t n_cores = 0, least = SIZE_MAX, most = 0;

        for (size_t rank = 0; rank < n; rank++) {
            char share[WN_CPULIST_MAX];
            size_t n_own;
            bool is_shared;

            assert_int_equal(
                wn_place_share(topology, usable, n, rank, share, &is_shared, NULL),
                WN_OK);
            n_own = wn_topology_n_cores(topology, share);
            n_cores += n_own;
            least = n_own < least ? n_own : least;
            most = n_own > most ? n_own : most;
            if (n <= 128)
                assert_false(is_shared);
        }
        assert_int_equal(n_cores, n <= 128 ? 128 : n);
        assert_true(most - least <= 1);
    }
    wn_topology_destroy(topology);
}

static void refuses_shares_of_nothing(void **state)
{
    struct wn_topology *topology = synthetic("core:4 pu:1");
    const char *good[] = {"0-3", "0-3"}, *bad[] = {"0-3", "0-4"}, *empty[] = {"", "0"};
    char share[WN_CPULIST_MAX];
    struct wn_error err = {0};
    bool is_shared;

    (void)state;
    assert_int_equal(wn_place_share(topology, good, 2, 2, share, &is_shared, &err),
                     WN_EINVAL);
    assert_int_equal(wn_place_share(topology, bad, 2, 0, share, &is_shared, &err),
                     WN_EINVAL);
    assert_non_null(strstr(err.text, "0-4"));
    assert_int_equal(wn_place_share(topology, empty, 2, 1, share, &is_shared, &err),
                     WN_EINVAL);
    assert_int_equal(wn_place_share(topology, good, 0, 0, share, &is_shared, &err),
                     WN_EINVAL);
    wn_topology_destroy(topology);
}

/* --- slots --- */

struct cut {
    const char *machine, *share;
    size_t cores_per_trial, n_slots;
    size_t n_out, n_cores; /* of each */
    const char *first, *last;
    bool is_shared;
};

static void shares_are_cut_into_slots(void **state)
{
    static const struct cut table[] = {
        {BIG, "0-255", 1, 0, 128, 1, "0-1", "254-255", false},
        {BIG, "0-255", 3, 0, 42, 3, "0-5", "246-251", false}, /* two cores remain */
        {BIG, "0-255", 128, 0, 1, 128, "0-255", "0-255", false},
        {BIG, "0-255", 129, 0, 1, 128, "0-255", "0-255", true}, /* fewer than wanted */
        {BIG, "0-255", 4, 2, 2, 4, "0-7", "8-15", false},       /* fewer than possible */
        {BIG, "1,3,5", 1, 0, 3, 1, "1", "5",
         false}, /* threads that may not be used stay out */
        {"core:2 pu:1", "0-1", 1, 5, 5, 1, "0", "0", true},
        {"core:2 pu:1", "0-1", 2, 2, 2, 2, "0-1", "0-1", true},
        {"core:2 pu:1", "1", 1, 0, 1, 1, "1", "1", false},
        {"core:3 pu:1", "0-2", 2, 2, 2, 2, "0-1", "0,2", true},
    };

    (void)state;
    for (size_t i = 0; i < N(table); i++) {
        const struct cut *cut = &table[i];
        struct wn_topology *topology = synthetic(cut->machine);
        struct wn_slot *slots;
        struct wn_error err = {0};
        size_t n;

        if (wn_place_slots(topology, cut->share, cut->cores_per_trial, cut->n_slots,
                           &slots, &n, &err) != WN_OK)
            fail_msg("case %zu: %s", i, err.text);
        if (n != cut->n_out || strcmp(slots[0].cpulist, cut->first) != 0 ||
            strcmp(slots[n - 1].cpulist, cut->last) != 0)
            fail_msg("case %zu: %zu slots from %s to %s", i, n, slots[0].cpulist,
                     slots[n - 1].cpulist);
        for (size_t s = 0; s < n; s++) {
            assert_int_equal(slots[s].n_cores, cut->n_cores);
            assert_int_equal(slots[s].is_shared, cut->is_shared);
        }
        wn_free(slots);
        wn_topology_destroy(topology);
    }
}

static void only_slots_that_overlap_are_called_shared(void **state)
{
    struct wn_topology *topology = synthetic("core:4 pu:1");
    struct wn_slot *slots;
    size_t n;

    (void)state;
    assert_int_equal(wn_place_slots(topology, "0-3", 1, 6, &slots, &n, NULL), WN_OK);
    assert_int_equal(n, 6);
    for (size_t i = 0; i < n; i++) /* cores 0 1 2 3 0 1 */
        assert_int_equal(slots[i].is_shared, i != 2 && i != 3);
    wn_free(slots);
    wn_topology_destroy(topology);
}

static void refuses_impossible_slots(void **state)
{
    struct wn_topology *topology = synthetic("core:4 pu:1");
    struct wn_slot *slots;
    struct wn_error err = {0};
    size_t n;

    (void)state;
    assert_int_equal(wn_place_slots(topology, "0-3", 0, 0, &slots, &n, &err), WN_EINVAL);
    assert_int_equal(wn_place_slots(topology, "0-4", 1, 0, &slots, &n, &err), WN_EINVAL);
    assert_int_equal(wn_place_slots(topology, "", 1, 0, &slots, &n, &err), WN_EINVAL);
    assert_int_equal(wn_place_slots(topology, "0-3", 1, SIZE_MAX, &slots, &n, &err),
                     WN_EINVAL);
    assert_int_equal(wn_place_slots(topology, "0-3", SIZE_MAX, 7, &slots, &n, &err),
                     WN_OK);
    assert_int_equal(n, 7);
    assert_true(slots[0].is_shared);
    wn_free(slots);
    wn_topology_destroy(topology);
}

static void every_want_of_memory_is_reported(void **state)
{
    struct wn_topology *topology = synthetic("core:4 pu:1");
    const char *usable[] = {"0-3", "0-3"};
    char share[WN_CPULIST_MAX];
    struct wn_slot *slots;
    bool is_shared;
    size_t n;
    enum wn_status rc = WN_ENOMEM;

    (void)state;
    for (uint64_t k = 1; rc != WN_OK; k++) {
        assert_int_equal(rc, WN_ENOMEM);
        wn_mem_fail_after(k);
        rc = wn_place_slots(topology, "0-3", 1, 0, &slots, &n, NULL);
        wn_mem_fail_after(0);
    }
    wn_free(slots);
    rc = WN_ENOMEM;
    for (uint64_t k = 1; rc != WN_OK; k++) {
        assert_int_equal(rc, WN_ENOMEM);
        wn_mem_fail_after(k);
        rc = wn_place_share(topology, usable, 2, 0, share, &is_shared, NULL);
        wn_mem_fail_after(0);
    }
    wn_topology_destroy(topology);
}

/* --- this machine --- */

/* "Cpus_allowed_list" of a process as the kernel tells it. */
static void allowed_list(pid_t pid, char *out, size_t room)
{
    char path[64], line[4096];
    FILE *file;

    snprintf(path, sizeof path, "/proc/%ld/status", (long)pid);
    file = fopen(path, "r");
    assert_non_null(file);
    out[0] = '\0';
    while (fgets(line, sizeof line, file)) {
        static const char key[] = "Cpus_allowed_list:\t";

        if (strncmp(line, key, sizeof key - 1) == 0) {
            line[strcspn(line, "\n")] = '\0';
            snprintf(out, room, "%s", line + sizeof key - 1);
        }
    }
    fclose(file);
}

static void every_slot_of_this_machine_binds_a_child(void **state)
{
    struct wn_topology *topology;
    char usable[WN_CPULIST_MAX], allowed[WN_CPULIST_MAX];
    struct wn_slot *slots;
    struct wn_error err = {0};
    size_t n;
    pid_t child;

    (void)state;
    assert_int_equal(wn_topology_load(&topology, &err), WN_OK);
    assert_int_equal(wn_topology_usable(topology, usable, &err), WN_OK);
    assert_int_equal(wn_place_slots(topology, usable, 1, 0, &slots, &n, &err), WN_OK);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        for (;;)
            pause();
    }
    for (size_t i = 0; i < n; i++) {
        if (wn_place_bind(topology, child, &slots[i], &err) != WN_OK)
            fail_msg("%s", err.text);
        allowed_list(child, allowed, sizeof allowed);
        assert_string_equal(allowed, slots[i].cpulist);
    }
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(wn_place_bind(topology, child, &slots[0], &err), WN_ESYSTEM);
    wn_free(slots);
    wn_topology_destroy(topology);
}

/* In a child, because it binds itself: what is inherited by the binding counts. */
static void usable_honours_the_inherited_binding(void **state)
{
    pid_t child = fork();
    int status = 0;

    (void)state;
    assert_true(child >= 0);
    if (child == 0) {
        struct wn_topology *topology;
        struct wn_slot slot = {.n_cores = 1};
        char usable[WN_CPULIST_MAX], allowed[WN_CPULIST_MAX];
        struct wn_slot *slots;
        size_t n;

        if (wn_topology_load(&topology, NULL) != WN_OK ||
            wn_topology_usable(topology, usable, NULL) != WN_OK ||
            wn_place_slots(topology, usable, 1, 0, &slots, &n, NULL) != WN_OK)
            _exit(1);
        slot = slots[n - 1];
        if (wn_place_bind(topology, 0, &slot, NULL) != WN_OK)
            _exit(2);
        wn_topology_destroy(topology);
        wn_free(slots);
        if (wn_topology_load(&topology, NULL) != WN_OK ||
            wn_topology_usable(topology, usable, NULL) != WN_OK)
            _exit(3);
        wn_topology_destroy(topology);
        allowed_list(getpid(), allowed, sizeof allowed);
        if (strcmp(usable, slot.cpulist) != 0)
            _exit(4);
        _exit(strcmp(allowed, slot.cpulist) == 0 ? 0 : 5);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void a_machine_from_the_environment_does_not_bind(void **state)
{
    struct wn_topology *topology;
    struct wn_slot slot = {.cpulist = "0"};

    (void)state;
    setenv("HWLOC_SYNTHETIC", "core:4 pu:1", 1);
    assert_int_equal(wn_topology_load(&topology, NULL), WN_OK);
    unsetenv("HWLOC_SYNTHETIC");
    assert_int_equal(wn_place_bind(topology, 0, &slot, NULL), WN_EINVAL);
    wn_topology_destroy(topology);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(describes_machines),
        cmocka_unit_test(loads_a_recorded_machine),
        cmocka_unit_test(refuses_machines_that_cannot_be_read),
        cmocka_unit_test(counts_a_core_when_any_of_its_threads_is_there),
        cmocka_unit_test(ranks_get_their_shares),
        cmocka_unit_test(equal_ranks_split_everything_disjointly),
        cmocka_unit_test(refuses_shares_of_nothing),
        cmocka_unit_test(shares_are_cut_into_slots),
        cmocka_unit_test(only_slots_that_overlap_are_called_shared),
        cmocka_unit_test(refuses_impossible_slots),
        cmocka_unit_test(every_want_of_memory_is_reported),
        cmocka_unit_test(every_slot_of_this_machine_binds_a_child),
        cmocka_unit_test(usable_honours_the_inherited_binding),
        cmocka_unit_test(a_machine_from_the_environment_does_not_bind),
    };

    return cmocka_run_group_tests_name("placement", tests, NULL, NULL);
}
