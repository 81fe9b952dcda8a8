/* Steps from scores to predictions. */
#include <math.h>
#include <string.h>

#include "plan_internal.h"

static double hold(double x, double low, double high)
{
    return x < low ? low : x > high ? high : x; /* NaN stays */
}

static void divide_by_sum(double *values, int32_t count)
{
    double sum = count > 0 ? values[0] : 1.0;
    for (int32_t i = 1; i < count; i++)
        sum += values[i];
    for (int32_t i = 0; i < count; i++)
        values[i] /= sum;
}

/* Sorts few numbers in place, ascending. */
static void sort(double *values, int32_t count)
{
    for (int32_t i = 1; i < count; i++) {
        const double value = values[i];
        int32_t at = i;
        for (; at > 0 && value < values[at - 1]; at--)
            values[at] = values[at - 1];
        values[at] = value;
    }
}

static void run_softmax(const jm_step *s, const double *in, double *out)
{
    double greatest = s->k[2] > 0 ? in[0] : 0.0;
    for (int32_t i = 1; i < s->k[2]; i++)
        greatest = in[i] > greatest || isnan(in[i]) ? in[i] : greatest;
    for (int32_t i = 0; i < s->k[2]; i++)
        out[i] = exp(in[i] - greatest);
    divide_by_sum(out, s->k[2]);
}

static void run_above(const jm_step *s, const double *in, double *out)
{
    const int32_t count = s->k[2];
    double before = 1.0;
    for (int32_t i = 0; i < count; i++)
        out[i] = -1.0 / (1.0 + exp(-(in[s->k[3] ? i : 0] - s->a[0].at[i])));
    sort(out, count); /* of the negative numbers: the greatest chance first */
    for (int32_t i = 0; i <= count; i++) {
        const double after = i < count ? -out[i] : 0.0, share = before - after;
        out[i] = share < 1e-9 ? 1e-9 : share;
        before = after;
    }
    divide_by_sum(out, count + 1);
}

static void run_temper(const jm_step *s, const double *in, double *out)
{
    for (int32_t i = 0; i < s->k[2]; i++)
        out[i] = pow(hold(in[i], 1e-7, 1.0), s->x[0]);
    divide_by_sum(out, s->k[2]);
}

static void run_mean(const jm_step *s, const double *r, double *out)
{
    for (int32_t k = 0; k < s->k[1]; k++) {
        double sum = s->a[0].at[0] * r[s->l[0].at[0] + k];
        for (size_t i = 1; i < s->l[0].count; i++)
            sum += s->a[0].at[i] * r[s->l[0].at[i] + k];
        out[k] = sum;
    }
}

/* An input of a correction on its own scale; 0 where it is NaN. */
static double scaled(const jm_step *s, size_t j, double input)
{
    const double z = (input - s->a[3].at[j]) / s->a[4].at[j];
    return isnan(z) ? 0.0 : z;
}

static void run_correct(const jm_step *s, const double *r, double *out)
{
    const jm_ints *numbers = &s->l[0], *coded = &s->l[1];
    const int32_t count = s->k[2];
    const double *in = r + s->k[1], asked = r[s->k[4]];
    memmove(out, in, (size_t)count * sizeof *out);
    if (s->k[5] ? !isnan(asked) : !(asked >= s->x[0] && asked < s->x[1]))
        return;
    for (int32_t k = 0; k < count; k++) {
        double sum = 0.0;
        size_t j = 0;
        for (size_t i = 0; i < numbers->count; i++, j++) {
            const double term = scaled(s, j, hold(r[numbers->at[i]], s->a[0].at[i], s->a[1].at[i])) * s->a[5].at[j * (size_t)count + (size_t)k];
            sum = j == 0 ? term : sum + term;
        }
        for (size_t i = 0; i < coded->count; i++, j++) {
            const double term = scaled(s, j, r[coded->at[i]] == s->a[2].at[i] ? 1.0 : 0.0) * s->a[5].at[j * (size_t)count + (size_t)k];
            sum = j == 0 ? term : sum + term;
        }
        for (int32_t i = 0; i < count; i++, j++) {
            const double term = scaled(s, j, in[i]) * s->a[5].at[j * (size_t)count + (size_t)k];
            sum = j == 0 ? term : sum + term;
        }
        out[k] = in[k] + s->a[6].at[k] + sum;
    }
    if (s->k[3]) {
        for (int32_t k = 0; k < count; k++)
            out[k] = hold(out[k], 0.005, 1.0);
        divide_by_sum(out, count);
    }
}

static uint64_t mix(uint64_t w)
{
    w = (w ^ (w >> 30)) * 0xBF58476D1CE4E5B9u;
    w = (w ^ (w >> 27)) * 0x94D049BB133111EBu;
    return w ^ (w >> 31);
}

static uint64_t mark_of(const jm_ints *columns, const double *r)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < columns->count; i++) {
        const double x = r[columns->at[i]] + 0.0; /* -0.0 becomes 0.0 */
        uint64_t word = 0x7ff8000000000000u;
        if (!isnan(x))
            memcpy(&word, &x, sizeof word);
        sum += mix(word + (uint64_t)(i + 1) * 0xD1342543DE82EF95u);
    }
    return mix(sum);
}

static void run_known(const jm_step *s, const double *r, double *out)
{
    const uint64_t mark = mark_of(&s->l[0], r);
    const double *in = r + s->k[1], *labels = s->a[2].at, prior = s->x[0];
    const size_t count = s->a[2].count;
    size_t low = 0, high = count, end;
    memmove(out, in, (size_t)s->k[2] * sizeof *out);
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (s->marks[middle] < mark)
            low = middle + 1;
        else
            high = middle;
    }
    for (end = low; end < count && s->marks[end] == mark; end++)
        continue;
    if (end == low)
        return;
    for (int32_t k = 0; k < s->k[2]; k++) {
        double sum = 0.0;
        for (size_t i = low; i < end; i++)
            sum += s->k[2] == 1 ? labels[i] : labels[i] == (double)k ? 1.0 : 0.0;
        out[k] = (sum + prior * out[k]) / ((double)(end - low) + prior);
    }
}

/* Holds quantiles of one side in order, going away from the median. */
static void order_side(const jm_step *s, double *out, int above)
{
    const double *levels = s->a[0].at;
    const size_t count = s->a[0].count;
    double before = out[0], level = levels[0];
    for (;;) {
        size_t next = count;
        for (size_t k = 1; k < count; k++)
            if ((above ? levels[k] > level : levels[k] < level) &&
                (next == count || (above ? levels[k] < levels[next] : levels[k] > levels[next])))
                next = k;
        if (next == count)
            return;
        if (above ? out[next] < before : out[next] > before)
            out[next] = before;
        before = out[next];
        level = levels[next];
    }
}

static void run_spread(const jm_step *s, const double *in, double *out)
{
    const double median = in[0], floor = s->x[0];
    const size_t count = s->a[0].count;
    memmove(out, in, (size_t)s->k[2] * sizeof *out);
    for (size_t k = 0; k < count; k++) {
        out[k] = median + (in[k] - median) * s->a[1].at[k];
        if (out[k] < floor)
            out[k] = floor;
    }
    order_side(s, out, 0);
    order_side(s, out, 1);
}

static double look_up_factor(const jm_step *s, double x)
{
    const jm_numbers *at = &s->a[0], *logarithm = &s->a[1];
    size_t low = 0, high = at->count;
    if (at->count == 0)
        return x >= 0.0 && x < (double)logarithm->count ? logarithm->at[(size_t)x] : s->x[0];
    if (!isfinite(x))
        return s->x[0];
    if (x <= at->at[0])
        return logarithm->at[0];
    if (x >= at->at[at->count - 1])
        return logarithm->at[at->count - 1];
    while (high - low > 1) { /* at[low] <= x < at[high] */
        const size_t middle = low + (high - low) / 2;
        if (at->at[middle] <= x)
            low = middle;
        else
            high = middle;
    }
    if (at->at[low] == x)
        return logarithm->at[low];
    return (logarithm->at[high] - logarithm->at[low]) / (at->at[high] - at->at[low]) * (x - at->at[low]) + logarithm->at[low];
}

static void run_interval(const jm_step *s, const double *r, double *out)
{
    const double *in = r + s->k[1], size = s->k[4] < 0 ? 1.0 : r[s->k[4]];
    const double low = in[s->k[2]] - s->x[0] * size, high = in[s->k[3]] + s->x[1] * size, middle = in[0];
    const int held = s->k[2] != s->k[3];
    out[0] = held && low > middle ? middle : low;
    out[1] = held && high < middle ? middle : high;
}

static double run_size(const jm_step *s, const double *r)
{
    double sum = s->x[0];
    for (size_t i = 0; i < s->l[0].count; i++)
        sum += r[s->l[0].at[i]];
    return exp(hold(sum, s->x[1], s->x[2]));
}

static double run_unscale(const jm_step *s, double x)
{
    x = hold(x, 0.0, s->x[0]);
    return (s->k[2] == 0 ? expm1(x) : x * x) + s->x[1];
}

void jm_run_score_step(const jm_step *s, double *r, double *scratch)
{
    const int32_t *k = s->k;
    const double *x = s->x, *in = r + k[1];
    double *out = r + k[0], chance;
    switch (s->operation) {
    case JM_COPY:
        memmove(out, in, (size_t)k[2] * sizeof *out);
        break;
    case JM_LOGISTIC:
        chance = 1.0 / (1.0 + exp(-in[0]));
        out[0] = 1.0 - chance;
        out[1] = chance;
        break;
    case JM_SHARE:
        chance = hold(in[0], 0.0, 1.0);
        out[0] = 1.0 - chance;
        out[1] = chance;
        break;
    case JM_SOFTMAX:
        run_softmax(s, in, out);
        break;
    case JM_ABOVE:
        run_above(s, in, out);
        break;
    case JM_CLIP:
        for (int32_t i = 0; i < k[2]; i++)
            out[i] = hold(in[i], x[0], x[1]);
        break;
    case JM_AFFINE:
        for (int32_t i = 0; i < k[2]; i++)
            out[i] = x[0] + x[1] * in[i];
        break;
    case JM_DIVIDE:
        for (int32_t i = 0; i < k[2]; i++)
            out[i] = in[i] / x[0];
        break;
    case JM_ADD:
        for (int32_t i = 0; i < k[3]; i++)
            out[i] = in[i] + r[k[2] + i];
        break;
    case JM_ORDERED:
        memcpy(scratch, in, (size_t)k[2] * sizeof *scratch);
        sort(scratch, k[2]);
        for (int32_t i = 0; i < k[2]; i++)
            out[s->l[0].at[i]] = scratch[i];
        break;
    case JM_MEAN:
        run_mean(s, r, out);
        break;
    case JM_TEMPER:
        run_temper(s, in, out);
        break;
    case JM_UNSCALE:
        *out = run_unscale(s, *in);
        break;
    case JM_CORRECT:
        run_correct(s, r, out);
        break;
    case JM_KNOWN:
        run_known(s, r, out);
        break;
    case JM_SPREAD:
        run_spread(s, in, out);
        break;
    case JM_FACTOR:
        *out = look_up_factor(s, *in);
        break;
    case JM_SIZE:
        *out = run_size(s, r);
        break;
    case JM_INTERVAL:
        run_interval(s, r, out);
        break;
    }
}
