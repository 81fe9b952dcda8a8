/* What the parts of the reader share; not for callers. */
#ifndef JM_PLAN_INTERNAL_H
#define JM_PLAN_INTERNAL_H

#include <float.h>
#include <stdint.h>

#include "journeyman_plan.h"

#if defined(FLT_EVAL_METHOD) && FLT_EVAL_METHOD != 0
#error "doubles are calculated with more digits here, so that scores would differ: compile for SSE2 (-msse2 -mfpmath=sse)"
#endif

#ifdef __FAST_MATH__
#error "-ffast-math takes missing values and the order of sums for granted: compile without it"
#endif

/* Arrays of a plan, as numbers and as whole numbers. */
typedef struct {
    const double *at;
    size_t count;
} jm_numbers;

typedef struct {
    const int32_t *at;
    size_t count;
} jm_ints;

typedef struct {
    const char *const *at;
    size_t count;
} jm_texts;

enum { JM_KIND_NUMBER, JM_KIND_BOOLEAN, JM_KIND_CATEGORY, JM_KIND_DATE, JM_KIND_TEXT };

/* Texts in ascending order, and their positions before. */
typedef struct {
    const char *const *texts;
    const int32_t *places;
    size_t count;
} jm_sorted;

enum { JM_SHORTEST, JM_ZEROS, JM_EXACT }; /* how a number names a category */

typedef struct {
    const char *name, *kind_name, *unit;
    int kind, spelling;
    int is_counted; /* of booleans: whether they are 0 and 1, so that other numbers may follow */
    char decimal;
    long century;
    jm_texts categories, formats;
    jm_sorted names;   /* the categories; of booleans in small letters */
    jm_sorted missing;
    jm_numbers gone;   /* numbers that are missing, ascending; of dates their seconds */
} jm_column;

/* A node of a tree: 24 bytes. A child that is negative is the leaf -1 - child. */
typedef struct {
    union {
        double number;
        struct {
            uint32_t start, words;
        } set;
    } split;
    int32_t left, right;
    uint32_t feature; /* position in the values that the trees see */
    uint32_t kind;
} jm_node;

enum { JM_SPLIT_BELOW, JM_SPLIT_NOT_ABOVE, JM_SPLIT_ZERO_LEFT, JM_SPLIT_ZERO_RIGHT, JM_SPLIT_SET };

typedef struct {
    const jm_node *nodes;
    const int32_t *roots;
    const uint32_t *bits;
    size_t root_count;
    int views; /* which of the four views of the features are seen */
    int plain; /* whether each node is JM_SPLIT_BELOW */
} jm_trees;

#define JM_MOST_INTS 8
#define JM_MOST_NUMBERS 3
#define JM_MOST_ARRAYS 7
#define JM_MOST_LISTS 7
#define JM_MOST_TEXTS 2

typedef struct {
    int operation;
    int32_t k[JM_MOST_INTS];          /* registers and counts, in the order of the arguments */
    double x[JM_MOST_NUMBERS];        /* numbers */
    jm_numbers a[JM_MOST_ARRAYS];     /* arrays of numbers */
    jm_ints l[JM_MOST_LISTS];         /* arrays of whole numbers */
    jm_texts t[JM_MOST_TEXTS];        /* lists of texts */
    const jm_trees *trees;
    const uint64_t *marks;
} jm_step;

typedef struct jm_block {
    struct jm_block *next;
    double first; /* so that what follows is aligned */
} jm_block;

struct jm_model {
    const char *name, *task, *target, *label_type;
    long version;
    jm_column *columns;
    jm_step *steps;
    jm_texts labels;
    jm_ints scores, outputs;
    size_t column_count, step_count, register_count, scratch_count;
    double threshold;
    int ordered, approximate;
    int32_t low, high;
    jm_block *blocks; /* all that was allocated */
};

/* plan_file.c */
void *jm_keep(jm_model *model, size_t count, size_t size);
jm_status jm_refuse(jm_error *error, jm_status status, const char *form, ...);

/* plan_check.c: reads arguments into a step, or refuses them. */
typedef struct {
    jm_model *model;
    jm_error *error;
    const jm_numbers *arrays;
    jm_ints *ints; /* the same as whole numbers, made when first asked for */
    size_t array_count;
    unsigned char *written; /* whether a register has a value */
    const jm_texts *lists;
    size_t list_count;
} jm_checker;

jm_status jm_check_step(jm_checker *c, jm_step *step, const char *name, const double *arguments, size_t count);
int jm_are_written(const jm_checker *c, int64_t first, int64_t count);
jm_status jm_build_trees(jm_checker *c, jm_step *step);
jm_status jm_build_forest(jm_checker *c, jm_step *step);

/* Operations, in the order of the table in plan_check.c. */
enum {
    JM_PLAIN, JM_FILL, JM_CODE, JM_ONEHOT, JM_TABLE, JM_CALENDAR, JM_GAPS, JM_SLOT, JM_BIN, JM_CELL, JM_WEIGH,
    JM_PRODUCT, JM_RATIO, JM_SUMS, JM_SHAPE, JM_CONSTANT, JM_LINES, JM_TREES, JM_FOREST, JM_SYMMETRIC, JM_NEIGHBOURS, JM_SQUASH, JM_WAVES,
    JM_EMBED, JM_DENSE, JM_BEND, JM_COPY, JM_LOGISTIC, JM_SHARE, JM_SOFTMAX, JM_ABOVE, JM_CLIP, JM_AFFINE, JM_DIVIDE,
    JM_ADD, JM_ORDERED, JM_MEAN, JM_TEMPER, JM_UNSCALE, JM_CORRECT, JM_KNOWN, JM_SPREAD, JM_FACTOR, JM_SIZE, JM_INTERVAL,
    JM_OPERATIONS
};

/* plan_columns.c */
jm_status jm_prepare_column(jm_model *model, jm_column *column, const jm_texts *missing, jm_error *error);
double jm_cell(const jm_column *column, const char *text, size_t length);
double jm_typed(const jm_column *column, const jm_value *value);
const char *jm_free_text(const jm_column *column, const jm_value *value, char number[40], size_t *length);

/* plan_dates.c */
int jm_format_is_known(const char *format);
double jm_date(const jm_column *column, const char *text, size_t length);
void jm_calendar(double seconds, const jm_ints *parts, double start, double *out);

/* plan_numbers.c */
size_t jm_number_text(double number, char text[40]);

/* plan_texts.c: steps that read a text, and how many doubles of scratch they use. */
void jm_run_text(const jm_step *s, double *r, double *scratch, const char *text, size_t length);
void jm_run_shape(const jm_step *s, double *r, const char *text, size_t length);
size_t jm_text_scratch(size_t far, size_t near);

/* plan_features.c, plan_scores.c and plan_trees.c: run one step. */
void jm_run_feature_step(const jm_step *s, double *r);
void jm_run_score_step(const jm_step *s, double *r, double *scratch);
void jm_run_trees(const jm_step *s, double *r, double *scratch);
void jm_run_forest(const jm_step *s, double *r, double *scratch);
void jm_run_symmetric(const jm_step *s, double *r, double *scratch);
void jm_run_neighbours(const jm_step *s, double *r, double *scratch);

#endif
