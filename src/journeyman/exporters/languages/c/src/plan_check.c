/* Steps of a plan: what arguments each operation takes, and that all it will read and write is there. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plan_internal.h"

/* A letter an argument: o first register written, r a register, R a register or -1, k a count or position, z a whole
   number, n a number, a an array of numbers, l an array of registers, i an array of whole numbers from 0, j one of
   whole numbers, t a list of texts. */
static const struct {
    const char *name, *arguments;
} operations[JM_OPERATIONS] = {
    {"plain", "or"},
    {"fill", "olaaani"},
    {"code", "ol"},
    {"onehot", "ork"},
    {"table", "orka"},
    {"calendar", "orinn"},
    {"gaps", "oll"},
    {"slot", "ork"},
    {"bin", "ora"},
    {"cell", "orRkka"},
    {"weigh", "orrnn"},
    {"product", "orr"},
    {"ratio", "orr"},
    {"text", "okkRkktataaiiiiaa"},
    {"shape", "okk"},
    {"constant", "oa"},
    {"lines", "olkaa"},
    {"trees", "olkiaijjajia"},
    {"forest", "olkjaiijai"},
    {"symmetric", "olkiiiakiaaa"},
    {"neighbours", "olkiaaaaakkk"},
    {"squash", "olaa"},
    {"waves", "orkkkaaaa"},
    {"embed", "orkka"},
    {"dense", "olkaa"},
    {"bend", "orkka"},
    {"copy", "ork"},
    {"logistic", "or"},
    {"share", "or"},
    {"softmax", "ork"},
    {"above", "orkka"},
    {"clip", "orknn"},
    {"affine", "orknn"},
    {"divide", "orkn"},
    {"add", "orrk"},
    {"ordered", "orki"},
    {"mean", "okla"},
    {"temper", "orkn"},
    {"unscale", "orknn"},
    {"correct", "orkkrnnklaalaaaaa"},
    {"known", "orknlaaa"},
    {"spread", "orknaa"},
    {"factor", "oraan"},
    {"size", "olnnn"},
    {"interval", "orkknnR"},
};

static jm_status refuse_argument(const jm_checker *c, const jm_step *step, const char *why)
{
    return jm_refuse(c->error, JM_NO_PLAN, "the plan is damaged: a step \"%s\" %s", operations[step->operation].name, why);
}

int jm_are_written(const jm_checker *c, int64_t first, int64_t count)
{
    if (first < 0 || count < 0 || first + count > (int64_t)c->model->register_count)
        return 0;
    for (int64_t i = first; i < first + count; i++)
        if (!c->written[i])
            return 0;
    return 1;
}

/* An array as whole numbers, made once; NULL where one of them is none. */
static const jm_ints *whole_numbers(jm_checker *c, size_t array)
{
    const jm_numbers *numbers = &c->arrays[array];
    jm_ints *ints = &c->ints[array];
    int32_t *list;
    if (ints->at != NULL)
        return ints;
    if ((list = jm_keep(c->model, numbers->count, sizeof *list)) == NULL)
        return NULL;
    for (size_t i = 0; i < numbers->count; i++) {
        double value = numbers->at[i];
        if (!(value >= INT32_MIN && value <= INT32_MAX) || value != floor(value))
            return NULL;
        list[i] = (int32_t)value;
    }
    ints->at = list;
    ints->count = numbers->count;
    return ints;
}

static jm_status read_whole(const jm_checker *c, jm_step *step, double value, double low, int *count)
{
    if (!(value >= low && value <= INT32_MAX) || value != floor(value))
        return refuse_argument(c, step, "has an argument that is not a register or a count");
    if (*count == JM_MOST_INTS)
        return refuse_argument(c, step, "has too many arguments");
    step->k[(*count)++] = (int32_t)value;
    return JM_OK;
}

static jm_status read_list(jm_checker *c, jm_step *step, char letter, size_t array, jm_ints *list)
{
    const jm_ints *ints = whole_numbers(c, array);
    if (ints == NULL)
        return refuse_argument(c, step, "has an array that does not hold whole numbers");
    for (size_t i = 0; i < ints->count; i++) {
        if (letter == 'i' && ints->at[i] < 0)
            return refuse_argument(c, step, "has an array with a position below 0");
        if (letter == 'l' && !jm_are_written(c, ints->at[i], 1))
            return refuse_argument(c, step, "reads a register that no step before it writes");
    }
    *list = *ints;
    return JM_OK;
}

static jm_status read_arguments(jm_checker *c, jm_step *step, const double *arguments, size_t count)
{
    const char *letters = operations[step->operation].arguments;
    int whole = 0, numbers = 0, arrays = 0, lists = 0, texts = 0;
    if (strlen(letters) != count)
        return refuse_argument(c, step, "has another number of arguments");
    for (size_t i = 0; i < count; i++) {
        jm_status status = JM_OK;
        switch (letters[i]) {
        case 'o':
        case 'k':
            status = read_whole(c, step, arguments[i], 0, &whole);
            break;
        case 'r':
        case 'R':
            status = read_whole(c, step, arguments[i], letters[i] == 'r' ? 0 : -1, &whole);
            if (status == JM_OK && step->k[whole - 1] >= 0 && !jm_are_written(c, step->k[whole - 1], 1))
                return refuse_argument(c, step, "reads a register that no step before it writes");
            break;
        case 'n':
            step->x[numbers++] = arguments[i];
            break;
        case 't':
            if (!(arguments[i] >= 0 && arguments[i] < (double)c->list_count) || arguments[i] != floor(arguments[i]))
                return refuse_argument(c, step, "names a list of texts that is not there");
            step->t[texts++] = c->lists[(size_t)arguments[i]];
            break;
        default:
            if (!(arguments[i] >= 0 && arguments[i] < (double)c->array_count) || arguments[i] != floor(arguments[i]))
                return refuse_argument(c, step, "names an array that is not there");
            if (letters[i] == 'a')
                step->a[arrays++] = c->arrays[(size_t)arguments[i]];
            else
                status = read_list(c, step, letters[i], (size_t)arguments[i], &step->l[lists++]);
        }
        if (status != JM_OK)
            return status;
    }
    return JM_OK;
}

static int all_below(const jm_ints *list, int64_t end)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->at[i] >= end)
            return 0;
    return 1;
}

static int are_marks(jm_step *s)
{
    for (size_t i = 0; i < s->a[0].count; i++)
        for (int part = 0; part < 2; part++)
            if (!(s->a[part].at[i] >= 0 && s->a[part].at[i] <= UINT32_MAX) || s->a[part].at[i] != floor(s->a[part].at[i]))
                return 0;
    return 1;
}

static int build_marks(jm_checker *c, jm_step *s)
{
    uint64_t *marks = jm_keep(c->model, s->a[0].count, sizeof *marks);
    if (marks == NULL)
        return 0;
    for (size_t i = 0; i < s->a[0].count; i++)
        marks[i] = (uint64_t)s->a[0].at[i] << 32 | (uint64_t)s->a[1].at[i];
    s->marks = marks;
    return 1;
}

static int is_symmetric_form(const jm_step *s)
{
    const jm_ints *numbers = &s->l[1], *coded = &s->l[2], *starts = &s->l[3], *inputs = &s->l[4];
    int64_t outputs = s->k[1], depth = s->k[2], trees;
    if (outputs == 0 || depth > 30 || s->a[3].count != (size_t)outputs)
        return 0;
    if (starts->count != coded->count + 1 || (size_t)starts->at[coded->count] > s->a[0].count)
        return 0;
    for (size_t i = 0; i < coded->count; i++)
        if (starts->at[i] >= starts->at[i + 1])
            return 0;
    trees = (int64_t)s->a[2].count / (outputs << depth);
    return (int64_t)s->a[2].count == trees * (outputs << depth) && (int64_t)inputs->count == trees * depth &&
           (int64_t)s->a[1].count == trees * depth && all_below(numbers, (int64_t)s->l[0].count) &&
           all_below(coded, (int64_t)s->l[0].count) && all_below(inputs, (int64_t)(numbers->count + coded->count));
}

static int holds(size_t count, int64_t wanted)
{
    return (int64_t)count == wanted;
}

static int is_text_column(const jm_checker *c, int32_t column)
{
    return (size_t)column < c->model->column_count && c->model->columns[column].kind == JM_KIND_TEXT;
}

static int is_text_form(const jm_checker *c, const jm_step *s)
{
    const int32_t *k = s->k;
    const int64_t grams = (int64_t)s->t[0].count + (int64_t)s->a[0].count + (int64_t)s->t[1].count;
    for (int i = 0; i < 4; i++)
        if (s->l[i].count % 2 != 0)
            return 0;
    return is_text_column(c, k[1]) && k[4] < 1048576 && k[5] < 1048576 && (k[3] < 0 || jm_are_written(c, k[3], k[2])) &&
           holds(s->a[1].count, grams) && s->a[2].count > 0 && holds(s->a[3].count, grams * k[2]) && holds(s->a[4].count, k[2]);
}

/* Whether the arguments fit one another; gives the number of registers that are written and the scratch that is used. */
static int fits(jm_checker *c, jm_step *s, int64_t *width, int64_t *scratch)
{
    const int32_t *k = s->k;
    int64_t lists = (int64_t)s->l[0].count, n;
    *width = 1;
    switch (s->operation) {
    case JM_PLAIN: case JM_GAPS: case JM_SLOT: case JM_BIN: case JM_WEIGH: case JM_PRODUCT: case JM_RATIO:
        return 1;
    case JM_FILL:
        *width = lists + (int64_t)s->l[1].count;
        return holds(s->a[0].count, lists) && holds(s->a[1].count, lists) && holds(s->a[2].count, lists) &&
               all_below(&s->l[1], lists);
    case JM_CODE:
        *width = lists;
        return 1;
    case JM_ONEHOT:
        *width = k[2];
        return 1;
    case JM_TABLE:
        *width = k[2];
        return k[2] > 0 && s->a[0].count >= (size_t)k[2] && s->a[0].count % (size_t)k[2] == 0;
    case JM_CALENDAR:
        *width = lists;
        return all_below(&s->l[0], 7);
    case JM_CELL:
        return s->a[0].count > 0;
    case JM_SUMS:
        *width = k[2];
        *scratch = (int64_t)jm_text_scratch((size_t)k[4], (size_t)k[5]);
        return is_text_form(c, s);
    case JM_SHAPE:
        *width = 5;
        return is_text_column(c, k[1]);
    case JM_CONSTANT:
        *width = (int64_t)s->a[0].count;
        return 1;
    case JM_LINES: case JM_DENSE:
        *width = k[1];
        return holds(s->a[0].count, lists * k[1]) && holds(s->a[1].count, k[1]);
    case JM_TREES: case JM_FOREST:
        *width = k[1];
        *scratch = 4 * lists;
        return k[1] > 0 && (s->operation == JM_TREES || (s->a[1].count > 0 && s->a[1].count % (size_t)k[1] == 0));
    case JM_SYMMETRIC:
        *width = k[1];
        *scratch = (int64_t)(s->l[1].count + s->l[2].count);
        return is_symmetric_form(s);
    case JM_NEIGHBOURS:
        *width = k[1];
        n = (int64_t)s->a[3].count; /* rows have one number of copies each */
        *scratch = 2 * ((int64_t)k[2] + 1) + (int64_t)s->l[1].count;
        return n > 0 && k[2] > 0 && k[2] < 65536 && holds(s->a[0].count, (int64_t)s->l[1].count) && k[3] <= 1 && k[4] <= 1 &&
               all_below(&s->l[1], lists) && holds(s->a[1].count, n * (int64_t)s->l[1].count) &&
               holds(s->a[2].count, n * k[1]) && (!k[4] || holds(s->a[4].count, k[1]));
    case JM_SQUASH:
        *width = lists;
        return holds(s->a[0].count, lists) && holds(s->a[1].count, lists);
    case JM_WAVES:
        *width = (int64_t)k[2] * k[4];
        n = (int64_t)k[2] * k[3];
        return k[2] < 65536 && k[3] < 65536 && k[4] < 65536 && jm_are_written(c, k[1], k[2]) && holds(s->a[0].count, n) &&
               holds(s->a[1].count, n) && holds(s->a[2].count, n * k[4]) && holds(s->a[3].count, *width);
    case JM_EMBED:
        *width = k[3];
        return k[2] > 0 && holds(s->a[0].count, (int64_t)k[2] * k[3]);
    case JM_BEND:
        *width = k[2];
        return jm_are_written(c, k[1], k[2]) && k[3] <= 1 && holds(s->a[0].count, k[2]);
    case JM_LOGISTIC: case JM_SHARE:
        *width = 2;
        return 1;
    case JM_COPY: case JM_SOFTMAX: case JM_CLIP: case JM_AFFINE: case JM_DIVIDE: case JM_TEMPER:
        *width = k[2];
        return jm_are_written(c, k[1], k[2]);
    case JM_ABOVE:
        *width = (int64_t)k[2] + 1;
        return k[3] <= 1 && holds(s->a[0].count, k[2]) && (!k[3] || jm_are_written(c, k[1], k[2]));
    case JM_ADD:
        *width = k[3];
        return jm_are_written(c, k[1], k[3]) && jm_are_written(c, k[2], k[3]);
    case JM_ORDERED:
        *width = *scratch = k[2];
        return jm_are_written(c, k[1], k[2]) && holds(s->l[0].count, k[2]) && all_below(&s->l[0], k[2]);
    case JM_MEAN:
        *width = k[1];
        for (size_t i = 0; i < s->l[0].count; i++)
            if (!jm_are_written(c, s->l[0].at[i], k[1]))
                return 0;
        return lists > 0 && holds(s->a[0].count, lists);
    case JM_UNSCALE:
        return k[2] <= 1;
    case JM_CORRECT:
        *width = k[2];
        n = lists + (int64_t)s->l[1].count + k[2];
        return jm_are_written(c, k[1], k[2]) && k[3] <= 1 && k[5] <= 1 && holds(s->a[0].count, lists) &&
               holds(s->a[1].count, lists) && holds(s->a[2].count, (int64_t)s->l[1].count) && holds(s->a[3].count, n) &&
               holds(s->a[4].count, n) && holds(s->a[5].count, n * k[2]) && holds(s->a[6].count, k[2]);
    case JM_KNOWN:
        *width = k[2];
        n = (int64_t)s->a[0].count;
        return jm_are_written(c, k[1], k[2]) && holds(s->a[1].count, n) && holds(s->a[2].count, n) && are_marks(s) &&
               build_marks(c, s);
    case JM_SPREAD:
        *width = k[2];
        n = (int64_t)s->a[0].count;
        return jm_are_written(c, k[1], k[2]) && n > 0 && n <= k[2] && holds(s->a[1].count, n);
    case JM_FACTOR:
        return s->a[0].count == 0 || s->a[0].count == s->a[1].count;
    case JM_SIZE:
        return 1;
    case JM_INTERVAL:
        *width = 2;
        return jm_are_written(c, (int64_t)k[1] + k[2], 1) && jm_are_written(c, (int64_t)k[1] + k[3], 1);
    }
    return 0;
}

/* Fills a step from its name and arguments, and marks the registers that it writes. */
jm_status jm_check_step(jm_checker *c, jm_step *step, const char *name, const double *arguments, size_t count)
{
    int64_t width = 0, scratch = 0;
    jm_status status;
    for (step->operation = 0; step->operation < JM_OPERATIONS; step->operation++)
        if (strcmp(operations[step->operation].name, name) == 0)
            break;
    if (step->operation == JM_OPERATIONS)
        return jm_refuse(c->error, JM_UNKNOWN_STEP, "the operation \"%.60s\" is not known to this reader", name);
    if ((status = read_arguments(c, step, arguments, count)) != JM_OK)
        return status;
    if (!fits(c, step, &width, &scratch))
        return refuse_argument(c, step, "has arguments that do not fit one another");
    if (step->k[0] < (int64_t)c->model->column_count || step->k[0] + width > (int64_t)c->model->register_count)
        return refuse_argument(c, step, "writes a register that it may not");
    if (step->operation == JM_TREES && (status = jm_build_trees(c, step)) != JM_OK)
        return status;
    if (step->operation == JM_FOREST && (status = jm_build_forest(c, step)) != JM_OK)
        return status;
    if (step->operation == JM_LINES || step->operation == JM_DENSE || step->operation == JM_WAVES ||
        step->operation == JM_NEIGHBOURS || step->operation == JM_CORRECT)
        c->model->approximate = 1; /* sums that Journeyman itself may take in another order */
    memset(c->written + step->k[0], 1, (size_t)width);
    if ((size_t)scratch > c->model->scratch_count)
        c->model->scratch_count = (size_t)scratch;
    return JM_OK;
}
