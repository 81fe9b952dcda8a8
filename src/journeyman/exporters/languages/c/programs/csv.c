#include "csv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int csv_open(csv_file *csv, const char *path)
{
    FILE *file = fopen(path, "rb");
    size_t length = 0, room = 65536, read;
    memset(csv, 0, sizeof *csv);
    if (file == NULL || (csv->bytes = malloc(room)) == NULL) {
        if (file != NULL)
            fclose(file);
        return 0;
    }
    while ((read = fread(csv->bytes + length, 1, room - length - 1, file)) > 0) {
        length += read;
        if (length + 1 == room) {
            char *more = realloc(csv->bytes, room *= 2);
            if (more == NULL)
                break;
            csv->bytes = more;
        }
    }
    if (!feof(file)) {
        fclose(file);
        csv_close(csv);
        return 0;
    }
    fclose(file);
    csv->at = csv->bytes;
    csv->end = csv->bytes + length;
    if (length >= 3 && memcmp(csv->bytes, "\xEF\xBB\xBF", 3) == 0)
        csv->at += 3;
    return 1;
}

static int add(csv_file *csv, const char *field)
{
    if (csv->count == csv->room) {
        const size_t room = csv->room == 0 ? 64 : csv->room * 2;
        const char **more = realloc(csv->fields, room * sizeof *more);
        if (more == NULL)
            return 0;
        csv->fields = more;
        csv->room = room;
    }
    csv->fields[csv->count++] = field;
    return 1;
}

int csv_next(csv_file *csv)
{
    char *in = csv->at, *end = csv->end;
    csv->count = 0;
    if (in >= end)
        return 0;
    for (;;) {
        char *out = in, *field = in, last;
        if (in < end && *in == '"') {
            for (in++; in < end; in++) {
                if (*in == '"' && (in + 1 == end || in[1] != '"'))
                    break;
                in += *in == '"'; /* of two quotes one */
                *out++ = *in;
            }
            in += in < end;
        }
        while (in < end && *in != ',' && *in != '\n' && *in != '\r')
            *out++ = *in++;
        last = in < end ? *in : '\n';
        if (last == '\r' && in + 1 < end && in[1] == '\n')
            in++;
        in += in < end;
        *out = '\0';
        if (!add(csv, field))
            return 0;
        if (last != ',')
            break;
    }
    csv->at = in;
    return 1;
}

void csv_close(csv_file *csv)
{
    free(csv->bytes);
    free(csv->fields);
    memset(csv, 0, sizeof *csv);
}
