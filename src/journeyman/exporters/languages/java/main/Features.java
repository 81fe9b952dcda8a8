package @PACKAGE@;

import static @PACKAGE@.Operations.finite;
import static @PACKAGE@.Operations.hold;
import static @PACKAGE@.Operations.isFinite;

import java.time.LocalDate;
import java.util.Map;
import java.util.function.Function;

/** Steps from columns to features. */
final class Features {
    private Features() {}

    static void addTo(Map<String, Function<Arguments, ScoringPlan.Step>> operations) {
        operations.put("plain", Features::plain);
        operations.put("fill", Features::fill);
        operations.put("code", Features::code);
        operations.put("onehot", Features::onehot);
        operations.put("table", Features::table);
        operations.put("calendar", Features::calendar);
        operations.put("gaps", Features::gaps);
        operations.put("slot", Features::slot);
        operations.put("bin", Features::bin);
        operations.put("cell", Features::cell);
        operations.put("weigh", Features::weigh);
        operations.put("product", Features::product);
        operations.put("ratio", Features::ratio);
    }

    private static ScoringPlan.Step plain(Arguments a) {
        int out = a.count();
        int column = a.register();
        a.writes(out, 1);
        return r -> r[out] = finite(r[column]);
    }

    private static ScoringPlan.Step fill(Arguments a) {
        int out = a.count();
        int[] columns = a.registers();
        double[] fill = a.numbers();
        double[] shift = a.numbers();
        double[] scale = a.numbers();
        double limit = a.number();
        int[] flagged = a.wholes(0);
        int count = columns.length;
        a.check(fill.length == count && shift.length == count && scale.length == count && Arguments.below(flagged, count));
        a.writes(out, (long) count + flagged.length);
        return r -> {
            for (int i = 0; i < count; i++) {
                double x = r[columns[i]];
                x = ((isFinite(x) ? x : fill[i]) - shift[i]) * scale[i];
                r[out + i] = limit != 0.0 ? hold(x, -limit, limit) : x;
            }
            for (int i = 0; i < flagged.length; i++) {
                r[out + count + i] = isFinite(r[columns[flagged[i]]]) ? 0.0 : 1.0;
            }
        };
    }

    private static ScoringPlan.Step code(Arguments a) {
        int out = a.count();
        int[] columns = a.registers();
        a.writes(out, columns.length);
        return r -> {
            for (int i = 0; i < columns.length; i++) {
                r[out + i] = r[columns[i]] < 0 ? Double.NaN : r[columns[i]];
            }
        };
    }

    private static ScoringPlan.Step onehot(Arguments a) {
        int out = a.count();
        int column = a.register();
        int count = a.count();
        a.writes(out, count);
        return r -> {
            for (int k = 0; k < count; k++) {
                r[out + k] = r[column] == k ? 1.0 : 0.0;
            }
        };
    }

    private static ScoringPlan.Step table(Arguments a) {
        int out = a.count();
        int column = a.register();
        int width = a.count();
        double[] values = a.numbers();
        a.check(width > 0 && values.length >= width && values.length % width == 0);
        a.writes(out, width);
        int rows = values.length / width;
        return r -> System.arraycopy(values, row(r[column], rows) * width, r, out, width);
    }

    /** A row of a table; the last one where a code is NaN, below 0 or beyond. */
    static int row(double code, int rows) {
        return code >= 0 && code < rows ? (int) code : rows - 1;
    }

    private static ScoringPlan.Step calendar(Arguments a) {
        int out = a.count();
        int column = a.register();
        int[] parts = a.wholes(0);
        double start = a.number();
        double fill = a.number();
        a.check(Arguments.below(parts, 7));
        a.writes(out, parts.length);
        return r -> {
            double seconds = r[column];
            boolean there = Math.abs(seconds) < 9e15;
            long whole = there ? (long) seconds : 0;
            long days = Math.floorDiv(whole, 86_400L);
            LocalDate date = LocalDate.ofEpochDay(days);
            for (int i = 0; i < parts.length; i++) {
                r[out + i] = there ? part(parts[i], date, whole, (seconds - start) / 86_400.0) : fill;
            }
        };
    }

    private static double part(int part, LocalDate date, long whole, double days) {
        switch (part) {
            case 0:
                return date.getYear();
            case 1:
                return date.getMonthValue();
            case 2:
                return date.getDayOfMonth();
            case 3:
                return date.getDayOfWeek().getValue() - 1;
            case 4:
                return date.getDayOfYear();
            case 5:
                return Math.floorMod(whole, 86_400L) / 3600.0;
            default:
                return days;
        }
    }

    private static ScoringPlan.Step gaps(Arguments a) {
        int out = a.count();
        int[] numbers = a.registers();
        int[] codes = a.registers();
        a.writes(out, 1);
        return r -> {
            int gaps = 0;
            for (int number : numbers) {
                gaps += isFinite(r[number]) ? 0 : 1;
            }
            for (int code : codes) {
                gaps += r[code] < 0 ? 1 : 0;
            }
            r[out] = gaps;
        };
    }

    private static ScoringPlan.Step slot(Arguments a) {
        int out = a.count();
        int column = a.register();
        int size = a.count();
        a.writes(out, 1);
        return r -> r[out] = r[column] < 0 ? size : r[column];
    }

    private static ScoringPlan.Step bin(Arguments a) {
        int out = a.count();
        int column = a.register();
        double[] edges = a.numbers();
        a.writes(out, 1);
        return r -> {
            int low = 0;
            int high = edges.length;
            while (isFinite(r[column]) && low < high) {
                int middle = (low + high) >>> 1;
                if (edges[middle] < r[column]) {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            r[out] = high;
        };
    }

    private static ScoringPlan.Step cell(Arguments a) {
        int out = a.count();
        int first = a.register();
        int second = a.registerOrNone();
        int stride = a.count();
        int offset = a.count();
        double[] table = a.numbers();
        a.writes(out, 1);
        return r -> {
            double cell = offset + (double) stride * r[first] + (second < 0 ? 0.0 : r[second]);
            r[out] = cell >= 0 && cell < table.length ? table[(int) cell] : Double.NaN;
        };
    }

    private static ScoringPlan.Step weigh(Arguments a) {
        int out = a.count();
        int left = a.register();
        int right = a.register();
        double one = a.number();
        double other = a.number();
        a.writes(out, 1);
        return r -> r[out] = finite(r[left] * one + r[right] * other);
    }

    private static ScoringPlan.Step product(Arguments a) {
        int out = a.count();
        int left = a.register();
        int right = a.register();
        a.writes(out, 1);
        return r -> r[out] = finite(r[left] * r[right]);
    }

    private static ScoringPlan.Step ratio(Arguments a) {
        int out = a.count();
        int left = a.register();
        int right = a.register();
        a.writes(out, 1);
        return r -> r[out] = finite(r[left] / r[right]);
    }
}
