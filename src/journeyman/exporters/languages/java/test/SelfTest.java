package @PACKAGE@;

import java.io.IOException;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.List;

/** Compares the reader with the predictions that the model was released with: {@code SelfTest PLAN SELFTEST}. */
public final class SelfTest {
    private static final double UNITS = 4; // in the last place of the greatest prediction
    private static final double SHARE = 1e-12; // of the range, where a model has lines, nets, neighbours or corrections

    private final ScoringPlan plan;
    private final int columns;
    private final int scores;
    private final int outputs;
    private double tolerance;

    private SelfTest(ScoringPlan plan) {
        this.plan = plan;
        this.columns = plan.columns().size();
        this.scores = plan.scoreCount();
        this.outputs = plan.outputCount();
    }

    /** Compares, and ends with 1 where a row differs. */
    public static void main(String[] words) {
        if (words.length != 2) {
            System.err.println("usage: SelfTest PLAN SELFTEST");
            System.exit(2);
        }
        try {
            SelfTest test = new SelfTest(ScoringPlan.load(Paths.get(words[0])));
            if (!test.compare(Paths.get(words[1]))) {
                System.exit(1);
            }
        } catch (IOException | PlanException error) {
            System.err.println(error.toString());
            System.exit(1);
        }
    }

    private boolean compare(Path path) throws IOException {
        int width = columns + scores + outputs + (plan.hasInterval() ? 2 : 0) + (plan.labels().isEmpty() ? 0 : 1);
        findTolerance(path);
        int rows = 0;
        int different = 0;
        try (Csv csv = new Csv(path)) {
            if (csv.next().size() != width) {
                throw new PlanException("the file does not hold the model's columns, scores and predictions");
            }
            for (List<String> row = csv.next(); row != null; row = csv.next()) {
                rows++;
                String found = difference(row, plan.predictTexts(row.subList(0, columns).toArray(new String[0])));
                if (found != null) {
                    different++;
                    System.err.println("row " + rows + ": " + found);
                }
            }
        }
        System.out.println(rows + " rows, " + different + " differ");
        return rows > 0 && different == 0;
    }

    private void findTolerance(Path path) throws IOException {
        double low = Double.POSITIVE_INFINITY;
        double high = Double.NEGATIVE_INFINITY;
        try (Csv csv = new Csv(path)) {
            csv.next();
            for (List<String> row = csv.next(); row != null; row = csv.next()) {
                for (int i = 0; i < outputs + (plan.hasInterval() ? 2 : 0); i++) {
                    double value = number(row.get(columns + scores + i));
                    low = value < low ? value : low;
                    high = value > high ? value : high;
                }
            }
        }
        double greatest = Math.max(plan.labels().isEmpty() ? 0.0 : 1.0, Math.max(high, -low));
        tolerance = plan.isApproximate() ? SHARE * Math.max(1.0, high - low) : UNITS * Math.ulp(greatest);
    }

    private String difference(List<String> row, Prediction p) {
        for (int i = 0; i < scores; i++) {
            double wanted = number(row.get(columns + i));
            if (Double.doubleToLongBits(wanted) != Double.doubleToLongBits(p.scores()[i])) {
                return "score " + i + " is " + p.scores()[i] + ", but should be " + wanted;
            }
        }
        int at = columns + scores;
        for (int i = 0; i < outputs; i++, at++) {
            if (!isNear(number(row.get(at)), p.outputs()[i])) {
                return "prediction " + i + " is " + p.outputs()[i] + ", but should be " + row.get(at);
            }
        }
        if (plan.hasInterval()) {
            if (!isNear(number(row.get(at)), p.low()) || !isNear(number(row.get(at + 1)), p.high())) {
                return "the interval is " + p.low() + " to " + p.high() + ", but should be " + row.get(at) + " to " + row.get(at + 1);
            }
            at += 2;
        }
        if (p.labelText() != null && !p.labelText().equals(row.get(at))) {
            return "label is '" + p.labelText() + "', but should be '" + row.get(at) + "'";
        }
        return null;
    }

    private boolean isNear(double wanted, double found) {
        return Double.isNaN(wanted) ? Double.isNaN(found) : wanted == found || Math.abs(wanted - found) <= tolerance;
    }

    private static double number(String text) {
        switch (text) {
            case "nan":
                return Double.NaN;
            case "inf":
                return Double.POSITIVE_INFINITY;
            case "-inf":
                return Double.NEGATIVE_INFINITY;
            default:
                return Double.parseDouble(text);
        }
    }
}
