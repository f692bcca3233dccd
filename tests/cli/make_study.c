/* make_study.c - `make_study DIR [N | lie]`: the study of story.h in a folder. */
#include "cli/story.h"

#include "base/file.h"

int main(int argc, char **argv)
{
    char journal[WN_PATH_MAX], job[WN_PATH_MAX];
    struct wn_error err = {0};
    struct story story;
    uint32_t limit = 0;
    bool lies;

    if (argc < 2)
        STORY_DIE("usage: make_study DIR [N | lie]");
    if (wn_dir_make(argv[1], &err) != WN_OK ||
        wn_path_join(journal, &err, argv[1], "journal") != WN_OK ||
        wn_path_join(job, &err, argv[1], "job.json") != WN_OK)
        STORY_DIE("make_study: %s", err.text);
    lies = argc > 2 && strcmp(argv[2], "lie") == 0;
    if (argc > 2 && !lies)
        limit = (uint32_t)strtoul(argv[2], NULL, 10);
    story_tell(&story, journal, limit, lies);
    if (wn_file_replace(job, story.job->text, strlen(story.job->text), &err) != WN_OK)
        STORY_DIE("make_study: %s", err.text);
    story_end(&story);
    return 0;
}
