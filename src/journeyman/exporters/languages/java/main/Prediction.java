package @PACKAGE@;

import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What is predicted of a row. */
public final class Prediction {
    private final List<String> labels;
    private final String labelType;
    private final int code;
    private final double[] outputs;
    private final double[] scores;
    private final double low;
    private final double high;

    Prediction(ScoringPlan plan, int code, double[] outputs, double[] scores, double low, double high) {
        this.labels = plan.labels();
        this.labelType = plan.labelType();
        this.code = code;
        this.outputs = outputs;
        this.scores = scores;
        this.low = low;
        this.high = high;
    }

    /** Position of the predicted label; -1 where values are predicted. */
    public int code() {
        return code;
    }

    /** Text of the predicted label; null where values are predicted. */
    public String labelText() {
        return code < 0 ? null : labels.get(code);
    }

    /** The predicted label as a String, Long, Double or Boolean; null where values are predicted. */
    public Object label() {
        String text = labelText();
        if (text == null) {
            return null;
        }
        switch (labelType) {
            case "int":
                return text.matches("[+-]?[0-9]{1,18}") ? Long.parseLong(text) : (long) Double.parseDouble(text);
            case "float":
                return Double.parseDouble(text);
            case "bool":
                return Arrays.asList("true", "1", "1.0", "yes").contains(text.toLowerCase(java.util.Locale.ROOT));
            default:
                return text;
        }
    }

    /** The predicted value; of classes the greatest probability. */
    public double value() {
        return code < 0 ? outputs[0] : outputs[code];
    }

    /** Probabilities in the order of the labels, or values. */
    public double[] outputs() {
        return outputs.clone();
    }

    /** Probabilities by the texts of the labels; empty where values are predicted. */
    public Map<String, Double> probabilities() {
        Map<String, Double> named = new LinkedHashMap<>();
        for (int i = 0; i < labels.size(); i++) {
            named.put(labels.get(i), outputs[i]);
        }
        return Collections.unmodifiableMap(named);
    }

    /** Raw scores, equal to the last bit everywhere. */
    public double[] scores() {
        return scores.clone();
    }

    /** Lower end of the interval; NaN where the model has none. */
    public double low() {
        return low;
    }

    /** Upper end of the interval; NaN where the model has none. */
    public double high() {
        return high;
    }
}
