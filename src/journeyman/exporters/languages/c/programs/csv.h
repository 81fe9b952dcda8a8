/* Files of comma-separated values (RFC 4180): read whole, a row at a time in memory. */
#ifndef CSV_H
#define CSV_H

#include <stddef.h>

typedef struct {
    char *bytes;         /* of the file; fields are cut out of it in place */
    char *at, *end;      /* what is not yet read */
    const char **fields; /* of the last row */
    size_t count, room;
} csv_file;

/* Opens a file; 0 where it cannot be read or there is no memory. */
int csv_open(csv_file *csv, const char *path);

/* Reads the next row into `fields` and `count`; 0 at the end. */
int csv_next(csv_file *csv);

void csv_close(csv_file *csv);

#endif
