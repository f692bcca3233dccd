/* checkpoint.c - HDF5 in and out; checkpoint.h has the layout. */
#include "checkpoint.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hdf5.h>

enum { FORMAT = 1, N_ATTRIBUTES = 10 };

/* The numbers of a checkpoint, by the names of their attributes. */
struct attribute {
    const char *name;
    uint64_t value;
};

static void attributes_fill(struct attribute list[N_ATTRIBUTES],
                            const struct net *net,
                            const struct optim *optim,
                            uint64_t rng,
                            long epoch)
{
    const struct attribute now[N_ATTRIBUTES] = {
        {"format", FORMAT},
        {"n_inputs", (uint64_t)net->shape.n_inputs},
        {"n_classes", (uint64_t)net->shape.n_classes},
        {"width", (uint64_t)net->shape.width},
        {"depth", (uint64_t)net->shape.depth},
        {"activation", (uint64_t)net->shape.activation},
        {"optimizer", (uint64_t)optim->kind},
        {"epoch", (uint64_t)epoch},
        {"n_steps", optim->n_steps},
        {"rng", rng},
    };

    memcpy(list, now, sizeof now);
}

static uint64_t attribute_get(const struct attribute list[N_ATTRIBUTES], const char *name)
{
    int i = 0;

    while (strcmp(list[i].name, name) != 0)
        i++;
    return list[i].value;
}

static bool path_make(char path[PATH_MAX], const char *dir)
{
    int n = snprintf(path, PATH_MAX, "%s/checkpoint.h5", dir);

    if (n > 0 && n < PATH_MAX)
        return true;
    fprintf(stderr, "mlp: the checkpoint folder's name is too long\n");
    return false;
}

static bool array_write(hid_t file, const char *name, const float *values, size_t n)
{
    hsize_t size = n;
    hid_t space = H5Screate_simple(1, &size, NULL);
    hid_t how = H5Pcreate(H5P_DATASET_CREATE);
    hid_t set = H5I_INVALID_HID;
    bool ok = false;

    if (space >= 0 && how >= 0 && H5Pset_obj_track_times(how, false) >= 0)
        set =
            H5Dcreate2(file, name, H5T_IEEE_F32LE, space, H5P_DEFAULT, how, H5P_DEFAULT);
    if (set >= 0)
        ok = H5Dwrite(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0;
    if (set >= 0)
        ok = H5Dclose(set) >= 0 && ok;
    if (how >= 0)
        H5Pclose(how);
    if (space >= 0)
        H5Sclose(space);
    return ok;
}

static bool array_read(hid_t file, const char *name, float *values, size_t n)
{
    hid_t set = H5Dopen2(file, name, H5P_DEFAULT);
    hid_t space = set >= 0 ? H5Dget_space(set) : H5I_INVALID_HID;
    bool ok = space >= 0 && H5Sget_simple_extent_npoints(space) == (hssize_t)n &&
              H5Dread(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0;

    if (space >= 0)
        H5Sclose(space);
    if (set >= 0)
        H5Dclose(set);
    return ok;
}

static bool attributes_write(hid_t file, const struct attribute list[N_ATTRIBUTES])
{
    hid_t space = H5Screate(H5S_SCALAR);
    bool ok = space >= 0;

    for (int i = 0; ok && i < N_ATTRIBUTES; i++) {
        hid_t item = H5Acreate2(file, list[i].name, H5T_STD_U64LE, space, H5P_DEFAULT,
                                H5P_DEFAULT);

        ok = item >= 0 && H5Awrite(item, H5T_NATIVE_UINT64, &list[i].value) >= 0;
        if (item >= 0)
            H5Aclose(item);
    }
    if (space >= 0)
        H5Sclose(space);
    return ok;
}

static bool attributes_read(hid_t file, struct attribute list[N_ATTRIBUTES])
{
    bool ok = true;

    for (int i = 0; ok && i < N_ATTRIBUTES; i++) {
        hid_t item = H5Aopen(file, list[i].name, H5P_DEFAULT);
        hid_t space = item >= 0 ? H5Aget_space(item) : H5I_INVALID_HID;

        ok = space >= 0 && H5Sget_simple_extent_npoints(space) == 1 &&
             H5Aread(item, H5T_NATIVE_UINT64, &list[i].value) >= 0;
        if (space >= 0)
            H5Sclose(space);
        if (item >= 0)
            H5Aclose(item);
    }
    return ok;
}

bool checkpoint_save(const char *dir,
                     const struct net *net,
                     const struct optim *optim,
                     uint64_t rng,
                     long epoch)
{
    struct attribute list[N_ATTRIBUTES];
    char path[PATH_MAX];
    hid_t file;
    bool ok;

    if (!path_make(path, dir))
        return false;
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL); /* one message of ours instead of a trace */
    file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    attributes_fill(list, net, optim, rng, epoch);
    ok = file >= 0 && attributes_write(file, list) &&
         array_write(file, "params", net->params, net->n_params) &&
         array_write(file, "first", optim->first, net->n_params) &&
         (!optim->second || array_write(file, "second", optim->second, net->n_params));
    if (file >= 0)
        ok = H5Fclose(file) >= 0 && ok;
    if (!ok)
        fprintf(stderr, "mlp: cannot write the checkpoint %s\n", path);
    return ok;
}

/* Lock files are of no use for files that never change, and missing on many clusters. */
static hid_t file_open(const char *path)
{
    hid_t how = H5Pcreate(H5P_FILE_ACCESS);
    hid_t file = H5I_INVALID_HID;

    if (how >= 0 && H5Pset_file_locking(how, false, true) >= 0)
        file = H5Fopen(path, H5F_ACC_RDONLY, how);
    if (how >= 0)
        H5Pclose(how);
    return file;
}

static bool shape_matches(const struct attribute stored[N_ATTRIBUTES],
                          const struct attribute own[N_ATTRIBUTES],
                          const char *path)
{
    static const char *const names[] = {"format", "n_inputs", "n_classes",
                                        "width",  "depth",    "activation"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        unsigned long long has = attribute_get(stored, names[i]);
        unsigned long long needs = attribute_get(own, names[i]);

        if (has != needs) {
            fprintf(stderr, "mlp: %s is of %s %llu, this training of %llu\n", path,
                    names[i], has, needs);
            return false;
        }
    }
    if (attribute_get(stored, "epoch") <= LONG_MAX)
        return true;
    fprintf(stderr, "mlp: %s has an impossible epoch\n", path);
    return false;
}

/* Read into memory of its own, so that a damaged file changes nothing. */
static bool arrays_load(hid_t file, struct net *net, struct optim *optim, bool has_state)
{
    size_t n = net->n_params;
    float *memory = calloc(3 * n, sizeof *memory);
    bool ok = memory && array_read(file, "params", memory, n);

    if (ok && has_state)
        ok = array_read(file, "first", memory + n, n) &&
             (!optim->second || array_read(file, "second", memory + 2 * n, n));
    if (ok) {
        memcpy(net->params, memory, n * sizeof *memory);
        memcpy(optim->first, memory + n, n * sizeof *memory);
        if (optim->second)
            memcpy(optim->second, memory + 2 * n, n * sizeof *memory);
    }
    free(memory);
    return ok;
}

bool checkpoint_load(const char *dir,
                     struct net *net,
                     struct optim *optim,
                     uint64_t *rng,
                     long *epoch)
{
    struct attribute stored[N_ATTRIBUTES], own[N_ATTRIBUTES];
    char path[PATH_MAX];
    hid_t file;
    bool ok, has_state;

    if (!path_make(path, dir))
        return false;
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    attributes_fill(own, net, optim, 0, 0);
    memcpy(stored, own, sizeof own);
    file = file_open(path);
    if (file < 0 || !attributes_read(file, stored)) {
        fprintf(stderr, "mlp: %s is missing or no checkpoint of this program\n", path);
        if (file >= 0)
            H5Fclose(file);
        return false;
    }
    ok = shape_matches(stored, own, path);
    has_state = attribute_get(stored, "optimizer") == (uint64_t)optim->kind;
    if (ok && !arrays_load(file, net, optim, has_state)) {
        fprintf(stderr, "mlp: %s is damaged\n", path);
        ok = false;
    }
    H5Fclose(file);
    if (!ok)
        return false;
    optim->n_steps = has_state ? attribute_get(stored, "n_steps") : 0;
    *rng = attribute_get(stored, "rng");
    *epoch = (long)attribute_get(stored, "epoch");
    return true;
}
