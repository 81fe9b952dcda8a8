/* Answers a file of rows: answer PLAN ROWS ANSWERS. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "csv.h"
#include "journeyman_plan.h"

static void write_number(FILE *file, double number)
{
    if (isnan(number))
        fputs("nan", file);
    else if (isinf(number))
        fputs(number < 0 ? "-inf" : "inf", file);
    else
        fprintf(file, "%.17g", number);
}

static void write_text(FILE *file, const char *text)
{
    if (strpbrk(text, ",\"\r\n") == NULL) {
        fputs(text, file);
        return;
    }
    fputc('"', file);
    for (; *text != '\0'; text++) {
        if (*text == '"')
            fputc('"', file);
        fputc(*text, file);
    }
    fputc('"', file);
}

static void write_heading(FILE *file, const jm_model *model)
{
    const char *comma = "";
    for (size_t i = 0; i < jm_score_count(model); i++, comma = ",")
        fprintf(file, "%sscore %lu", comma, (unsigned long)i);
    for (size_t i = 0; i < jm_output_count(model); i++, comma = ",")
        fprintf(file, "%sprediction %lu", comma, (unsigned long)i);
    fputs(jm_has_interval(model) ? ",low,high" : "", file);
    fputs(jm_label_count(model) > 0 ? ",label\n" : "\n", file);
}

static void write_prediction(FILE *file, const jm_model *model, const jm_prediction *p)
{
    for (size_t i = 0; i < jm_score_count(model); i++) {
        write_number(file, p->scores[i]);
        fputc(',', file);
    }
    for (size_t i = 0; i < jm_output_count(model); i++) {
        if (i > 0)
            fputc(',', file);
        write_number(file, p->outputs[i]);
    }
    if (jm_has_interval(model)) {
        fputc(',', file);
        write_number(file, p->low);
        fputc(',', file);
        write_number(file, p->high);
    }
    if (jm_label_count(model) > 0) {
        fputc(',', file);
        write_text(file, jm_label(model, p->label));
    }
    fputc('\n', file);
}

/* Where the file has each column; 0 where it lacks one. */
static int find_columns(const jm_model *model, const csv_file *csv, size_t *places)
{
    for (size_t i = 0; i < jm_column_count(model); i++) {
        for (places[i] = 0; places[i] < csv->count; places[i]++)
            if (strcmp(csv->fields[places[i]], jm_column_name(model, i)) == 0)
                break;
        if (places[i] == csv->count) {
            fprintf(stderr, "no column '%s' in the file\n", jm_column_name(model, i));
            return 0;
        }
    }
    return 1;
}

static int answer(const jm_model *model, csv_file *csv, FILE *file)
{
    const size_t columns = jm_column_count(model);
    double *workspace = malloc((jm_workspace_length(model) + 1) * sizeof *workspace);
    size_t *places = malloc((columns + 1) * sizeof *places);
    const char **row = malloc((columns + 1) * sizeof *row);
    int done = workspace != NULL && places != NULL && row != NULL && csv_next(csv) && find_columns(model, csv, places);
    if (done)
        write_heading(file, model);
    while (done && csv_next(csv)) {
        jm_prediction prediction;
        for (size_t i = 0; i < columns; i++)
            row[i] = places[i] < csv->count ? csv->fields[places[i]] : NULL;
        jm_predict_text(model, row, workspace, &prediction);
        write_prediction(file, model, &prediction);
    }
    free(workspace);
    free(places);
    free(row);
    return done;
}

int main(int argc, char **argv)
{
    jm_error error;
    jm_model *model;
    csv_file csv;
    FILE *file;
    int done;
    if (argc != 4) {
        fprintf(stderr, "usage: answer PLAN ROWS ANSWERS\n");
        return 2;
    }
    if (jm_load(argv[1], &model, &error) != JM_OK) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    if (!csv_open(&csv, argv[2])) {
        fprintf(stderr, "the file '%s' cannot be read\n", argv[2]);
        jm_free(model);
        return 1;
    }
    if ((file = fopen(argv[3], "wb")) == NULL) {
        fprintf(stderr, "the file '%s' cannot be written\n", argv[3]);
        csv_close(&csv);
        jm_free(model);
        return 1;
    }
    done = answer(model, &csv, file);
    done &= !ferror(file);
    done &= fclose(file) == 0;
    csv_close(&csv);
    jm_free(model);
    if (!done)
        fprintf(stderr, "the rows of '%s' are not all answered\n", argv[2]);
    return done ? 0 : 1;
}
