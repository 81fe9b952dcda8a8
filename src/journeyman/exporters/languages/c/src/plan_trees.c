/* Models of trees, and of neighbours. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plan_internal.h"

/* What counts as zero: LightGBM's kZeroThreshold. */
#define NEARLY_ZERO 1.0000000180025095e-35

/* The four views of the features that nodes may look at, one behind the other in the scratch. */
enum { VIEW_ZERO_FOR_NAN, VIEW_AS_IS, VIEW_FLOAT_ZERO_FOR_NAN, VIEW_FLOAT, VIEWS };

static jm_status damaged(const jm_checker *c, const char *why)
{
    return jm_refuse(c->error, JM_NO_PLAN, "the plan is damaged: %s", why);
}

static jm_status no_memory(const jm_checker *c)
{
    return jm_refuse(c->error, JM_NO_MEMORY, "there is not enough memory for the plan");
}

/* Whether walks from all roots end: no node is reached again from below itself. */
static jm_status check_walks(const jm_checker *c, const jm_trees *trees, size_t count)
{
    enum { NEW, OPEN, DONE };
    unsigned char *state = calloc(count + 1, 1);
    int32_t *path = malloc((count + 1) * sizeof *path);
    jm_status status = state == NULL || path == NULL ? no_memory(c) : JM_OK;
    for (size_t t = 0; t < trees->root_count && status == JM_OK; t++) {
        size_t depth = 0;
        if (trees->roots[t] >= 0 && state[trees->roots[t]] == NEW)
            path[depth++] = trees->roots[t];
        while (depth > 0 && status == JM_OK) {
            const jm_node *node = &trees->nodes[path[depth - 1]];
            const int32_t children[2] = {node->left, node->right};
            int deeper = 0;
            state[path[depth - 1]] = OPEN;
            for (int side = 0; side < 2 && !deeper && status == JM_OK; side++) {
                if (children[side] < 0 || state[children[side]] == DONE)
                    continue;
                if (state[children[side]] == OPEN) {
                    status = damaged(c, "a tree leads back to where it came from");
                } else {
                    path[depth++] = children[side];
                    deeper = 1;
                }
            }
            if (!deeper && status == JM_OK)
                state[path[--depth]] = DONE;
        }
    }
    free(state);
    free(path);
    return status;
}

/* Whether a place is a node or, below 0, a leaf. */
static int is_place(int32_t place, size_t nodes, size_t leaves)
{
    return place >= 0 ? (size_t)place < nodes : (size_t)(-1 - place) < leaves;
}

static int all_positions(const jm_ints *list, size_t count)
{
    for (size_t i = 0; i < list->count; i++)
        if ((size_t)list->at[i] >= count)
            return 0;
    return 1;
}

static jm_status build_set(const jm_step *s, jm_node *node, double place, const jm_checker *c)
{
    const jm_ints *starts = &s->l[6];
    size_t set = (size_t)place;
    if (!(place >= 0 && place + 1 < (double)starts->count) || place != floor(place))
        return damaged(c, "a node names a set of categories that is not there");
    if (starts->at[set] > starts->at[set + 1] || (size_t)starts->at[set + 1] > s->a[2].count)
        return damaged(c, "a set of categories ends before it begins, or beyond the last word");
    node->split.set.start = (uint32_t)starts->at[set];
    node->split.set.words = (uint32_t)(starts->at[set + 1] - starts->at[set]);
    node->kind = JM_SPLIT_SET;
    return JM_OK;
}

static jm_status build_node(const jm_step *s, size_t i, jm_node *node, const jm_checker *c)
{
    const int32_t flags = s->l[2].at[i];
    const int missing = flags & 3, goes_left = (flags & 4) != 0;
    const int as_is = missing == 2 || (flags & 8) != 0;
    const uint32_t features = (uint32_t)s->l[0].count;
    if (flags > 31 || missing == 3)
        return damaged(c, "a node has flags that are not known");
    if ((uint32_t)s->l[1].at[i] >= features)
        return damaged(c, "a node asks for a feature that is not there");
    if (!is_place(s->l[3].at[i], s->l[1].count, s->a[1].count) || !is_place(s->l[4].at[i], s->l[1].count, s->a[1].count))
        return damaged(c, "a node leads to a place that is not there");
    node->left = s->l[3].at[i];
    node->right = s->l[4].at[i];
    node->feature = (uint32_t)s->l[1].at[i];
    node->feature += features * (uint32_t)((flags & 16 ? VIEW_FLOAT_ZERO_FOR_NAN : VIEW_ZERO_FOR_NAN) + as_is);
    if (flags & 8)
        return build_set(s, node, s->a[0].at[i], c);
    node->split.number = s->a[0].at[i];
    node->kind = JM_SPLIT_BELOW;
    if (missing == 1)
        node->kind = goes_left ? JM_SPLIT_ZERO_LEFT : JM_SPLIT_ZERO_RIGHT;
    else if (missing == 2 && goes_left)
        node->kind = JM_SPLIT_NOT_ABOVE;
    return JM_OK;
}

jm_status jm_build_trees(jm_checker *c, jm_step *s)
{
    const size_t count = s->l[1].count;
    jm_trees *trees = jm_keep(c->model, 1, sizeof *trees);
    jm_node *nodes = jm_keep(c->model, count, sizeof *nodes);
    uint32_t *bits = jm_keep(c->model, s->a[2].count, sizeof *bits);
    jm_status status = JM_OK;
    if (trees == NULL || nodes == NULL || bits == NULL)
        return no_memory(c);
    if (s->a[0].count != count || s->l[2].count != count || s->l[3].count != count || s->l[4].count != count || count > INT32_MAX / 4)
        return damaged(c, "the arrays of trees are not of one length");
    if (s->l[0].count > INT32_MAX / VIEWS)
        return damaged(c, "trees have too many features");
    for (size_t i = 0; i < s->l[5].count; i++)
        if (!is_place(s->l[5].at[i], count, s->a[1].count))
            return damaged(c, "a tree begins at a place that is not there");
    for (size_t i = 0; i < s->a[2].count; i++) {
        if (!(s->a[2].at[i] >= 0 && s->a[2].at[i] <= UINT32_MAX))
            return damaged(c, "a set of categories is not made of words of 32 bits");
        bits[i] = (uint32_t)s->a[2].at[i];
    }
    trees->nodes = nodes;
    trees->bits = bits;
    trees->roots = s->l[5].at;
    trees->root_count = s->l[5].count;
    trees->plain = 1;
    for (size_t i = 0; i < count; i++) {
        if ((status = build_node(s, i, &nodes[i], c)) != JM_OK)
            return status;
        trees->plain &= nodes[i].kind == JM_SPLIT_BELOW;
        trees->views |= 1 << (nodes[i].feature / (uint32_t)s->l[0].count);
    }
    s->trees = trees;
    return check_walks(c, trees, count);
}

/* A forest's nodes that lead to themselves are leaves. */
jm_status jm_build_forest(jm_checker *c, jm_step *s)
{
    const jm_ints *feature = &s->l[1], *left = &s->l[2], *right = &s->l[3], *leaf = &s->l[4], *roots = &s->l[5];
    const size_t count = feature->count, answers = s->a[1].count / (size_t)s->k[1];
    jm_trees *trees = jm_keep(c->model, 1, sizeof *trees);
    jm_node *nodes = jm_keep(c->model, count, sizeof *nodes);
    int32_t *places = jm_keep(c->model, count, sizeof *places), *begins = jm_keep(c->model, roots->count, sizeof *begins);
    if (trees == NULL || nodes == NULL || places == NULL || begins == NULL)
        return no_memory(c);
    if (s->a[0].count != count || left->count != count || right->count != count || leaf->count != count || roots->count == 0)
        return damaged(c, "the arrays of a forest are not of one length");
    if (!all_positions(left, count) || !all_positions(right, count) || !all_positions(roots, count))
        return damaged(c, "a node leads to a place that is not there");
    for (size_t i = 0; i < count; i++) {
        int is_leaf = (size_t)left->at[i] == i;
        if (is_leaf ? leaf->at[i] < 0 || (size_t)leaf->at[i] >= answers
                    : feature->at[i] < 0 || (size_t)feature->at[i] >= s->l[0].count)
            return damaged(c, "a node of a forest has no answer or no feature");
        places[i] = is_leaf ? -1 - leaf->at[i] : (int32_t)i;
    }
    for (size_t i = 0; i < count; i++) {
        nodes[i].split.number = s->a[0].at[i];
        nodes[i].left = places[left->at[i]];
        nodes[i].right = places[right->at[i]];
        nodes[i].feature = places[i] < 0 ? 0 : (uint32_t)feature->at[i];
        nodes[i].kind = JM_SPLIT_NOT_ABOVE;
    }
    for (size_t i = 0; i < roots->count; i++)
        begins[i] = places[roots->at[i]];
    trees->nodes = nodes;
    trees->roots = begins;
    trees->root_count = roots->count;
    s->trees = trees;
    return check_walks(c, trees, count);
}

static int is_in_set(const uint32_t *bits, const jm_node *node, double x)
{
    uint32_t code;
    if (!(x > -1.0 && x < 2147483648.0)) /* NaN too is in none */
        return 0;
    code = (uint32_t)x;
    return code / 32 < node->split.set.words && (bits[node->split.set.start + code / 32] >> (code % 32) & 1) != 0;
}

/* The leaf that a walk ends at. */
static int32_t walk(const jm_trees *trees, int32_t place, const double *seen)
{
    while (place >= 0) {
        const jm_node *node = &trees->nodes[place];
        const double x = seen[node->feature];
        int left;
        switch (node->kind) {
        case JM_SPLIT_BELOW: left = x <= node->split.number; break;
        case JM_SPLIT_NOT_ABOVE: left = !(x > node->split.number); break;
        case JM_SPLIT_ZERO_LEFT: left = x == 0.0 || x <= node->split.number; break;
        case JM_SPLIT_ZERO_RIGHT: left = x != 0.0 && x <= node->split.number; break;
        default: left = is_in_set(trees->bits, node, x);
        }
        place = left ? node->left : node->right;
    }
    return -1 - place;
}

/* The same where each node asks whether a number is at most its threshold. */
static int32_t walk_plain(const jm_node *nodes, int32_t place, const double *seen)
{
    while (place >= 0) {
        const jm_node *node = &nodes[place];
        place = seen[node->feature] <= node->split.number ? node->left : node->right;
    }
    return -1 - place;
}

static double zero_or(double x)
{
    return fabs(x) <= NEARLY_ZERO ? 0.0 : x;
}

/* Writes the views of a feature that the nodes look at. */
static void show(double x, int views, double *at, size_t features)
{
    const double exact = zero_or(x);
    at[VIEW_ZERO_FOR_NAN * features] = isnan(x) ? 0.0 : exact;
    at[VIEW_AS_IS * features] = exact;
    if (views >= 1 << VIEW_FLOAT_ZERO_FOR_NAN) {
        const double single = zero_or((double)(float)x);
        at[VIEW_FLOAT_ZERO_FOR_NAN * features] = isnan(x) ? 0.0 : single;
        at[VIEW_FLOAT * features] = single;
    }
}

void jm_run_trees(const jm_step *s, double *r, double *scratch)
{
    const jm_trees *trees = s->trees;
    const jm_ints *features = &s->l[0];
    const size_t outputs = (size_t)s->k[1];
    double *out = r + s->k[0];
    size_t output = 0;
    for (size_t j = 0; j < features->count; j++)
        show(r[features->at[j]], trees->views, scratch + j, features->count);
    for (size_t k = 0; k < outputs; k++)
        out[k] = 0.0;
    for (size_t t = 0; t < trees->root_count; t++) {
        int32_t leaf = trees->plain ? walk_plain(trees->nodes, trees->roots[t], scratch) : walk(trees, trees->roots[t], scratch);
        out[output] += s->a[1].at[leaf];
        output = output + 1 == outputs ? 0 : output + 1;
    }
}

void jm_run_forest(const jm_step *s, double *r, double *scratch)
{
    const jm_ints *features = &s->l[0];
    const size_t outputs = (size_t)s->k[1];
    double *out = r + s->k[0];
    for (size_t j = 0; j < features->count; j++)
        scratch[j] = (double)(float)r[features->at[j]];
    for (size_t t = 0; t < s->trees->root_count; t++) {
        const double *answer = s->a[1].at + (size_t)walk(s->trees, s->trees->roots[t], scratch) * outputs;
        for (size_t k = 0; k < outputs; k++)
            out[k] = t == 0 ? answer[k] : out[k] + answer[k];
    }
    for (size_t k = 0; k < outputs; k++)
        out[k] /= (double)s->trees->root_count;
}

void jm_run_symmetric(const jm_step *s, double *r, double *scratch)
{
    const jm_ints *features = &s->l[0], *numbers = &s->l[1], *coded = &s->l[2], *starts = &s->l[3];
    const size_t outputs = (size_t)s->k[1], depth = (size_t)s->k[2];
    const size_t trees = s->a[2].count / (outputs << depth);
    const int32_t *input = s->l[4].at;
    const double *border = s->a[1].at, *leaves = s->a[2].at;
    double *out = r + s->k[0];
    for (size_t i = 0; i < numbers->count; i++)
        scratch[i] = (double)(float)r[features->at[numbers->at[i]]];
    for (size_t i = 0; i < coded->count; i++) {
        const double code = r[features->at[coded->at[i]]];
        const int32_t last = starts->at[i + 1] - starts->at[i] - 1;
        const int32_t slot = !(code > -1.0) ? 0 : code + 1.0 >= last ? last : (int32_t)code + 1;
        scratch[numbers->count + i] = s->a[0].at[starts->at[i] + slot];
    }
    for (size_t k = 0; k < outputs; k++)
        out[k] = s->a[3].at[k];
    for (size_t t = 0; t < trees; t++, input += depth, border += depth, leaves += outputs << depth) {
        size_t leaf = 0;
        for (size_t d = 0; d < depth; d++)
            leaf |= (size_t)(scratch[input[d]] > border[d]) << d;
        for (size_t k = 0; k < outputs; k++)
            out[k] += leaves[leaf * outputs + k];
    }
}

void jm_run_neighbours(const jm_step *s, double *r, double *scratch)
{
    const jm_ints *features = &s->l[0], *columns = &s->l[1];
    const size_t outputs = (size_t)s->k[1], number = (size_t)s->k[2], rows = s->a[3].count, width = columns->count;
    const int near = s->k[3], classes = s->k[4];
    const size_t most = number + 1 < rows ? number + 1 : rows, used = number < most ? number : most;
    double *question = scratch, *distance = scratch + width, *place = distance + number + 1, *out = r + s->k[0];
    double reach, weights = 0.0;
    size_t found = 0;
    for (size_t j = 0; j < width; j++)
        question[j] = r[features->at[columns->at[j]]] * s->a[0].at[j];
    for (size_t i = 0; i < rows; i++) {
        const double *row = s->a[1].at + i * width;
        double sum = 0.0;
        size_t at;
        for (size_t j = 0; j < width; j++)
            sum += (row[j] - question[j]) * (row[j] - question[j]);
        sum = sqrt(sum);
        if (found == most && !(sum < distance[most - 1]))
            continue;
        at = found < most ? found++ : most - 1;
        for (; at > 0 && sum < distance[at - 1]; at--) {
            distance[at] = distance[at - 1];
            place[at] = place[at - 1];
        }
        distance[at] = sum;
        place[at] = (double)i;
    }
    reach = distance[number < most ? number : most - 1];
    reach = reach > 1e-12 ? reach : 1e-12;
    for (size_t k = 0; k < outputs; k++)
        out[k] = 0.0;
    for (size_t n = 0; n < used; n++) {
        const size_t i = (size_t)place[n];
        double weight = s->a[3].at[i];
        if (near) {
            const double share = distance[n] / reach, less = 1.0 - share * share;
            weight *= less > 1e-6 ? less : 1e-6;
        }
        weights += weight;
        for (size_t k = 0; k < outputs; k++)
            out[k] += weight * s->a[2].at[i * outputs + k];
    }
    for (size_t k = 0; k < outputs; k++) {
        out[k] /= weights;
        if (classes)
            out[k] = (out[k] * (double)number + s->a[4].at[k]) / ((double)number + 1.0);
    }
}
