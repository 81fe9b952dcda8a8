package @PACKAGE@;

import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** A column of a row, and how its values are read into a register. */
public final class Column {
    private static final String BLANKS = " \t\n\r\f\u000b\u00a0\u202f\ufeff\u2009\u3000\u200b\u200e\u200f\u2060";

    private final String name;
    private final String kind;
    private final char decimal;
    private final String unit;
    private final Set<String> missing;
    private final Map<String, Integer> places = new HashMap<>();
    private final double[] gone; // numbers that are missing, and moments of dates
    private final int width; // of codes that may have lost zeros in front
    private final boolean counted; // whether the names are 0 and 1, so that other numbers may follow
    private final int longest; // of the names
    private final Dates dates;

    Column(String[] words, List<String> categories, List<String> missing, Dates dates) {
        this.name = words[0];
        this.kind = words[1];
        this.decimal = words[2].charAt(0);
        this.unit = words[3];
        this.missing = new HashSet<>(missing);
        this.dates = dates;
        for (int i = 0; i < categories.size(); i++) {
            String category = categories.get(i);
            places.putIfAbsent(kind.equals("boolean") ? category.toLowerCase(Locale.ROOT) : category, i);
        }
        width = categories.isEmpty() ? 0 : categories.get(0).length();
        longest = categories.stream().mapToInt(String::length).max().orElse(0);
        counted = categories.size() > 1 && categories.get(0).equals("0") && categories.get(1).equals("1");
        gone = missing.stream().mapToDouble(this::number).filter(x -> !Double.isNaN(x)).toArray();
    }

    private double number(String text) {
        if (kind.equals("date")) {
            return dates.seconds(text);
        }
        return Numbers.isPlain(text) ? Double.parseDouble(text) : Double.NaN;
    }

    /** Name, as the table has it. */
    public String name() {
        return name;
    }

    /** "number", "boolean", "category", "date" or "text". */
    public String kind() {
        return kind;
    }

    /** The text that steps read; empty where it is missing, and where the column holds no texts. */
    String text(Object given) {
        if (!kind.equals("text") || given == null) {
            return "";
        }
        boolean number = given instanceof Number && Operations.isFinite(((Number) given).doubleValue());
        if (given instanceof Number && !number) {
            return "";
        }
        String whole = number ? Numbers.shortest(((Number) given).doubleValue()) : given.toString();
        String text = strip(given instanceof Boolean ? (Boolean) given ? "True" : "False" : whole);
        boolean gone = missing.contains(text) || text.length() <= longest && places.containsKey(small(text));
        return gone ? "" : text;
    }

    /** A text with small letters of Latin and Cyrillic; the sign of Kelvin is a k. */
    private static String small(String text) {
        StringBuilder small = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean capital = c >= 'A' && c <= 'Z' || c >= 0xC0 && c <= 0xDE && c != 0xD7 || c >= 0x410 && c <= 0x42F;
            small.append(c == 0x212A ? 'k' : capital ? (char) (c + 32) : c);
        }
        return small.toString();
    }

    /** The register of a raw text; null is missing. */
    double read(String raw) {
        String text = raw == null || kind.equals("text") ? "" : clean(raw);
        if (text.isEmpty()) {
            return kind.equals("category") ? -1.0 : Double.NaN;
        }
        switch (kind) {
            case "number":
                return present(readNumber(text));
            case "category":
                return readCategory(text);
            case "boolean":
                return missing.contains(text) ? Double.NaN : readBoolean(text);
            default:
                return missing.contains(text) ? Double.NaN : present(dates.seconds(text));
        }
    }

    /** The register of a typed value. */
    double value(Object given) {
        if (given == null || given instanceof String) {
            return read((String) given);
        }
        if (given instanceof Boolean) {
            if (kind.equals("category")) {
                return readCategory((Boolean) given ? "True" : "False");
            }
            return typed((Boolean) given ? 1.0 : 0.0);
        }
        if (given instanceof Number) {
            return typed(((Number) given).doubleValue());
        }
        Double seconds = Dates.secondsOf(given);
        if (seconds == null) {
            throw new PlanException(
                    "column '" + name + "' holds a " + given.getClass().getSimpleName() + "; wanted is a number or a text");
        }
        return typed(seconds);
    }

    private double typed(double number) {
        if (kind.equals("category")) {
            return Double.isNaN(number) || Double.isInfinite(number) ? -1.0 : readCategory(Numbers.shortest(number));
        }
        return kind.equals("text") ? Double.NaN : present(number);
    }

    private double present(double number) {
        for (double one : gone) {
            if (one == number) {
                return Double.NaN;
            }
        }
        return Double.isInfinite(number) ? Double.NaN : number;
    }

    private static String strip(String text) {
        int from = 0;
        int to = text.length();
        while (from < to && BLANKS.indexOf(text.charAt(from)) >= 0) {
            from++;
        }
        while (to > from && BLANKS.indexOf(text.charAt(to - 1)) >= 0) {
            to--;
        }
        return text.substring(from, to);
    }

    /** Without blanks at both ends, and without one pair of quotes around the whole, which may be a formula: ="007". */
    private static String clean(String raw) {
        String text = strip(raw);
        if (text.startsWith("=\"")) {
            text = text.substring(1);
        }
        int length = text.length();
        if (length > 1 && (text.charAt(0) == '"' || text.charAt(0) == '\'') && text.charAt(length - 1) == text.charAt(0)) {
            return strip(text.substring(1, length - 1));
        }
        return text;
    }

    private double readNumber(String text) {
        if (Numbers.isPlain(text) && (decimal == '.' || text.indexOf('.') < 0)) {
            return Double.parseDouble(text);
        }
        String bare = text;
        if (!unit.isEmpty() && bare.startsWith(unit)) {
            bare = strip(bare.substring(unit.length()));
        } else if (!unit.isEmpty() && bare.endsWith(unit)) {
            bare = strip(bare.substring(0, bare.length() - unit.length()));
        }
        if (bare.equals("True") || bare.equals("False")) {
            return bare.equals("True") ? 1.0 : 0.0;
        }
        double number = readWritten(bare, decimal);
        return Double.isNaN(number) ? readOtherSign(bare) : number;
    }

    private static int endOfDigits(String text, int from) {
        int at = from;
        while (at < text.length() && Numbers.isDigit(text.charAt(at))) {
            at++;
        }
        return at;
    }

    /** A number with groups of digits or a decimal sign of its own; NaN for other texts. */
    private static double readWritten(String text, char decimal) {
        StringBuilder plain = new StringBuilder();
        int at = 0;
        if (!text.isEmpty() && (text.charAt(0) == '+' || text.charAt(0) == '-')) {
            plain.append(text.charAt(at++));
        }
        int first = at;
        at = endOfDigits(text, at);
        plain.append(text, first, at);
        if (at > first && at - first <= 3 && text.charAt(first) != '0' && at < text.length()) {
            char group = text.charAt(at);
            boolean divides = group == (decimal == ',' ? '.' : ',') || group == ' ' || group == '\'' || group == '_';
            while (divides && at < text.length() && text.charAt(at) == group && endOfDigits(text, at + 1) == at + 4) {
                plain.append(text, at + 1, at + 4);
                at += 4;
            }
        }
        if (at < text.length() && text.charAt(at) == decimal) {
            plain.append('.');
            int behind = at + 1;
            at = endOfDigits(text, behind);
            plain.append(text, behind, at);
        }
        boolean ends = at == text.length() || "eE".indexOf(text.charAt(at)) >= 0;
        plain.append(text, at, text.length());
        String whole = plain.toString();
        return ends && Numbers.isPlain(whole) ? Double.parseDouble(whole) : Double.NaN;
    }

    /** A number that can only have been written with the other decimal sign: 12.5 in a column of commas. */
    private double readOtherSign(String text) {
        char other = decimal == ',' ? '.' : ',';
        int sign = text.indexOf(other);
        int first = text.startsWith("+") || text.startsWith("-") ? 1 : 0;
        if (sign <= first || endOfDigits(text, first) != sign) {
            return Double.NaN;
        }
        int behind = endOfDigits(text, sign + 1) - sign - 1;
        return behind == 0 || behind == 3 ? Double.NaN : readWritten(text, other);
    }

    private double readBoolean(String text) {
        Integer place = places.get(text.toLowerCase(Locale.ROOT));
        if (place == null && Numbers.isPlain(text)) {
            double number = present(Double.parseDouble(text));
            if (Double.isNaN(number)) {
                return number;
            }
            place = places.get(Numbers.shortest(number));
            if (place == null && counted) {
                return number;
            }
        }
        return place == null ? Double.NaN : place % 2;
    }

    private double readCategory(String text) {
        Integer place = places.get(text);
        if (place == null && !unit.equals("exact") && !missing.contains(text) && Numbers.isPlain(text)) {
            double number = Double.parseDouble(text);
            boolean digits = Numbers.areDigits(text, 0, text.length());
            if (Double.isInfinite(number) && !(unit.equals("zeros") && digits)) {
                return -1.0;
            }
            String bare = unit.equals("zeros") && digits ? text : Numbers.shortest(number);
            if (unit.equals("zeros")) {
                bare = Numbers.areDigits(bare, 0, bare.length()) ? zeros(width - bare.length()) + bare : "";
            }
            place = places.get(bare);
        }
        return place == null ? -1.0 : place;
    }

    private static String zeros(int count) {
        char[] zeros = new char[Math.max(count, 0)];
        Arrays.fill(zeros, '0');
        return new String(zeros);
    }
}
