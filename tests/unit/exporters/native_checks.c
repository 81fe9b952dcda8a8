/* Asks of the reader in C what its callers rely on: native_checks CHECK PLAN [MORE]. */
#define _POSIX_C_SOURCE 200809L
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan_internal.h"

#define THREADS 4
#define ROWS 300

static unsigned long allocations;

#ifdef COUNTED
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);

void *__wrap_malloc(size_t size)
{
    allocations++;
    return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    allocations++;
    return __real_calloc(count, size);
}

void *__wrap_realloc(void *block, size_t size)
{
    allocations++;
    return __real_realloc(block, size);
}
#endif

static uint64_t state = 88172645463325252u;

static size_t below(size_t most)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return most == 0 ? 0 : (size_t)(state % most);
}

static const char *const texts[] = {"", "1.5", "-2", "Bern", "yes", "2024-05-31", "1,234.5", "7.0", "1e300", "\xC3", "\"", "nan"};

static void ask(const jm_model *model, double *workspace, size_t seed, jm_prediction *prediction)
{
    const size_t columns = jm_column_count(model), count = sizeof texts / sizeof texts[0];
    const char *row[64];
    for (size_t i = 0; i < columns && i < 64; i++)
        row[i] = texts[(seed * 7 + i * 5) % count];
    if (columns <= 64)
        jm_predict_text(model, row, workspace, prediction);
}

/* Reads changed plans, which must be refused, or predict something. */
static int fuzz(const char *plan, size_t length, long tries)
{
    static const char *const words[] = {"-1", "0", "1", "2", "999999999", "2147483647", "4294967296", "nan", "-inf", "1e300", "0.5", "\\e", "trees"};
    char *changed = malloc(2 * length + 64);
    long read = 0;
    for (long n = 0; n < tries && changed != NULL; n++) {
        size_t size = length, at = below(length), span = below(30);
        jm_model *model;
        jm_error error;
        memcpy(changed, plan, length);
        switch (below(6)) {
        case 0: size = at; break;
        case 1: changed[at] = (char)below(256); break;
        case 2: changed[at] = (char)('0' + below(10)); break;
        case 3:
            span = at + span > length ? length - at : span;
            memmove(changed + at, changed + at + span, length - at - span);
            size = length - span;
            break;
        default: {
            const char *word = words[below(sizeof words / sizeof words[0])];
            size_t end;
            while (at > 0 && plan[at - 1] != ' ' && plan[at - 1] != '\n')
                at--;
            for (end = at; end < length && plan[end] != ' ' && plan[end] != '\n';)
                end++;
            memcpy(changed + at, word, strlen(word));
            memcpy(changed + at + strlen(word), plan + end, length - end);
            size = length - (end - at) + strlen(word);
        }
        }
        if (jm_read(changed, size, &model, &error) == JM_OK) {
            double *workspace = jm_workspace_length(model) < 100000 ? malloc((jm_workspace_length(model) + 1) * sizeof *workspace) : NULL;
            jm_prediction prediction;
            read++;
            for (size_t i = 0; i < 3 && workspace != NULL; i++)
                ask(model, workspace, i, &prediction);
            free(workspace);
            jm_free(model);
        } else if (model != NULL || strlen(error.message) < 10) {
            free(changed);
            return 1;
        }
    }
    free(changed);
    printf("%ld of %ld were read\n", read, tries);
    return 0;
}

typedef struct {
    const jm_model *model;
    double outputs[ROWS];
} work;

static void *ask_all(void *given)
{
    work *w = given;
    double *workspace = malloc(jm_workspace_length(w->model) * sizeof *workspace);
    for (size_t i = 0; i < ROWS && workspace != NULL; i++) {
        jm_prediction prediction;
        ask(w->model, workspace, i, &prediction);
        w->outputs[i] = prediction.outputs[0];
    }
    free(workspace);
    return NULL;
}

static int use_threads(const jm_model *model)
{
    static work works[THREADS + 1];
    pthread_t threads[THREADS];
    for (int i = 0; i <= THREADS; i++)
        works[i].model = model;
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, ask_all, &works[i]);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    ask_all(&works[THREADS]);
    for (int i = 0; i < THREADS; i++)
        if (memcmp(works[i].outputs, works[THREADS].outputs, sizeof works[i].outputs) != 0)
            return 1;
    printf("%d threads agree\n", THREADS);
    return 0;
}

static int count_allocations(const jm_model *model)
{
    double *workspace = malloc(jm_workspace_length(model) * sizeof *workspace);
    const unsigned long before = allocations;
    for (size_t i = 0; i < ROWS && workspace != NULL; i++) {
        jm_prediction prediction;
        ask(model, workspace, i, &prediction);
    }
    printf("%lu while reading, %lu while predicting\n", before, allocations - before);
    free(workspace);
    return 0;
}

static void show(const jm_model *model)
{
    double *workspace = malloc(jm_workspace_length(model) * sizeof *workspace);
    for (size_t i = 0; i < 50 && workspace != NULL; i++) {
        jm_prediction prediction;
        uint64_t bits;
        ask(model, workspace, i, &prediction);
        memcpy(&bits, prediction.outputs, sizeof bits);
        printf("%016llx\n", (unsigned long long)bits);
    }
    free(workspace);
}

/* Writes the bits of numbers, a line each, and their shortest texts. */
static int show_numbers(FILE *file)
{
    static char line[4096], text[40];
    while (fgets(line, sizeof line, file) != NULL) {
        double x;
        uint64_t bits;
        if (!jm_parse_number(line, strlen(line) - 1, &x))
            return 1;
        memcpy(&bits, &x, sizeof bits);
        text[0] = '\0';
        if (isfinite(x))
            jm_number_text(x, text);
        printf("%016llx %s\n", (unsigned long long)bits, text);
    }
    return 0;
}

int main(int argc, char **argv)
{
    static char plan[1 << 20];
    FILE *file = argc < 3 ? NULL : fopen(argv[2], "rb");
    jm_model *model;
    jm_error error;
    size_t length;
    int result = 0;
    if (file == NULL)
        return 2;
    if (strcmp(argv[1], "numbers") == 0)
        return show_numbers(file);
    length = fread(plan, 1, sizeof plan, file);
    fclose(file);
    if (strcmp(argv[1], "fuzz") == 0)
        return fuzz(plan, length, atol(argv[3]));
    if (strcmp(argv[1], "locale") == 0) {
        char half[16];
        if (argc > 3 && setlocale(LC_ALL, argv[3]) == NULL)
            return 3;
        snprintf(half, sizeof half, "%.1f", 0.5);
        fprintf(stderr, "%s\n", half);
    }
    if (jm_read(plan, length, &model, &error) != JM_OK)
        return 1;
    if (strcmp(argv[1], "threads") == 0)
        result = use_threads(model);
    else if (strcmp(argv[1], "allocations") == 0)
        result = count_allocations(model);
    else
        show(model);
    jm_free(model);
    return result;
}
