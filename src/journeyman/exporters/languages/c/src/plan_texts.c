/* Steps that read free texts. All that they need lies in the workspace: what is beyond the first characters that a step
   looks at is counted and not kept, so that a text may be of any length. */
#include <math.h>
#include <string.h>

#include "plan_internal.h"

#define SIGMA 0x3A3
#define LAST_SIGMA 0x3C2

/* The character at the beginning of some bytes, and how many bytes it takes; U+FFFD for a byte that begins none. */
static size_t decode(const unsigned char *at, size_t length, int32_t *point)
{
    const size_t bytes = *at < 0x80 ? 1 : *at < 0xC2 ? 0 : *at < 0xE0 ? 2 : *at < 0xF0 ? 3 : *at < 0xF5 ? 4 : 0;
    *point = bytes == 1 ? *at : *at & (0x7F >> bytes);
    for (size_t i = 1; i < bytes; i++) {
        if (i >= length || (at[i] & 0xC0) != 0x80) {
            *point = 0xFFFD;
            return 1;
        }
        *point = *point << 6 | (at[i] & 0x3F);
    }
    if (bytes == 0)
        *point = 0xFFFD;
    return bytes == 0 ? 1 : bytes;
}

static int is_space(int32_t c)
{
    return (c >= 9 && c <= 13) || (c >= 28 && c <= 32) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

/* How many of the pairs in ascending order begin at `point` or below. */
static size_t pairs_up_to(const jm_ints *pairs, int32_t point)
{
    size_t low = 0, high = pairs->count / 2;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (pairs->at[2 * middle] <= point)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int is_in(const jm_ints *ranges, int32_t point)
{
    const size_t place = pairs_up_to(ranges, point);
    return place > 0 && point <= ranges->at[2 * place - 1];
}

static int32_t small_letter(const jm_ints *lower, int32_t point)
{
    const size_t place = pairs_up_to(lower, point);
    return place > 0 && lower->at[2 * place - 2] == point ? lower->at[2 * place - 1] : point;
}

/* Whether the sigma at `place` ends a word: behind a letter and before none, marks between passed over. */
static int is_last(const jm_step *s, const double *points, size_t count, size_t place)
{
    const jm_ints *cased = &s->l[2], *passed = &s->l[3];
    size_t before = place, after = place + 1;
    while (before > 0 && is_in(passed, (int32_t)points[before - 1]))
        before--;
    while (after < count && is_in(passed, (int32_t)points[after]))
        after++;
    return before > 0 && is_in(cased, (int32_t)points[before - 1]) && !(after < count && is_in(cased, (int32_t)points[after]));
}

/* The first characters of a text in small letters, their blanks single ones and none at the ends; returns their number. */
static size_t clean_text(const jm_step *s, const unsigned char *text, size_t length, double *points, double *cleaned)
{
    const size_t far = (size_t)s->k[4];
    size_t count = 0, size = 0;
    int32_t point;
    int blank = 0;
    for (size_t at = 0; at < length && count < far; count++) {
        at += decode(text + at, length - at, &point);
        points[count] = point;
    }
    for (size_t i = 0; i < count; i++) {
        point = (int32_t)points[i];
        if (is_space(point)) {
            blank = size > 0;
            continue;
        }
        if (blank)
            cleaned[size++] = ' ';
        blank = 0;
        if (point == 0x130) {
            cleaned[size++] = 'i';
            cleaned[size++] = 0x307;
        } else {
            const int32_t small = small_letter(&s->l[0], point);
            cleaned[size++] = point == SIGMA && small != point && is_last(s, points, count, i) ? LAST_SIGMA : small;
        }
    }
    return size;
}

/* Compares characters with a text of the plan, by code points. */
static int compare(const double *points, size_t count, const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    size_t left = strlen(text);
    for (size_t i = 0; i < count; i++) {
        int32_t point;
        size_t bytes;
        if (left == 0)
            return 1;
        bytes = decode(at, left, &point);
        if (points[i] != point)
            return points[i] < point ? -1 : 1;
        at += bytes;
        left -= bytes;
    }
    return left == 0 ? 0 : -1;
}

/* Position of characters among texts in ascending order, the shorter ones first where `by_size`; -1 where in none. */
static long find(const jm_texts *texts, int by_size, const double *points, size_t count)
{
    size_t low = 0, high = texts->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const char *text = texts->at[middle];
        int order = 0;
        if (by_size) {
            size_t size = 0;
            for (const char *at = text; *at != '\0'; at++)
                size += (*at & 0xC0) != 0x80;
            order = (count > size) - (count < size);
        }
        if (order == 0)
            order = compare(points, count, text);
        if (order == 0)
            return (long)middle;
        if (order > 0)
            low = middle + 1;
        else
            high = middle;
    }
    return -1;
}

static long find_pair(const jm_numbers *pairs, double key)
{
    size_t low = 0, high = pairs->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (pairs->at[middle] < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low < pairs->count && pairs->at[low] == key ? (long)low : -1;
}

/* Sorts in place, without memory of its own. */
static void sort(double *list, size_t count)
{
    for (size_t end = count, start = count / 2; end > 1;) {
        size_t parent, child;
        double value;
        if (start > 0) {
            value = list[--start];
        } else {
            value = list[--end];
            list[end] = list[0];
        }
        for (parent = start; (child = 2 * parent + 1) < end; parent = child) {
            if (child + 1 < end && list[child + 1] > list[child])
                child++;
            if (list[child] <= value)
                break;
            list[parent] = list[child];
        }
        list[parent] = value;
    }
}

/* Words, pairs of words and runs of characters of a cleaned text, in ascending order; returns their number. */
static size_t find_grams(const jm_step *s, double *cleaned, size_t size, double *grams)
{
    const jm_texts *words = &s->t[0], *runs = &s->t[1];
    const double first_run = (double)words->count + (double)s->a[0].count;
    size_t count = 0, near = size < (size_t)s->k[5] ? size : (size_t)s->k[5];
    long before = -1;
    for (size_t at = 1; at <= size;) {
        size_t end = at;
        long word, pair;
        while (end <= size && is_in(&s->l[1], (int32_t)cleaned[end]))
            end++;
        if (end == at) {
            at++;
            continue;
        }
        if ((word = find(words, 0, cleaned + at, end - at)) >= 0)
            grams[count++] = (double)word;
        if (before >= 0 && word >= 0 &&
            (pair = find_pair(&s->a[0], (double)before * (double)words->count + (double)word)) >= 0)
            grams[count++] = (double)words->count + (double)pair;
        before = word;
        at = end;
    }
    cleaned[0] = cleaned[near + 1] = ' ';
    for (size_t length = 2; length <= 4 && runs->count > 0; length++)
        for (size_t at = 0; at + length <= near + 2; at++) {
            const long run = find(runs, 1, cleaned + at, length);
            if (run >= 0)
                grams[count++] = first_run + (double)run;
        }
    sort(grams, count);
    return count;
}

/* How much each n-gram of a text weighs, in single precision; returns the number of different ones. */
static size_t weigh(const jm_step *s, double *grams, size_t count, double *values)
{
    const jm_numbers *idf = &s->a[1], *damped = &s->a[2];
    const double first_run = (double)s->t[0].count + (double)s->a[0].count;
    double lengths[2] = {0.0, 0.0};
    size_t different = 0;
    for (size_t i = 0, times; i < count; i += times, different++) {
        float value, square;
        for (times = 1; i + times < count && grams[i + times] == grams[i];)
            times++;
        value = (float)(damped->at[times < damped->count ? times : damped->count - 1] * (float)idf->at[(size_t)grams[i]]);
        square = value * value;
        lengths[grams[i] >= first_run] += square;
        grams[different] = grams[i];
        values[different] = value;
    }
    for (size_t i = 0; i < different; i++)
        values[i] = (float)values[i] / (float)sqrt(lengths[grams[i] >= first_run]);
    return different;
}

size_t jm_text_scratch(size_t far, size_t near)
{
    return 3 * far + 2 + 2 * (2 * far + 3 * near + 8);
}

void jm_run_text(const jm_step *s, double *r, double *scratch, const char *text, size_t length)
{
    const size_t width = (size_t)s->k[2], far = (size_t)s->k[4];
    double *out = r + s->k[0], *points = scratch, *cleaned = points + far, *grams = cleaned + 2 * far + 2;
    double *values = grams + 2 * far + 3 * (size_t)s->k[5] + 8;
    const size_t size = clean_text(s, (const unsigned char *)text, length, points, cleaned + 1);
    const size_t count = weigh(s, grams, find_grams(s, cleaned, size, grams), values);
    for (size_t k = 0; k < width; k++) {
        float total = s->k[3] < 0 ? 0.0f : (float)r[(size_t)s->k[3] + k];
        for (size_t i = 0; i < count; i++) {
            const float product = (float)values[i] * (float)s->a[3].at[(size_t)grams[i] * width + k];
            total += product;
        }
        total += (float)s->a[4].at[k];
        out[k] = total;
    }
}

/* The logarithm of a whole number by sums and products alone. */
static double logarithm(double number)
{
    int power;
    double left = frexp(number, &power), s, square, total = 0.0;
    if (left < 0.75) {
        left *= 2.0;
        power--;
    }
    s = (left - 1.0) / (left + 1.0);
    square = s * s;
    for (int i = 12; i >= 0; i--)
        total = total * square + 1.0 / (2 * i + 1);
    return power * 0.6931471805599453 + 2.0 * s * total;
}

void jm_run_shape(const jm_step *s, double *r, const char *text, size_t length)
{
    const size_t far = (size_t)s->k[2];
    double *out = r + s->k[0];
    size_t size = 0, blanks = 0, seen, kinds[3] = {0, 0, 0};
    for (size_t at = 0; at < length; size++) {
        int32_t c;
        at += decode((const unsigned char *)text + at, length - at, &c);
        blanks += c == ' ';
        if (size < far && c > 32 && c < 128 && !(c >= 'a' && c <= 'z'))
            kinds[c >= 'A' && c <= 'Z' ? 0 : c >= '0' && c <= '9' ? 1 : 2]++;
    }
    seen = size < far ? size : far;
    out[0] = logarithm((double)size + 1.0);
    out[1] = logarithm((double)blanks + 2.0);
    for (int i = 0; i < 3; i++)
        out[2 + i] = (double)kinds[i] / (double)(seen > 0 ? seen : 1);
}
