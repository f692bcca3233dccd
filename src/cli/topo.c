/* topo.c - `winnow topo`: the plan of a node: which rank and slot gets which cores. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/table.h"
#include "cli/command.h"
#include "placement/placement.h"

enum { RANKS_MOST = 65536, CORES_MOST = 65536 };

struct topo {
    const char *xml, *synthetic;
    size_t n_ranks, cores_per_trial, n_slots;
};

static const struct argp_option options[] = {
    {"xml", 'x', "FILE", 0, "A recorded machine (lstopo FILE.xml) instead of this one",
     0},
    {"synthetic", 'y', "TEXT", 0, "A made-up machine, such as 'package:2 core:8 pu:2'",
     0},
    {"ranks", 'r', "N", 0, "Ranks of this node that share its cores; default 1", 0},
    {"cores-per-trial", 'c', "N", 0, "Whole cores of each trial; default 1", 0},
    {"slots", 's', "N", 0, "Slots of each rank; default as many as its cores hold", 0},
    {0},
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct topo *topo = state->input;

    switch (key) {
    case 'x': topo->xml = arg; return 0;
    case 'y': topo->synthetic = arg; return 0;
    case 'r':
        topo->n_ranks = (size_t)wn_cli_integer(state, "--ranks", arg, 1, RANKS_MOST);
        return 0;
    case 'c':
        topo->cores_per_trial =
            (size_t)wn_cli_integer(state, "--cores-per-trial", arg, 1, CORES_MOST);
        return 0;
    case 's':
        topo->n_slots = (size_t)wn_cli_integer(state, "--slots", arg, 1, CORES_MOST);
        return 0;
    case ARGP_KEY_ARG: argp_error(state, "'%s' is one word too many", arg); return 0;
    case ARGP_KEY_END:
        if (topo->xml && topo->synthetic)
            argp_error(state, "choose one of --xml and --synthetic");
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    options,
    parse_option,
    "",
    "Print which cores each rank and slot of a node would get."
    "\v"
    "Without --xml and --synthetic: this node, within the cores this shell may "
    "use.\n" WN_CLI_EXIT_HELP,
    NULL,
    NULL,
    NULL};

static enum wn_status load(const struct topo *topo,
                           struct wn_topology **out,
                           struct wn_error *err)
{
    if (topo->xml)
        return wn_topology_load_xml(topo->xml, out, err);
    if (topo->synthetic)
        return wn_topology_load_synthetic(topo->synthetic, out, err);
    return wn_topology_load(out, err);
}

static enum wn_status add_rank(const struct topo *topo,
                               const struct wn_topology *topology,
                               const char *const *usable,
                               size_t rank,
                               struct wn_table *table,
                               struct wn_error *err)
{
    char share[WN_CPULIST_MAX];
    bool is_shared = false;
    struct wn_slot *slots = NULL;
    size_t n = 0;
    enum wn_status rc =
        wn_place_share(topology, usable, topo->n_ranks, rank, share, &is_shared, err);

    if (rc == WN_OK)
        rc = wn_place_slots(topology, share, topo->cores_per_trial, topo->n_slots, &slots,
                            &n, err);
    if (rc != WN_OK)
        return rc;
    for (size_t i = 0; i < n; i++) {
        wn_table_addf(table, "%zu", rank);
        wn_table_addf(table, "%zu", i);
        wn_table_addf(table, "%zu", slots[i].n_cores);
        wn_table_add(table, slots[i].cpulist);
        wn_table_add(table, is_shared || slots[i].is_shared ? "shared" : "");
    }
    wn_free(slots);
    return WN_OK;
}

static enum wn_status plan(const struct topo *topo,
                           const struct wn_topology *topology,
                           struct wn_buf *out,
                           struct wn_error *err)
{
    static const char *const head[] = {"rank", "slot", "cores", "processors", ""};
    const char **usable = wn_alloc_array(topo->n_ranks, sizeof *usable);
    char mine[WN_CPULIST_MAX];
    struct wn_table table;
    enum wn_status rc = WN_OK;

    if (!usable)
        return wn_fail(err, WN_ENOMEM, "no memory for %zu ranks", topo->n_ranks);
    wn_table_init(&table, "rrrll");
    for (size_t i = 0; i < sizeof head / sizeof head[0]; i++)
        wn_table_add(&table, head[i]);
    rc = wn_topology_usable(topology, mine, err);
    for (size_t i = 0; i < topo->n_ranks; i++)
        usable[i] = mine;
    for (size_t i = 0; i < topo->n_ranks && rc == WN_OK; i++)
        rc = add_rank(topo, topology, usable, i, &table, err);
    if (rc == WN_OK) {
        size_t n_cores = wn_topology_n_cores(topology, mine);

        wn_topology_describe(topology, out);
        wn_buf_addf(out, "\nusable: %s (%zu core%s)\n", mine, n_cores,
                    n_cores == 1 ? "" : "s");
        wn_table_print(&table, 2, 0, NULL, NULL, out);
    }
    wn_table_release(&table);
    wn_free(usable);
    return rc;
}

static int run(int argc, char **argv)
{
    struct topo topo = {.n_ranks = 1, .cores_per_trial = 1};
    struct wn_topology *topology = NULL;
    struct wn_error err = {0};
    struct wn_buf out = {0};
    enum wn_status rc;
    int code;

    wn_cli_parse(&argp, argc, argv, &topo);
    rc = load(&topo, &topology, &err);
    if (rc == WN_OK)
        rc = plan(&topo, topology, &out, &err);
    code = rc == WN_OK ? wn_cli_print(&out) : wn_cli_fail(&err);
    wn_topology_destroy(topology);
    wn_buf_release(&out);
    return code;
}

const struct wn_command wn_command_topo = {
    .name = "topo",
    .summary = "show which cores ranks and trials of a node get",
    .run = run,
};
