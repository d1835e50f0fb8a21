/* print.c
 * Rows for programs. See print.h.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "print.h"

#include <stdio.h>
#include <stdlib.h>

#include <wsutil/json_dumper.h>

/* A row while it is printed. */
struct esmtp_print {
    json_dumper json;
    bool is_json;
    unsigned elements, members; /* of the list; of the element, as TSV shows them */
};

/* --- TSV ------------------------------------------------------------------------------------------ */

/* also: octets that are escaped besides those of every value. */
static void tsv_text(const char *text, const char *also)
{
    for (const char *c = text; *c; c++) {
        switch (*c) {
        case '\\': (void)fputs("\\\\", stdout); break;
        case '\t': (void)fputs("\\t", stdout); break;
        case '\n': (void)fputs("\\n", stdout); break;
        case '\r': (void)fputs("\\r", stdout); break;
        default:
            if (strchr(also, *c))
                printf("\\x%02x", (unsigned char)*c);
            else
                putchar(*c);
        }
    }
}

/* --- JSON ----------------------------------------------------------------------------------------- */

static void json_member(json_dumper *json, const char *name, esmtp_print_form_t form, const char *text)
{
    if (!text)
        return;
    json_dumper_set_member_name(json, name);
    if (form == ESMTP_PRINT_BARE)
        json_dumper_value_anyf(json, "%s", text);
    else
        json_dumper_value_string(json, text);
}

/* --- lists ---------------------------------------------------------------------------------------- */

void esmtp_print_element(esmtp_print_t *print, const char *text)
{
    if (print->is_json) {
        json_dumper_value_string(&print->json, text);
        return;
    }
    if (print->elements++)
        putchar(',');
    tsv_text(text, ",=");
}

void esmtp_print_element_begin(esmtp_print_t *print)
{
    print->members = 0;
    if (print->is_json)
        json_dumper_begin_object(&print->json);
    else if (print->elements++)
        putchar(',');
}

void esmtp_print_member(esmtp_print_t *print, const char *name, esmtp_print_form_t form, const char *text, bool in_tsv)
{
    if (print->is_json) {
        json_member(&print->json, name, form, text);
        return;
    }
    if (!in_tsv)
        return;
    if (print->members++)
        putchar('=');
    if (text)
        tsv_text(text, ",=");
}

void esmtp_print_element_end(esmtp_print_t *print)
{
    if (print->is_json)
        json_dumper_end_object(&print->json);
}

/* --- rows ----------------------------------------------------------------------------------------- */

void esmtp_print_head(const esmtp_print_format_t *format)
{
    if (format->json)
        return;
    for (unsigned i = 0; i < format->n; i++)
        printf("%s%s", i ? "\t" : "", format->columns[i].name);
    putchar('\n');
}

static void tsv_row(const esmtp_print_format_t *format, wmem_allocator_t *pool, const void *row)
{
    for (unsigned i = 0; i < format->n; i++) {
        const esmtp_print_column_t *column = &format->columns[i];
        esmtp_print_t print = {.is_json = false};
        if (i)
            putchar('\t');
        if (column->form == ESMTP_PRINT_LIST) {
            column->list(&print, pool, row);
            continue;
        }
        const char *text = column->value(pool, row);
        if (text)
            tsv_text(text, "");
    }
    putchar('\n');
}

static void json_list(esmtp_print_t *print, const esmtp_print_column_t *column, wmem_allocator_t *pool, const void *row)
{
    json_dumper_set_member_name(&print->json, column->name);
    json_dumper_begin_array(&print->json);
    column->list(print, pool, row);
    json_dumper_end_array(&print->json);
}

static void json_row(const esmtp_print_format_t *format, wmem_allocator_t *pool, const void *row)
{
    esmtp_print_t print = {.is_json = true, .json = {.output_file = stdout}};
    json_dumper_begin_object(&print.json);
    for (unsigned i = 0; i < format->n; i++) {
        const esmtp_print_column_t *column = &format->columns[i];
        if (column->form == ESMTP_PRINT_LIST)
            json_list(&print, column, pool, row);
        else if (column->form != ESMTP_PRINT_TSV)
            json_member(&print.json, column->name, column->form, column->value(pool, row));
    }
    json_dumper_end_object(&print.json);
    json_dumper_finish(&print.json);
}

void esmtp_print_row(const esmtp_print_format_t *format, wmem_allocator_t *pool, const void *row)
{
    if (format->json)
        json_row(format, pool, row);
    else
        tsv_row(format, pool, row);
}

/* --- values --------------------------------------------------------------------------------------- */

const char *esmtp_print_number(wmem_allocator_t *pool, uint64_t n)
{
    return wmem_strdup_printf(pool, "%" PRIu64, n);
}

const char *esmtp_print_seconds(wmem_allocator_t *pool, int64_t nanoseconds)
{
    const char *sign = nanoseconds < 0 ? "-" : "";
    uint64_t microseconds = (uint64_t)(nanoseconds < 0 ? -nanoseconds : nanoseconds) / 1000;
    return wmem_strdup_printf(pool, "%s%" PRIu64 ".%06u", sign, microseconds / 1000000,
                              (unsigned)(microseconds % 1000000));
}

const char *esmtp_print_bool(bool value)
{
    return value ? "true" : "false";
}

/* --- the argument --------------------------------------------------------------------------------- */

void esmtp_print_fail(const char *name, const char *what)
{
    (void)fprintf(stderr, "tshark: -z %s: %s\n", name, what);
    exit(1);
}

/* Takes the next word off the front of the argument if it is this one, alone. */
static bool take_word(const char **argument, const char *word)
{
    size_t n = strlen(word);
    if (strncmp(*argument, word, n) != 0 || ((*argument)[n] && (*argument)[n] != ','))
        return false;
    *argument += n + ((*argument)[n] == ',');
    return true;
}

const char *esmtp_print_argument(const char *argument, const char *name, bool *json)
{
    if (!take_word(&argument, name))
        esmtp_print_fail(name, json ? "what follows must be [,tsv|json][,FILTER]" : "what follows must be [,FILTER]");
    if (json) {
        *json = take_word(&argument, "json");
        if (!*json)
            (void)take_word(&argument, "tsv");
    }
    return *argument ? argument : NULL;
}
