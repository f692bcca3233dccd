/* order.c - what depends on what: the sequence of settling, circles, ancestors.
 *
 * A depth-first walk along the conditions. An entry that is met while it is still on
 * the walk's path closes a circle, which is refused by name. Ancestors are kept flat:
 * an entry is active when its own conditions and those of all its ancestors hold, and
 * a flat list costs the same for any shape, where following conditions recursively would
 * visit a shared ancestor once for every path to it.
 */
#include "space/space_internal.h"

#include <string.h>

struct walk {
    struct wn_space_reader *reader;
    struct wn_space *space;
    size_t *place; /* 0: not met; n: the n-th of the path; SIZE_MAX: left behind */
    size_t *path;
    size_t n_path, n_done;
    bool has_circle;
};

static void refuse_circle(struct walk *w, size_t first)
{
    struct wn_buf chain = {0};
    size_t start = w->place[first] - 1;

    for (size_t i = start; i < w->n_path; i++) {
        wn_buf_adds(&chain, w->space->entries[w->path[i]].name);
        wn_buf_adds(&chain, " -> ");
    }
    wn_buf_adds(&chain, w->space->entries[first].name);
    wn_problems_add(w->reader->problems,
                    wn_space_path(w->reader,
                                  w->space->entries[w->path[w->n_path - 1]].name, "when",
                                  NULL),
                    "conditions must not go in a circle: %s", wn_buf_text(&chain));
    wn_buf_release(&chain);
    w->has_circle = true;
}

static void visit(struct walk *w, size_t entry)
{
    const struct wn_entry *e = &w->space->entries[entry];

    w->path[w->n_path++] = entry;
    w->place[entry] = w->n_path;
    for (size_t i = 0; i < e->n_conditions; i++) {
        size_t on = e->conditions[i].on;

        if (!w->place[on])
            visit(w, on);
        else if (w->place[on] != SIZE_MAX)
            refuse_circle(w, on);
    }
    w->n_path--;
    w->place[entry] = SIZE_MAX;
    w->space->sequence[w->n_done++] = entry;
}

/* Collect into `list` what entry's conditions name and the ancestors of those. */
static size_t gather(const struct wn_space *space,
                     size_t entry,
                     size_t *mark,
                     size_t *list)
{
    const struct wn_entry *e = &space->entries[entry];
    size_t n = 0;

    for (size_t i = 0; i < e->n_conditions; i++) {
        const struct wn_entry *on = &space->entries[e->conditions[i].on];

        for (size_t j = 0; j <= on->n_ancestors; j++) {
            size_t a = j < on->n_ancestors ? on->ancestors[j] : e->conditions[i].on;

            if (mark[a] != entry + 1)
                list[n++] = a;
            mark[a] = entry + 1;
        }
    }
    return n;
}

void wn_entries_sort(struct wn_space_reader *reader)
{
    struct wn_space *space = reader->space;
    size_t n = space->n_params + space->n_constants;
    struct walk w = {.reader = reader, .space = space};
    size_t *mark, *list;

    w.place = wn_arena_alloc(&reader->scratch, n * sizeof *w.place);
    w.path = wn_arena_alloc(&reader->scratch, n * sizeof *w.path);
    mark = wn_arena_alloc(&reader->scratch, n * sizeof *mark);
    list = wn_arena_alloc(&reader->scratch, n * sizeof *list);
    space->sequence = wn_space_take(reader, n, sizeof *space->sequence);
    if (!w.place || !w.path || !mark || !list || !space->sequence) {
        reader->no_memory = true;
        return;
    }
    for (size_t i = 0; i < n; i++)
        if (!w.place[i])
            visit(&w, i);
    if (w.has_circle)
        return;
    for (size_t i = 0; i < n; i++) {
        struct wn_entry *e = &space->entries[space->sequence[i]];

        e->n_ancestors = gather(space, space->sequence[i], mark, list);
        e->ancestors = wn_space_take(reader, e->n_ancestors, sizeof *e->ancestors);
        if (!e->ancestors)
            return;
        memcpy(e->ancestors, list, e->n_ancestors * sizeof *list);
    }
}
