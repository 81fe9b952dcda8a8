/**
 * @file journeyman_plan.h
 * Predicts with a model that Journeyman released: reads `plan.txt` and runs it.
 *
 * A model is read once. After that nothing is allocated, nothing is written but the caller's workspace, and no locale is
 * looked at, so one model may serve any number of threads, each with a workspace of its own.
 *
 *     jm_error error;
 *     jm_model *model = NULL;
 *     if (jm_load("plan.txt", &model, &error) != JM_OK) { fprintf(stderr, "%s\n", error.message); return 1; }
 *     double *workspace = malloc(jm_workspace_length(model) * sizeof *workspace);
 *     const char *row[] = {"41", "Bern", NULL};
 *     jm_prediction prediction;
 *     jm_predict_text(model, row, workspace, &prediction);
 */
#ifndef JOURNEYMAN_PLAN_H
#define JOURNEYMAN_PLAN_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A model in memory. */
typedef struct jm_model jm_model;

/** What a call came to. */
typedef enum {
    JM_OK = 0,
    JM_NO_FILE = 1,      /**< the file cannot be read */
    JM_NO_MEMORY = 2,    /**< there is not enough memory */
    JM_NO_PLAN = 3,      /**< the file is not a plan, or it is damaged */
    JM_NEWER = 4,        /**< the plan was written by a newer version */
    JM_UNKNOWN_STEP = 5  /**< the plan has an operation that this reader does not know */
} jm_status;

/** Why a plan was refused, as one line. */
typedef struct {
    jm_status status;
    char message[256];
} jm_error;

/** What a typed value is. */
typedef enum { JM_MISSING = 0, JM_NUMBER = 1, JM_TEXT = 2 } jm_type;

/** A typed value of a row. */
typedef struct {
    jm_type type;
    double number;    /**< of JM_NUMBER: numbers; 1 and 0 for yes and no; dates as seconds since 1970 in UTC */
    const char *text; /**< of JM_TEXT: UTF-8; categories and texts, and whatever is to be read as text */
    size_t length;    /**< of JM_TEXT: bytes */
} jm_value;

/** What is predicted of a row. The arrays lie in the workspace, and hold until it is used again. */
typedef struct {
    const double *outputs; /**< probabilities in the order of the labels, or values; jm_output_count of them */
    const double *scores;  /**< raw scores, equal to the last bit everywhere; jm_score_count of them */
    int label;             /**< position of the predicted label; -1 where the model has no labels */
    double low, high;      /**< ends of the interval; NaN where the model has none */
} jm_prediction;

/**
 * Reads a plan from a file.
 *
 * @param path   Of `plan.txt`.
 * @param model  Gets the model, to be freed by jm_free; NULL where the plan is refused.
 * @param error  Gets the reason; may be NULL.
 */
jm_status jm_load(const char *path, jm_model **model, jm_error *error);

/** Reads a plan from memory: the bytes of `plan.txt`, which need not outlive the call. */
jm_status jm_read(const char *bytes, size_t length, jm_model **model, jm_error *error);

/** Frees a model; NULL is allowed. */
void jm_free(jm_model *model);

/** How many doubles a workspace holds. */
size_t jm_workspace_length(const jm_model *model);

/**
 * Predicts a row of texts, as a file of comma-separated values holds them.
 *
 * @param row         A text a column, in the order of jm_column_name; NULL or "" is missing.
 * @param workspace   jm_workspace_length doubles, used by no other thread meanwhile.
 * @param prediction  Gets the prediction.
 */
void jm_predict_text(const jm_model *model, const char *const *row, double *workspace, jm_prediction *prediction);

/** Predicts a row of typed values, one a column. */
void jm_predict(const jm_model *model, const jm_value *row, double *workspace, jm_prediction *prediction);

/** Name of the model. */
const char *jm_name(const jm_model *model);
/** Version of the model. */
int jm_version(const jm_model *model);
/** "binary", "multiclass", "regression", "ordered" or "quantiles". */
const char *jm_task(const jm_model *model);
/** Name of the column that is predicted. */
const char *jm_target(const jm_model *model);
/** How many columns a row has. */
size_t jm_column_count(const jm_model *model);
/** Name of a column; NULL beyond the last one. */
const char *jm_column_name(const jm_model *model, size_t column);
/** "number", "boolean", "category", "date" or "text"; NULL beyond the last one. */
const char *jm_column_kind(const jm_model *model, size_t column);
/** How many outputs there are. */
size_t jm_output_count(const jm_model *model);
/** How many raw scores there are. */
size_t jm_score_count(const jm_model *model);
/** How many labels there are; 0 for values. */
size_t jm_label_count(const jm_model *model);
/** Text of a label; NULL where there is none. */
const char *jm_label(const jm_model *model, int label);
/** "str", "int", "float" or "bool": what labels are texts of. */
const char *jm_label_type(const jm_model *model);
/** Whether predictions carry an interval. */
int jm_has_interval(const jm_model *model);
/** Whether the plan has lines, nets, neighbours or corrections: predictions are then right to 1e-12 of their range. */
int jm_is_approximate(const jm_model *model);

/**
 * Reads a plain number, correctly rounded and whatever the locale: digits with an optional point and exponent.
 *
 * @return 1, or 0 where the text is not a number.
 */
int jm_parse_number(const char *text, size_t length, double *number);

#ifdef __cplusplus
}
#endif

#endif
