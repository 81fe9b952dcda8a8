package @PACKAGE@;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.List;

/** Answers a file of comma-separated rows: {@code Answer PLAN ROWS ANSWERS}. */
public final class Answer {
    private Answer() {}

    /** Answers a file. */
    public static void main(String[] words) {
        if (words.length != 3) {
            System.err.println("usage: Answer PLAN ROWS ANSWERS");
            System.exit(2);
        }
        try {
            answer(ScoringPlan.load(Paths.get(words[0])), Paths.get(words[1]), Paths.get(words[2]));
        } catch (IOException | PlanException error) {
            System.err.println(error instanceof PlanException ? error.getMessage() : error.toString());
            System.exit(1);
        }
    }

    static void answer(ScoringPlan plan, Path rows, Path answers) throws IOException {
        try (Csv csv = new Csv(rows);
                BufferedWriter writer = Files.newBufferedWriter(answers, StandardCharsets.UTF_8)) {
            int[] places = places(plan, csv.next());
            writer.write(heading(plan));
            for (List<String> row = csv.next(); row != null; row = csv.next()) {
                String[] texts = new String[places.length];
                for (int i = 0; i < texts.length; i++) {
                    texts[i] = places[i] < row.size() ? row.get(places[i]) : null;
                }
                writer.write(line(plan, plan.predictTexts(texts)));
            }
        }
    }

    private static int[] places(ScoringPlan plan, List<String> heading) {
        int[] places = new int[plan.columns().size()];
        for (int i = 0; i < places.length; i++) {
            String name = plan.columns().get(i).name();
            places[i] = heading == null ? -1 : heading.indexOf(name);
            if (places[i] < 0) {
                throw new PlanException("no column '" + name + "' in the file");
            }
        }
        return places;
    }

    private static String heading(ScoringPlan plan) {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < plan.scoreCount(); i++) {
            names.add("score " + i);
        }
        for (int i = 0; i < plan.outputCount(); i++) {
            names.add("prediction " + i);
        }
        if (plan.hasInterval()) {
            names.add("low");
            names.add("high");
        }
        if (!plan.labels().isEmpty()) {
            names.add("label");
        }
        return String.join(",", names) + "\n";
    }

    private static String line(ScoringPlan plan, Prediction prediction) {
        List<String> fields = new ArrayList<>();
        for (double score : prediction.scores()) {
            fields.add(text(score));
        }
        for (double output : prediction.outputs()) {
            fields.add(text(output));
        }
        if (plan.hasInterval()) {
            fields.add(text(prediction.low()));
            fields.add(text(prediction.high()));
        }
        if (!plan.labels().isEmpty()) {
            fields.add(Csv.quoted(prediction.labelText()));
        }
        return String.join(",", fields) + "\n";
    }

    private static String text(double number) {
        if (Double.isNaN(number)) {
            return "nan";
        }
        return Double.isInfinite(number) ? number < 0 ? "-inf" : "inf" : Double.toString(number);
    }
}
