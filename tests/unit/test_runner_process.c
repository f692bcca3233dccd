/* Real programs that crash, lie, flood, fall silent and leave children behind. */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "unit/runner_fixture.h"

#define TRIAL "{\"command\": [\"%s\"], \"grace\": 0.1}"

static void make_mode(struct fixture *f, const char *mode, const char *trial)
{
    char space[256];

    snprintf(space, sizeof space,
             "{\"mode\": \"%s\", \"x\": {\"type\": \"float\", \"low\": 0, \"high\": 1}}",
             mode);
    make(f, space, trial);
    f->cells[0].f = 0.25;
}

static bool has_file(const struct fixture *f, const char *name)
{
    char path[128];

    snprintf(path, sizeof path, "%s/%s", f->dir, name);
    return access(path, F_OK) == 0;
}

/* --- failures --- */

static void tells_each_failure_from_the_others(void **state)
{
    static const struct {
        const char *mode, *trial;
        enum wn_failure failure;
        const char *says;
    } cases[] = {
        {"abort", TRIAL, WN_FAILURE_SIGNAL, "signal 6"},
        {"abort", TRIAL, WN_FAILURE_SIGNAL, "about to abort"},
        {"exit3", TRIAL, WN_FAILURE_EXIT,
         "code 3\nits last output:\nfirst words\nlast words"},
        {"quiet", TRIAL, WN_FAILURE_NO_REPORT, "never reported"},
        {"bad_json", TRIAL, WN_FAILURE_BAD_REPORT, "[tune-metric] line is no JSON"},
        {"no_metric", TRIAL, WN_FAILURE_BAD_REPORT, "no metric loss; it has accuracy"},
        {"long_line", TRIAL, WN_FAILURE_BAD_REPORT, "longer than 65536 bytes"},
        {"nonsense", TRIAL, WN_FAILURE_BAD_REPORT, "without metrics"},
        {"junk", TRIAL, WN_FAILURE_BAD_REPORT, "no JSON"},
        {"escape", TRIAL, WN_FAILURE_BAD_REPORT, "checkpoint that cannot be"},
        {"flood", "{\"command\": [\"%s\"], \"output_limit\": 2}", WN_FAILURE_BAD_REPORT,
         "more than 2 MiB"},
        {"silent", "{\"command\": [\"%s\"], \"report_timeout\": 0.2}", WN_FAILURE_SILENT,
         "trial.report_timeout"},
        {"silent", "{\"command\": [\"%s\"], \"timeout\": 0.2}", WN_FAILURE_TIMEOUT,
         "trial.timeout"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture f;

        make_mode(&f, cases[i].mode, cases[i].trial);
        start(&f, 3);
        expect_failure(&f, cases[i].failure, cases[i].says);
        assert_true(has_file(&f, "trials/7/output.log"));
        unmake(&f);
    }
}

static void explains_what_cannot_be_started(void **state)
{
    static const struct {
        const char *command, *says;
    } cases[] = {
        {"no-such-program-anywhere", "in no folder of PATH"},
        {"./absent", "No such file"},
        {"./folder", "Permission denied"},
        {"./plain", "Permission denied"},
        {"./script", "#!"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char trial[256], path[128];
        struct fixture f;
        int fd;

        snprintf(trial, sizeof trial, "{\"command\": [\"%s\"]}", cases[i].command);
        make_mode(&f, "quiet", trial);
        snprintf(path, sizeof path, "%s/folder", f.dir);
        assert_int_equal(mkdir(path, 0777), 0);
        for (int executable = 0; executable < 2; executable++) {
            snprintf(path, sizeof path, "%s/%s", f.dir, executable ? "script" : "plain");
            fd = open(path, O_CREAT | O_WRONLY, executable ? 0755 : 0644);
            assert_true(write(fd, "echo never\n", 11) == 11);
            close(fd);
        }
        start(&f, 3);
        expect_failure(&f, WN_FAILURE_START, cases[i].says);
        unmake(&f);
    }
}

static void ends_a_program_that_ignores_term(void **state)
{
    struct fixture f;

    (void)state;
    make_mode(&f, "deaf", TRIAL);
    start(&f, 1);
    expect_event(&f, WN_RUN_REPORT);
    assert_true(f.event.waits);
    answer(&f, WN_VERDICT_STOP, 0);
    expect_event(&f, WN_RUN_GONE); /* after the grace; no failure */
    assert_false(has_file(&f, "trials/7"));
    unmake(&f);
}

static void passes_not_a_number_on(void **state)
{
    struct fixture f;

    (void)state;
    make_mode(&f, "nan", TRIAL);
    start(&f, 3);
    expect_event(&f, WN_RUN_REPORT);
    assert_true(isnan(metric_of(&f, "loss")));
    unmake(&f);
}

/* No socket takes such a report; the client must neither wait for its answer nor end. */
static void fails_a_report_that_is_too_long(void **state)
{
    struct fixture f;

    (void)state;
    make_mode(&f, "many_metrics", TRIAL);
    start(&f, 1);
    expect_failure(&f, WN_FAILURE_BAD_REPORT, "longer than the 65536 allowed");
    unmake(&f);
}

/* --- the world of a program --- */

static void gives_the_program_a_clean_world(void **state)
{
    static const char *const scrubbed[] = {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK",
                                           "PMI_SIZE", "PRTE_X", "ORTE_X"};
    struct fixture f;
    int junk;

    (void)state;
    for (size_t i = 0; i < 5; i++)
        setenv(scrubbed[i], "4", 1);
    setenv("KEEP_ME", "17", 1);
    setenv("MKL_NUM_THREADS", "3", 1);
    unsetenv("OMP_NUM_THREADS");
    junk = fcntl(0, F_DUPFD, 40); /* without close-on-exec, as MPI leaves some */
    make_mode(&f, "facts", TRIAL);
    start(&f, 3);
    expect_event(&f, WN_RUN_REPORT);
    assert_true(metric_of(&f, "descriptors") == 4); /* 0, 1, 2 and the socket */
    assert_true(metric_of(&f, "ompi") == 0);
    assert_true(metric_of(&f, "pmix") == 0);
    assert_true(metric_of(&f, "prte") == 0);
    assert_true(metric_of(&f, "keeps") == 17);
    assert_true(metric_of(&f, "omp_threads") == 1); /* the slot's */
    assert_true(metric_of(&f, "mkl_threads") == 3); /* the user's */
    assert_true(metric_of(&f, "python") == 1);
    assert_true(metric_of(&f, "own_group") == 1);
    assert_true(metric_of(&f, "own_folder") == 1);
    expect_event(&f, WN_RUN_ENDED);
    assert_int_equal(f.event.failure, WN_FAILURE_NONE);
    expect_event(&f, WN_RUN_GONE);
    assert_false(has_file(&f, "trials/7")); /* it left nothing there */
    close(junk);
    for (size_t i = 0; i < 5; i++)
        unsetenv(scrubbed[i]);
    unsetenv("MKL_NUM_THREADS");
    unmake(&f);
}

/* A daemon that ignores SIGCHLD leaves it so for all that it starts. */
static void hears_of_ends_where_sigchld_is_ignored(void **state)
{
    struct fixture f;

    (void)state;
    signal(SIGCHLD, SIG_IGN);
    make_mode(&f, "facts", TRIAL);
    start(&f, 3);
    expect_event(&f, WN_RUN_REPORT);
    expect_event(&f, WN_RUN_ENDED);
    expect_event(&f, WN_RUN_GONE);
    signal(SIGCHLD, SIG_DFL);
    unmake(&f);
}

/* A node of many cores has more slots than the usual limit has descriptors for. */
static void has_descriptors_for_every_slot(void **state)
{
    struct rlimit old, few;
    struct fixture f;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    few = old;
    few.rlim_cur = 40;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    make_config(&f, "{\"mode\": \"facts\"}", TRIAL);
    f.cfg.n_slots = 12;
    make_runner(&f);
    for (uint32_t i = 0; i < 12; i++)
        start_task(&f, i,
                   (struct wn_task){.trial = i, .dispatch = {1, i + 1}, .milestone = 3});
    for (int i = 0; i < 12; i++) {
        while (next_event(&f) != WN_RUN_REPORT)
            assert_int_equal(f.event.failure, WN_FAILURE_NONE);
        assert_true(metric_of(&f, "descriptors_limit") == 40); /* the user's */
    }
    unmake(&f);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
}

static void binds_the_program_to_its_slot(void **state)
{
    struct wn_slot slots[2] = {{.cpulist = "0", .n_cores = 1},
                               {.cpulist = "0", .n_cores = 1}};
    struct wn_topology *topology;
    struct fixture f;

    (void)state;
    assert_int_equal(wn_topology_load(&topology, NULL), WN_OK);
    unsetenv("OMP_NUM_THREADS");
    make_config(&f, "{\"mode\": \"facts\"}", "{\"command\": [\"%s\"], \"cores\": 4}");
    f.cfg.slots = slots; /* of fewer cores than trials want */
    f.cfg.topology = topology;
    make_runner(&f);
    start(&f, 3);
    expect_event(&f, WN_RUN_REPORT);
    assert_true(metric_of(&f, "cpus") == 1);
    assert_true(metric_of(&f, "cpu0") == 1);
    assert_true(metric_of(&f, "omp_threads") == 1);
    unmake(&f);
    wn_topology_destroy(topology);
}

/* Whatever stands in place of a trial's folder, nothing is made outside the study. */
static void follows_no_link_out_of_the_study(void **state)
{
    static const char *const links[] = {"trials", "trials/7", NULL};

    (void)state;
    for (int i = 0; i < 3; i++) {
        char outside[] = "/tmp/wn-outside-XXXXXX", trial[256], space[256], path[128];
        struct fixture f;

        assert_non_null(mkdtemp(outside));
        snprintf(space, sizeof space,
                 "{\"mode\": \"%s\", \"file\": \"%s\", \"aside\": \"../../aside\"}",
                 links[i] ? "exit3" : "link", outside);
        snprintf(trial, sizeof trial, "{\"command\": [\"%%s\"], \"logs\": \"all\"%s}",
                 links[i] ? ", \"pass\": \"json\"" : "");
        make(&f, space, trial);
        if (links[i]) {
            if (strchr(links[i], '/')) {
                snprintf(path, sizeof path, "%s/trials", f.dir);
                assert_int_equal(mkdir(path, 0777), 0);
            }
            snprintf(path, sizeof path, "%s/%s", f.dir, links[i]);
            assert_int_equal(symlink(outside, path), 0);
        }
        start(&f, 3);
        if (links[i])
            expect_failure(&f, WN_FAILURE_START, "a symbolic link");
        else
            expect_failure(&f, WN_FAILURE_EXIT, "code 3"); /* it made its link */
        assert_int_equal(rmdir(outside), 0);               /* still empty */
        unmake(&f);
    }
}

/* --- descendants --- */

/* Is a process alive? Zombies are not: whoever inherits them may reap late. */
static size_t read_pids(const char *path, long *pids, size_t room)
{
    FILE *file = fopen(path, "r");
    size_t n = 0;

    while (file && n < room && fscanf(file, "%ld", &pids[n]) == 1)
        n++;
    if (file)
        fclose(file);
    return n;
}

static void make_descendants(struct fixture *f, const char *mode, char *path, size_t room)
{
    char space[256];

    make_config(f, "{}", TRIAL);
    wn_space_destroy(f->space);
    snprintf(path, room, "%s/pids", f->dir);
    snprintf(space, sizeof space, "{\"mode\": \"%s\", \"file\": \"%s\"}", mode, path);
    {
        struct wn_json *json = parse_json(space);
        struct wn_problems problems = {0};

        assert_int_equal(wn_space_parse(json, NULL, &problems, &f->space, NULL), WN_OK);
        wn_json_destroy(json);
    }
    f->cfg.space = f->space;
}

static void leaves_no_descendant_after_kill_or_end(void **state)
{
    (void)state;
    for (int by_itself = 0; by_itself < 2; by_itself++) {
        struct fixture f;
        char path[128];
        long pids[8];

        make_descendants(&f, by_itself ? "leaves" : "descendants", path, sizeof path);
        make_runner(&f);
        start(&f, 3);
        expect_event(&f, WN_RUN_REPORT);
        assert_int_equal(read_pids(path, pids, 8), 4);
        if (by_itself)
            expect_event(&f, WN_RUN_ENDED);
        else
            f.ops->kill(f.runner, 0, wn_clock_mono_us());
        expect_event(&f, WN_RUN_GONE);
        for (int i = 0; i < 4; i++)
            if (is_alive(pids[i]))
                fail_msg("process %ld (%d of 4) is alive", pids[i], i);
        unmake(&f);
    }
}

static void leaves_no_descendant_when_the_worker_is_killed(void **state)
{
    struct fixture f;
    char path[128], byte;
    int ready[2];
    long pids[8];
    pid_t worker;

    (void)state;
    make_descendants(&f, "descendants", path, sizeof path);
    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    worker = fork();
    if (worker == 0) {
        make_runner(&f);
        start(&f, 3);
        next_event(&f);
        if (write(ready[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(read_pids(path, pids, 8), 4);
    for (int i = 0; i < 4; i++)
        assert_true(is_alive(pids[i]));
    kill(worker, SIGKILL);
    waitpid(worker, NULL, 0);
    for (int i = 0; i < 4; i++)
        for (int tries = 0; is_alive(pids[i]); tries++) {
            if (tries == 5000)
                fail_msg("process %ld (%d of 4) outlived its worker", pids[i], i);
            poll(NULL, 0, 1); /* the helper needs its moment */
        }
    close(ready[0]);
    close(ready[1]);
    /* The helper may still be tidying up: nobody is left who could wait for it. */
    for (int tries = 0; tries < 5000 && wn_dir_remove(f.dir, NULL) != WN_OK; tries++)
        poll(NULL, 0, 1);
    make_runner(&f);
    unmake(&f);
}

static void leaves_no_descendant_when_the_helper_is_killed(void **state)
{
    struct fixture f;
    char path[128], text[512] = "", *after;
    long pids[8];
    FILE *file;

    (void)state;
    make_descendants(&f, "descendants", path, sizeof path);
    make_runner(&f);
    start(&f, 3);
    expect_event(&f, WN_RUN_REPORT);
    assert_int_equal(read_pids(path, pids, 8), 4);
    snprintf(path, sizeof path, "/proc/%ld/stat", pids[3]); /* the program itself */
    file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(text, sizeof text, file));
    fclose(file);
    after = strrchr(text, ')');
    assert_non_null(after);
    kill((pid_t)strtol(after + 4, NULL, 10), SIGKILL);
    expect_event(&f, WN_RUN_GONE); /* the worker's trouble: nothing ended */
    for (int i = 0; i < 4; i++)
        for (int tries = 0; is_alive(pids[i]); tries++) {
            if (tries == 2000)
                fail_msg("process %ld (%d of 4) outlived its helper", pids[i], i);
            poll(NULL, 0, 1); /* a kill takes its moment */
        }
    unmake(&f);
}

/* --- reports and checkpoints --- */

static void goes_from_milestone_to_milestone_and_resumes(void **state)
{
    struct wn_generation source;
    struct fixture f;

    (void)state;
    make_mode(&f, "train", TRIAL);
    start(&f, 3);
    for (int64_t epoch = 1; epoch <= 3; epoch++) {
        expect_event(&f, WN_RUN_REPORT);
        assert_int_equal(f.event.resource, epoch);
        assert_true(f.event.waits == (epoch == 3));
        assert_true(f.event.has_checkpoint == (epoch == 3));
        assert_true(metric_of(&f, "loss") == (double)(epoch * (epoch + 1) / 2));
        assert_true(f.event.elapsed_ms >= 0 && f.event.cost_ms >= 0);
    }
    answer(&f, WN_VERDICT_CONTINUE, 5);
    expect_event(&f, WN_RUN_REPORT);
    expect_event(&f, WN_RUN_REPORT);
    assert_true(f.event.waits && f.event.has_checkpoint && f.event.resource == 5);
    answer(&f, WN_VERDICT_PAUSE, 0);
    expect_event(&f, WN_RUN_GONE);

    source = (struct wn_generation){5, 7, {1, 5}};
    assert_int_equal(wn_store_verify(f.store, source, true, NULL), WN_OK);
    start_task(&f, 1,
               (struct wn_task){
                   .trial = 7, .dispatch = {1, 6}, .milestone = 9, .source = source});
    expect_event(&f, WN_RUN_REPORT);
    assert_int_equal(f.event.slot, 1);
    assert_int_equal(f.event.resource, 6);
    assert_true(metric_of(&f, "loss") == 21); /* as if never interrupted */
    unmake(&f);
}

static void waits_at_the_next_report_after_a_recall(void **state)
{
    struct fixture f;

    (void)state;
    make_mode(&f, "train", TRIAL);
    start_task(&f, 0,
               (struct wn_task){
                   .trial = 7, .dispatch = {1, 5}, .milestone = 9, .waits_next = true});
    expect_event(&f, WN_RUN_REPORT);
    assert_true(f.event.waits && f.event.resource == 1);
    f.ops->recall(f.runner, 0, wn_clock_mono_us());
    answer(&f, WN_VERDICT_CONTINUE, 9); /* the recall came first: it holds no longer */
    while (next_event(&f) == WN_RUN_REPORT && !f.event.waits)
        continue;
    assert_int_equal(f.event.resource, 9);
    unmake(&f);
}

static void tells_a_damaged_checkpoint_from_a_failure(void **state)
{
    struct wn_generation source = {4, 7, {1, 2}};
    struct fixture f;

    (void)state;
    make_mode(&f, "train", TRIAL);
    start_task(&f, 0,
               (struct wn_task){
                   .trial = 7, .dispatch = {1, 5}, .milestone = 9, .source = source});
    expect_event(&f, WN_RUN_DAMAGED);
    expect_event(&f, WN_RUN_GONE);
    assert_false(has_file(&f, "trials/7") || has_file(&f, "checkpoints/7"));
    start(&f, 1); /* the slot is good for another */
    expect_event(&f, WN_RUN_REPORT);
    unmake(&f);
}

static void keeps_all_logs_when_asked(void **state)
{
    struct fixture f;

    (void)state;
    make_mode(&f, "facts", "{\"command\": [\"%s\"], \"logs\": \"all\"}");
    start(&f, 3);
    expect_event(&f, WN_RUN_REPORT);
    expect_event(&f, WN_RUN_ENDED);
    expect_event(&f, WN_RUN_GONE);
    assert_true(has_file(&f, "trials/7/output.log"));
    unmake(&f);
}

static void kill_comes_at_once_in_every_step(void **state)
{
    (void)state;
    for (int events = 0; events < 3; events++) {
        struct fixture f;

        make_mode(&f, "train", TRIAL);
        start(&f, 2);
        for (int i = 0; i < events; i++)
            next_event(&f);
        f.ops->kill(f.runner, 0, wn_clock_mono_us());
        expect_event(&f, WN_RUN_GONE);
        start(&f, 2);
        expect_event(&f, WN_RUN_REPORT);
        unmake(&f);
    }
}

static void passes_the_configuration_as_the_job_says(void **state)
{
    static const struct {
        const char *trial, *wants;
    } cases[] = {
        {"{\"command\": [\"/bin/echo\", \"a b\", \"{x}\"], \"logs\": \"all\"}",
         "a b {x} --mode it's $HOME --x 0.25\n"},
        {"{\"command\": [\"echo\", \"-x={x},{y}\", \"{mode}\"], \"pass\": \"template\"}",
         "-x=0.25,{y} it's $HOME\n"},
        {"{\"command\": [\"sh\", \"-c\", \"cat $1\"], \"pass\": \"json\"}",
         "{\"mode\": \"it's $HOME\", \"x\": 0.25}\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[128], *text;
        struct fixture f;
        size_t n;

        make_mode(&f, "it's $HOME", cases[i].trial);
        start(&f, 3);
        expect_event(&f, WN_RUN_ENDED);
        assert_int_equal(f.event.failure, WN_FAILURE_NO_REPORT);
        expect_event(&f, WN_RUN_GONE);
        snprintf(path, sizeof path, "%s/trials/7/output.log", f.dir);
        assert_int_equal(wn_file_read(path, 4096, &text, &n, NULL), WN_OK);
        if (strcmp(text, cases[i].wants) != 0)
            fail_msg("%s instead of %s", text, cases[i].wants);
        wn_free(text);
        assert_false(has_file(&f, "trials/7/config.json"));
        unmake(&f);
    }
}

static void check_finds_mistakes_without_running_anything(void **state)
{
    static const struct {
        const char *trial, *says;
    } cases[] = {
        {"{\"command\": [\"no-such-program-anywhere\"]}",
         "trial.command[0]: there is no"},
        {"{\"command\": [\"/etc/passwd\"]}", "no program that may be run"},
        {"{\"command\": [\"/bin/echo\", \"{widht}\"], \"pass\": \"template\"}",
         "trial.command[1]: {widht} names no parameter or constant of the space"},
        {"{\"command\": [\"/bin/echo\", \"{x} {mod}\"], \"pass\": \"template\"}",
         "{mod} names no parameter or constant of the space; did you mean {mode}?"},
        {"{\"command\": [\"/bin/echo\", \"{mode}\"], \"pass\": \"template\"}",
         "trial.command: is a template in which no parameter occurs, so that all trials "
         "would be the same; write {x} into one of its words"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wn_problems problems = {0};
        struct fixture f;

        make_mode(&f, "quiet", cases[i].trial);
        assert_int_equal(f.ops->check(&f.cfg, &problems, NULL), WN_OK);
        if (problems.n != 1 || !strstr(problems.at[0], cases[i].says))
            fail_msg("%zu problems: %s", problems.n, problems.n ? problems.at[0] : "");
        wn_problems_release(&problems);
        unmake(&f);
    }
}

static void check_refuses_the_names_that_winnow_says_itself(void **state)
{
    static const struct {
        const char *name, *more;
        bool is_refused;
    } cases[] = {
        {"st_checkpoint_dir", "\"protocol\": \"stdout\"", true},
        {"st_checkpoint_dir", "\"protocol\": \"auto\"", true},
        {"st_checkpoint_dir", "\"protocol\": \"winnow\"", false},
        {"config", "\"pass\": \"json\"", true},
        {"config", "\"pass\": \"flags\"", false},
        {"job_dir", "\"pass\": \"template\"", true},
        {"job_dir", "\"pass\": \"flags\"", false},
    };

    (void)state;
    for (size_t i = 0; i < 2 * sizeof cases / sizeof *cases; i++) {
        const char *name = cases[i / 2].name;
        struct wn_problems problems = {0};
        char space[256], trial[256], path[64];
        struct fixture f;

        /* As a constant and as a parameter. */
        snprintf(
            space, sizeof space,
            "{\"mode\": \"quiet\", \"x\": {\"type\": \"float\", \"low\": 0, \"high\": 1},"
            " \"%s\": %s}",
            name, i % 2 ? "\"a\"" : "{\"type\": \"int\", \"low\": 1, \"high\": 2}");
        snprintf(trial, sizeof trial, "{\"command\": [\"/bin/echo\", \"{x}\"], %s}",
                 cases[i / 2].more);
        snprintf(path, sizeof path, "space.%s: is ", name);
        make(&f, space, trial);
        assert_int_equal(f.ops->check(&f.cfg, &problems, NULL), WN_OK);
        if (problems.n != cases[i / 2].is_refused ||
            (problems.n && strncmp(problems.at[0], path, strlen(path)) != 0))
            fail_msg("%s with %s: %zu problems: %s", name, cases[i / 2].more, problems.n,
                     problems.n ? problems.at[0] : "");
        wn_problems_release(&problems);
        unmake(&f);
    }
}

static void check_refuses_what_no_greeting_holds(void **state)
{
    static const struct {
        size_t length;
        const char *trial;
        size_t n_problems;
    } cases[] = {{300000, "{\"command\": [\"%s\"]}", 1},
                 {300000, "{\"command\": [\"%s\"], \"protocol\": \"stdout\"}", 0},
                 {200000, "{\"command\": [\"%s\"]}", 0}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wn_problems problems = {0};
        struct wn_buf space = {0};
        struct fixture f;

        wn_buf_adds(&space, "{\"mode\": \"facts\"");
        for (int half = 0; half < 2; half++) {
            wn_buf_addf(&space, ", \"long%d\": \"", half);
            for (size_t k = 0; k < cases[i].length / 2; k++)
                wn_buf_addc(&space, 'x');
            wn_buf_adds(&space, "\"");
        }
        wn_buf_adds(&space, "}");
        make(&f, wn_buf_text(&space), cases[i].trial);
        assert_int_equal(f.ops->check(&f.cfg, &problems, NULL), WN_OK);
        assert_int_equal(problems.n, cases[i].n_problems);
        if (problems.n)
            assert_non_null(strstr(problems.at[0], "space: a configuration has up to"));
        if (i == 2) { /* and what it lets pass arrives */
            start(&f, 3);
            expect_event(&f, WN_RUN_REPORT);
        }
        wn_problems_release(&problems);
        wn_buf_release(&space);
        unmake(&f);
    }
}

static void survives_the_failure_of_any_allocation(void **state)
{
    struct fixture f;

    (void)state;
    make_mode(&f, "train", TRIAL);
    for (uint64_t n = 1; n < 200; n++) {
        struct wn_task task = {
            .trial = 7, .dispatch = {1, (uint32_t)n}, .milestone = 1, .cells = f.cells};
        struct wn_error err = {0};
        enum wn_status rc;

        wn_mem_fail_after(n);
        rc = f.ops->start(f.runner, 0, &task, wn_clock_mono_us(), &err);
        wn_mem_fail_after(0);
        if (rc == WN_OK) {
            expect_event(&f, WN_RUN_REPORT);
            unmake(&f);
            return;
        }
        assert_int_equal(rc, WN_ENOMEM);
    }
    fail_msg("start never succeeded");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_each_failure_from_the_others),
        cmocka_unit_test(explains_what_cannot_be_started),
        cmocka_unit_test(ends_a_program_that_ignores_term),
        cmocka_unit_test(passes_not_a_number_on),
        cmocka_unit_test(fails_a_report_that_is_too_long),
        cmocka_unit_test(gives_the_program_a_clean_world),
        cmocka_unit_test(hears_of_ends_where_sigchld_is_ignored),
        cmocka_unit_test(has_descriptors_for_every_slot),
        cmocka_unit_test(binds_the_program_to_its_slot),
        cmocka_unit_test(follows_no_link_out_of_the_study),
        cmocka_unit_test(leaves_no_descendant_after_kill_or_end),
        cmocka_unit_test(leaves_no_descendant_when_the_worker_is_killed),
        cmocka_unit_test(leaves_no_descendant_when_the_helper_is_killed),
        cmocka_unit_test(goes_from_milestone_to_milestone_and_resumes),
        cmocka_unit_test(waits_at_the_next_report_after_a_recall),
        cmocka_unit_test(tells_a_damaged_checkpoint_from_a_failure),
        cmocka_unit_test(keeps_all_logs_when_asked),
        cmocka_unit_test(kill_comes_at_once_in_every_step),
        cmocka_unit_test(passes_the_configuration_as_the_job_says),
        cmocka_unit_test(check_finds_mistakes_without_running_anything),
        cmocka_unit_test(check_refuses_the_names_that_winnow_says_itself),
        cmocka_unit_test(check_refuses_what_no_greeting_holds),
        cmocka_unit_test(survives_the_failure_of_any_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
