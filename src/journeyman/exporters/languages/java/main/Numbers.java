package @PACKAGE@;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;

/** Plain numbers from texts, and their shortest texts. */
final class Numbers {
    private Numbers() {}

    /** Whether a text is a sign or none, digits with a point or without, and an exponent or none. */
    static boolean isPlain(String text) {
        int at = 0;
        int end = text.length();
        int digits = 0;
        if (at < end && (text.charAt(at) == '+' || text.charAt(at) == '-')) {
            at++;
        }
        for (boolean point = false; at < end; at++) {
            char letter = text.charAt(at);
            if (letter == '.' && !point) {
                point = true;
            } else if (isDigit(letter)) {
                digits++;
            } else {
                break;
            }
        }
        if (digits == 0 || at == end) {
            return digits > 0;
        }
        if (text.charAt(at) != 'e' && text.charAt(at) != 'E') {
            return false;
        }
        at++;
        if (at < end && (text.charAt(at) == '+' || text.charAt(at) == '-')) {
            at++;
        }
        return at < end && areDigits(text, at, end);
    }

    static boolean isDigit(char letter) {
        return letter >= '0' && letter <= '9';
    }

    static boolean areDigits(String text, int from, int to) {
        for (int i = from; i < to; i++) {
            if (!isDigit(text.charAt(i))) {
                return false;
            }
        }
        return true;
    }

    /** The shortest text that reads as a finite number, whole numbers below 1e15 without a point, as Python's repr. */
    static String shortest(double number) {
        if (number == Math.rint(number) && Math.abs(number) < 1e15) {
            return Long.toString((long) number);
        }
        BigDecimal exact = new BigDecimal(Math.abs(number));
        BigDecimal rounded = exact;
        for (int digits = 1; digits <= 17; digits++) {
            rounded = exact.round(new MathContext(digits, RoundingMode.HALF_EVEN));
            if (rounded.doubleValue() == Math.abs(number)) {
                break;
            }
        }
        rounded = rounded.stripTrailingZeros();
        String digits = rounded.unscaledValue().toString();
        int exponent = digits.length() - 1 - rounded.scale();
        String sign = number < 0 ? "-" : "";
        if (exponent < -4 || exponent >= 16) {
            String part = digits.length() > 1 ? "." + digits.substring(1) : "";
            String power = (Math.abs(exponent) < 10 ? "0" : "") + Math.abs(exponent);
            return sign + digits.charAt(0) + part + "e" + (exponent < 0 ? "-" : "+") + power;
        }
        String plain = rounded.toPlainString();
        return sign + (plain.indexOf('.') < 0 ? plain + ".0" : plain);
    }
}
