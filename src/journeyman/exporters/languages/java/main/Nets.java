package @PACKAGE@;

import java.util.Map;
import java.util.function.Function;

/** Lines, and the layers of nets. */
final class Nets {
    private Nets() {}

    static void addTo(Map<String, Function<Arguments, ScoringPlan.Step>> operations) {
        operations.put("constant", Nets::constant);
        operations.put("lines", Nets::lines);
        operations.put("dense", Nets::lines);
        operations.put("squash", Nets::squash);
        operations.put("waves", Nets::waves);
        operations.put("embed", Nets::embed);
        operations.put("bend", Nets::bend);
    }

    private static ScoringPlan.Step constant(Arguments a) {
        int out = a.count();
        double[] values = a.numbers();
        a.writes(out, values.length);
        return r -> System.arraycopy(values, 0, r, out, values.length);
    }

    private static ScoringPlan.Step lines(Arguments a) {
        int out = a.count();
        int[] features = a.registers();
        int outputs = a.count();
        double[] weights = a.numbers();
        double[] offsets = a.numbers();
        a.check(weights.length == (long) features.length * outputs && offsets.length == outputs);
        a.writes(out, outputs);
        return r -> {
            double[] sums = new double[outputs];
            for (int j = 0; j < features.length; j++) {
                double x = r[features[j]];
                for (int k = 0; k < outputs; k++) {
                    double term = x * weights[j * outputs + k];
                    sums[k] = j == 0 ? term : sums[k] + term;
                }
            }
            for (int k = 0; k < outputs; k++) {
                r[out + k] = sums[k] + offsets[k];
            }
        };
    }

    private static ScoringPlan.Step squash(Arguments a) {
        int out = a.count();
        int[] features = a.registers();
        double[] center = a.numbers();
        double[] scale = a.numbers();
        a.check(center.length == features.length && scale.length == features.length);
        a.writes(out, features.length);
        return r -> {
            for (int i = 0; i < features.length; i++) {
                double z = (r[features[i]] - center[i]) * scale[i];
                r[out + i] = z / Math.sqrt(1.0 + (z / 3.0) * (z / 3.0));
            }
        };
    }

    private static ScoringPlan.Step waves(Arguments a) {
        int out = a.count();
        int first = a.count();
        int numbers = a.count();
        int waves = a.count();
        int mixtures = a.count();
        double[] frequency = a.numbers();
        double[] phase = a.numbers();
        double[] mix = a.numbers();
        double[] offset = a.numbers();
        a.reads(first, numbers);
        a.check(frequency.length == (long) numbers * waves && phase.length == frequency.length);
        a.check(mix.length == (long) frequency.length * mixtures && offset.length == (long) numbers * mixtures);
        a.writes(out, offset.length);
        return r -> {
            double[] mixed = new double[mixtures];
            for (int n = 0; n < numbers; n++) {
                for (int w = 0; w < waves; w++) {
                    int at = n * waves + w;
                    double wave = Math.cos(r[first + n] * frequency[at] + phase[at]);
                    for (int m = 0; m < mixtures; m++) {
                        double term = wave * mix[at * mixtures + m];
                        mixed[m] = w == 0 ? term : mixed[m] + term;
                    }
                }
                for (int m = 0; m < mixtures; m++) {
                    r[out + n * mixtures + m] = mixed[m] + offset[n * mixtures + m];
                }
            }
        };
    }

    private static ScoringPlan.Step embed(Arguments a) {
        int out = a.count();
        int column = a.register();
        int rows = a.count();
        int width = a.count();
        double[] values = a.numbers();
        a.check(rows > 0 && values.length == (long) rows * width);
        a.writes(out, width);
        return r -> System.arraycopy(values, Features.row(r[column], rows) * width, r, out, width);
    }

    private static ScoringPlan.Step bend(Arguments a) {
        int out = a.count();
        int first = a.count();
        int count = a.count();
        boolean mish = a.flag();
        double[] slopes = a.numbers();
        a.reads(first, count);
        a.check(slopes.length == count);
        a.writes(out, count);
        return r -> {
            for (int i = 0; i < count; i++) {
                double z = r[first + i];
                r[out + i] = z + slopes[i] * ((mish ? mish(z) : selu(z)) - z);
            }
        };
    }

    private static double selu(double z) {
        return 1.0507009873554805 * (Math.max(z, 0.0) + 1.6732632423543772 * Math.expm1(Math.min(z, 0.0)));
    }

    private static double mish(double z) {
        double e = Math.exp(Math.min(z, 20.0));
        e *= e + 2.0;
        return z * (e / (e + 2.0));
    }
}
