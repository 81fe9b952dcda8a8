package @PACKAGE@;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;

/**
 * A released model as a plan of steps: reads {@code plan.txt} and predicts rows of texts or of typed values.
 *
 * <p>It never changes once it is read, so that any number of threads may predict by it at once.
 */
public final class ScoringPlan {
    /** One step of a plan: reads registers of a row and writes others. */
    interface Step {
        void run(double[] r);
    }

    /** A step that reads the texts of a row, too: one a column, empty where it is missing or the column holds no texts. */
    interface TextStep extends Step {
        void run(double[] r, String[] texts);

        @Override
        default void run(double[] r) {
            throw new IllegalStateException("a step on texts needs them");
        }
    }

    String name;
    int version;
    String task;
    String target;
    List<Column> columns = Collections.emptyList();
    int registers;
    Step[] steps;
    int[] scores;
    int[] outputs;
    List<String> labels = Collections.emptyList();
    String labelType;
    double threshold;
    boolean ordered;
    boolean approximate;
    int low;
    int high;

    ScoringPlan() {}

    /**
     * Reads a plan from a file.
     *
     * @throws IOException where the file cannot be read
     * @throws PlanException where it is not a plan, is damaged, or was written by a newer version
     */
    public static ScoringPlan load(Path path) throws IOException {
        return new PlanReader(Files.readAllBytes(path)).read();
    }

    /** Reads a plan from a stream, such as a resource of a jar, which is left open. */
    public static ScoringPlan load(InputStream stream) throws IOException {
        return new PlanReader(stream.readAllBytes()).read();
    }

    /** Predicts a row of texts, as a file of comma-separated values holds them: one a column; null is missing. */
    public Prediction predictTexts(String... row) {
        check(row.length);
        double[] r = new double[registers];
        for (int i = 0; i < row.length; i++) {
            r[i] = columns.get(i).read(row[i]);
        }
        return run(r, row);
    }

    /** Predicts a row of typed values, one a column: see {@link Model#predict(List)}. */
    public Prediction predict(Object... row) {
        check(row.length);
        double[] r = new double[registers];
        for (int i = 0; i < row.length; i++) {
            r[i] = columns.get(i).value(row[i]);
        }
        return run(r, row);
    }

    private void check(int given) {
        if (given != columns.size()) {
            throw new PlanException("a row of " + given + " values; wanted are " + columns.size() + ", one a column");
        }
    }

    private Prediction run(double[] r, Object[] row) {
        String[] texts = new String[row.length];
        for (int i = 0; i < row.length; i++) {
            texts[i] = columns.get(i).text(row[i]);
        }
        for (Step step : steps) {
            if (step instanceof TextStep) {
                ((TextStep) step).run(r, texts);
            } else {
                step.run(r);
            }
        }
        double[] predicted = gather(r, outputs);
        double below = low < 0 ? Double.NaN : r[low];
        double above = high < 0 ? Double.NaN : r[high];
        return new Prediction(this, code(predicted), predicted, gather(r, scores), below, above);
    }

    private static double[] gather(double[] r, int[] places) {
        double[] gathered = new double[places.length];
        for (int i = 0; i < places.length; i++) {
            gathered[i] = r[places[i]];
        }
        return gathered;
    }

    private int code(double[] p) {
        if (labels.isEmpty()) {
            return -1;
        }
        if (ordered) {
            double total = 0.0;
            double sum = 0.0;
            for (int i = 0; i < labels.size(); i++) {
                total += p[i];
            }
            for (int i = 0; i < labels.size(); i++) {
                sum += p[i];
                if (sum >= 0.5 * total - 1e-12) {
                    return i;
                }
            }
            return 0;
        }
        if (!Double.isNaN(threshold)) {
            return p[1] >= threshold ? 1 : 0;
        }
        int best = 0;
        for (int i = 1; i < labels.size(); i++) {
            best = p[i] > p[best] ? i : best;
        }
        return best;
    }

    /** Name of the model. */
    public String name() {
        return name;
    }

    /** Version of the model. */
    public int version() {
        return version;
    }

    /** "binary", "multiclass", "regression", "ordered" or "quantiles". */
    public String task() {
        return task;
    }

    /** Name of the column that is predicted. */
    public String target() {
        return target;
    }

    /** The columns of a row, in their order. */
    public List<Column> columns() {
        return columns;
    }

    /** Texts of the labels in the order of their probabilities; empty for values. */
    public List<String> labels() {
        return labels;
    }

    /** "str", "int", "float" or "bool": what labels are texts of. */
    public String labelType() {
        return labelType;
    }

    /** How many raw scores a prediction has. */
    public int scoreCount() {
        return scores.length;
    }

    /** How many outputs a prediction has. */
    public int outputCount() {
        return outputs.length;
    }

    /** Whether predictions carry an interval. */
    public boolean hasInterval() {
        return low >= 0;
    }

    /** Whether the plan has lines, nets, neighbours or corrections: predictions are then right to 1e-12 of their range. */
    public boolean isApproximate() {
        return approximate;
    }
}
