package @PACKAGE@;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A released model that predicts rows of typed values.
 *
 * <p>A value is null where it is missing; a Number; a Boolean; a date or time of {@code java.time} or a
 * {@code java.util.Date}, in UTC where it has no zone; or a String: of a category or a text, or whatever is to be read
 * as a text.
 */
public final class Model {
    private final ScoringPlan plan;

    /** Predicts by a plan. */
    public Model(ScoringPlan plan) {
        this.plan = plan;
    }

    /** Reads a plan from a file: see {@link ScoringPlan#load(Path)}. */
    public static Model load(Path path) throws IOException {
        return new Model(ScoringPlan.load(path));
    }

    /** Reads the plan that this library carries. */
    public static Model load() throws IOException {
        try (InputStream stream = Model.class.getResourceAsStream("plan.txt")) {
            if (stream == null) {
                throw new PlanException("the library carries no plan.txt; load it from a file");
            }
            return new Model(ScoringPlan.load(stream));
        }
    }

    /**
     * Predicts a row of values by the names of their columns; a column that is not named is missing.
     *
     * @throws PlanException where a value has another type
     */
    public Prediction predict(Map<String, ?> row) {
        Object[] values = new Object[plan.columns().size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = row.get(plan.columns().get(i).name());
        }
        return plan.predict(values);
    }

    /**
     * Predicts a row of values in the order of {@link ScoringPlan#columns()}.
     *
     * @throws PlanException where there are more or fewer values, or one has another type
     */
    public Prediction predict(List<?> row) {
        return plan.predict(row.toArray());
    }

    /** The plan, which says what the columns and labels are. */
    public ScoringPlan plan() {
        return plan;
    }
}
