package @PACKAGE@;

import static @PACKAGE@.Operations.divideBySum;
import static @PACKAGE@.Operations.hold;
import static @PACKAGE@.Operations.isFinite;

import java.util.Map;
import java.util.function.Function;

/** Corrections of predictions, rows that were met before, quantiles that are drawn apart, and intervals. */
final class Adjustments {
    private Adjustments() {}

    static void addTo(Map<String, Function<Arguments, ScoringPlan.Step>> operations) {
        operations.put("correct", Adjustments::correct);
        operations.put("known", Adjustments::known);
        operations.put("spread", Adjustments::spread);
        operations.put("factor", Adjustments::factor);
        operations.put("size", Adjustments::size);
        operations.put("interval", Adjustments::interval);
    }

    private static ScoringPlan.Step correct(Arguments a) {
        int out = a.count();
        int first = a.count();
        int count = a.count();
        boolean classes = a.flag();
        int column = a.register();
        double from = a.number();
        double to = a.number();
        boolean missing = a.flag();
        int[] numbers = a.registers();
        double[] low = a.numbers();
        double[] high = a.numbers();
        int[] coded = a.registers();
        double[] codes = a.numbers();
        double[] center = a.numbers();
        double[] spread = a.numbers();
        double[] weights = a.numbers();
        double[] offset = a.numbers();
        int inputs = numbers.length + coded.length + count;
        a.reads(first, count);
        a.check(low.length == numbers.length && high.length == numbers.length && codes.length == coded.length);
        a.check(center.length == inputs && spread.length == inputs && weights.length == (long) inputs * count);
        a.check(offset.length == count);
        a.writes(out, count);
        return r -> {
            System.arraycopy(r, first, r, out, count);
            double asked = r[column];
            if (missing ? !Double.isNaN(asked) : !(asked >= from && asked < to)) {
                return;
            }
            double[] z = new double[inputs];
            int j = 0;
            for (int i = 0; i < numbers.length; i++) {
                z[j++] = hold(r[numbers[i]], low[i], high[i]);
            }
            for (int i = 0; i < coded.length; i++) {
                z[j++] = r[coded[i]] == codes[i] ? 1.0 : 0.0;
            }
            System.arraycopy(r, first, z, j, count);
            for (j = 0; j < inputs; j++) {
                double scaled = (z[j] - center[j]) / spread[j];
                z[j] = Double.isNaN(scaled) ? 0.0 : scaled;
            }
            for (int k = 0; k < count; k++) {
                double sum = z[0] * weights[k];
                for (j = 1; j < inputs; j++) {
                    sum += z[j] * weights[j * count + k];
                }
                r[out + k] = r[first + k] + offset[k] + sum;
            }
            if (classes) {
                for (int k = 0; k < count; k++) {
                    r[out + k] = hold(r[out + k], 0.005, 1.0);
                }
                divideBySum(r, out, count);
            }
        };
    }

    private static long mix(long word) {
        long w = (word ^ (word >>> 30)) * 0xBF58476D1CE4E5B9L;
        w = (w ^ (w >>> 27)) * 0x94D049BB133111EBL;
        return w ^ (w >>> 31);
    }

    private static long mark(double[] r, int[] columns) {
        long sum = 0;
        for (int i = 0; i < columns.length; i++) {
            long word = Double.doubleToLongBits(r[columns[i]] + 0.0); // any NaN has the same bits, -0.0 those of 0.0
            sum += mix(word + (i + 1) * 0xD1342543DE82EF95L);
        }
        return mix(sum);
    }

    private static ScoringPlan.Step known(Arguments a) {
        int out = a.count();
        int first = a.count();
        int count = a.count();
        double prior = a.number();
        int[] columns = a.registers();
        double[] high = a.numbers();
        double[] low = a.numbers();
        double[] labels = a.numbers();
        a.reads(first, count);
        a.check(low.length == high.length && labels.length == high.length);
        a.writes(out, count);
        long[] marks = new long[high.length];
        for (int i = 0; i < marks.length; i++) {
            marks[i] = (long) high[i] << 32 | (long) low[i];
        }
        return r -> {
            System.arraycopy(r, first, r, out, count);
            long mark = mark(r, columns);
            int begin = 0;
            int end = marks.length;
            while (begin < end) {
                int middle = (begin + end) >>> 1;
                if (Long.compareUnsigned(marks[middle], mark) < 0) {
                    begin = middle + 1;
                } else {
                    end = middle;
                }
            }
            while (end < marks.length && marks[end] == mark) {
                end++;
            }
            for (int k = 0; k < count && end > begin; k++) {
                double sum = 0.0;
                for (int i = begin; i < end; i++) {
                    sum += count == 1 ? labels[i] : labels[i] == k ? 1.0 : 0.0;
                }
                r[out + k] = (sum + prior * r[out + k]) / (end - begin + prior);
            }
        };
    }

    private static ScoringPlan.Step spread(Arguments a) {
        int out = a.count();
        int first = a.count();
        int count = a.count();
        double floor = a.number();
        double[] levels = a.numbers();
        double[] factors = a.numbers();
        a.reads(first, count);
        a.check(levels.length > 0 && levels.length <= count && factors.length == levels.length);
        a.writes(out, count);
        return r -> {
            double median = r[first];
            System.arraycopy(r, first, r, out, count);
            for (int k = 0; k < levels.length; k++) {
                double value = median + (r[first + k] - median) * factors[k];
                r[out + k] = value < floor ? floor : value;
            }
            order(r, out, levels, -1);
            order(r, out, levels, 1);
        };
    }

    /** Holds quantiles of one side in order, going away from the median. */
    private static void order(double[] r, int out, double[] levels, int side) {
        double before = r[out];
        double level = levels[0];
        for (;;) {
            int next = -1;
            for (int k = 1; k < levels.length; k++) {
                if (side * levels[k] > side * level && (next < 0 || side * levels[k] < side * levels[next])) {
                    next = k;
                }
            }
            if (next < 0) {
                return;
            }
            if (side * r[out + next] < side * before) {
                r[out + next] = before;
            }
            before = r[out + next];
            level = levels[next];
        }
    }

    private static ScoringPlan.Step factor(Arguments a) {
        int out = a.count();
        int column = a.register();
        double[] at = a.numbers();
        double[] logarithm = a.numbers();
        double unknown = a.number();
        a.check(at.length == 0 || at.length == logarithm.length);
        a.writes(out, 1);
        return r -> {
            double x = r[column];
            if (at.length == 0) {
                r[out] = x >= 0 && x < logarithm.length ? logarithm[(int) x] : unknown;
            } else {
                r[out] = isFinite(x) ? between(x, at, logarithm) : unknown;
            }
        };
    }

    private static double between(double x, double[] at, double[] logarithm) {
        int low = 0;
        int high = at.length - 1;
        if (x <= at[0] || x >= at[high]) {
            return logarithm[x <= at[0] ? 0 : high];
        }
        while (high - low > 1) {
            int middle = (low + high) >>> 1;
            if (at[middle] <= x) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return (logarithm[low + 1] - logarithm[low]) / (at[low + 1] - at[low]) * (x - at[low]) + logarithm[low];
    }

    private static ScoringPlan.Step size(Arguments a) {
        int out = a.count();
        int[] factors = a.registers();
        double base = a.number();
        double low = a.number();
        double high = a.number();
        a.writes(out, 1);
        return r -> {
            double sum = base;
            for (int factor : factors) {
                sum += r[factor];
            }
            r[out] = Math.exp(hold(sum, low, high));
        };
    }

    private static ScoringPlan.Step interval(Arguments a) {
        int out = a.count();
        int first = a.register();
        int lowest = a.count();
        int highest = a.count();
        double below = a.number();
        double above = a.number();
        int size = a.registerOrNone();
        a.reads(first + lowest, 1);
        a.reads(first + highest, 1);
        a.writes(out, 2);
        return r -> {
            double s = size < 0 ? 1.0 : r[size];
            double low = r[first + lowest] - below * s;
            double high = r[first + highest] + above * s;
            r[out] = lowest != highest && low > r[first] ? r[first] : low;
            r[out + 1] = lowest != highest && high < r[first] ? r[first] : high;
        };
    }
}
