/* print.h
 * Rows for programs: columns with names, as TSV or JSON, on standard output.
 *
 * TSV: a line of names, then a line for each row. Backslash, tab, CR and LF stand as \\ \t \r \n, what is not known is
 * empty; lists are parted by commas, in their elements comma and "=" stand as \x2c \x3d. JSON: an object a line, what
 * is not known is left out.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_PRINT_H
#define ESMTP_PRINT_H

#include "../ws_compat.h"

typedef struct esmtp_print esmtp_print_t;

/* How a value stands there. */
typedef enum {
    ESMTP_PRINT_TEXT,
    ESMTP_PRINT_BARE, /* a number, true or false: without quotes in JSON */
    ESMTP_PRINT_LIST, /* written by a function of its own */
    ESMTP_PRINT_TSV,  /* a text that JSON has in another column's list */
} esmtp_print_form_t;

/* One column. Strings are UTF-8, in pool or longer lived; NULL: not known. */
typedef struct {
    const char *name;
    esmtp_print_form_t form;
    const char *(*value)(wmem_allocator_t *pool, const void *row);
    void (*list)(esmtp_print_t *print, wmem_allocator_t *pool, const void *row);
} esmtp_print_column_t;

typedef struct {
    const esmtp_print_column_t *columns;
    unsigned n;
    bool json;
} esmtp_print_format_t;

/* The line before all rows. */
void esmtp_print_head(const esmtp_print_format_t *format);
void esmtp_print_row(const esmtp_print_format_t *format, wmem_allocator_t *pool, const void *row);

/* For the functions of lists: an element that is one text; or one of several members. In TSV an element with members
 * reads "value=value", of those that are shown there. */
void esmtp_print_element(esmtp_print_t *print, const char *text);
void esmtp_print_element_begin(esmtp_print_t *print);
void esmtp_print_member(esmtp_print_t *print, const char *name, esmtp_print_form_t form, const char *text, bool in_tsv);
void esmtp_print_element_end(esmtp_print_t *print);

/* Texts of values. */
const char *esmtp_print_number(wmem_allocator_t *pool, uint64_t n);
/* Seconds with six decimals. */
const char *esmtp_print_seconds(wmem_allocator_t *pool, int64_t nanoseconds);
const char *esmtp_print_bool(bool value);

/* Reads "NAME[,tsv|json][,FILTER]", or "NAME[,FILTER]" if json is NULL: sets the format, returns the filter, NULL if
 * there is none. Ends the program if the argument is not of that form. */
const char *esmtp_print_argument(const char *argument, const char *name, bool *json);
/* Ends the program with a message. */
void esmtp_print_fail(const char *name, const char *what);

#endif /* ESMTP_PRINT_H */
