/* Dates: the formats of strptime that a plan may name, ISO 8601, and parts of a calendar. */
#include <math.h>
#include <string.h>

#include "plan_internal.h"

typedef struct {
    int year, month, day, hour, minute, second, micros, offset; /* the offset in seconds east of UTC */
    int twelve, afternoon;                                       /* of a clock of twelve hours; -1 where there is none */
} moment;

typedef struct {
    long century;
    int least; /* digits of months, days and hours */
} reading;

static const char letters[] = "YmdHMSfybpIz";

/* Microseconds of the unit in which a format counts since 1970; 0 for others. */
static double scale_of(const char *format)
{
    static const char *const names[] = {"epoch_s", "epoch_ms", "epoch_us", "epoch_ns"};
    static const double scales[] = {1e6, 1e3, 1.0, 0.001};
    for (int i = 0; i < 4; i++)
        if (strcmp(format, names[i]) == 0)
            return scales[i];
    return 0.0;
}

/* Whether a format holds nothing but what is read here. */
int jm_format_is_known(const char *format)
{
    if (scale_of(format) > 0.0)
        return 1;
    for (const char *at = format; *at != '\0'; at++)
        if (*at == '%' && (*++at == '\0' || strchr(letters, *at) == NULL))
            return 0;
    return 1;
}

/* Reads from `least` to `most` digits; the number, or -1. */
static int read_digits(const char **at, const char *end, int least, int most)
{
    int number = 0, count = 0;
    for (; count < most && *at < end && **at >= '0' && **at <= '9'; count++)
        number = number * 10 + (*(*at)++ - '0');
    return count >= least ? number : -1;
}

static char small(char letter)
{
    return letter >= 'A' && letter <= 'Z' ? (char)(letter + 32) : letter;
}

static int begins_with(const char *at, const char *end, const char *name)
{
    for (; *name != '\0'; at++, name++)
        if (at == end || small(*at) != *name)
            return 0;
    return 1;
}

/* A month by its English name, whole or cut to three letters; 0 where there is none. */
static int read_month(const char **at, const char *end)
{
    static const char *const names[] = {"january", "february", "march",     "april",   "may",      "june",
                                        "july",    "august",   "september", "october", "november", "december"};
    for (int i = 0; i < 12; i++) {
        char shorter[4] = {names[i][0], names[i][1], names[i][2], '\0'};
        size_t length = 0;
        if (begins_with(*at, end, names[i]))
            length = strlen(names[i]);
        else if (begins_with(*at, end, shorter))
            length = 3;
        if (length > 0) {
            *at += length;
            if (*at < end && **at == '.')
                (*at)++;
            return i + 1;
        }
    }
    return 0;
}

/* "Z", "UTC", "GMT", "+02", "+0200" or "+02:00". */
static int read_offset(const char **at, const char *end, int *offset)
{
    int sign, hours, minutes = 0;
    if (*at < end && **at == 'Z') {
        (*at)++;
        return 1;
    }
    if (end - *at >= 3 && (memcmp(*at, "UTC", 3) == 0 || memcmp(*at, "GMT", 3) == 0)) {
        *at += 3;
        return 1;
    }
    if (*at == end || (**at != '+' && **at != '-'))
        return 0;
    sign = *(*at)++ == '-' ? -1 : 1;
    if ((hours = read_digits(at, end, 2, 2)) < 0 || hours > 14)
        return 0;
    if (*at < end && (**at == ':' || (**at >= '0' && **at <= '9'))) {
        *at += **at == ':';
        if ((minutes = read_digits(at, end, 2, 2)) < 0 || minutes > 59)
            return 0;
    }
    *offset = sign * (hours * 3600 + minutes * 60);
    return 1;
}

static int read_fraction(const char **at, const char *end, int *micros)
{
    int digits = 0;
    *micros = 0;
    for (; digits < 9 && *at < end && **at >= '0' && **at <= '9'; digits++, (*at)++)
        if (digits < 6)
            *micros = *micros * 10 + (**at - '0');
    for (int i = digits; i < 6; i++)
        *micros *= 10;
    return digits > 0;
}

static int read_part(char letter, const char **at, const char *end, const reading *how, moment *m)
{
    switch (letter) {
    case 'Y': return (m->year = read_digits(at, end, 4, 4)) >= 0;
    case 'y':
        if ((m->year = read_digits(at, end, 2, 2)) < 0)
            return 0;
        m->year = (int)(how->century + ((m->year - how->century) % 100 + 100) % 100);
        return 1;
    case 'm': return (m->month = read_digits(at, end, how->least, 2)) >= 0;
    case 'd': return (m->day = read_digits(at, end, how->least, 2)) >= 0;
    case 'H': return (m->hour = read_digits(at, end, how->least, 2)) >= 0;
    case 'I':
        m->twelve = m->hour = read_digits(at, end, how->least, 2);
        return m->hour >= 1 && m->hour <= 12;
    case 'M': return (m->minute = read_digits(at, end, 2, 2)) >= 0;
    case 'S': return (m->second = read_digits(at, end, 2, 2)) >= 0;
    case 'f': return read_fraction(at, end, &m->micros);
    case 'b': return (m->month = read_month(at, end)) > 0;
    case 'p':
        m->afternoon = begins_with(*at, end, "pm");
        if (!m->afternoon && !begins_with(*at, end, "am"))
            return 0;
        *at += 2;
        return 1;
    default: return read_offset(at, end, &m->offset);
    }
}

/* Days since 1970 of a date of the Gregorian calendar: years of 400 begin in March, so that leap days come last. */
static int64_t days_since_1970(int year, int month, int day)
{
    const int64_t y = year - (month <= 2), era = (y >= 0 ? y : y - 399) / 400, within = y - era * 400;
    const int64_t of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    return era * 146097 + within * 365 + within / 4 - within / 100 + of_year - 719468;
}

static void date_of(int64_t days, int *year, int *month, int *day)
{
    const int64_t shifted = days + 719468, era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    const int64_t within = shifted - era * 146097;
    const int64_t y = (within - within / 1460 + within / 36524 - within / 146096) / 365;
    const int64_t of_year = within - (365 * y + y / 4 - y / 100), m = (5 * of_year + 2) / 153;
    *day = (int)(of_year - (153 * m + 2) / 5 + 1);
    *month = (int)(m < 10 ? m + 3 : m - 9);
    *year = (int)(y + era * 400 + (*month <= 2));
}

static int month_length(int year, int month)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return lengths[month - 1] + (month == 2 && (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)));
}

/* Seconds since 1970 of a moment that is there; NaN for others. */
static double seconds_of(const moment *m)
{
    int hour = m->hour, next_day = 0;
    int64_t micros;
    if (m->twelve > 0 && m->afternoon >= 0)
        hour = m->hour % 12 + (m->afternoon ? 12 : 0);
    if (hour == 24 && m->minute == 0 && m->second == 0 && m->micros == 0) { /* the end of the day */
        hour = 0;
        next_day = 1;
    }
    if (m->year < 1 || m->month < 1 || m->month > 12 || m->day < 1 || m->day > month_length(m->year, m->month))
        return NAN;
    if (hour > 23 || m->minute > 59 || m->second > 59)
        return NAN;
    micros = (days_since_1970(m->year, m->month, m->day) + next_day) * 86400 + hour * 3600 + m->minute * 60 + m->second - m->offset;
    return (double)(micros * 1000000 + m->micros) / 1e6;
}

/* Whether months, days and hours have two digits, since no sign divides them or they could be a fraction. */
static int is_tight(const char *format)
{
    return strncmp(format, "%Y%m%d", 6) == 0 || strcmp(format, "%Y-%m") == 0 || strcmp(format, "%Y/%m") == 0 || strcmp(format, "%m/%Y") == 0;
}

static double read_by(const char *format, long century, const char *at, const char *end)
{
    moment m = {1900, 1, 1, 0, 0, 0, 0, 0, 0, -1};
    const reading how = {century, is_tight(format) ? 2 : 1};
    for (; *format != '\0'; format++) {
        if (*format == '%') {
            if (!read_part(*++format, &at, end, &how, &m))
                return NAN;
        } else if (at == end || *at++ != *format) {
            return NAN;
        }
    }
    return at == end ? seconds_of(&m) : NAN;
}

/* Seconds since 1970 of a date by the first format that fits; NaN where none does. */
double jm_date(const jm_column *column, const char *text, size_t length)
{
    double number;
    for (size_t i = 0; i < column->formats.count; i++) {
        const double scale = scale_of(column->formats.at[i]);
        if (scale > 0.0 && jm_parse_number(text, length, &number))
            return fabs(number * scale) < 4611686018427387904.0 ? rint(number * scale) / 1e6 + 0.0 : NAN;
    }
    for (size_t i = 0; i < column->formats.count; i++) {
        const double seconds = scale_of(column->formats.at[i]) > 0.0 ? NAN : read_by(column->formats.at[i], column->century, text, text + length);
        if (!isnan(seconds))
            return seconds;
    }
    return NAN;
}

/* Writes parts of a date, by their numbers. */
void jm_calendar(double seconds, const jm_ints *parts, double start, double *out)
{
    const int64_t whole = (int64_t)seconds;
    int64_t days = whole / 86400;
    int year, month, day;
    days -= days * 86400 > whole; /* towards the past */
    date_of(days, &year, &month, &day);
    for (size_t i = 0; i < parts->count; i++) {
        switch (parts->at[i]) {
        case 0: out[i] = year; break;
        case 1: out[i] = month; break;
        case 2: out[i] = day; break;
        case 3: out[i] = (double)(((days + 3) % 7 + 7) % 7); break;
        case 4: out[i] = (double)(days - days_since_1970(year, 1, 1) + 1); break;
        case 5: out[i] = (double)(whole - days * 86400) / 3600.0; break;
        default: out[i] = (seconds - start) / 86400.0;
        }
    }
}
