/* Values of columns from texts and from typed values. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plan_internal.h"

#define LONGEST_NUMBER 1024 /* bytes of a number that is written with signs to be taken out */

/* Bytes of the blank that a text begins with: blanks of ASCII and of typesetting, and marks that are not seen. */
static size_t blank_at(const unsigned char *at, size_t length)
{
    if (length > 0 && (*at == ' ' || (*at >= '\t' && *at <= '\r')))
        return 1;
    if (length > 1 && at[0] == 0xC2 && at[1] == 0xA0)
        return 2;
    if (length < 3)
        return 0;
    if (at[0] == 0xE2 && at[1] == 0x80 && (at[2] == 0xAF || at[2] == 0x89 || at[2] == 0x8B || at[2] == 0x8E || at[2] == 0x8F))
        return 3;
    if (at[0] == 0xE2 && at[1] == 0x81 && at[2] == 0xA0)
        return 3;
    return (at[0] == 0xE3 && at[1] == 0x80 && at[2] == 0x80) || (at[0] == 0xEF && at[1] == 0xBB && at[2] == 0xBF) ? 3 : 0;
}

void jm_strip_blanks(const char **text, size_t *length)
{
    size_t blank;
    while ((blank = blank_at((const unsigned char *)*text, *length)) > 0) {
        *text += blank;
        *length -= blank;
    }
    for (int again = 1; again;) {
        again = 0;
        for (size_t bytes = 1; bytes <= 3 && bytes <= *length; bytes++)
            if (blank_at((const unsigned char *)*text + *length - bytes, bytes) == bytes) {
                *length -= bytes;
                again = 1;
                break;
            }
    }
}

/* Small letters of one character of Latin, Greek or Cyrillic: its bytes to `out`, and how many there are. */
static size_t fold(const unsigned char *at, size_t length, unsigned char out[2])
{
    unsigned code;
    out[0] = at[0];
    if (at[0] >= 'A' && at[0] <= 'Z')
        out[0] = (unsigned char)(at[0] + 32);
    if (length < 2 || at[0] < 0xC3 || at[0] > 0xD0 || (at[1] & 0xC0) != 0x80)
        return 1;
    code = (unsigned)(at[0] & 31) << 6 | (at[1] & 63);
    if ((code >= 0xC0 && code <= 0xDE && code != 0xD7) || (code >= 0x391 && code <= 0x3A9) || (code >= 0x410 && code <= 0x42F))
        code += 32;
    else if (code >= 0x400 && code <= 0x40F)
        code += 80;
    out[0] = (unsigned char)(0xC0 | code >> 6);
    out[1] = (unsigned char)(0x80 | (code & 63));
    return 2;
}

/* Compares a text, in small letters where `folded`, with another that is so already; as strcmp does. */
static int compare(const char *text, size_t length, const char *other, int folded)
{
    const unsigned char *at = (const unsigned char *)text, *against = (const unsigned char *)other;
    while (length > 0) {
        unsigned char small[2] = {*at, 0};
        size_t bytes = folded ? fold(at, length, small) : 1;
        for (size_t i = 0; i < bytes; i++)
            if (small[i] != against[i])
                return small[i] < against[i] ? -1 : 1;
        at += bytes;
        against += bytes;
        length -= bytes;
    }
    return *against == '\0' ? 0 : -1;
}

/* Position of a text among sorted ones, the first of equal ones; -1 where it is not there. */
static long find(const char *const *sorted, size_t count, const char *text, size_t length, int folded)
{
    size_t low = 0, high = count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (compare(text, length, sorted[middle], folded) > 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && compare(text, length, sorted[low], folded) == 0 ? (long)low : -1;
}

typedef struct {
    const char *text;
    double number;
    int32_t place;
} entry;

static int by_text(const void *one, const void *other)
{
    const entry *a = one, *b = other;
    const int order = strcmp(a->text, b->text);
    return order != 0 ? order : (a->place > b->place) - (a->place < b->place);
}

static int by_number(const void *one, const void *other)
{
    const entry *a = one, *b = other;
    if (a->number != b->number)
        return a->number < b->number ? -1 : 1;
    return (a->place > b->place) - (a->place < b->place);
}

/* A copy of a text in small letters. */
static const char *folded_copy(jm_model *model, const char *text)
{
    const size_t length = strlen(text);
    unsigned char *copy = jm_keep(model, length + 1, 1), small[2];
    for (size_t i = 0; copy != NULL && i < length;) {
        const size_t bytes = fold((const unsigned char *)text + i, length - i, small);
        memcpy(copy + i, small, bytes);
        i += bytes;
    }
    return (const char *)copy;
}

static int sort_texts(jm_model *model, const jm_texts *texts, int folded, entry *entries, const char **sorted, int32_t *order)
{
    for (size_t i = 0; i < texts->count; i++) {
        entries[i].text = folded ? folded_copy(model, texts->at[i]) : texts->at[i];
        entries[i].place = (int32_t)i;
        if (entries[i].text == NULL)
            return 0;
    }
    qsort(entries, texts->count, sizeof *entries, by_text);
    for (size_t i = 0; i < texts->count; i++) {
        sorted[i] = entries[i].text;
        order[i] = entries[i].place;
    }
    return 1;
}

/* Finds the categories that are the shortest text of a number, so that numbers need not be written to be found. */
static void sort_numbers(jm_column *column, entry *entries, double *numbers, int32_t *codes)
{
    size_t found = 0;
    for (size_t i = 0; i < column->categories.count; i++) {
        const char *text = column->categories.at[i];
        char shortest[40];
        double number;
        if (!jm_parse_number(text, strlen(text), &number) || !isfinite(number))
            continue;
        jm_number_text(number, shortest);
        if (strcmp(shortest, text) != 0)
            continue;
        entries[found].number = number;
        entries[found++].place = (int32_t)i;
    }
    qsort(entries, found, sizeof *entries, by_number);
    for (size_t i = 0; i < found; i++) {
        numbers[i] = entries[i].number;
        codes[i] = entries[i].place;
    }
    column->number_count = found;
}

jm_status jm_prepare_column(jm_model *model, jm_column *column, jm_texts missing, jm_error *error)
{
    const size_t names = column->categories.count, most = names > missing.count ? names : missing.count;
    const char **sorted = jm_keep(model, names, sizeof *sorted), **gone = jm_keep(model, missing.count, sizeof *gone);
    int32_t *order = jm_keep(model, most, sizeof *order), *codes = jm_keep(model, names, sizeof *codes);
    double *numbers = jm_keep(model, names, sizeof *numbers);
    entry *entries = malloc((most + 1) * sizeof *entries);
    int done = sorted != NULL && gone != NULL && order != NULL && codes != NULL && numbers != NULL && entries != NULL;
    done = done && sort_texts(model, &missing, 1, entries, gone, order);
    done = done && sort_texts(model, &column->categories, column->kind == JM_KIND_BOOLEAN, entries, sorted, order);
    if (done && column->kind == JM_KIND_CATEGORY)
        sort_numbers(column, entries, numbers, codes);
    free(entries);
    column->missing.at = gone;
    column->missing.count = missing.count;
    column->sorted = sorted;
    column->order = order;
    column->numbers = numbers;
    column->number_codes = codes;
    return done ? JM_OK : jm_refuse(error, JM_NO_MEMORY, "there is not enough memory for the plan");
}

static int is_missing(const jm_column *column, const char *text, size_t length)
{
    return length == 0 || find(column->missing.at, column->missing.count, text, length, 1) >= 0;
}

/* Bytes of a sign that groups digits. */
static size_t group_sign_at(const char *text, size_t length, char decimal)
{
    const unsigned char *at = (const unsigned char *)text;
    if (*text == '\'' || *text == (decimal == ',' ? '.' : ','))
        return 1;
    if (length > 2 && at[0] == 0xE2 && at[1] == 0x80 && at[2] == 0x99)
        return 3;
    return blank_at(at, length);
}

static double read_number(const jm_column *column, const char *text, size_t length)
{
    const size_t unit = strlen(column->unit);
    char plain[LONGEST_NUMBER];
    size_t out = 0;
    double number;
    if (unit > 0 && length >= unit) {
        if (memcmp(text, column->unit, unit) == 0) {
            text += unit;
            length -= unit;
        } else if (memcmp(text + length - unit, column->unit, unit) == 0) {
            length -= unit;
        }
        jm_strip_blanks(&text, &length);
    }
    if (column->decimal == '.' && jm_parse_number(text, length, &number))
        return isfinite(number) ? number : NAN;
    while (length > 0) {
        const size_t group = group_sign_at(text, length, column->decimal);
        if (group == 0) {
            if (out == sizeof plain)
                return NAN;
            plain[out++] = *text == column->decimal ? '.' : *text;
        }
        text += group == 0 ? 1 : group;
        length -= group == 0 ? 1 : group;
    }
    return jm_parse_number(plain, out, &number) && isfinite(number) ? number : NAN;
}

static double read_boolean(const jm_column *column, const char *text, size_t length)
{
    const long place = find(column->sorted, column->categories.count, text, length, 1);
    double number;
    if (place >= 0)
        return column->order[place] % 2 == 1 ? 1.0 : 0.0;
    return jm_parse_number(text, length, &number) && isfinite(number) ? number : NAN;
}

/* Code of the category that is the shortest text of a number. */
static double code_of_number(const jm_column *column, double number)
{
    size_t low = 0, high = column->number_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (column->numbers[middle] < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < column->number_count && column->numbers[low] == number ? (double)column->number_codes[low] : -1.0;
}

static double read_category(const jm_column *column, const char *text, size_t length)
{
    const long place = find(column->sorted, column->categories.count, text, length, 0);
    double number;
    if (place >= 0)
        return (double)column->order[place];
    return jm_parse_number(text, length, &number) ? code_of_number(column, number) : -1.0;
}

/* The register of a column whose raw value is a text. */
double jm_cell(const jm_column *column, const char *text, size_t length)
{
    jm_strip_blanks(&text, &length);
    if (column->kind == JM_KIND_TEXT)
        return NAN;
    if (is_missing(column, text, length))
        return column->kind == JM_KIND_CATEGORY ? -1.0 : NAN;
    switch (column->kind) {
    case JM_KIND_NUMBER: return read_number(column, text, length);
    case JM_KIND_BOOLEAN: return read_boolean(column, text, length);
    case JM_KIND_CATEGORY: return read_category(column, text, length);
    default: return jm_date(column, text, length);
    }
}

/* The register of a column whose value has a type. */
double jm_typed(const jm_column *column, const jm_value *value)
{
    if (value->type == JM_TEXT && value->text != NULL)
        return jm_cell(column, value->text, value->length);
    if (column->kind == JM_KIND_CATEGORY)
        return value->type == JM_NUMBER ? code_of_number(column, value->number) : -1.0;
    if (column->kind == JM_KIND_TEXT || value->type != JM_NUMBER || !isfinite(value->number))
        return NAN;
    return value->number;
}
