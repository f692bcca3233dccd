/* param.c - the values of one parameter: which there are, where they lie in [0, 1].
 *
 * Every conversion goes through an index or a number and back, and each value is made
 * in one place (wn_param_make, wn_param_cell): so a value that was sampled, decoded,
 * read or taken from a grid has the same bytes.
 */
#include "space/space_internal.h"

#include <math.h>
#include <string.h>

#include "base/assert.h"
#include "base/decimal.h"

enum {
    DIGITS = 12, /* of every value */
    SHOWN = 8    /* values in a message */
};

double wn_param_make(const struct wn_param *param, double value)
{
    double made = wn_decimal_round(value, DIGITS);

    if (!(made >= param->low)) /* NaN too */
        made = param->low;
    if (made > param->high)
        made = param->high;
    return made == 0 ? 0 : made;
}

static bool is_int(const struct wn_param *param)
{
    return param->type == WN_PARAM_INT;
}

static bool is_listed(const struct wn_param *param)
{
    return param->type == WN_PARAM_CATEGORICAL || param->type == WN_PARAM_ORDINAL;
}

/* A float with more values than are counted. */
static bool is_open(const struct wn_param *param)
{
    return param->type == WN_PARAM_FLOAT && param->step <= 0 && !param->size;
}

static uint64_t int_step(const struct wn_param *param)
{
    return param->step > 0 ? (uint64_t)param->step : 1;
}

/* Bounds of ints lie within 2^53, so the differences fit. */
static uint64_t int_width(const struct wn_param *param)
{
    return (uint64_t)((int64_t)param->high - (int64_t)param->low);
}

static double float_value(const struct wn_param *param, uint64_t index)
{
    return wn_param_make(param, param->low + (double)index * param->step);
}

/* Whether high is one more value is asked of the made values: 0.3 / 0.1 is below 3, and
 * 3 * 0.1 above 0.3, so neither quotient nor product is to be trusted. */
static uint64_t float_count(const struct wn_param *param)
{
    uint64_t last = (uint64_t)floor((param->high - param->low) / param->step);

    if (float_value(param, last) < wn_param_make(param, param->high))
        last++;
    return last + 1;
}

uint64_t wn_param_count(const struct wn_param *param)
{
    if (param->size)
        return param->size;
    switch (param->type) {
    case WN_PARAM_FLOAT: return param->step > 0 ? float_count(param) : 0;
    case WN_PARAM_INT: {
        uint64_t width = int_width(param), step = int_step(param);

        return width / step + 1 + (width % step != 0);
    }
    case WN_PARAM_CATEGORICAL:
    case WN_PARAM_ORDINAL: return param->n_values;
    }
    return 0;
}

/* The index-th of the values of an int with a size: below 2^20 times below 2^40 fits. */
static int64_t spread_int(const struct wn_param *param, uint64_t index)
{
    uint64_t last = param->size - 1, way = index * int_width(param);
    double place = (double)index / (double)last;
    int64_t value = (int64_t)param->low;

    if (param->scale != WN_SCALE_LINEAR)
        return value + (int64_t)rint(wn_scale_distance(param->scale, param->low,
                                                       (double)int_width(param), place));
    value += (int64_t)(way / last);
    way = 2 * (way % last);
    return value + (way > last || (way == last && value % 2 != 0));
}

static double spread_float(const struct wn_param *param, uint64_t index)
{
    double place = (double)index / (double)(param->size - 1);

    return param->low +
           wn_scale_distance(param->scale, param->low, param->high - param->low, place);
}

static union wn_cell cell_of(const struct wn_param *param, uint64_t index, uint64_t count)
{
    union wn_cell cell = {.i = 0};

    if (is_listed(param))
        cell.i = (int64_t)index;
    else if (is_int(param) && index == count - 1)
        cell.i = (int64_t)param->high;
    else if (is_int(param))
        cell.i = param->size ? spread_int(param, index)
                             : (int64_t)param->low + (int64_t)(index * int_step(param));
    else if (index == count - 1)
        cell.f = wn_param_make(param, param->high);
    else
        cell.f = param->size ? wn_param_make(param, spread_float(param, index))
                             : float_value(param, index);
    return cell;
}

union wn_cell wn_param_cell(const struct wn_param *param, uint64_t index)
{
    uint64_t count = wn_param_count(param);

    WN_ASSERT(index < count);
    return cell_of(param, index, count);
}

double wn_param_number(const struct wn_param *param, union wn_cell cell)
{
    return is_int(param) ? (double)cell.i : cell.f;
}

static uint64_t nearest(const struct wn_param *param, double number, uint64_t count)
{
    double step = is_int(param) ? (double)int_step(param) : param->step;
    double steps = floor((number - param->low) / step);
    uint64_t index = steps > 0 ? (uint64_t)fmin(steps, (double)(count - 1)) : 0;

    if (index < count - 1) {
        double below = wn_param_number(param, cell_of(param, index, count));
        double above = wn_param_number(param, cell_of(param, index + 1, count));

        if (above - number < number - below)
            index++;
    }
    return index;
}

uint64_t wn_param_nearest(const struct wn_param *param, double number)
{
    return nearest(param, number, wn_param_count(param));
}

uint64_t wn_param_n_below(const struct wn_param *param, double number, bool with_equal)
{
    uint64_t count = wn_param_count(param);
    uint64_t low = 0, high = count;

    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        double value = wn_param_number(param, cell_of(param, middle, count));

        if (value < number || (with_equal && value <= number))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Index of a number between low and high that is one of the values of a range with a size.
 * Where it lies on the scale tells it to within one: a value moves by less than the way to
 * its neighbours when it is rounded, or the two would be the same. (Of 12 ints from 3 to 28
 * on a log scale, 5 is 4.503 rounded up and lies nearer to the place of 5.517.) */
static bool spread_index(const struct wn_param *param, double number, uint64_t *index)
{
    double place = wn_scale_place(param->scale, param->low, param->high - param->low,
                                  number - param->low);
    uint64_t last = param->size - 1, at = (uint64_t)round(place * (double)last);

    for (uint64_t i = at ? at - 1 : 0; i <= at + 1 && i <= last; i++) {
        double value = wn_param_number(param, cell_of(param, i, param->size));

        *index = i;
        if (!(value < number) && !(value > number))
            return true;
    }
    return false;
}

bool wn_param_index(const struct wn_param *param, union wn_cell cell, uint64_t *index)
{
    uint64_t count = wn_param_count(param);

    if (cell.i == WN_CELL_OFF)
        return false;
    if (is_listed(param)) {
        *index = (uint64_t)cell.i;
        return cell.i >= 0 && *index < count;
    }
    if (is_int(param)) {
        uint64_t width = int_width(param), from_low;

        if (cell.i < (int64_t)param->low || cell.i > (int64_t)param->high)
            return false;
        if (param->size)
            return spread_index(param, (double)cell.i, index);
        from_low = (uint64_t)(cell.i - (int64_t)param->low);
        *index = from_low == width ? count - 1 : from_low / int_step(param);
        return from_low == width || from_low % int_step(param) == 0;
    }
    if (!(cell.f >= param->low && cell.f <= param->high))
        return false;
    if (!param->size)
        *index = nearest(param, cell.f, count);
    else if (!spread_index(param, cell.f, index))
        return false;
    return cell_of(param, *index, count).i == cell.i;
}

bool wn_param_has(const struct wn_param *param, union wn_cell cell)
{
    union wn_cell made;
    uint64_t index;

    if (!is_open(param))
        return wn_param_index(param, cell, &index);
    if (cell.i == WN_CELL_OFF || !(cell.f >= param->low && cell.f <= param->high))
        return false;
    made.f = wn_param_make(param, cell.f);
    return made.i == cell.i;
}

/* --- positions --- */

/* Place of the index-th of `count` equal parts of the cube, and the part of a place. */
static double part_place(uint64_t index, uint64_t count)
{
    return ((double)index + 0.5) / (double)count;
}

static uint64_t place_part(double place, uint64_t count)
{
    double part = floor(place * (double)count);

    return part < (double)count ? (uint64_t)part : count - 1;
}

static double ordinal_place(const struct wn_param *param, size_t index)
{
    const double *numbers = param->numbers;
    double low, width;

    if (param->encoding == WN_ENCODING_EQUAL)
        return part_place(index, param->n_values);
    low = numbers[0];
    width = numbers[param->n_values - 1] - low;
    if (width <= 0)
        return 0.5;
    if (param->encoding == WN_ENCODING_NEAREST_LOG)
        return wn_scale_place(WN_SCALE_LOG, low, width, numbers[index] - low);
    return wn_scale_place(WN_SCALE_LINEAR, low, width, numbers[index] - low);
}

/* Places rise with the index: search for the two that enclose `place`. */
static size_t ordinal_at(const struct wn_param *param, double place)
{
    size_t below = 0, above = param->n_values - 1;

    if (param->encoding == WN_ENCODING_EQUAL)
        return (size_t)place_part(place, param->n_values);
    while (above - below > 1) {
        size_t middle = below + (above - below) / 2;

        if (ordinal_place(param, middle) <= place)
            below = middle;
        else
            above = middle;
    }
    return ordinal_place(param, above) - place < place - ordinal_place(param, below)
               ? above
               : below;
}

/* An int on a log scale fills the interval half a unit around it. */
static double scale_low(const struct wn_param *param)
{
    return is_int(param) ? param->low - 0.5 : param->low;
}

static double scale_width(const struct wn_param *param)
{
    return param->high - param->low + (is_int(param) ? 1 : 0);
}

double wn_param_place(const struct wn_param *param, union wn_cell cell)
{
    double distance;
    uint64_t index = 0;

    if (param->type == WN_PARAM_ORDINAL)
        return ordinal_place(param, (size_t)cell.i);
    distance =
        is_int(param) ? (double)(cell.i - (int64_t)param->low) : cell.f - param->low;
    if (!param->size && (param->scale != WN_SCALE_LINEAR || is_open(param)))
        return wn_place_clip(wn_scale_place(param->scale, scale_low(param),
                                            scale_width(param),
                                            is_int(param) ? distance + 0.5 : distance));
    WN_ASSERT(wn_param_index(param, cell, &index));
    return part_place(index, wn_param_count(param));
}

static union wn_cell float_at(const struct wn_param *param, double place)
{
    double distance =
        wn_scale_distance(param->scale, param->low, scale_width(param), place);
    double number = place >= 1 ? param->high : param->low + distance;
    union wn_cell cell = {.f = 0};

    if (param->step > 0)
        return wn_param_cell(param, wn_param_nearest(param, number));
    cell.f = wn_param_make(param, number);
    return cell;
}

/* Whole steps are counted from low, not from 0: above 2^52 low - 0.5 is not a double. */
static union wn_cell log_int_at(const struct wn_param *param, double place)
{
    double distance = floor(
        wn_scale_distance(WN_SCALE_LOG, scale_low(param), scale_width(param), place));
    int64_t width = (int64_t)int_width(param);
    union wn_cell cell = {.i = (int64_t)param->low};

    if (distance > 0)
        cell.i += distance < (double)width ? (int64_t)distance : width;
    if (param->step > 0)
        return wn_param_cell(param, wn_param_nearest(param, (double)cell.i));
    return cell;
}

union wn_cell wn_param_at(const struct wn_param *param, double place)
{
    union wn_cell cell = {.i = 0};
    uint64_t count;

    place = wn_place_clip(place);
    if (param->type == WN_PARAM_ORDINAL) {
        cell.i = (int64_t)ordinal_at(param, place);
        return cell;
    }
    if (is_open(param) || (param->scale != WN_SCALE_LINEAR && !param->size))
        return is_int(param) ? log_int_at(param, place) : float_at(param, place);
    count = wn_param_count(param);
    return cell_of(param, place_part(place, count), count);
}

union wn_cell wn_param_sample(const struct wn_param *param, struct wn_rng *rng)
{
    bool is_even = is_listed(param) ? param->encoding == WN_ENCODING_EQUAL
                                    : param->scale == WN_SCALE_LINEAR || param->size;
    uint64_t count = wn_param_count(param);

    if (is_even && count)
        return cell_of(param, wn_rng_below(rng, count), count);
    return wn_param_at(param, wn_rng_unit(rng));
}

union wn_cell wn_param_middle(const struct wn_param *param)
{
    union wn_cell cell = {.i = 0};
    double middle;

    if (param->type == WN_PARAM_CATEGORICAL)
        return cell;
    if (param->type == WN_PARAM_ORDINAL) {
        cell.i = param->encoding == WN_ENCODING_EQUAL
                     ? (int64_t)((param->n_values - 1) / 2)
                     : (int64_t)ordinal_at(param, 0.5);
        return cell;
    }
    if (param->size)
        return wn_param_cell(param, (param->size - 1) / 2);
    middle = param->scale == WN_SCALE_LINEAR
                 ? param->low / 2 + param->high / 2
                 : param->low + wn_scale_distance(param->scale, param->low,
                                                  param->high - param->low, 0.5);
    if (!is_open(param))
        return wn_param_cell(param, wn_param_nearest(param, middle));
    cell.f = wn_param_make(param, middle);
    return cell;
}

/* --- what users write --- */

bool wn_param_read(const struct wn_param *param,
                   const struct wn_json *value,
                   union wn_cell *cell)
{
    union wn_cell read = {.i = 0};

    if (is_listed(param)) {
        for (; (size_t)read.i < param->n_values; read.i++)
            if (wn_json_equal(param->values[read.i], value))
                break;
    } else if (is_int(param)) {
        if (!wn_json_integer(value, &read.i))
            return false;
    } else {
        if (!wn_json_is(value, WN_JSON_NUMBER))
            return false;
        read.f = wn_json_number(value);
        if (!(read.f >= param->low && read.f <= param->high))
            return false;
        read.f = wn_param_make(param, read.f);
    }
    if (!wn_param_has(param, read))
        return false;
    *cell = read;
    return true;
}

void wn_json_word(const struct wn_json *value, struct wn_buf *out)
{
    if (wn_json_is(value, WN_JSON_STRING))
        wn_buf_adds(out, wn_json_string(value));
    else
        wn_json_print(value, out);
}

static void describe_number(struct wn_buf *out, const char *before, double number)
{
    char text[32];

    wn_buf_adds(out, before);
    wn_buf_adds(out, wn_number_print(number, text, sizeof text));
}

/* "one of 8, 16, 32", or how many there are from where to where. */
static void describe_size(const struct wn_param *param, struct wn_buf *out)
{
    wn_buf_adds(out, "one of ");
    if (param->size <= SHOWN) {
        for (uint64_t i = 0; i < param->size; i++) {
            wn_buf_adds(out, i ? ", " : "");
            wn_cell_print(param, wn_param_cell(param, i), out);
        }
        return;
    }
    wn_buf_addf(out, "%zu %s", param->size, is_int(param) ? "integers" : "numbers");
    describe_number(out, " from ", param->low);
    describe_number(out, " to ", param->high);
    wn_buf_addf(out, ", spread evenly on a %s scale", wn_scale_name(param->scale));
}

void wn_param_describe(const struct wn_param *param, struct wn_buf *out)
{
    if (param->size) {
        describe_size(param, out);
        return;
    }
    if (!is_listed(param)) {
        wn_buf_adds(out, is_int(param) ? "an integer" : "a number");
        describe_number(out, " from ", param->low);
        if (param->step > 0)
            describe_number(out, " in steps of ", param->step);
        describe_number(out, " to ", param->high);
        return;
    }
    wn_buf_adds(out, param->n_values > 1 ? "one of " : "only ");
    for (size_t i = 0; i < param->n_values && i < SHOWN; i++) {
        if (i)
            wn_buf_adds(out, ", ");
        wn_json_print(param->values[i], out);
    }
    if (param->n_values > SHOWN)
        wn_buf_addf(out, " and %zu more", param->n_values - SHOWN);
}

const char *wn_param_guess(const struct wn_param *param, const struct wn_json *value)
{
    const char **words, *guess;
    size_t n = 0;

    if (!is_listed(param) || !wn_json_is(value, WN_JSON_STRING))
        return NULL;
    words = wn_alloc_array(param->n_values + 1, sizeof *words);
    if (!words)
        return NULL; /* a guess is a courtesy */
    for (size_t i = 0; i < param->n_values; i++)
        if (wn_json_is(param->values[i], WN_JSON_STRING))
            words[n++] = wn_json_string(param->values[i]);
    guess = wn_nearest_name(wn_json_string(value), words);
    wn_free(words);
    return guess;
}
