/* replay_main.c - run a fuzz target over the files of corpus folders.
 *
 * So every input that ever mattered is tried in every test run, by any compiler. A
 * folder that is missing or empty is a failure: a replay of nothing proves nothing.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static int replay_file(const char *folder, const char *name)
{
    char path[4096];
    unsigned char *bytes = NULL;
    size_t n = 0, room = 1;
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "rb");
    if (!file) {
        perror(path);
        return 1;
    }
    do {
        unsigned char *more = realloc(bytes, room *= 2);

        if (!more) {
            perror(path);
            exit(1);
        }
        bytes = more;
        n += fread(bytes + n, 1, room - n, file);
    } while (n == room);
    fclose(file);
    /* In a block of exactly n bytes, so that a read past the end is seen. */
    unsigned char *exact = malloc(n ? n : 1);

    if (!exact) {
        perror(path);
        exit(1);
    }
    memcpy(exact, bytes, n);
    free(bytes);
    printf("%s: %zu bytes\n", path, n);
    fflush(stdout); /* the last line names the input that crashed */
    LLVMFuzzerTestOneInput(exact, n);
    free(exact);
    return 0;
}

static int replay_folder(const char *folder, size_t *n_files)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    int rc = 0;

    if (!dir) {
        perror(folder);
        return 1;
    }
    while ((entry = readdir(dir))) {
        if (entry->d_name[0] == '.')
            continue;
        rc |= replay_file(folder, entry->d_name);
        ++*n_files;
    }
    closedir(dir);
    return rc;
}

int main(int argc, char **argv)
{
    size_t n_files = 0;
    int rc = 0;

    for (int i = 1; i < argc; i++)
        rc |= replay_folder(argv[i], &n_files);
    printf("%zu inputs\n", n_files);
    return rc || !n_files;
}
