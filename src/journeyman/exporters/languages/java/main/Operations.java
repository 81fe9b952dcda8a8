package @PACKAGE@;

import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/** The operations of a plan by their names. */
final class Operations {
    /** Those with sums that Journeyman itself may take in another order. */
    static final Set<String> APPROXIMATE = Collections.unmodifiableSet(
            new HashSet<>(Arrays.asList("lines", "dense", "waves", "neighbours", "correct")));

    private static final Map<String, Function<Arguments, ScoringPlan.Step>> BY_NAME = new HashMap<>();

    static {
        Features.addTo(BY_NAME);
        FreeTexts.addTo(BY_NAME);
        Trees.addTo(BY_NAME);
        Nets.addTo(BY_NAME);
        Scores.addTo(BY_NAME);
        Adjustments.addTo(BY_NAME);
    }

    private Operations() {}

    static ScoringPlan.Step step(String name, Arguments arguments) {
        Function<Arguments, ScoringPlan.Step> operation = BY_NAME.get(name);
        if (operation == null) {
            throw new PlanException("the operation '" + name + "' is not known to this reader");
        }
        ScoringPlan.Step step = operation.apply(arguments);
        arguments.end();
        return step;
    }

    /** Holds a number within two others; NaN stays. */
    static double hold(double x, double low, double high) {
        return x < low ? low : x > high ? high : x;
    }

    static double finite(double x) {
        return Double.isNaN(x) || Double.isInfinite(x) ? Double.NaN : x;
    }

    static boolean isFinite(double x) {
        return Math.abs(x) <= Double.MAX_VALUE;
    }

    static void divideBySum(double[] r, int first, int count) {
        double sum = count > 0 ? r[first] : 1.0;
        for (int i = 1; i < count; i++) {
            sum += r[first + i];
        }
        for (int i = 0; i < count; i++) {
            r[first + i] /= sum;
        }
    }
}
