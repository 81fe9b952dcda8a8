/* Reads plan.txt into a model. Nothing of the file is believed: each count, position and text is checked. */
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan_internal.h"

#define MOST_REGISTERS 16777216
#define MOST_ARGUMENTS 64

/* Words of a file; `at` is the first byte that is not yet read. Texts are unescaped in place. */
typedef struct {
    jm_model *model;
    jm_error *error;
    char *at, *end;
    size_t number; /* words read so far */
    char *word;
    size_t length;
} reader;

jm_status jm_refuse(jm_error *error, jm_status status, const char *form, ...)
{
    if (error != NULL) {
        va_list rest;
        error->status = status;
        va_start(rest, form);
        vsnprintf(error->message, sizeof error->message, form, rest);
        va_end(rest);
    }
    return status;
}

/* Returns memory that is freed with the model; NULL where there is none. */
void *jm_keep(jm_model *model, size_t count, size_t size)
{
    jm_block *block;
    if (count > (SIZE_MAX - sizeof *block) / size)
        return NULL;
    block = calloc(1, offsetof(jm_block, first) + count * size + sizeof block->first);
    if (block == NULL)
        return NULL;
    block->next = model->blocks;
    model->blocks = block;
    return &block->first;
}

static jm_status no_memory(jm_error *error)
{
    return jm_refuse(error, JM_NO_MEMORY, "there is not enough memory for the plan");
}

static jm_status damaged(reader *r, const char *wanted)
{
    return jm_refuse(r->error, JM_NO_PLAN, "the plan is damaged: word %lu is \"%.40s\", but %s was expected",
                     (unsigned long)r->number, r->word == NULL ? "" : r->word, wanted);
}

static int next_word(reader *r)
{
    char *end = r->at;
    if (r->at >= r->end) {
        r->word = NULL;
        r->number++;
        return 0;
    }
    while (end < r->end && *end != ' ' && *end != '\n')
        end++;
    r->word = r->at;
    r->length = (size_t)(end - r->at);
    *end = '\0'; /* there is a byte behind the last one */
    r->at = end + 1;
    r->number++;
    return 1;
}

static jm_status read_keyword(reader *r, const char *keyword)
{
    return next_word(r) && strcmp(r->word, keyword) == 0 ? JM_OK : damaged(r, keyword);
}

static jm_status read_number(reader *r, double *number)
{
    if (!next_word(r))
        return damaged(r, "a number");
    if (strcmp(r->word, "nan") == 0)
        *number = NAN;
    else if (strcmp(r->word, "inf") == 0)
        *number = INFINITY;
    else if (strcmp(r->word, "-inf") == 0)
        *number = -INFINITY;
    else if (!jm_parse_number(r->word, r->length, number))
        return damaged(r, "a number");
    return JM_OK;
}

static jm_status read_whole(reader *r, long low, long high, long *number)
{
    double value = NAN;
    jm_status status = read_number(r, &value);
    if (status != JM_OK)
        return status;
    if (!(value >= (double)low && value <= (double)high) || value != floor(value)) {
        char wanted[64];
        snprintf(wanted, sizeof wanted, "a whole number from %ld to %ld", low, high);
        return damaged(r, wanted);
    }
    *number = (long)value;
    return JM_OK;
}

/* A count of things that are one word or more each: no more than the rest of the file can hold. */
static jm_status read_count(reader *r, size_t *count)
{
    long value = 0;
    jm_status status = read_whole(r, 0, INT32_MAX, &value);
    if (status == JM_OK && (size_t)value > (size_t)(r->end - r->at) / 2 + 1)
        return damaged(r, "a count that the file can hold");
    *count = (size_t)value;
    return status;
}

static jm_status read_text(reader *r, const char **text)
{
    char *out;
    const char *in;
    if (!next_word(r) || r->length == 0)
        return damaged(r, "a text");
    *text = r->word;
    if (strlen(r->word) != r->length)
        return damaged(r, "a text without a zero byte");
    if (strcmp(r->word, "\\e") == 0) {
        *r->word = '\0';
        return JM_OK;
    }
    for (in = out = r->word; *in != '\0'; in++) {
        if (*in == '\\') {
            switch (*++in) { /* the zero byte at the end too is refused */
            case 's': *out++ = ' '; break;
            case 'n': *out++ = '\n'; break;
            case 't': *out++ = '\t'; break;
            case 'r': *out++ = '\r'; break;
            case '\\': *out++ = '\\'; break;
            default: return damaged(r, "a text");
            }
        } else {
            *out++ = *in;
        }
    }
    *out = '\0';
    return JM_OK;
}

static jm_status read_texts(reader *r, jm_texts *texts)
{
    const char **list;
    jm_status status = read_count(r, &texts->count);
    if (status != JM_OK)
        return status;
    list = jm_keep(r->model, texts->count, sizeof *list);
    if (list == NULL)
        return no_memory(r->error);
    for (size_t i = 0; i < texts->count && status == JM_OK; i++)
        status = read_text(r, &list[i]);
    texts->at = list;
    return status;
}

static jm_status read_numbers(reader *r, jm_numbers *numbers)
{
    double *list;
    jm_status status = read_count(r, &numbers->count);
    if (status != JM_OK)
        return status;
    list = jm_keep(r->model, numbers->count, sizeof *list);
    if (list == NULL)
        return no_memory(r->error);
    for (size_t i = 0; i < numbers->count && status == JM_OK; i++)
        status = read_number(r, &list[i]);
    numbers->at = list;
    return status;
}

/* Which of the named words comes next; -1 where none does. */
static int read_choice(reader *r, const char *const *names, int count)
{
    if (next_word(r))
        for (int i = 0; i < count; i++)
            if (strcmp(r->word, names[i]) == 0)
                return i;
    return -1;
}

static jm_status read_list(reader *r, const jm_texts *lists, size_t count, jm_texts *list)
{
    long place = 0;
    jm_status status = read_whole(r, 0, (long)count - 1, &place);
    if (status == JM_OK)
        *list = lists[place];
    return status;
}

static jm_status read_column(reader *r, const jm_texts *lists, size_t count, jm_column *column)
{
    static const char *const kinds[] = {"number", "boolean", "category", "date", "text"};
    static const char *const signs[] = {".", ","};
    jm_texts missing = {NULL, 0};
    jm_status status = read_text(r, &column->name);
    if (status != JM_OK)
        return status;
    if ((column->kind = read_choice(r, kinds, 5)) < 0)
        return damaged(r, "a kind of column");
    column->kind_name = kinds[column->kind];
    switch (read_choice(r, signs, 2)) {
    case 0: column->decimal = '.'; break;
    case 1: column->decimal = ','; break;
    default: return damaged(r, "a decimal sign");
    }
    if ((status = read_text(r, &column->unit)) != JM_OK)
        return status;
    if ((status = read_list(r, lists, count, &column->categories)) != JM_OK)
        return status;
    if ((status = read_list(r, lists, count, &missing)) != JM_OK)
        return status;
    if ((status = read_list(r, lists, count, &column->formats)) != JM_OK)
        return status;
    if ((status = read_whole(r, 0, 9999, &column->century)) != JM_OK)
        return status;
    for (size_t i = 0; i < column->formats.count; i++)
        if (!jm_format_is_known(column->formats.at[i]))
            return jm_refuse(r->error, JM_UNKNOWN_STEP, "the format \"%.60s\" of column \"%.60s\" is not known to this reader",
                             column->formats.at[i], column->name);
    if (column->kind == JM_KIND_CATEGORY)
        column->spelling = strcmp(column->unit, "zeros") == 0 ? JM_ZEROS : strcmp(column->unit, "exact") == 0 ? JM_EXACT : JM_SHORTEST;
    column->is_counted = column->categories.count > 1 && strcmp(column->categories.at[0], "0") == 0 &&
                         strcmp(column->categories.at[1], "1") == 0;
    return jm_prepare_column(r->model, column, &missing, r->error);
}

static jm_status read_step(reader *r, jm_checker *checker, jm_step *step)
{
    const char *name;
    size_t count;
    double arguments[MOST_ARGUMENTS];
    jm_status status = read_text(r, &name);
    if (status != JM_OK)
        return status;
    if ((status = read_count(r, &count)) != JM_OK)
        return status;
    if (count > MOST_ARGUMENTS)
        return damaged(r, "a smaller number of arguments");
    for (size_t i = 0; i < count; i++)
        if ((status = read_number(r, &arguments[i])) != JM_OK)
            return status;
    return jm_check_step(checker, step, name, arguments, count);
}

static jm_status read_registers(reader *r, const jm_checker *checker, jm_ints *registers)
{
    int32_t *list;
    jm_status status = read_count(r, &registers->count);
    if (status != JM_OK)
        return status;
    list = jm_keep(r->model, registers->count, sizeof *list);
    if (list == NULL)
        return no_memory(r->error);
    for (size_t i = 0; i < registers->count; i++) {
        long place = 0;
        if ((status = read_whole(r, 0, (long)r->model->register_count - 1, &place)) != JM_OK)
            return status;
        if (!jm_are_written(checker, place, 1))
            return damaged(r, "a register that a step writes");
        list[i] = (int32_t)place;
    }
    registers->at = list;
    return JM_OK;
}

static jm_status read_labels(reader *r, const jm_texts *lists, size_t count)
{
    static const char *const types[] = {"str", "int", "float", "bool"};
    jm_model *model = r->model;
    long list = -1, ordered = 0;
    int type;
    jm_status status = read_whole(r, -1, (long)count - 1, &list);
    if (status != JM_OK)
        return status;
    if ((type = read_choice(r, types, 4)) < 0)
        return damaged(r, "a type of labels");
    model->label_type = types[type];
    if ((status = read_number(r, &model->threshold)) != JM_OK)
        return status;
    if ((status = read_whole(r, 0, 1, &ordered)) != JM_OK)
        return status;
    model->ordered = (int)ordered;
    if (list >= 0) {
        model->labels = lists[list];
        if (model->labels.count == 0 || model->labels.count > model->outputs.count)
            return damaged(r, "an output for each label");
        if (!isnan(model->threshold) && model->labels.count != 2)
            return damaged(r, "two labels with a threshold");
    }
    return JM_OK;
}

static jm_status read_interval(reader *r, const jm_checker *checker)
{
    long ends[2] = {-1, -1};
    for (int i = 0; i < 2; i++) {
        jm_status status = read_whole(r, -1, (long)r->model->register_count - 1, &ends[i]);
        if (status != JM_OK)
            return status;
        if (ends[i] >= 0 && !jm_are_written(checker, ends[i], 1))
            return damaged(r, "a register that a step writes");
    }
    if ((ends[0] < 0) != (ends[1] < 0))
        return damaged(r, "both ends of the interval");
    r->model->low = (int32_t)ends[0];
    r->model->high = (int32_t)ends[1];
    return JM_OK;
}

/* What the arrays and steps take while they are read; freed in any case. */
typedef struct {
    jm_texts *lists;
    jm_numbers *arrays;
    size_t list_count;
    jm_checker checker;
} work;

static jm_status read_columns_and_steps(reader *r, work *w)
{
    jm_model *model = r->model;
    jm_checker *checker = &w->checker;
    jm_status status;
    long registers = 0;
    if ((status = read_keyword(r, "columns")) != JM_OK || (status = read_count(r, &model->column_count)) != JM_OK)
        return status;
    if ((model->columns = jm_keep(model, model->column_count, sizeof *model->columns)) == NULL)
        return no_memory(r->error);
    for (size_t i = 0; i < model->column_count; i++)
        if ((status = read_column(r, w->lists, w->list_count, &model->columns[i])) != JM_OK)
            return status;
    if ((status = read_keyword(r, "registers")) != JM_OK)
        return status;
    if ((status = read_whole(r, (long)model->column_count, MOST_REGISTERS, &registers)) != JM_OK)
        return status;
    model->register_count = (size_t)registers;
    if ((checker->written = calloc(1, model->register_count + 1)) == NULL)
        return no_memory(r->error);
    memset(checker->written, 1, model->column_count);
    if ((status = read_keyword(r, "steps")) != JM_OK || (status = read_count(r, &model->step_count)) != JM_OK)
        return status;
    if ((model->steps = jm_keep(model, model->step_count, sizeof *model->steps)) == NULL)
        return no_memory(r->error);
    for (size_t i = 0; i < model->step_count; i++)
        if ((status = read_step(r, checker, &model->steps[i])) != JM_OK)
            return status;
    if ((status = read_keyword(r, "scores")) != JM_OK || (status = read_registers(r, checker, &model->scores)) != JM_OK)
        return status;
    if ((status = read_keyword(r, "outputs")) != JM_OK || (status = read_registers(r, checker, &model->outputs)) != JM_OK)
        return status;
    if ((status = read_keyword(r, "labels")) != JM_OK || (status = read_labels(r, w->lists, w->list_count)) != JM_OK)
        return status;
    if ((status = read_keyword(r, "interval")) != JM_OK || (status = read_interval(r, checker)) != JM_OK)
        return status;
    return read_keyword(r, "end");
}

static jm_status read_plan(reader *r, work *w)
{
    jm_model *model = r->model;
    jm_status status;
    if (!next_word(r) || strcmp(r->word, "journeyman-plan") != 0)
        return jm_refuse(r->error, JM_NO_PLAN, "the file is not a plan: it does not begin with \"journeyman-plan\"");
    if (!next_word(r) || strcmp(r->word, "1") != 0)
        return jm_refuse(r->error, JM_NEWER, "the plan was written by a newer version: it is of version %.20s, this reader knows 1",
                         r->word == NULL ? "" : r->word);
    if ((status = read_keyword(r, "name")) != JM_OK || (status = read_text(r, &model->name)) != JM_OK)
        return status;
    if ((status = read_keyword(r, "version")) != JM_OK || (status = read_whole(r, 0, INT_MAX, &model->version)) != JM_OK)
        return status;
    if ((status = read_keyword(r, "task")) != JM_OK || (status = read_text(r, &model->task)) != JM_OK)
        return status;
    if ((status = read_keyword(r, "target")) != JM_OK || (status = read_text(r, &model->target)) != JM_OK)
        return status;
    if ((status = read_keyword(r, "texts")) != JM_OK || (status = read_count(r, &w->list_count)) != JM_OK)
        return status;
    if ((w->lists = jm_keep(model, w->list_count, sizeof *w->lists)) == NULL)
        return no_memory(r->error);
    for (size_t i = 0; i < w->list_count; i++)
        if ((status = read_texts(r, &w->lists[i])) != JM_OK)
            return status;
    if ((status = read_keyword(r, "arrays")) != JM_OK || (status = read_count(r, &w->checker.array_count)) != JM_OK)
        return status;
    w->arrays = jm_keep(model, w->checker.array_count, sizeof *w->arrays);
    w->checker.ints = jm_keep(model, w->checker.array_count, sizeof *w->checker.ints);
    if (w->arrays == NULL || w->checker.ints == NULL)
        return no_memory(r->error);
    for (size_t i = 0; i < w->checker.array_count; i++)
        if ((status = read_numbers(r, &w->arrays[i])) != JM_OK)
            return status;
    w->checker.arrays = w->arrays;
    w->checker.lists = w->lists;
    w->checker.list_count = w->list_count;
    return read_columns_and_steps(r, w);
}

jm_status jm_read(const char *bytes, size_t length, jm_model **model, jm_error *error)
{
    reader r = {NULL, error, NULL, NULL, 0, NULL, 0};
    work w = {NULL, NULL, 0, {NULL, error, NULL, NULL, 0, NULL, NULL, 0}};
    jm_status status;
    jm_model *made = calloc(1, sizeof *made);
    *model = NULL;
    if (made == NULL)
        return no_memory(error);
    r.model = w.checker.model = made;
    r.at = length < SIZE_MAX ? jm_keep(made, length + 1, 1) : NULL;
    if (r.at == NULL) {
        jm_free(made);
        return no_memory(error);
    }
    memcpy(r.at, bytes, length);
    r.end = r.at + length;
    status = read_plan(&r, &w);
    free(w.checker.written);
    if (status != JM_OK) {
        jm_free(made);
        return status;
    }
    *model = made;
    if (error != NULL)
        jm_refuse(error, JM_OK, "%s", "");
    return JM_OK;
}

jm_status jm_load(const char *path, jm_model **model, jm_error *error)
{
    FILE *file = fopen(path, "rb");
    char *bytes = NULL;
    size_t length = 0, room = 0, read = 1;
    jm_status status;
    *model = NULL;
    if (file == NULL)
        return jm_refuse(error, JM_NO_FILE, "the file \"%.200s\" cannot be opened", path);
    while (read > 0) {
        if (length == room) {
            char *more = room < SIZE_MAX / 2 ? realloc(bytes, room == 0 ? 65536 : room * 2) : NULL;
            if (more == NULL) {
                free(bytes);
                fclose(file);
                return no_memory(error);
            }
            bytes = more;
            room = room == 0 ? 65536 : room * 2;
        }
        read = fread(bytes + length, 1, room - length, file);
        length += read;
    }
    if (ferror(file)) {
        free(bytes);
        fclose(file);
        return jm_refuse(error, JM_NO_FILE, "the file \"%.200s\" cannot be read", path);
    }
    fclose(file);
    status = jm_read(bytes, length, model, error);
    free(bytes);
    return status;
}

void jm_free(jm_model *model)
{
    if (model == NULL)
        return;
    while (model->blocks != NULL) {
        jm_block *next = model->blocks->next;
        free(model->blocks);
        model->blocks = next;
    }
    free(model);
}
