/* Compares the reader with the predictions that the model was released with: selftest PLAN SELFTEST. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "csv.h"
#include "journeyman_plan.h"

#define MOST_UNITS 4 /* in the last place */
#define SHARE 1e-12  /* of the range, where a model has lines, nets, neighbours or corrections */

static double number_of(const char *text)
{
    double number;
    if (strcmp(text, "nan") == 0 || *text == '\0')
        return NAN;
    if (strcmp(text, "inf") == 0 || strcmp(text, "-inf") == 0)
        return *text == '-' ? -INFINITY : INFINITY;
    return jm_parse_number(text, strlen(text), &number) ? number : NAN;
}

static int is_near(double one, double other, double tolerance)
{
    return (isnan(one) && isnan(other)) || one == other || fabs(one - other) <= tolerance;
}

static int is_same(double one, double other)
{
    return (isnan(one) && isnan(other)) || memcmp(&one, &other, sizeof one) == 0;
}

static long place_of(const csv_file *csv, const char *name)
{
    for (size_t i = csv->count; i-- > 0;) /* the last one: what is expected stands behind the columns */
        if (strcmp(csv->fields[i], name) == 0)
            return (long)i;
    return -1;
}

/* Where the file has what is compared; -1 for what it lacks. */
typedef struct {
    long low, high, label, *scores, *outputs;
    long row; /* that is compared */
} places;

static int differs(long row, const char *name, double wanted, double found)
{
    fprintf(stderr, "row %ld: %s is %.17g, but should be %.17g\n", row, name, found, wanted);
    return 1;
}

static int compare_row(const jm_model *model, const csv_file *csv, const places *at, const jm_prediction *p, double tolerance)
{
    const long row = at->row;
    char name[32];
    for (size_t i = 0; i < jm_score_count(model); i++) {
        const double wanted = number_of(csv->fields[at->scores[i]]);
        snprintf(name, sizeof name, "score %lu", (unsigned long)i);
        if (!is_same(wanted, p->scores[i]))
            return differs(row, name, wanted, p->scores[i]);
    }
    for (size_t i = 0; i < jm_output_count(model); i++) {
        const double wanted = number_of(csv->fields[at->outputs[i]]);
        snprintf(name, sizeof name, "prediction %lu", (unsigned long)i);
        if (!is_near(wanted, p->outputs[i], tolerance))
            return differs(row, name, wanted, p->outputs[i]);
    }
    if (at->low >= 0 && !is_near(number_of(csv->fields[at->low]), p->low, tolerance))
        return differs(row, "low", number_of(csv->fields[at->low]), p->low);
    if (at->high >= 0 && !is_near(number_of(csv->fields[at->high]), p->high, tolerance))
        return differs(row, "high", number_of(csv->fields[at->high]), p->high);
    if (at->label >= 0 && strcmp(csv->fields[at->label], jm_label(model, p->label)) != 0) {
        fprintf(stderr, "row %ld: label is \"%s\", but should be \"%s\"\n", row, jm_label(model, p->label), csv->fields[at->label]);
        return 1;
    }
    return 0;
}

/* How far predictions may differ: by units in the last place of the greatest, or by a share of their range. */
static int find_tolerance(const jm_model *model, const char *path, const places *at, double *tolerance)
{
    csv_file csv;
    double low = HUGE_VAL, high = -HUGE_VAL, greatest = jm_label_count(model) > 0 ? 1.0 : 0.0;
    if (!csv_open(&csv, path))
        return 0;
    csv_next(&csv);
    while (csv_next(&csv)) {
        for (size_t i = 0; i < jm_output_count(model) + 2; i++) {
            const long place = i < jm_output_count(model) ? at->outputs[i] : i == jm_output_count(model) ? at->low : at->high;
            const double value = place < 0 || (size_t)place >= csv.count ? NAN : number_of(csv.fields[place]);
            low = value < low ? value : low; /* NaN is neither */
            high = value > high ? value : high;
        }
    }
    csv_close(&csv);
    greatest = high > greatest ? high : greatest;
    greatest = -low > greatest ? -low : greatest;
    *tolerance = MOST_UNITS * (nextafter(greatest, HUGE_VAL) - greatest);
    if (jm_is_approximate(model))
        *tolerance = SHARE * (high - low > 1.0 ? high - low : 1.0);
    return 1;
}

static int find_places(const jm_model *model, const csv_file *csv, places *at)
{
    char name[32];
    at->scores = calloc(jm_score_count(model) + 1, sizeof *at->scores);
    at->outputs = calloc(jm_output_count(model) + 1, sizeof *at->outputs);
    if (at->scores == NULL || at->outputs == NULL)
        return 0;
    at->low = jm_has_interval(model) ? place_of(csv, "low") : -1;
    at->high = jm_has_interval(model) ? place_of(csv, "high") : -1;
    for (size_t i = 0; i < jm_score_count(model); i++) {
        snprintf(name, sizeof name, "score %lu", (unsigned long)i);
        if ((at->scores[i] = place_of(csv, name)) < 0)
            return 0;
    }
    for (size_t i = 0; i < jm_output_count(model); i++) {
        snprintf(name, sizeof name, "prediction %lu", (unsigned long)i);
        if ((at->outputs[i] = place_of(csv, name)) < 0)
            return 0;
    }
    if (csv->count < jm_column_count(model) + jm_score_count(model) + jm_output_count(model))
        return 0;
    for (size_t i = 0; i < jm_column_count(model); i++)
        if (strcmp(csv->fields[i], jm_column_name(model, i)) != 0)
            return 0;
    at->label = jm_label_count(model) > 0 ? place_of(csv, "label") : -1;
    if (at->label < (long)jm_column_count(model)) /* a column of that name */
        at->label = -1;
    return 1;
}

static int compare_all(const jm_model *model, const char *path)
{
    csv_file csv;
    places at = {-1, -1, -1, NULL, NULL, 0};
    double *workspace = malloc((jm_workspace_length(model) + 1) * sizeof *workspace);
    double tolerance = 0.0;
    long different = 0;
    int ready = csv_open(&csv, path) && csv_next(&csv) && find_places(model, &csv, &at);
    const size_t width = csv.count;
    ready = ready && workspace != NULL && find_tolerance(model, path, &at, &tolerance);
    while (ready && csv_next(&csv)) {
        jm_prediction prediction;
        at.row++;
        if (csv.count < width) {
            ready = 0;
            break;
        }
        jm_predict_text(model, csv.fields, workspace, &prediction);
        different += compare_row(model, &csv, &at, &prediction, tolerance);
    }
    csv_close(&csv);
    free(at.scores);
    free(at.outputs);
    free(workspace);
    if (!ready || at.row == 0)
        fprintf(stderr, "the file '%s' does not hold the model's columns, scores and predictions\n", path);
    else
        printf("%ld rows, %ld differ\n", at.row, different);
    return ready && at.row > 0 && different == 0;
}

int main(int argc, char **argv)
{
    jm_error error;
    jm_model *model;
    int same;
    if (argc != 3) {
        fprintf(stderr, "usage: selftest PLAN SELFTEST\n");
        return 2;
    }
    if (jm_load(argv[1], &model, &error) != JM_OK) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    same = compare_all(model, argv[2]);
    jm_free(model);
    return same ? 0 : 1;
}
