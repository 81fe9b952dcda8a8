package @PACKAGE@;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Steps that read free texts. */
final class FreeTexts {
    private static final int SIGMA = 0x3A3;
    private static final int LAST_SIGMA = 0x3C2;

    private FreeTexts() {}

    static void addTo(Map<String, Function<Arguments, ScoringPlan.Step>> operations) {
        operations.put("text", FreeTexts::text);
        operations.put("shape", FreeTexts::shape);
    }

    private static ScoringPlan.Step text(Arguments a) {
        int out = a.count();
        int column = a.textColumn();
        int width = a.count();
        int start = a.wholeOrNone();
        a.reads(start, start < 0 ? 0 : width);
        int far = a.count();
        Grams grams = new Grams(a, a.count());
        float[] weights = singles(a.numbers());
        float[] offsets = singles(a.numbers());
        a.check(weights.length == (long) grams.count() * width && offsets.length == width);
        a.writes(out, width);
        return (ScoringPlan.TextStep) (r, texts) -> {
            float[] totals = new float[width];
            for (int k = 0; k < width; k++) {
                totals[k] = start < 0 ? 0f : (float) r[start + k];
            }
            int[] found = grams.find(texts[column].codePoints().limit(far).toArray());
            Arrays.sort(found);
            int[] times = new int[found.length];
            int different = 0;
            for (int i = 0; i < found.length; i++) {
                different += i == 0 || found[i] != found[different - 1] ? 1 : 0;
                found[different - 1] = found[i];
                times[different - 1]++;
            }
            float[] values = grams.weigh(found, times, different);
            for (int i = 0; i < different; i++) {
                for (int k = 0; k < width; k++) {
                    totals[k] += values[i] * weights[found[i] * width + k];
                }
            }
            for (int k = 0; k < width; k++) {
                r[out + k] = totals[k] + offsets[k];
            }
        };
    }

    private static float[] singles(double[] numbers) {
        float[] singles = new float[numbers.length];
        for (int i = 0; i < singles.length; i++) {
            singles[i] = (float) numbers[i];
        }
        return singles;
    }

    /** The n-grams that a step knows: words, pairs of neighbouring words, and runs of characters. */
    private static final class Grams {
        private final int near;
        private final Map<String, Integer> words;
        private final double[] pairs;
        private final Map<String, Integer> runs;
        private final int firstRun;
        private final float[] idf;
        private final double[] damped;
        private final int[] lower;
        private final int[] letters;
        private final int[] cased;
        private final int[] passed;

        Grams(Arguments a, int near) {
            this.near = near;
            words = places(a.texts(), 0);
            pairs = a.numbers();
            firstRun = words.size() + pairs.length;
            runs = places(a.texts(), firstRun);
            idf = singles(a.numbers());
            damped = a.numbers();
            lower = a.wholes(0);
            letters = a.wholes(0);
            cased = a.wholes(0);
            passed = a.wholes(0);
            a.check(idf.length == count() && damped.length > 0);
            a.check((lower.length | letters.length | cased.length | passed.length) % 2 == 0);
        }

        private static Map<String, Integer> places(List<String> texts, int first) {
            Map<String, Integer> places = new HashMap<>();
            for (String text : texts) {
                places.put(text, first + places.size());
            }
            return places;
        }

        int count() {
            return firstRun + runs.size();
        }

        /** N-grams of the first characters of a text, one for each time that it is met. */
        int[] find(int[] seen) {
            int[] cleaned = clean(seen);
            int[] found = new int[2 * cleaned.length + 3 * Math.min(near, cleaned.length) + 6];
            int count = 0;
            int before = -1;
            for (int at = 0; at < cleaned.length; at++) {
                int end = at;
                while (end < cleaned.length && isIn(letters, cleaned[end])) {
                    end++;
                }
                if (end > at) {
                    int word = words.getOrDefault(new String(cleaned, at, end - at), -1);
                    int pair = before < 0 || word < 0 ? -1 : Arrays.binarySearch(pairs, (double) before * words.size() + word);
                    if (word >= 0) {
                        found[count++] = word;
                    }
                    if (pair >= 0) {
                        found[count++] = words.size() + pair;
                    }
                    before = word;
                    at = end;
                }
            }
            int size = Math.min(near, cleaned.length);
            int[] spaced = new int[size + 2];
            Arrays.fill(spaced, ' ');
            System.arraycopy(cleaned, 0, spaced, 1, size);
            for (int length = 2; length <= 4 && !runs.isEmpty(); length++) {
                for (int at = 0; at + length <= spaced.length; at++) {
                    Integer run = runs.get(new String(spaced, at, length));
                    if (run != null) {
                        found[count++] = run;
                    }
                }
            }
            return Arrays.copyOf(found, count);
        }

        float[] weigh(int[] grams, int[] times, int count) {
            float[] values = new float[count];
            double[] lengths = new double[2];
            for (int i = 0; i < count; i++) {
                values[i] = (float) (damped[Math.min(times[i], damped.length - 1)] * idf[grams[i]]);
                lengths[grams[i] < firstRun ? 0 : 1] += values[i] * values[i];
            }
            for (int i = 0; i < count; i++) {
                values[i] /= (float) Math.sqrt(lengths[grams[i] < firstRun ? 0 : 1]);
            }
            return values;
        }

        /** Small letters, single blanks, and none at the ends. */
        private int[] clean(int[] seen) {
            int[] cleaned = new int[2 * seen.length];
            int size = 0;
            boolean blank = false;
            for (int i = 0; i < seen.length; i++) {
                int point = seen[i];
                if (isSpace(point)) {
                    blank = size > 0;
                    continue;
                }
                if (blank) {
                    cleaned[size++] = ' ';
                    blank = false;
                }
                if (point == 0x130) {
                    cleaned[size++] = 'i';
                    cleaned[size++] = 0x307;
                } else {
                    int place = pairsUpTo(lower, point);
                    boolean capital = place > 0 && lower[2 * place - 2] == point;
                    int small = capital ? lower[2 * place - 1] : point;
                    cleaned[size++] = capital && point == SIGMA && isLast(seen, i) ? LAST_SIGMA : small;
                }
            }
            return Arrays.copyOf(cleaned, size);
        }

        /** Whether the sigma at a place ends a word: behind a letter and before none, marks between passed over. */
        private boolean isLast(int[] seen, int place) {
            int before = place - 1;
            int after = place + 1;
            while (before >= 0 && isIn(passed, seen[before])) {
                before--;
            }
            while (after < seen.length && isIn(passed, seen[after])) {
                after++;
            }
            return before >= 0 && isIn(cased, seen[before]) && (after == seen.length || !isIn(cased, seen[after]));
        }
    }

    private static boolean isSpace(int c) {
        return c >= 9 && c <= 13 || c >= 28 && c <= 32 || c == 0x85 || c == 0xA0 || c == 0x1680
                || c >= 0x2000 && c <= 0x200A || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
    }

    /** How many of the pairs in ascending order begin at a character or below. */
    private static int pairsUpTo(int[] pairs, int point) {
        int low = 0;
        int high = pairs.length / 2;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (pairs[2 * middle] <= point) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private static boolean isIn(int[] ranges, int point) {
        int place = pairsUpTo(ranges, point);
        return place > 0 && point <= ranges[2 * place - 1];
    }

    private static ScoringPlan.Step shape(Arguments a) {
        int out = a.count();
        int column = a.textColumn();
        int far = a.count();
        a.writes(out, 5);
        return (ScoringPlan.TextStep) (r, texts) -> {
            String text = texts[column];
            int size = text.codePointCount(0, text.length());
            int end = text.offsetByCodePoints(0, Math.min(size, far));
            int[] kinds = new int[3];
            int blanks = 0;
            for (int i = 0; i < text.length(); i++) {
                char c = text.charAt(i);
                blanks += c == ' ' ? 1 : 0;
                if (i < end && c > 32 && c < 128 && !(c >= 'a' && c <= 'z')) {
                    kinds[c >= 'A' && c <= 'Z' ? 0 : c >= '0' && c <= '9' ? 1 : 2]++;
                }
            }
            r[out] = logarithm(size + 1.0);
            r[out + 1] = logarithm(blanks + 2.0);
            for (int i = 0; i < 3; i++) {
                r[out + 2 + i] = kinds[i] / (double) Math.max(Math.min(size, far), 1);
            }
        };
    }

    /** The logarithm of a whole number by sums and products alone. */
    private static double logarithm(double number) {
        double left = number;
        int power = 0;
        while (left >= 1.5) {
            left /= 2.0;
            power++;
        }
        double s = (left - 1.0) / (left + 1.0);
        double square = s * s;
        double total = 0.0;
        for (int i = 12; i >= 0; i--) {
            total = total * square + 1.0 / (2 * i + 1);
        }
        return power * 0.6931471805599453 + 2.0 * s * total;
    }
}
