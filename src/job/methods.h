/* job/methods.h - the names people know: a scheduler and a searcher with their options.
 *
 * `"method": "bohb"` in a job stands for the sections `scheduler` and `searcher` that the
 * method's line in methods.def gives; what the job itself says in these sections goes
 * first, but for their types. A job is written out before it is journaled, so a study
 * never depends on what a name will mean in a later version.
 *
 * To add one: a line in src/job/methods.def. Nothing else changes.
 */
#ifndef WN_JOB_METHODS_H
#define WN_JOB_METHODS_H

#include <stddef.h>

struct wn_method {
    const char *name;
    const char *summary, *reference;
    const char *scheduler,
        *searcher; /* the sections as JSON text, each with its "type" */
};

const struct wn_method *wn_method_find(const char *name); /* NULL if there is none */
const struct wn_method *wn_method_at(size_t index);
extern const char *const wn_method_names[]; /* ends with NULL */

#endif /* WN_JOB_METHODS_H */
