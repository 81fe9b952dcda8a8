package @PACKAGE@;

import java.util.Map;
import java.util.function.Function;

/** Models of trees, and of neighbours. */
final class Trees {
    /** What counts as zero: LightGBM's kZeroThreshold. */
    private static final double NEARLY_ZERO = 1.0000000180025095e-35;

    private static final int BELOW = 0;
    private static final int NOT_ABOVE = 1;
    private static final int ZERO_LEFT = 2;
    private static final int ZERO_RIGHT = 3;
    private static final int SET = 4;

    private Trees() {}

    static void addTo(Map<String, Function<Arguments, ScoringPlan.Step>> operations) {
        operations.put("trees", Trees::trees);
        operations.put("forest", Trees::forest);
        operations.put("symmetric", Trees::symmetric);
        operations.put("neighbours", Trees::neighbours);
    }

    /** Nodes of trees: four whole numbers each (feature, left, right, kind), a child below 0 being the leaf -1 - child. */
    private static final class Nodes {
        final int[] links;
        final double[] thresholds;
        final int[] bits;
        final int[] starts;

        Nodes(int count, int[] bits, int[] starts) {
            this.links = new int[4 * count];
            this.thresholds = new double[count];
            this.bits = bits;
            this.starts = starts;
        }

        void put(int node, int feature, int left, int right, int kind) {
            links[4 * node] = feature;
            links[4 * node + 1] = left;
            links[4 * node + 2] = right;
            links[4 * node + 3] = kind;
        }

        int walk(int root, double[] seen) {
            int place = root;
            while (place >= 0) {
                int at = 4 * place;
                double x = seen[links[at]];
                boolean left;
                switch (links[at + 3]) {
                    case BELOW:
                        left = x <= thresholds[place];
                        break;
                    case NOT_ABOVE:
                        left = !(x > thresholds[place]);
                        break;
                    case ZERO_LEFT:
                        left = x == 0.0 || x <= thresholds[place];
                        break;
                    case ZERO_RIGHT:
                        left = x != 0.0 && x <= thresholds[place];
                        break;
                    default:
                        left = isInSet((int) thresholds[place], x);
                }
                place = links[left ? at + 1 : at + 2];
            }
            return -1 - place;
        }

        private boolean isInSet(int set, double x) {
            if (!(x > -1.0 && x < 2147483648.0)) { // NaN too is in none
                return false;
            }
            int code = (int) x;
            int word = starts[set] + (code >> 5);
            return word < starts[set + 1] && (bits[word] >>> (code & 31) & 1) == 1;
        }

        /** Whether walks from all roots end: no node is reached again from below itself. */
        boolean end(int[] roots) {
            int nodes = thresholds.length;
            byte[] state = new byte[nodes]; // 0 new, 1 on the path, 2 done
            int[] path = new int[nodes + 1];
            for (int root : roots) {
                int depth = 0;
                if (root >= 0 && state[root] == 0) {
                    path[depth++] = root;
                }
                while (depth > 0) {
                    int node = path[depth - 1];
                    state[node] = 1;
                    int next = -1;
                    for (int side = 1; side <= 2 && next < 0; side++) {
                        int child = links[4 * node + side];
                        if (child >= 0 && state[child] == 1) {
                            return false;
                        }
                        next = child >= 0 && state[child] == 0 ? child : -1;
                    }
                    if (next >= 0) {
                        path[depth++] = next;
                    } else {
                        state[node] = 2;
                        depth--;
                    }
                }
            }
            return true;
        }
    }

    private static boolean arePlaces(int[] places, int nodes, int leaves) {
        for (int place : places) {
            if (place >= 0 ? place >= nodes : -1 - place >= leaves) {
                return false;
            }
        }
        return true;
    }

    private static int kind(int flags) {
        boolean left = (flags & 4) != 0;
        if ((flags & 8) != 0) {
            return SET;
        }
        if ((flags & 3) == 1) {
            return left ? ZERO_LEFT : ZERO_RIGHT;
        }
        return (flags & 3) == 2 && left ? NOT_ABOVE : BELOW;
    }

    private static ScoringPlan.Step trees(Arguments a) {
        int out = a.count();
        int[] features = a.registers();
        int outputs = a.count();
        int[] feature = a.wholes(0);
        double[] threshold = a.numbers();
        int[] flags = a.wholes(0);
        int[] left = a.wholes(Integer.MIN_VALUE);
        int[] right = a.wholes(Integer.MIN_VALUE);
        double[] leaves = a.numbers();
        int[] roots = a.wholes(Integer.MIN_VALUE);
        int[] starts = a.wholes(0);
        double[] words = a.numbers();
        int count = feature.length;
        int width = features.length;
        a.check(outputs > 0 && threshold.length == count && flags.length == count && left.length == count);
        a.check(right.length == count && Arguments.below(feature, width) && arePlaces(roots, count, leaves.length));
        a.check(arePlaces(left, count, leaves.length) && arePlaces(right, count, leaves.length));
        int[] bits = new int[words.length];
        for (int i = 0; i < bits.length; i++) {
            a.check(words[i] >= 0 && words[i] <= 4294967295.0);
            bits[i] = (int) (long) words[i];
        }
        for (int i = 1; i < starts.length; i++) {
            a.check(starts[i - 1] <= starts[i] && starts[i] <= bits.length);
        }
        Nodes nodes = new Nodes(count, bits, starts);
        boolean single = false;
        for (int i = 0; i < count; i++) {
            int kind = kind(flags[i]);
            a.check(flags[i] < 32 && (flags[i] & 3) != 3);
            a.check(kind != SET || (threshold[i] >= 0 && threshold[i] + 1 < starts.length));
            boolean asIs = kind == SET || (flags[i] & 3) == 2; // else NaN counts as 0
            single |= (flags[i] & 16) != 0;
            int view = ((flags[i] & 16) != 0 ? 2 : 0) + (asIs ? 1 : 0);
            nodes.put(i, feature[i] + view * width, left[i], right[i], kind);
            nodes.thresholds[i] = threshold[i];
        }
        a.check(nodes.end(roots));
        a.writes(out, outputs);
        int views = single ? 4 : 2;
        return r -> {
            double[] seen = new double[views * width];
            for (int j = 0; j < width; j++) {
                show(r[features[j]], seen, j, width);
            }
            for (int k = 0; k < outputs; k++) {
                r[out + k] = 0.0;
            }
            int output = 0;
            for (int root : roots) {
                r[out + output] += leaves[nodes.walk(root, seen)];
                output = output + 1 == outputs ? 0 : output + 1;
            }
        };
    }

    /** Writes the views of a feature that nodes look at: NaN as 0, as it is, and both rounded to float. */
    private static void show(double x, double[] seen, int j, int width) {
        double exact = Math.abs(x) <= NEARLY_ZERO ? 0.0 : x;
        seen[j] = Double.isNaN(x) ? 0.0 : exact;
        seen[width + j] = exact;
        if (seen.length > 2 * width) {
            double single = (float) x;
            single = Math.abs(single) <= NEARLY_ZERO ? 0.0 : single;
            seen[2 * width + j] = Double.isNaN(x) ? 0.0 : single;
            seen[3 * width + j] = single;
        }
    }

    private static ScoringPlan.Step forest(Arguments a) {
        int out = a.count();
        int[] features = a.registers();
        int outputs = a.count();
        int[] feature = a.wholes(Integer.MIN_VALUE);
        double[] threshold = a.numbers();
        int[] left = a.wholes(0);
        int[] right = a.wholes(0);
        int[] leaf = a.wholes(Integer.MIN_VALUE);
        double[] answers = a.numbers();
        int[] begins = a.wholes(0);
        int count = feature.length;
        a.check(outputs > 0 && answers.length % outputs == 0 && threshold.length == count && leaf.length == count);
        a.check(left.length == count && right.length == count && Arguments.below(left, count) && Arguments.below(right, count));
        a.check(Arguments.below(begins, count) && begins.length > 0);
        int[] places = new int[count];
        for (int i = 0; i < count; i++) {
            boolean isLeaf = left[i] == i;
            a.check(isLeaf ? leaf[i] >= 0 && leaf[i] < answers.length / outputs : feature[i] >= 0 && feature[i] < features.length);
            places[i] = isLeaf ? -1 - leaf[i] : i;
        }
        Nodes nodes = new Nodes(count, null, null);
        for (int i = 0; i < count; i++) {
            nodes.put(i, Math.max(feature[i], 0), places[left[i]], places[right[i]], NOT_ABOVE);
            nodes.thresholds[i] = threshold[i];
        }
        int[] roots = new int[begins.length];
        for (int i = 0; i < roots.length; i++) {
            roots[i] = places[begins[i]];
        }
        a.check(nodes.end(roots));
        a.writes(out, outputs);
        return r -> {
            double[] seen = new double[features.length];
            for (int j = 0; j < seen.length; j++) {
                seen[j] = (float) r[features[j]];
            }
            for (int t = 0; t < roots.length; t++) {
                int answer = nodes.walk(roots[t], seen) * outputs;
                for (int k = 0; k < outputs; k++) {
                    r[out + k] = t == 0 ? answers[answer + k] : r[out + k] + answers[answer + k];
                }
            }
            for (int k = 0; k < outputs; k++) {
                r[out + k] /= roots.length;
            }
        };
    }

    private static ScoringPlan.Step symmetric(Arguments a) {
        int out = a.count();
        int[] features = a.registers();
        int outputs = a.count();
        int[] numbers = a.wholes(0);
        int[] coded = a.wholes(0);
        int[] starts = a.wholes(0);
        double[] tables = a.numbers();
        int depth = a.count();
        int[] input = a.wholes(0);
        double[] border = a.numbers();
        double[] leaves = a.numbers();
        double[] bias = a.numbers();
        a.check(outputs > 0 && depth <= 30 && bias.length == outputs && starts.length == coded.length + 1);
        a.check(starts[coded.length] <= tables.length);
        for (int i = 0; i < coded.length; i++) {
            a.check(starts[i] < starts[i + 1]);
        }
        long block = (long) outputs << depth;
        int trees = (int) (leaves.length / block);
        a.check(leaves.length == trees * block && input.length == (long) trees * depth && border.length == input.length);
        a.check(Arguments.below(numbers, features.length) && Arguments.below(coded, features.length));
        a.check(Arguments.below(input, numbers.length + coded.length));
        a.writes(out, outputs);
        return r -> {
            double[] seen = new double[numbers.length + coded.length];
            for (int i = 0; i < numbers.length; i++) {
                seen[i] = (float) r[features[numbers[i]]];
            }
            for (int i = 0; i < coded.length; i++) {
                double code = r[features[coded[i]]];
                int slot = code > -1.0 ? (int) Math.min(code + 1.0, starts[i + 1] - starts[i] - 1) : 0;
                seen[numbers.length + i] = tables[starts[i] + slot];
            }
            System.arraycopy(bias, 0, r, out, outputs);
            for (int t = 0; t < trees; t++) {
                int leaf = t << depth;
                for (int d = 0; d < depth; d++) {
                    leaf += seen[input[t * depth + d]] > border[t * depth + d] ? 1 << d : 0;
                }
                for (int k = 0; k < outputs; k++) {
                    r[out + k] += leaves[leaf * outputs + k];
                }
            }
        };
    }

    private static ScoringPlan.Step neighbours(Arguments a) {
        int out = a.count();
        int[] features = a.registers();
        int outputs = a.count();
        int[] columns = a.wholes(0);
        double[] scale = a.numbers();
        double[] rows = a.numbers();
        double[] answers = a.numbers();
        double[] copies = a.numbers();
        double[] prior = a.numbers();
        int number = a.count();
        boolean near = a.flag();
        boolean classes = a.flag();
        int width = columns.length;
        int count = copies.length;
        a.check(count > 0 && number > 0 && Arguments.below(columns, features.length) && scale.length == width);
        a.check(rows.length == (long) count * width && answers.length == (long) count * outputs);
        a.check(!classes || prior.length == outputs);
        a.writes(out, outputs);
        int most = Math.min(number + 1, count);
        return r -> {
            double[] question = new double[width];
            double[] distance = new double[most];
            int[] place = new int[most];
            for (int j = 0; j < width; j++) {
                question[j] = r[features[columns[j]]] * scale[j];
            }
            int found = 0;
            for (int i = 0; i < count; i++) {
                double sum = 0.0;
                for (int j = 0; j < width; j++) {
                    double apart = rows[i * width + j] - question[j];
                    sum += apart * apart;
                }
                sum = Math.sqrt(sum);
                if (found == most && !(sum < distance[most - 1])) {
                    continue;
                }
                int at = found < most ? found++ : most - 1;
                for (; at > 0 && sum < distance[at - 1]; at--) {
                    distance[at] = distance[at - 1];
                    place[at] = place[at - 1];
                }
                distance[at] = sum;
                place[at] = i;
            }
            double reach = Math.max(distance[Math.min(number, most - 1)], 1e-12);
            double weights = 0.0;
            double[] sums = new double[outputs];
            for (int n = 0; n < Math.min(number, most); n++) {
                double share = distance[n] / reach;
                double weight = copies[place[n]] * (near ? Math.max(1.0 - share * share, 1e-6) : 1.0);
                weights += weight;
                for (int k = 0; k < outputs; k++) {
                    sums[k] += weight * answers[place[n] * outputs + k];
                }
            }
            for (int k = 0; k < outputs; k++) {
                double mean = sums[k] / weights;
                r[out + k] = classes ? (mean * number + prior[k]) / (number + 1.0) : mean;
            }
        };
    }
}
