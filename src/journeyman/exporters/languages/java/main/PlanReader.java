package @PACKAGE@;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/** Reads the words of {@code plan.txt} into a plan. */
final class PlanReader {
    private static final int MOST_REGISTERS = 1 << 24;

    private final byte[] bytes;
    private int at;
    private int words;

    PlanReader(byte[] bytes) {
        this.bytes = bytes;
    }

    ScoringPlan read() {
        if (!word().equals("journeyman-plan")) {
            throw new PlanException("the file is not a plan: it does not begin with 'journeyman-plan'");
        }
        String form = word();
        if (!form.equals("1")) {
            throw new PlanException("the plan was written by a newer version: it is of version " + form + ", this reader knows 1");
        }
        ScoringPlan plan = new ScoringPlan();
        keyword("name");
        plan.name = text();
        keyword("version");
        plan.version = whole(0, Integer.MAX_VALUE);
        keyword("task");
        plan.task = text();
        keyword("target");
        plan.target = text();
        keyword("texts");
        List<List<String>> texts = new ArrayList<>();
        for (int i = count(); i > 0; i--) {
            texts.add(textList());
        }
        keyword("arrays");
        double[][] arrays = new double[count()][];
        for (int i = 0; i < arrays.length; i++) {
            arrays[i] = numbers();
        }
        readColumns(plan, texts);
        readSteps(plan, arrays, texts);
        readLabels(plan, texts);
        keyword("end");
        return plan;
    }

    private void readColumns(ScoringPlan plan, List<List<String>> texts) {
        keyword("columns");
        Column[] columns = new Column[count()];
        for (int i = 0; i < columns.length; i++) {
            String[] facts = {text(), word(), word(), text()};
            if (!Arrays.asList("number", "boolean", "category", "date", "text").contains(facts[1])) {
                throw damaged(facts[1], "a kind of column");
            }
            if (!facts[2].equals(".") && !facts[2].equals(",")) {
                throw damaged(facts[2], "a decimal sign");
            }
            List<String> categories = texts.get(whole(0, texts.size() - 1));
            List<String> missing = texts.get(whole(0, texts.size() - 1));
            List<String> formats = texts.get(whole(0, texts.size() - 1));
            columns[i] = new Column(facts, categories, missing, new Dates(formats, whole(0, 9999)));
        }
        plan.columns = Collections.unmodifiableList(Arrays.asList(columns));
    }

    private void readSteps(ScoringPlan plan, double[][] arrays, List<List<String>> texts) {
        keyword("registers");
        plan.registers = whole(plan.columns.size(), MOST_REGISTERS);
        boolean[] written = new boolean[plan.registers];
        Arrays.fill(written, 0, plan.columns.size(), true);
        keyword("steps");
        plan.steps = new ScoringPlan.Step[count()];
        for (int i = 0; i < plan.steps.length; i++) {
            String name = word();
            Arguments arguments = new Arguments(name, numbers(), arrays, texts, written, plan.columns);
            plan.steps[i] = Operations.step(name, arguments);
            plan.approximate |= Operations.APPROXIMATE.contains(name);
        }
        keyword("scores");
        plan.scores = registers(written);
        keyword("outputs");
        plan.outputs = registers(written);
    }

    private void readLabels(ScoringPlan plan, List<List<String>> texts) {
        keyword("labels");
        int list = whole(-1, texts.size() - 1);
        plan.labelType = word();
        if (!Arrays.asList("str", "int", "float", "bool").contains(plan.labelType)) {
            throw damaged(plan.labelType, "a type of labels");
        }
        plan.threshold = number();
        plan.ordered = whole(0, 1) == 1;
        if (list >= 0) {
            plan.labels = texts.get(list);
            boolean two = plan.labels.size() == 2 || Double.isNaN(plan.threshold);
            if (plan.labels.isEmpty() || plan.labels.size() > plan.outputs.length || !two) {
                throw damaged(Integer.toString(plan.labels.size()), "an output for each label, and two with a threshold");
            }
        }
        keyword("interval");
        plan.low = whole(-1, plan.registers - 1);
        plan.high = whole(-1, plan.registers - 1);
        if (plan.low < 0 != plan.high < 0) {
            throw damaged("-1", "both ends of the interval");
        }
    }

    private PlanException damaged(String found, String wanted) {
        return new PlanException("the plan is damaged: word " + words + " is '" + found + "', but " + wanted + " was expected");
    }

    private String word() {
        words++;
        if (at >= bytes.length) {
            throw damaged("", "more of the plan");
        }
        int from = at;
        while (at < bytes.length && bytes[at] != ' ' && bytes[at] != '\n') {
            at++;
        }
        return new String(bytes, from, at++ - from, StandardCharsets.UTF_8);
    }

    private void keyword(String wanted) {
        String found = at < bytes.length ? word() : "";
        if (!found.equals(wanted)) {
            throw damaged(found, wanted);
        }
    }

    private String text() {
        String word = word();
        if (word.equals("\\e")) {
            return "";
        }
        if (word.isEmpty()) {
            throw damaged(word, "a text");
        }
        if (word.indexOf('\\') < 0) {
            return word;
        }
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < word.length(); i++) {
            char letter = word.charAt(i);
            if (letter == '\\') {
                int place = ++i < word.length() ? "sntr\\".indexOf(word.charAt(i)) : -1;
                if (place < 0) {
                    throw damaged(word, "a text");
                }
                letter = " \n\t\r\\".charAt(place);
            }
            text.append(letter);
        }
        return text.toString();
    }

    private double number() {
        int first = at;
        int value = 0;
        while (at < bytes.length && at - first < 9 && Numbers.isDigit((char) bytes[at])) { // most are small whole numbers
            value = value * 10 + bytes[at++] - '0';
        }
        if (at > first && (at == bytes.length || bytes[at] == ' ' || bytes[at] == '\n')) {
            at++;
            words++;
            return value;
        }
        at = first;
        String word = word();
        switch (word) {
            case "nan":
                return Double.NaN;
            case "inf":
                return Double.POSITIVE_INFINITY;
            case "-inf":
                return Double.NEGATIVE_INFINITY;
            default:
                if (!Numbers.isPlain(word)) {
                    throw damaged(word, "a number");
                }
                return Double.parseDouble(word);
        }
    }

    private int whole(int low, int high) {
        double value = number();
        if (!(value >= low && value <= high) || value != Math.rint(value)) {
            throw damaged(Double.toString(value), "a whole number from " + low + " to " + high);
        }
        return (int) value;
    }

    /** A count of things that are one word or more each: no more than the rest of the file can hold. */
    private int count() {
        return whole(0, Math.max(0, (bytes.length - at) / 2 + 1));
    }

    private List<String> textList() {
        String[] list = new String[count()];
        for (int i = 0; i < list.length; i++) {
            list[i] = text();
        }
        return Collections.unmodifiableList(Arrays.asList(list));
    }

    private double[] numbers() {
        double[] list = new double[count()];
        for (int i = 0; i < list.length; i++) {
            list[i] = number();
        }
        return list;
    }

    private int[] registers(boolean[] written) {
        int[] list = new int[count()];
        for (int i = 0; i < list.length; i++) {
            list[i] = whole(0, written.length - 1);
            if (!written[list[i]]) {
                throw damaged(Integer.toString(list[i]), "a register that a step writes");
            }
        }
        return list;
    }
}
