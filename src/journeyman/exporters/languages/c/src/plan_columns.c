/* Values of columns from texts and from typed values. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plan_internal.h"

#define LONGEST_NUMBER 1024 /* bytes of a number with groups of digits, or of a code with zeros in front */

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

static void strip_blanks(const char **text, size_t *length)
{
    size_t blank;
    while ((blank = blank_at((const unsigned char *)*text, *length)) > 0) {
        *text += blank;
        *length -= blank;
    }
    for (int again = 1; again;) {
        again = 0;
        for (size_t bytes = 1; bytes <= 3 && bytes <= *length && !again; bytes++)
            if (blank_at((const unsigned char *)*text + *length - bytes, bytes) == bytes) {
                *length -= bytes;
                again = 1;
            }
    }
}

/* Without blanks at both ends, and without one pair of quotes around the whole, which may be a formula: ="007". */
static void clean(const char **text, size_t *length)
{
    strip_blanks(text, length);
    if (*length > 1 && (*text)[0] == '=' && (*text)[1] == '"') {
        *text += 1;
        *length -= 1;
    }
    if (*length > 1 && ((*text)[0] == '"' || (*text)[0] == '\'') && (*text)[*length - 1] == (*text)[0]) {
        *text += 1;
        *length -= 2;
        strip_blanks(text, length);
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

/* Place of a text in a sorted list, the first of equal ones; -1 where it is not there. */
static long find(const jm_sorted *list, const char *text, size_t length, int folded)
{
    size_t low = 0, high = list->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (compare(text, length, list->texts[middle], folded) > 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < list->count && compare(text, length, list->texts[low], folded) == 0 ? (long)list->places[low] : -1;
}

typedef struct {
    const char *text;
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
    const double a = *(const double *)one, b = *(const double *)other;
    return (a > b) - (a < b);
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

static int sort_texts(jm_model *model, const jm_texts *texts, int folded, jm_sorted *sorted)
{
    const char **list = jm_keep(model, texts->count, sizeof *list);
    int32_t *places = jm_keep(model, texts->count, sizeof *places);
    entry *entries = malloc((texts->count + 1) * sizeof *entries);
    int done = list != NULL && places != NULL && entries != NULL;
    for (size_t i = 0; done && i < texts->count; i++) {
        entries[i].text = folded ? folded_copy(model, texts->at[i]) : texts->at[i];
        entries[i].place = (int32_t)i;
        done = entries[i].text != NULL;
    }
    if (done) {
        qsort(entries, texts->count, sizeof *entries, by_text);
        for (size_t i = 0; i < texts->count; i++) {
            list[i] = entries[i].text;
            places[i] = entries[i].place;
        }
    }
    free(entries);
    sorted->texts = list;
    sorted->places = places;
    sorted->count = texts->count;
    return done;
}

/* Numbers, or moments of dates, that stand for a missing value. */
static int sort_gone(jm_model *model, const jm_texts *missing, jm_column *column)
{
    double *gone = jm_keep(model, missing->count, sizeof *gone);
    size_t count = 0;
    for (size_t i = 0; gone != NULL && i < missing->count; i++) {
        const size_t length = strlen(missing->at[i]);
        if (column->kind == JM_KIND_DATE) {
            gone[count] = jm_date(column, missing->at[i], length);
            count += !isnan(gone[count]);
        } else {
            count += (size_t)jm_parse_number(missing->at[i], length, &gone[count]);
        }
    }
    if (gone != NULL)
        qsort(gone, count, sizeof *gone, by_number);
    column->gone.at = gone;
    column->gone.count = count;
    return gone != NULL;
}

jm_status jm_prepare_column(jm_model *model, jm_column *column, const jm_texts *missing, jm_error *error)
{
    if (sort_texts(model, missing, 0, &column->missing) &&
        sort_texts(model, &column->categories, column->kind == JM_KIND_BOOLEAN, &column->names) &&
        sort_gone(model, missing, column))
        return JM_OK;
    return jm_refuse(error, JM_NO_MEMORY, "there is not enough memory for the plan");
}

/* A number; NaN where it is infinite or stands for a missing value. */
static double present(const jm_column *column, double number)
{
    size_t low = 0, high = column->gone.count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (column->gone.at[middle] < number)
            low = middle + 1;
        else
            high = middle;
    }
    return !isfinite(number) || (low < column->gone.count && column->gone.at[low] == number) ? NAN : number;
}

static int is_digit(const char *at, const char *end)
{
    return at < end && *at >= '0' && *at <= '9';
}

static int are_three_digits(const char *at, const char *end)
{
    return is_digit(at, end) && is_digit(at + 1, end) && is_digit(at + 2, end);
}

/* Copies digits; 0 where there is no room. */
static int copy_digits(const char **at, const char *end, char *out, size_t *count)
{
    for (; is_digit(*at, end); (*at)++) {
        if (*count >= LONGEST_NUMBER - 16)
            return 0;
        out[(*count)++] = **at;
    }
    return 1;
}

/* A number with groups of digits or a decimal sign of its own; NaN for other texts. */
static double read_written(char decimal, const char *at, size_t length)
{
    const char *end = at + length, *first;
    char plain[LONGEST_NUMBER], group;
    size_t count = 0, digits;
    double number;
    if (at < end && (*at == '+' || *at == '-'))
        plain[count++] = *at++;
    first = at;
    digits = count;
    if (!copy_digits(&at, end, plain, &count))
        return NAN;
    group = at < end ? *at : '\0';
    if ((group == (decimal == ',' ? '.' : ',') || group == ' ' || group == '\'' || group == '_') && at > first && at - first <= 3 &&
        *first != '0')
        while (at < end && *at == group && are_three_digits(at + 1, end) && !is_digit(at + 4, end)) {
            at++;
            if (!copy_digits(&at, end, plain, &count))
                return NAN;
        }
    if (at < end && *at == decimal) {
        at++;
        plain[count++] = '.';
        digits++;
        if (!copy_digits(&at, end, plain, &count))
            return NAN;
    }
    if (count == digits || end - at > 12) /* longer than an exponent that could matter */
        return NAN;
    if (at < end && *at != 'e' && *at != 'E')
        return NAN;
    memcpy(plain + count, at, (size_t)(end - at));
    return jm_parse_number(plain, count + (size_t)(end - at), &number) ? number : NAN;
}

/* A number that can only have been written with the other decimal sign: 12.5 in a column of commas. NaN for others. */
static double read_other_sign(char decimal, const char *at, size_t length)
{
    const char other = decimal == ',' ? '.' : ',', *sign = memchr(at, other, length);
    const char *end = at + length, *behind;
    if (sign == NULL || sign == at || sign[-1] < '0' || sign[-1] > '9')
        return NAN;
    for (behind = sign + 1; is_digit(behind, end);)
        behind++;
    if (behind == sign + 1 || behind == sign + 4)
        return NAN;
    for (const char *digit = at + (*at == '+' || *at == '-'); digit < sign; digit++)
        if (!is_digit(digit, end))
            return NAN;
    return read_written(other, at, length);
}

static double read_number(const jm_column *column, const char *text, size_t length)
{
    const size_t unit = strlen(column->unit);
    double number;
    if (jm_parse_number(text, length, &number) && (column->decimal == '.' || memchr(text, '.', length) == NULL))
        return present(column, number);
    if (unit > 0 && length >= unit && memcmp(text, column->unit, unit) == 0) {
        text += unit;
        length -= unit;
        strip_blanks(&text, &length);
    } else if (unit > 0 && length >= unit && memcmp(text + length - unit, column->unit, unit) == 0) {
        length -= unit;
        strip_blanks(&text, &length);
    }
    if (length == 4 && memcmp(text, "True", 4) == 0)
        return present(column, 1.0);
    if (length == 5 && memcmp(text, "False", 5) == 0)
        return present(column, 0.0);
    number = read_written(column->decimal, text, length);
    return present(column, isnan(number) ? read_other_sign(column->decimal, text, length) : number);
}

static double read_boolean(const jm_column *column, const char *text, size_t length)
{
    long place = find(&column->names, text, length, 1);
    double number;
    if (place < 0) {
        char shortest[40];
        if (!jm_parse_number(text, length, &number) || isnan(number = present(column, number)))
            return NAN;
        place = find(&column->names, shortest, jm_number_text(number, shortest), 1);
        if (place < 0)
            return column->is_counted ? number : NAN;
    }
    return place % 2 == 1 ? 1.0 : 0.0;
}

/* Code of a text of digits, with zeros in front up to the width of the categories. */
static double code_with_zeros(const jm_column *column, const char *text, size_t length)
{
    const size_t width = column->categories.count > 0 ? strlen(column->categories.at[0]) : 0;
    char padded[LONGEST_NUMBER];
    for (size_t i = 0; i < length; i++)
        if (!is_digit(text + i, text + length))
            return -1.0;
    if (length > width || width > sizeof padded)
        return -1.0;
    memset(padded, '0', width - length);
    memcpy(padded + width - length, text, length);
    return (double)find(&column->names, padded, width, 0);
}

static double read_category(const jm_column *column, const char *text, size_t length)
{
    const long place = find(&column->names, text, length, 0);
    char shortest[40];
    double number;
    size_t digits = 0;
    if (place >= 0)
        return (double)place;
    if (column->spelling == JM_EXACT || find(&column->missing, text, length, 0) >= 0 || !jm_parse_number(text, length, &number))
        return -1.0;
    while (is_digit(text + digits, text + length))
        digits++;
    if (column->spelling == JM_ZEROS && digits == length)
        return code_with_zeros(column, text, length);
    if (!isfinite(number))
        return -1.0;
    length = jm_number_text(number, shortest);
    return column->spelling == JM_ZEROS ? code_with_zeros(column, shortest, length) : (double)find(&column->names, shortest, length, 0);
}

/* Whether a text says in small or capital letters that there is no value; such texts are short. */
static int is_sign(const jm_column *column, const char *text, size_t length)
{
    char small[64];
    size_t size = 0;
    if (length > sizeof small)
        return 0;
    for (size_t at = 0; at < length;) {
        const unsigned char *here = (const unsigned char *)text + at;
        if (length - at > 2 && memcmp(here, "\xE2\x84\xAA", 3) == 0) { /* the sign of Kelvin */
            small[size++] = 'k';
            at += 3;
        } else {
            unsigned char letter[2];
            const size_t bytes = fold(here, length - at, letter);
            memcpy(small + size, letter, bytes);
            size += bytes;
            at += bytes;
        }
    }
    return find(&column->names, small, size, 0) >= 0;
}

/* The text that steps read, "" where it is missing; `number` holds that of a number. */
const char *jm_free_text(const jm_column *column, const jm_value *value, char number[40], size_t *length)
{
    const char *text = value->text;
    *length = value->length;
    if (value->type == JM_NUMBER && isfinite(value->number)) {
        *length = jm_number_text(value->number, number);
        text = number;
    } else if (value->type != JM_TEXT || text == NULL) {
        *length = 0;
        return "";
    }
    strip_blanks(&text, length);
    if (find(&column->missing, text, *length, 0) >= 0 || is_sign(column, text, *length))
        *length = 0;
    return text;
}

/* The register of a column whose raw value is a text. */
double jm_cell(const jm_column *column, const char *text, size_t length)
{
    double seconds;
    if (column->kind == JM_KIND_TEXT)
        return NAN;
    clean(&text, &length);
    if (column->kind == JM_KIND_CATEGORY)
        return length == 0 ? -1.0 : read_category(column, text, length);
    if (length == 0)
        return NAN;
    if (column->kind == JM_KIND_NUMBER)
        return read_number(column, text, length);
    if (find(&column->missing, text, length, 0) >= 0)
        return NAN;
    if (column->kind == JM_KIND_BOOLEAN)
        return read_boolean(column, text, length);
    seconds = jm_date(column, text, length);
    return isnan(seconds) ? seconds : present(column, seconds);
}

/* The register of a column whose value has a type. */
double jm_typed(const jm_column *column, const jm_value *value)
{
    if (value->type == JM_TEXT && value->text != NULL)
        return jm_cell(column, value->text, value->length);
    if (column->kind == JM_KIND_CATEGORY) {
        char shortest[40];
        if (value->type != JM_NUMBER || !isfinite(value->number))
            return -1.0;
        return read_category(column, shortest, jm_number_text(value->number, shortest));
    }
    return column->kind == JM_KIND_TEXT || value->type != JM_NUMBER ? NAN : present(column, value->number);
}
