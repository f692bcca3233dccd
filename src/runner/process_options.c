/* process_options.c - the keys of the process runner and what no table can say of them. */
#include <string.h>

#include "base/mem.h"
#include "runner/process_internal.h"

#define CONFIG_MAX  245760 /* 16 KiB below what the client takes: names of folders */
#define MEMBER_ROOM 40     /* a number, and what stands around names and values */

const char *const wn_process_passes[] = {"flags", "json", "template", NULL};
const char *const wn_process_protocols[] = {"auto", "winnow", "stdout", NULL};

const struct wn_option wn_process_table[] = {
    WN_TRIAL_OPTIONS,
    {.name = "command",
     .type = WN_OPTION_STRINGS,
     .is_required = true,
     .help = "The program and its arguments, one word each; no shell reads them"},
    {.name = "pass",
     .type = WN_OPTION_CHOICE,
     .choices = wn_process_passes,
     .def = "\"flags\"",
     .help = "How the configuration is passed: as flags --name value, as a file named by "
             "--config, or in the words {name} of the command"},
    {.name = "protocol",
     .type = WN_OPTION_CHOICE,
     .choices = wn_process_protocols,
     .def = "\"auto\"",
     .help = "How the program reports: through Winnow's client, by lines [tune-metric]: "
             "{...} on standard output, or auto: whichever it does"},
    {.name = "output_limit",
     .type = WN_OPTION_INT,
     .low = 0,
     .high = 1e9,
     .def = "1024",
     .help = "Most MiB a start of a trial may write to its standard streams before it "
             "fails; 0: no limit"},
    {.name = NULL},
};

/* The name in `{name}` at `text`, copied into `name`; NULL if there is none, else what
 * follows it. */
const char *wn_template_name(const char *text, char *name, size_t room)
{
    const char *end = *text == '{' ? strchr(text, '}') : NULL;
    size_t n = end ? (size_t)(end - text) - 1 : 0;

    if (!n || n >= room)
        return NULL;
    memcpy(name, text + 1, n);
    name[n] = '\0';
    return wn_name_is_plain(name) ? end + 1 : NULL;
}

static bool is_known(const struct wn_space *space, const char *name)
{
    if (wn_space_find(space, name) != SIZE_MAX)
        return true;
    for (size_t i = 0; i < wn_space_n_constants(space); i++) {
        const struct wn_json *value;

        if (strcmp(wn_space_constant(space, i, &value), name) == 0)
            return true;
    }
    return false;
}

/* Every {name} of a word is a parameter or constant; true if a parameter is among them,
 * or perhaps was meant. */
static bool check_word(const struct wn_runner_config *cfg,
                       const char *word,
                       const char *path,
                       struct wn_problems *problems)
{
    char name[WN_NAME_ROOM];
    const char *nearest;
    bool has_param = false;

    for (const char *at = strchr(word, '{'); at; at = strchr(at + 1, '{')) {
        if (!wn_template_name(at, name, sizeof name) || strcmp(name, "job_dir") == 0)
            continue;
        if (is_known(cfg->space, name)) {
            has_param = has_param || wn_space_find(cfg->space, name) != SIZE_MAX;
            continue;
        }
        has_param = true;
        nearest = wn_space_nearest_name(cfg->space, name);
        wn_problems_add(problems, path,
                        "{%s} names no parameter or constant of the space%s%s%s", name,
                        nearest ? "; did you mean {" : "", nearest ? nearest : "",
                        nearest ? "}?" : "");
    }
    return has_param;
}

/* A program that speaks the protocol may have its configuration from there alone. */
static void check_template(const struct wn_runner_config *cfg,
                           const char *const *words,
                           size_t n,
                           struct wn_problems *problems)
{
    bool has_param = false;
    char path[64];

    for (size_t i = 1; i < n; i++) {
        snprintf(path, sizeof path, "trial.command[%zu]", i);
        has_param |= check_word(cfg, words[i], path, problems);
    }
    if (!has_param && wn_space_n_params(cfg->space) &&
        wn_values_choice(cfg->trial, "protocol") != WN_PROTOCOL_WINNOW)
        wn_problems_add(problems, "trial.command",
                        "is a template in which no parameter occurs, so that all trials "
                        "would be the same; write {%s} into one of its words, or set "
                        "trial.pass to \"flags\"",
                        wn_space_param(cfg->space, 0)->name);
}

/* Names that Winnow itself says to the program. */
static void check_names(const struct wn_runner_config *cfg, struct wn_problems *problems)
{
    size_t pass = wn_values_choice(cfg->trial, "pass");
    bool has_lines = wn_values_choice(cfg->trial, "protocol") != WN_PROTOCOL_WINNOW;
    const struct {
        const char *name, *path, *what;
        bool is_taken;
    } names[] = {
        {"st_checkpoint_dir", "space.st_checkpoint_dir",
         "the flag that tells a program which reports on standard output its checkpoint "
         "folder",
         has_lines},
        {"config", "space.config",
         "the flag that names the file of the configuration when trial.pass is \"json\"",
         pass == WN_PASS_JSON},
        {"job_dir", "space.job_dir", "in a template the folder of the job file",
         pass == WN_PASS_TEMPLATE},
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].is_taken && is_known(cfg->space, names[i].name))
            wn_problems_add(problems, names[i].path, "is %s; choose another name",
                            names[i].what);
}

/* Most bytes of the longest configuration as JSON. */
static size_t longest_config(const struct wn_space *space, struct wn_buf *text)
{
    size_t n = 0;

    for (size_t i = 0; i < wn_space_n_constants(space); i++) {
        const struct wn_json *value;

        n += strlen(wn_space_constant(space, i, &value)) + MEMBER_ROOM;
        wn_buf_clear(text);
        wn_json_print(value, text);
        n += text->n;
    }
    for (size_t i = 0; i < wn_space_n_params(space); i++) {
        const struct wn_param *param = wn_space_param(space, i);
        size_t longest = 0;

        for (size_t k = 0; k < param->n_values; k++) {
            wn_buf_clear(text);
            wn_json_print(param->values[k], text);
            if (text->n > longest)
                longest = text->n;
        }
        n += strlen(param->name) + MEMBER_ROOM + longest;
    }
    return n;
}

/* The greeting is one packet: the client takes no longer one, nor do sockets. */
static enum wn_status check_greeting(const struct wn_runner_config *cfg,
                                     struct wn_problems *problems,
                                     struct wn_error *err)
{
    struct wn_buf text = {0};
    size_t n = longest_config(cfg->space, &text);
    bool failed = text.failed;

    wn_buf_release(&text);
    if (failed)
        return wn_fail(err, WN_ENOMEM, "no memory to look at the space");
    if (n > CONFIG_MAX)
        wn_problems_add(problems, "space",
                        "a configuration has up to %zu bytes, more than the %d that a "
                        "program can be told through Winnow's client; put what is long "
                        "into a file and its name into the space, or set trial.protocol "
                        "to \"stdout\"",
                        n, CONFIG_MAX);
    return WN_OK;
}

enum wn_status wn_process_check(const struct wn_runner_config *cfg,
                                struct wn_problems *problems,
                                struct wn_error *err)
{
    bool is_template = wn_values_choice(cfg->trial, "pass") == WN_PASS_TEMPLATE;
    char found[WN_PATH_MAX];
    size_t n;
    const char *const *words = wn_values_strings(cfg->trial, "command", &n);
    struct wn_error why;

    if (wn_values_choice(cfg->trial, "protocol") != WN_PROTOCOL_STDOUT) {
        enum wn_status rc = check_greeting(cfg, problems, err);

        if (rc != WN_OK)
            return rc;
    }
    check_names(cfg, problems);
    if (!n)
        return WN_OK; /* the table complained */
    if (is_template)
        check_template(cfg, words, n, problems);
    if (wn_program_find(words[0], cfg->job_dir, found, &why) != WN_OK)
        wn_problems_add(problems, "trial.command[0]", "%s", why.text);
    if (cfg->resource_parameter && !is_known(cfg->space, cfg->resource_parameter))
        for (size_t i = 0; is_template; i++) {
            struct wn_buf wanted = {0};
            bool is_there;

            if (i == n) {
                wn_problems_add(problems, "trial.command",
                                "no word has {%s}, which resource.parameter names",
                                cfg->resource_parameter);
                break;
            }
            wn_buf_addf(&wanted, "{%s}", cfg->resource_parameter);
            is_there = strstr(words[i], wn_buf_text(&wanted)) != NULL;
            wn_buf_release(&wanted);
            if (is_there)
                break;
        }
    return WN_OK;
}
