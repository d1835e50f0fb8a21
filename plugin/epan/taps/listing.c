/* listing.c
 * The mails as an aligned table. See listing.h.
 *
 * The rows are made twice: once to see how wide the columns are, then to print them. So none is held.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "listing.h"

#include <stdio.h>

#include "cells.h"
#include "print.h"

#include <epan/stat_tap_ui.h>

#define ARGUMENT "smtp,mails"

/* A longer cell is printed whole, but the column is no wider for it: one mail to a hundred recipients does not push
 * what follows out of sight in all other rows. */
#define WIDTH_MAX 48
#define GAP       2

/* How wide the columns are. */
typedef struct {
    unsigned width[ESMTP_CELLS];
} listing_t;

/* --- the table ------------------------------------------------------------------------------------ */

/* Columns of a terminal. */
static unsigned width_of(const char *text)
{
    unsigned width = 0;
    for (; *text; text = g_utf8_next_char(text)) {
        gunichar c = g_utf8_get_char(text);
        if (!g_unichar_iszerowidth(c))
            width += g_unichar_iswide(c) ? 2 : 1;
    }
    return width;
}

static void blanks(unsigned n)
{
    printf("%*s", (int)n, "");
}

/* Those before a cell are printed with it, so that no line ends with any. */
static void print_cells(const listing_t *listing, const char *const *texts)
{
    unsigned due = 0;
    for (unsigned c = 0; c < ESMTP_CELLS; c++) {
        unsigned width = width_of(texts[c]);
        unsigned free = listing->width[c] > width ? listing->width[c] - width : 0;
        bool right = esmtp_cell_columns[c].kind != ESMTP_CELL_IS_TEXT;
        if (width) {
            blanks(due + (right ? free : 0));
            (void)fputs(texts[c], stdout);
            due = 0;
        }
        due += GAP + (right && width ? 0 : free);
    }
    putchar('\n');
}

static void print_titles(const listing_t *listing)
{
    const char *texts[ESMTP_CELLS];
    for (unsigned c = 0; c < ESMTP_CELLS; c++)
        texts[c] = esmtp_cell_columns[c].title;
    print_cells(listing, texts);
}

static void row_texts(wmem_allocator_t *pool, const esmtp_mail_t *mail, const char **texts)
{
    esmtp_mail_row_t row;
    esmtp_mail_row(pool, mail, &row);
    for (unsigned c = 0; c < ESMTP_CELLS; c++)
        texts[c] = esmtp_cell(pool, &row, c).text;
}

static void row_measure(esmtp_mail_t *mail, void *ctx)
{
    listing_t *listing = ctx;
    wmem_allocator_t *pool = wmem_allocator_new(WMEM_ALLOCATOR_SIMPLE);
    const char *texts[ESMTP_CELLS];
    row_texts(pool, mail, texts);
    for (unsigned c = 0; c < ESMTP_CELLS; c++)
        listing->width[c] = MAX(listing->width[c], MIN(width_of(texts[c]), WIDTH_MAX));
    wmem_destroy_allocator(pool);
}

static void row_print(esmtp_mail_t *mail, void *ctx)
{
    wmem_allocator_t *pool = wmem_allocator_new(WMEM_ALLOCATOR_SIMPLE);
    const char *texts[ESMTP_CELLS];
    row_texts(pool, mail, texts);
    print_cells(ctx, texts);
    wmem_destroy_allocator(pool);
}

/* --- the tap -------------------------------------------------------------------------------------- */

static void listing_print(const esmtp_mails_t *mails, void *ctx)
{
    listing_t *listing = ctx;
    for (unsigned c = 0; c < ESMTP_CELLS; c++)
        listing->width[c] = width_of(esmtp_cell_columns[c].title);
    esmtp_mails_each(mails, row_measure, listing);
    print_titles(listing);
    esmtp_mails_each(mails, row_print, listing);
    (void)fflush(stdout);
}

static esmtp_stat_init_t listing_init(const char *argument, void *userdata)
{
    (void)userdata;
    const char *filter = esmtp_print_argument(argument, ARGUMENT, NULL);
    GString *error = esmtp_mails_listen(filter, listing_print, g_new(listing_t, 1));
    if (error)
        esmtp_print_fail(ARGUMENT, error->str);
    ESMTP_STAT_INIT_DONE;
}

void esmtp_listing_register(void)
{
    static stat_tap_ui ui = {REGISTER_STAT_GROUP_GENERIC, NULL, ARGUMENT, listing_init, 0, NULL};
    register_stat_tap_ui(&ui, NULL);
}
