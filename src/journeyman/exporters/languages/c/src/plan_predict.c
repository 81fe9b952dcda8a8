/* Predicts rows, and tells what the model is. */
#include <math.h>
#include <string.h>

#include "plan_internal.h"

/* The workspace holds registers, then what steps use meanwhile, then scores and outputs. */
size_t jm_workspace_length(const jm_model *model)
{
    return model->register_count + model->scratch_count + model->scores.count + model->outputs.count;
}

static int find_label(const jm_model *model, const double *p)
{
    const size_t count = model->labels.count;
    double total = 0.0, sum = 0.0;
    size_t best = 0;
    if (count == 0)
        return -1;
    if (model->ordered) {
        for (size_t k = 0; k < count; k++)
            total += p[k];
        for (size_t k = 0; k < count; k++)
            if ((sum += p[k]) >= 0.5 * total - 1e-12)
                return (int)k;
        return 0;
    }
    if (!isnan(model->threshold))
        return p[1] >= model->threshold;
    for (size_t k = 1; k < count; k++)
        if (p[k] > p[best])
            best = k;
    return (int)best;
}

static void gather(const jm_ints *registers, const double *r, double *out)
{
    for (size_t i = 0; i < registers->count; i++)
        out[i] = r[registers->at[i]];
}

/* Raw values of a row: texts, or values with types. */
typedef struct {
    const char *const *texts;
    const jm_value *values;
} raw_row;

static void run_on_text(const jm_model *model, const jm_step *step, const raw_row *row, double *r, double *scratch)
{
    const size_t column = (size_t)step->k[1];
    jm_value value = {JM_MISSING, 0.0, NULL, 0};
    char number[40];
    size_t length;
    const char *text;
    if (row->values != NULL)
        value = row->values[column];
    else if (row->texts[column] != NULL)
        value = (jm_value){JM_TEXT, 0.0, row->texts[column], strlen(row->texts[column])};
    text = jm_free_text(&model->columns[column], &value, number, &length);
    if (step->operation == JM_SUMS)
        jm_run_text(step, r, scratch, text, length);
    else
        jm_run_shape(step, r, text, length);
}

/* Runs the steps on registers whose columns are filled. */
static void run(const jm_model *model, const raw_row *row, double *r, jm_prediction *prediction)
{
    double *scratch = r + model->register_count, *scores = scratch + model->scratch_count;
    double *outputs = scores + model->scores.count;
    for (size_t i = 0; i < model->step_count; i++) {
        const jm_step *step = &model->steps[i];
        switch (step->operation) {
        case JM_SUMS: case JM_SHAPE: run_on_text(model, step, row, r, scratch); break;
        case JM_TREES: jm_run_trees(step, r, scratch); break;
        case JM_FOREST: jm_run_forest(step, r, scratch); break;
        case JM_SYMMETRIC: jm_run_symmetric(step, r, scratch); break;
        case JM_NEIGHBOURS: jm_run_neighbours(step, r, scratch); break;
        default:
            if (step->operation <= JM_BEND)
                jm_run_feature_step(step, r);
            else
                jm_run_score_step(step, r, scratch);
        }
    }
    gather(&model->scores, r, scores);
    gather(&model->outputs, r, outputs);
    prediction->scores = scores;
    prediction->outputs = outputs;
    prediction->label = find_label(model, outputs);
    prediction->low = model->low < 0 ? NAN : r[model->low];
    prediction->high = model->high < 0 ? NAN : r[model->high];
}

void jm_predict_text(const jm_model *model, const char *const *row, double *workspace, jm_prediction *prediction)
{
    const raw_row raw = {row, NULL};
    for (size_t i = 0; i < model->column_count; i++)
        workspace[i] = jm_cell(&model->columns[i], row[i] == NULL ? "" : row[i], row[i] == NULL ? 0 : strlen(row[i]));
    run(model, &raw, workspace, prediction);
}

void jm_predict(const jm_model *model, const jm_value *row, double *workspace, jm_prediction *prediction)
{
    const raw_row raw = {NULL, row};
    for (size_t i = 0; i < model->column_count; i++)
        workspace[i] = jm_typed(&model->columns[i], &row[i]);
    run(model, &raw, workspace, prediction);
}

const char *jm_name(const jm_model *model)
{
    return model->name;
}

int jm_version(const jm_model *model)
{
    return (int)model->version;
}

const char *jm_task(const jm_model *model)
{
    return model->task;
}

const char *jm_target(const jm_model *model)
{
    return model->target;
}

size_t jm_column_count(const jm_model *model)
{
    return model->column_count;
}

const char *jm_column_name(const jm_model *model, size_t column)
{
    return column < model->column_count ? model->columns[column].name : NULL;
}

const char *jm_column_kind(const jm_model *model, size_t column)
{
    return column < model->column_count ? model->columns[column].kind_name : NULL;
}

size_t jm_output_count(const jm_model *model)
{
    return model->outputs.count;
}

size_t jm_score_count(const jm_model *model)
{
    return model->scores.count;
}

size_t jm_label_count(const jm_model *model)
{
    return model->labels.count;
}

const char *jm_label(const jm_model *model, int label)
{
    return label >= 0 && (size_t)label < model->labels.count ? model->labels.at[label] : NULL;
}

const char *jm_label_type(const jm_model *model)
{
    return model->label_type;
}

int jm_has_interval(const jm_model *model)
{
    return model->low >= 0;
}

int jm_is_approximate(const jm_model *model)
{
    return model->approximate;
}
