package @PACKAGE@;

import static @PACKAGE@.Operations.divideBySum;
import static @PACKAGE@.Operations.hold;

import java.util.Arrays;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Function;

/** Steps from scores to predictions. */
final class Scores {
    private Scores() {}

    static void addTo(Map<String, Function<Arguments, ScoringPlan.Step>> operations) {
        operations.put("copy", a -> each(a, x -> x));
        operations.put("logistic", a -> two(a, s -> 1.0 / (1.0 + Math.exp(-s))));
        operations.put("share", a -> two(a, s -> hold(s, 0.0, 1.0)));
        operations.put("softmax", Scores::softmax);
        operations.put("above", Scores::above);
        operations.put("clip", Scores::clip);
        operations.put("affine", Scores::affine);
        operations.put("divide", Scores::divide);
        operations.put("add", Scores::add);
        operations.put("ordered", Scores::ordered);
        operations.put("mean", Scores::mean);
        operations.put("temper", Scores::temper);
        operations.put("unscale", Scores::unscale);
    }

    private static ScoringPlan.Step each(Arguments a, DoubleUnaryOperator function) {
        int out = a.count();
        int first = a.count();
        int count = a.count();
        return each(a, new int[] {out, first, count}, function);
    }

    private static ScoringPlan.Step each(Arguments a, int[] places, DoubleUnaryOperator function) {
        int out = places[0];
        int first = places[1];
        int count = places[2];
        a.reads(first, count);
        a.writes(out, count);
        return r -> {
            for (int i = 0; i < count; i++) {
                r[out + i] = function.applyAsDouble(r[first + i]);
            }
        };
    }

    private static ScoringPlan.Step two(Arguments a, DoubleUnaryOperator chance) {
        int out = a.count();
        int score = a.register();
        a.writes(out, 2);
        return r -> {
            double p = chance.applyAsDouble(r[score]);
            r[out] = 1.0 - p;
            r[out + 1] = p;
        };
    }

    private static ScoringPlan.Step softmax(Arguments a) {
        int out = a.count();
        int first = a.count();
        int count = a.count();
        a.reads(first, count);
        a.writes(out, count);
        return r -> {
            double greatest = Double.NEGATIVE_INFINITY;
            for (int i = 0; i < count; i++) {
                greatest = Math.max(greatest, r[first + i]);
            }
            for (int i = 0; i < count; i++) {
                r[out + i] = Math.exp(r[first + i] - greatest);
            }
            divideBySum(r, out, count);
        };
    }

    private static ScoringPlan.Step above(Arguments a) {
        int out = a.count();
        int first = a.register();
        int count = a.count();
        boolean each = a.flag();
        double[] thresholds = a.numbers();
        a.check(thresholds.length == count);
        a.reads(first, each ? count : 1);
        a.writes(out, count + 1L);
        return r -> {
            double[] chances = new double[count];
            for (int i = 0; i < count; i++) {
                chances[i] = 1.0 / (1.0 + Math.exp(-(r[first + (each ? i : 0)] - thresholds[i])));
            }
            Arrays.sort(chances);
            double before = 1.0;
            for (int i = 0; i <= count; i++) {
                double after = i < count ? chances[count - 1 - i] : 0.0;
                r[out + i] = Math.max(before - after, 1e-9);
                before = after;
            }
            divideBySum(r, out, count + 1);
        };
    }

    private static ScoringPlan.Step clip(Arguments a) {
        int[] places = {a.count(), a.count(), a.count()};
        double low = a.number();
        double high = a.number();
        return each(a, places, x -> hold(x, low, high));
    }

    private static ScoringPlan.Step affine(Arguments a) {
        int[] places = {a.count(), a.count(), a.count()};
        double shift = a.number();
        double scale = a.number();
        return each(a, places, x -> shift + scale * x);
    }

    private static ScoringPlan.Step divide(Arguments a) {
        int[] places = {a.count(), a.count(), a.count()};
        double by = a.number();
        return each(a, places, x -> x / by);
    }

    private static ScoringPlan.Step add(Arguments a) {
        int out = a.count();
        int left = a.count();
        int right = a.count();
        int count = a.count();
        a.reads(left, count);
        a.reads(right, count);
        a.writes(out, count);
        return r -> {
            for (int i = 0; i < count; i++) {
                r[out + i] = r[left + i] + r[right + i];
            }
        };
    }

    private static ScoringPlan.Step ordered(Arguments a) {
        int out = a.count();
        int first = a.count();
        int count = a.count();
        int[] order = a.wholes(0);
        a.reads(first, count);
        a.check(order.length == count && Arguments.below(order, count));
        a.writes(out, count);
        return r -> {
            double[] values = Arrays.copyOfRange(r, first, first + count);
            Arrays.sort(values);
            for (int i = 0; i < count; i++) {
                r[out + order[i]] = values[i];
            }
        };
    }

    private static ScoringPlan.Step mean(Arguments a) {
        int out = a.count();
        int count = a.count();
        int[] members = a.wholes(0);
        double[] weights = a.numbers();
        a.check(members.length > 0 && weights.length == members.length);
        for (int member : members) {
            a.reads(member, count);
        }
        a.writes(out, count);
        return r -> {
            for (int k = 0; k < count; k++) {
                double sum = weights[0] * r[members[0] + k];
                for (int i = 1; i < members.length; i++) {
                    sum += weights[i] * r[members[i] + k];
                }
                r[out + k] = sum;
            }
        };
    }

    private static ScoringPlan.Step temper(Arguments a) {
        int[] places = {a.count(), a.count(), a.count()};
        double power = a.number();
        ScoringPlan.Step powers = each(a, places, x -> Math.pow(hold(x, 1e-7, 1.0), power));
        return r -> {
            powers.run(r);
            divideBySum(r, places[0], places[2]);
        };
    }

    private static ScoringPlan.Step unscale(Arguments a) {
        int out = a.count();
        int first = a.register();
        boolean square = a.flag();
        double most = a.number();
        double low = a.number();
        return each(a, new int[] {out, first, 1}, value -> {
            double x = hold(value, 0.0, most);
            return (square ? x * x : Math.expm1(x)) + low;
        });
    }
}
