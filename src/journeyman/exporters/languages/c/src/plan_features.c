/* Steps from columns to features, and the layers of nets. */
#include <math.h>
#include <string.h>

#include "plan_internal.h"

static double hold(double x, double low, double high)
{
    return x < low ? low : x > high ? high : x; /* NaN stays */
}

static double finite_or_nan(double x)
{
    return isfinite(x) ? x : NAN;
}

/* A position from a register, or `otherwise` where it is NaN, below 0, or not below `count`. */
static size_t position(double x, size_t count, size_t otherwise)
{
    return x >= 0.0 && x < (double)count ? (size_t)x : otherwise;
}

static void run_fill(const jm_step *s, const double *r, double *out)
{
    const jm_ints *columns = &s->l[0], *flagged = &s->l[1];
    const double limit = s->x[0];
    for (size_t i = 0; i < columns->count; i++) {
        double x = r[columns->at[i]];
        x = isfinite(x) ? x : s->a[0].at[i];
        x = (x - s->a[1].at[i]) * s->a[2].at[i];
        out[i] = limit != 0.0 ? hold(x, -limit, limit) : x;
    }
    for (size_t i = 0; i < flagged->count; i++)
        out[columns->count + i] = isfinite(r[columns->at[flagged->at[i]]]) ? 0.0 : 1.0;
}

static double count_gaps(const jm_step *s, const double *r)
{
    size_t gaps = 0;
    for (size_t i = 0; i < s->l[0].count; i++)
        gaps += !isfinite(r[s->l[0].at[i]]);
    for (size_t i = 0; i < s->l[1].count; i++)
        gaps += r[s->l[1].at[i]] < 0.0;
    return (double)gaps;
}

static double find_bin(const jm_numbers *edges, double x)
{
    size_t low = 0, high = edges->count;
    if (!isfinite(x))
        return (double)edges->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (edges->at[middle] < x)
            low = middle + 1;
        else
            high = middle;
    }
    return (double)low;
}

static double look_up_cell(const jm_step *s, const double *r)
{
    const double second = s->k[2] < 0 ? 0.0 : r[s->k[2]];
    const double cell = (double)s->k[4] + (double)s->k[3] * r[s->k[1]] + second;
    const size_t place = position(cell, s->a[0].count, s->a[0].count);
    return place < s->a[0].count ? s->a[0].at[place] : NAN;
}

static void run_lines(const jm_step *s, const double *r, double *out)
{
    const jm_ints *features = &s->l[0];
    const size_t outputs = (size_t)s->k[1];
    const double *weights = s->a[0].at;
    for (size_t k = 0; k < outputs; k++)
        out[k] = 0.0;
    for (size_t j = 0; j < features->count; j++, weights += outputs) {
        const double x = r[features->at[j]];
        for (size_t k = 0; k < outputs; k++)
            out[k] = j == 0 ? x * weights[k] : out[k] + x * weights[k];
    }
    for (size_t k = 0; k < outputs; k++)
        out[k] += s->a[1].at[k];
}

static void run_waves(const jm_step *s, const double *r, double *out)
{
    const size_t numbers = (size_t)s->k[2], waves = (size_t)s->k[3], mixtures = (size_t)s->k[4];
    for (size_t n = 0; n < numbers; n++) {
        double *mixed = out + n * mixtures;
        for (size_t m = 0; m < mixtures; m++)
            mixed[m] = 0.0;
        for (size_t w = 0; w < waves; w++) {
            const double *mix = s->a[2].at + (n * waves + w) * mixtures;
            const double wave = cos(r[s->k[1] + (int32_t)n] * s->a[0].at[n * waves + w] + s->a[1].at[n * waves + w]);
            for (size_t m = 0; m < mixtures; m++)
                mixed[m] = w == 0 ? wave * mix[m] : mixed[m] + wave * mix[m];
        }
        for (size_t m = 0; m < mixtures; m++)
            mixed[m] += s->a[3].at[n * mixtures + m];
    }
}

static void run_bend(const jm_step *s, const double *r, double *out)
{
    for (int32_t i = 0; i < s->k[2]; i++) {
        const double z = r[s->k[1] + i], slope = s->a[0].at[i];
        double bent;
        if (s->k[3] == 0) {
            bent = 1.0507009873554805 * ((z < 0.0 ? 0.0 : z) + 1.6732632423543772 * expm1(z > 0.0 ? 0.0 : z));
        } else {
            double e = exp(z > 20.0 ? 20.0 : z);
            e = e * (e + 2.0);
            bent = z * (e / (e + 2.0));
        }
        out[i] = z + slope * (bent - z);
    }
}

static void run_squash(const jm_step *s, const double *r, double *out)
{
    for (size_t i = 0; i < s->l[0].count; i++) {
        const double z = (r[s->l[0].at[i]] - s->a[0].at[i]) * s->a[1].at[i];
        out[i] = z / sqrt(1.0 + (z / 3.0) * (z / 3.0));
    }
}

static void copy_row(const jm_numbers *table, size_t width, size_t row, double *out)
{
    memcpy(out, table->at + row * width, width * sizeof *out);
}

void jm_run_feature_step(const jm_step *s, double *r)
{
    const int32_t *k = s->k;
    const double *x = s->x;
    double *out = r + k[0];
    size_t rows;
    switch (s->operation) {
    case JM_PLAIN:
        *out = finite_or_nan(r[k[1]]);
        break;
    case JM_FILL:
        run_fill(s, r, out);
        break;
    case JM_CODE:
        for (size_t i = 0; i < s->l[0].count; i++)
            out[i] = r[s->l[0].at[i]] < 0.0 ? NAN : r[s->l[0].at[i]];
        break;
    case JM_ONEHOT:
        for (int32_t i = 0; i < k[2]; i++)
            out[i] = r[k[1]] == (double)i ? 1.0 : 0.0;
        break;
    case JM_TABLE:
        rows = s->a[0].count / (size_t)k[2];
        copy_row(&s->a[0], (size_t)k[2], position(r[k[1]], rows, rows - 1), out);
        break;
    case JM_CALENDAR:
        if (r[k[1]] > -9e15 && r[k[1]] < 9e15)
            jm_calendar(r[k[1]], &s->l[0], x[0], out);
        else
            for (size_t i = 0; i < s->l[0].count; i++)
                out[i] = x[1];
        break;
    case JM_GAPS:
        *out = count_gaps(s, r);
        break;
    case JM_SLOT:
        *out = r[k[1]] < 0.0 ? (double)k[2] : r[k[1]];
        break;
    case JM_BIN:
        *out = find_bin(&s->a[0], r[k[1]]);
        break;
    case JM_CELL:
        *out = look_up_cell(s, r);
        break;
    case JM_WEIGH:
        *out = finite_or_nan(r[k[1]] * x[0] + r[k[2]] * x[1]);
        break;
    case JM_PRODUCT:
        *out = finite_or_nan(r[k[1]] * r[k[2]]);
        break;
    case JM_RATIO:
        *out = finite_or_nan(r[k[1]] / r[k[2]]);
        break;
    case JM_CONSTANT:
        memcpy(out, s->a[0].at, s->a[0].count * sizeof *out);
        break;
    case JM_LINES:
    case JM_DENSE:
        run_lines(s, r, out);
        break;
    case JM_SQUASH:
        run_squash(s, r, out);
        break;
    case JM_WAVES:
        run_waves(s, r, out);
        break;
    case JM_EMBED:
        rows = (size_t)k[2];
        copy_row(&s->a[0], (size_t)k[3], position(r[k[1]], rows, rows - 1), out);
        break;
    case JM_BEND:
        run_bend(s, r, out);
        break;
    }
}
