/* fuzz_job.c - any bytes as a job file, with an override behind the first zero byte.
 *
 * links: wn_job
 *
 * What is accepted must describe itself, and its canonical text must be read as the same
 * job with the same text; what is refused must say why.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "job/job.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void look_at(const struct wn_job *job)
{
    struct wn_problems problems = {0};
    struct wn_job *again = NULL;
    struct wn_error err = {.text = ""};
    struct wn_buf text = {0};
    bool is_amended = true;

    WN_ASSERT(wn_job_parse_canonical(job->text, "/jobs", &again, &err) == WN_OK);
    WN_ASSERT(strcmp(job->text, again->text) == 0);
    WN_ASSERT(wn_job_compare(job, again, &is_amended, &problems, &err) == WN_OK);
    WN_ASSERT(!is_amended);
    WN_ASSERT(wn_job_describe(job, &text, &err) == WN_OK && text.n > 0);
    wn_buf_release(&text);
    wn_job_destroy(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    const uint8_t *zero = n ? memchr(bytes, 0, n) : NULL;
    size_t n_text = zero ? (size_t)(zero - bytes) : n;
    char *set = zero ? wn_strndup((const char *)zero + 1, n - n_text - 1) : NULL;
    const char *const sets[] = {set};
    struct wn_problems problems = {0};
    struct wn_error err = {.text = ""};
    struct wn_job *job = NULL;
    enum wn_status rc = wn_job_parse((const char *)bytes, n_text, "/jobs", sets,
                                     set != NULL, &problems, &job, &err);

    if (rc == WN_OK)
        look_at(job);
    else
        WN_ASSERT(rc == WN_EINVAL && problems.n && *problems.at[0] && !job);
    wn_job_destroy(job);
    wn_problems_release(&problems);
    wn_free(set);
    return 0;
}
