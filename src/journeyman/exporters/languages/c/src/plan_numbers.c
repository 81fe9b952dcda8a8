/* Numbers from texts and back, whatever the locale: strtod reads "0.5" as 0 where the decimal sign is a comma. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "plan_internal.h"

#define MOST_DIGITS 800 /* 768 decide any rounding; what comes after counts as "a little more" */
#define LIMBS 130       /* 10^1100 shifted by 64 bits */

/* A natural number of up to LIMBS words of 32 bits, the lowest first. */
typedef struct {
    uint32_t limb[LIMBS];
    int count;
} natural;

static void multiply_add(natural *n, uint32_t factor, uint32_t term)
{
    uint64_t carry = term;
    for (int i = 0; i < n->count; i++) {
        carry += (uint64_t)n->limb[i] * factor;
        n->limb[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry != 0)
        n->limb[n->count++] = (uint32_t)carry;
}

static void multiply_power_of_ten(natural *n, int power)
{
    for (; power >= 9; power -= 9)
        multiply_add(n, 1000000000u, 0);
    for (; power > 0; power--)
        multiply_add(n, 10u, 0);
}

static int bit_length(const natural *n)
{
    int bits = (n->count - 1) * 32;
    for (uint32_t top = n->limb[n->count - 1]; top != 0; top >>= 1)
        bits++;
    return bits;
}

static void shift_left(natural *n, int bits)
{
    int words = bits / 32, rest = bits % 32;
    uint32_t carry = 0;
    if (rest != 0) {
        for (int i = 0; i < n->count; i++) {
            uint32_t limb = n->limb[i];
            n->limb[i] = (limb << rest) | carry;
            carry = limb >> (32 - rest);
        }
        if (carry != 0)
            n->limb[n->count++] = carry;
    }
    if (words != 0) {
        memmove(n->limb + words, n->limb, (size_t)n->count * sizeof n->limb[0]);
        memset(n->limb, 0, (size_t)words * sizeof n->limb[0]);
        n->count += words;
    }
}

static int is_below(const natural *a, const natural *b)
{
    if (a->count != b->count)
        return a->count < b->count;
    for (int i = a->count - 1; i >= 0; i--)
        if (a->limb[i] != b->limb[i])
            return a->limb[i] < b->limb[i];
    return 0;
}

static void subtract(natural *a, const natural *b)
{
    int64_t borrow = 0;
    for (int i = 0; i < a->count; i++) {
        int64_t rest = (int64_t)a->limb[i] - (i < b->count ? (int64_t)b->limb[i] : 0) + borrow;
        a->limb[i] = (uint32_t)rest;
        borrow = rest < 0 ? -1 : 0;
    }
    while (a->count > 1 && a->limb[a->count - 1] == 0)
        a->count--;
}

/* The double nearest to digits * 10^power, of two equally near ones the even one: a long division to 64 bits. */
static double nearest_double(const char *digits, int count, int power)
{
    natural above = {{0}, 1}, below = {{1}, 1};
    uint64_t quotient = 0, half, rest, whole;
    int shift, bits = 0, kept, dropped;
    for (int i = 0; i < count; i++)
        multiply_add(&above, 10u, (uint32_t)(digits[i] - '0'));
    if (power > 0)
        multiply_power_of_ten(&above, power);
    else
        multiply_power_of_ten(&below, -power);
    shift = 63 - (bit_length(&above) - bit_length(&below));
    if (shift > 0)
        shift_left(&above, shift);
    else
        shift_left(&below, -shift);
    shift_left(&below, 64);
    for (int i = 0; i < 64; i++) {
        shift_left(&above, 1);
        quotient <<= 1;
        if (!is_below(&above, &below)) {
            subtract(&above, &below);
            quotient |= 1;
        }
    }
    for (whole = quotient; whole != 0; whole >>= 1)
        bits++;
    kept = 53;
    if (bits - 1 - shift < -1022) /* subnormal numbers have fewer bits */
        kept = 53 - (-1022 - (bits - 1 - shift));
    dropped = bits - kept;
    if (dropped > 64 || kept < 0)
        return 0.0;
    whole = dropped == 64 ? 0 : quotient >> dropped;
    rest = dropped == 64 ? quotient : quotient & (((uint64_t)1 << dropped) - 1);
    half = (uint64_t)1 << (dropped - 1);
    if (rest > half || (rest == half && (above.count > 1 || above.limb[0] != 0 || (whole & 1) != 0)))
        whole++;
    return ldexp((double)whole, dropped - shift);
}

int jm_parse_number(const char *text, size_t length, double *number)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    char digits[MOST_DIGITS + 1];
    const char *at = text, *end = text + length;
    int count = 0, more = 0, negative = 0, any = 0;
    long power = 0, written = 0;
    uint64_t small = 0;
    double value;
    if (at < end && (*at == '+' || *at == '-'))
        negative = *at++ == '-';
    for (int point = 0; at < end; at++) {
        if (*at == '.' && !point) {
            point = 1;
            continue;
        }
        if (*at < '0' || *at > '9')
            break;
        any = 1;
        if (point && power > -100000000L)
            power--;
        if (count == 0 && *at == '0')
            continue; /* leading zeros */
        if (count < MOST_DIGITS) {
            digits[count++] = *at;
            if (count <= 19)
                small = small * 10 + (uint64_t)(*at - '0');
        } else {
            more |= *at != '0';
            if (power < 100000000L)
                power++;
        }
    }
    if (!any)
        return 0;
    if (at < end && (*at == 'e' || *at == 'E')) {
        int below = 0;
        at++;
        if (at < end && (*at == '+' || *at == '-'))
            below = *at++ == '-';
        if (at == end)
            return 0;
        for (; at < end && *at >= '0' && *at <= '9'; at++)
            if (written < 100000000L)
                written = written * 10 + (*at - '0');
        power += below ? -written : written;
    }
    if (at != end)
        return 0;
    if (count == 0)
        value = 0.0;
    else if (count <= 19 && small <= ((uint64_t)1 << 53) && power >= -22 && power <= 22)
        value = power < 0 ? (double)small / powers[-power] : (double)small * powers[power];
    else if (count + power > 310)
        value = HUGE_VAL;
    else if (count + power < -326)
        value = 0.0;
    else {
        if (more) {
            digits[count++] = '1';
            power--;
        }
        value = nearest_double(digits, count, (int)power);
    }
    *number = negative ? -value : value;
    return 1;
}

/* Writes the shortest text that reads as a finite number, whole numbers without a point; returns its length. */
size_t jm_number_text(double number, char text[40])
{
    char printed[40], digits[24];
    int precision, count, exponent;
    size_t out = 0;
    double again;
    if (number == floor(number) && fabs(number) < 1e15)
        return (size_t)snprintf(text, 40, "%.0f", number == 0.0 ? 0.0 : number);
    for (precision = 0; precision < 17; precision++) {
        const char *at = printed;
        char plain[40];
        snprintf(printed, sizeof printed, "%.*e", precision, fabs(number));
        for (count = 0; *at != 'e'; at++) /* a decimal sign of any locale is left out */
            if (*at >= '0' && *at <= '9')
                digits[count++] = *at;
        exponent = 0;
        for (const char *digit = at + 2; *digit != '\0'; digit++)
            exponent = exponent * 10 + (*digit - '0');
        exponent = at[1] == '-' ? -exponent : exponent;
        snprintf(plain, sizeof plain, "%.*se%d", count, digits, exponent - count + 1);
        if (jm_parse_number(plain, strlen(plain), &again) && again == fabs(number))
            break;
    }
    if (number < 0)
        text[out++] = '-';
    if (exponent >= -4 && exponent < 0) {
        out += (size_t)snprintf(text + out, 40 - out, "0.%.*s%.*s", -exponent - 1, "000", count, digits);
    } else if (exponent >= 0 && exponent < 16) {
        for (int i = 0; i < count || i <= exponent; i++) {
            if (i == exponent + 1)
                text[out++] = '.';
            text[out++] = i < count ? digits[i] : '0';
        }
        if (count <= exponent + 1) { /* from 1e15 on whole numbers have their point again */
            text[out++] = '.';
            text[out++] = '0';
        }
    } else {
        text[out++] = digits[0];
        if (count > 1) {
            text[out++] = '.';
            memcpy(text + out, digits + 1, (size_t)count - 1);
            out += (size_t)count - 1;
        }
        out += (size_t)snprintf(text + out, 40 - out, "e%c%02d", exponent < 0 ? '-' : '+', exponent < 0 ? -exponent : exponent);
    }
    text[out] = '\0';
    return out;
}
