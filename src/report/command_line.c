/* command_line.c - the command line of a configuration, quoted so that it can be pasted
 * into a shell. Winnow itself never needs a shell.
 */
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "report/report_internal.h"

/* A word is bare if no shell reads anything into it. */
static bool is_bare(const char *word)
{
    static const char bare[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "0123456789_-./=:,+@%";

    return *word && !word[strspn(word, bare)];
}

bool wn_report_add_word(void *arg, const char *word)
{
    struct wn_buf *out = arg;

    if (out->n)
        wn_buf_addc(out, ' ');
    if (is_bare(word)) {
        wn_buf_adds(out, word);
        return true;
    }
    wn_buf_addc(out, '\'');
    for (; *word; word++) {
        if (*word == '\'')
            wn_buf_adds(out, "'\\''");
        else
            wn_buf_addc(out, *word);
    }
    wn_buf_addc(out, '\'');
    return true;
}
/* One word of a template, its {name} replaced; a name without a value (its condition does
 * not hold) becomes nothing. */
static bool add_template_word(struct wn_buf *out,
                              const struct wn_job *job,
                              const union wn_cell *cells,
                              const char *word)
{
    struct wn_buf made = {0};
    bool ok;

    while (*word) {
        const char *end = *word == '{' ? strchr(word, '}') : NULL;
        char *name = end ? wn_strndup(word + 1, (size_t)(end - word) - 1) : NULL;

        if (name && wn_name_is_plain(name)) {
            wn_config_word(job->space, cells, name, &made);
            word = end + 1;
        } else {
            wn_buf_addc(&made, *word++);
        }
        wn_free(name);
    }
    ok = !made.failed && wn_report_add_word(out, wn_buf_text(&made));
    wn_buf_release(&made);
    return ok;
}

/* The configuration as a file, made on the way: the file of the run is gone. */
static bool add_file(struct wn_buf *out,
                     const struct wn_job *job,
                     const union wn_cell *cells)
{
    struct wn_json *config = wn_config_json(job->space, cells, true);
    struct wn_buf text = {0};
    bool ok = config != NULL;

    if (ok) {
        wn_json_print(config, &text);
        wn_buf_adds(out, "printf %s");
        ok = !text.failed && wn_report_add_word(out, wn_buf_text(&text));
        wn_buf_adds(out, " > config.json &&");
    }
    wn_buf_release(&text);
    wn_json_destroy(config);
    return ok;
}

enum wn_status wn_report_command(const struct wn_study *study,
                                 const struct wn_job *job,
                                 uint32_t trial,
                                 struct wn_buf *out,
                                 struct wn_error *err)
{
    const struct wn_trial *seen = wn_history_trial(wn_study_history(study), trial);
    const struct wn_json *section = wn_json_get(job->root, "trial");
    const struct wn_json *words = wn_json_get(section, "command");
    const char *pass = wn_json_string(wn_json_get(section, "pass"));
    struct wn_buf line = {0};
    bool is_template, is_file, ok = true;

    if (!words || !pass)
        return wn_fail(err, WN_EINVAL, "the runner %s starts no program",
                       job->runner->name);
    if (!seen->cells)
        return wn_fail(err, WN_EINVAL, "trial %u has no configuration yet", trial);
    is_template = strcmp(pass, "template") == 0;
    is_file = strcmp(pass, "json") == 0;
    if (is_file)
        ok = add_file(&line, job, seen->cells);
    for (const struct wn_json *w = wn_json_first(words); w && ok; w = wn_json_next(w))
        ok = is_template ? add_template_word(&line, job, seen->cells, wn_json_string(w))
                         : wn_report_add_word(&line, wn_json_string(w));
    if (ok && is_file)
        ok = wn_report_add_word(&line, "--config") &&
             wn_report_add_word(&line, "config.json");
    if (ok && strcmp(pass, "flags") == 0)
        ok = wn_config_flags(job->space, seen->cells, wn_report_add_word, &line);
    wn_buf_adds(out, wn_buf_text(&line));
    ok = ok && !line.failed;
    wn_buf_release(&line);
    return ok ? WN_OK : wn_fail(err, WN_ENOMEM, "no memory for the command line");
}
