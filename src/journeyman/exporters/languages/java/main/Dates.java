package @PACKAGE@;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.List;

/** Dates in the formats of strptime that a plan names, as seconds since 1970 in UTC. */
final class Dates {
    private static final String LETTERS = "YmdHMSfybpIz";
    private static final String MONTHS = "january february march april may june july august september october november december";

    private final List<String> formats;
    private final long century;

    Dates(List<String> formats, long century) {
        this.formats = formats;
        this.century = century;
        for (String format : formats) {
            for (int i = format.indexOf('%'); scale(format) == 0.0 && i >= 0; i = format.indexOf('%', i + 2)) {
                if (i + 1 == format.length() || LETTERS.indexOf(format.charAt(i + 1)) < 0) {
                    throw new PlanException("the format '" + format + "' is not known to this reader");
                }
            }
        }
    }

    /** Microseconds of the unit in which a format counts since 1970; 0 for others. */
    private static double scale(String format) {
        switch (format) {
            case "epoch_s":
                return 1e6;
            case "epoch_ms":
                return 1e3;
            case "epoch_us":
                return 1.0;
            case "epoch_ns":
                return 0.001;
            default:
                return 0.0;
        }
    }

    /** Seconds since 1970 of a text by the first format that fits; NaN where none does. */
    double seconds(String text) {
        for (String format : formats) {
            if (scale(format) > 0.0 && Numbers.isPlain(text)) {
                double micros = Double.parseDouble(text) * scale(format);
                return Math.abs(micros) < 0x1p62 ? Math.rint(micros) / 1e6 + 0.0 : Double.NaN;
            }
        }
        for (String format : formats) {
            double seconds = scale(format) > 0.0 ? Double.NaN : new Reading(format, century, text).seconds();
            if (!Double.isNaN(seconds)) {
                return seconds;
            }
        }
        return Double.NaN;
    }

    /** Seconds since 1970 of a value that is a date or a time; null for other values. */
    static Double secondsOf(Object given) {
        if (given instanceof java.util.Date) {
            return ((java.util.Date) given).getTime() / 1e3;
        }
        Instant instant;
        if (given instanceof LocalDate) {
            instant = ((LocalDate) given).atStartOfDay().toInstant(ZoneOffset.UTC);
        } else if (given instanceof LocalDateTime) {
            instant = ((LocalDateTime) given).toInstant(ZoneOffset.UTC);
        } else if (given instanceof OffsetDateTime) {
            instant = ((OffsetDateTime) given).toInstant();
        } else if (given instanceof ZonedDateTime) {
            instant = ((ZonedDateTime) given).toInstant();
        } else if (given instanceof Instant) {
            instant = (Instant) given;
        } else {
            return null;
        }
        return (instant.getEpochSecond() * 1_000_000.0 + instant.getNano() / 1_000) / 1e6;
    }

    /** One text that is read by one format. */
    private static final class Reading {
        private final String format;
        private final long century;
        private final String text;
        private final int least; // digits of months, days and hours
        private int at;
        private int year = 1900;
        private int month = 1;
        private int day = 1;
        private int hour;
        private int minute;
        private int second;
        private int micros;
        private int offset;
        private boolean twelve;
        private int half = -1;

        Reading(String format, long century, String text) {
            this.format = format;
            this.century = century;
            this.text = text;
            boolean tight = format.startsWith("%Y%m%d") || format.equals("%Y-%m") || format.equals("%Y/%m") || format.equals("%m/%Y");
            this.least = tight ? 2 : 1;
        }

        double seconds() {
            for (int i = 0; i < format.length(); i++) {
                if (format.charAt(i) == '%') {
                    if (!part(format.charAt(++i))) {
                        return Double.NaN;
                    }
                } else if (at >= text.length() || text.charAt(at++) != format.charAt(i)) {
                    return Double.NaN;
                }
            }
            return at == text.length() ? moment() : Double.NaN;
        }

        private double moment() {
            int clock = twelve && half >= 0 ? hour % 12 + 12 * half : hour;
            boolean midnight = clock == 24 && minute == 0 && second == 0 && micros == 0; // the end of the day
            try {
                LocalDateTime local = LocalDateTime.of(year, month, day, midnight ? 0 : clock, minute, second);
                long whole = local.toEpochSecond(ZoneOffset.UTC) + (midnight ? 86_400 : 0) - offset;
                return year < 1 ? Double.NaN : (double) (whole * 1_000_000 + micros) / 1e6;
            } catch (DateTimeException none) {
                return Double.NaN;
            }
        }

        private boolean part(char letter) {
            switch (letter) {
                case 'Y':
                    return (year = digits(4, 4)) >= 0;
                case 'y':
                    year = digits(2, 2);
                    boolean read = year >= 0;
                    year = (int) (century + Math.floorMod(year - century, 100L));
                    return read;
                case 'm':
                    return (month = digits(least, 2)) >= 0;
                case 'd':
                    return (day = digits(least, 2)) >= 0;
                case 'H':
                    return (hour = digits(least, 2)) >= 0;
                case 'I':
                    twelve = true;
                    return (hour = digits(least, 2)) >= 1 && hour <= 12;
                case 'M':
                    return (minute = digits(2, 2)) >= 0;
                case 'S':
                    return (second = digits(2, 2)) >= 0;
                case 'f':
                    return fraction();
                case 'b':
                    return monthName();
                case 'p':
                    half = begins("pm") ? 1 : begins("am") ? 0 : -1;
                    at += 2;
                    return half >= 0;
                default:
                    return zone();
            }
        }

        private int digits(int fewest, int most) {
            int number = 0;
            int count = 0;
            for (; count < most && at < text.length() && Numbers.isDigit(text.charAt(at)); count++) {
                number = number * 10 + text.charAt(at++) - '0';
            }
            return count < fewest ? -1 : number;
        }

        private boolean begins(String small) {
            return text.regionMatches(true, at, small, 0, small.length());
        }

        private boolean fraction() {
            int count = 0;
            for (; count < 9 && at < text.length() && Numbers.isDigit(text.charAt(at)); count++, at++) {
                micros = count < 6 ? micros * 10 + text.charAt(at) - '0' : micros;
            }
            for (int i = count; i < 6; i++) {
                micros *= 10;
            }
            return count > 0;
        }

        private boolean monthName() {
            month = 0;
            for (String name : MONTHS.split(" ")) {
                month++;
                if (begins(name) || begins(name.substring(0, 3))) {
                    at += begins(name) ? name.length() : 3;
                    at += at < text.length() && text.charAt(at) == '.' ? 1 : 0;
                    return true;
                }
            }
            return false;
        }

        private boolean zone() {
            if (text.startsWith("Z", at) || text.startsWith("UTC", at) || text.startsWith("GMT", at)) {
                at += text.charAt(at) == 'Z' ? 1 : 3;
                return true;
            }
            if (!text.startsWith("+", at) && !text.startsWith("-", at)) {
                return false;
            }
            int sign = text.charAt(at++) == '-' ? -1 : 1;
            int hours = digits(2, 2);
            int minutes = 0;
            if (at < text.length() && (text.charAt(at) == ':' || Numbers.isDigit(text.charAt(at)))) {
                at += text.charAt(at) == ':' ? 1 : 0;
                minutes = digits(2, 2);
            }
            offset = sign * (hours * 3600 + minutes * 60);
            return hours >= 0 && hours <= 14 && minutes >= 0 && minutes <= 59;
        }
    }
}
