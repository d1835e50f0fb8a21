/* tables_keywords.c
 * The keywords of the EHLO reply. Columns: keyword, form of its parameters, status, syntax of the
 * parameters, reference, explanation. Sorted by keyword.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tables_private.h"

static const esmtp_keyword_row_t keywords[] = {
    {"8BITMIME", ESMTP_EHLO_NONE, ESMTP_STATUS_STANDARD, "", "RFC 6152",
     "The server takes message bodies with octets above 127, so that the client need not recode "
     "them."},
    {"SIZE", ESMTP_EHLO_SIZE, ESMTP_STATUS_STANDARD, "[octets]", "RFC 1870",
     "The largest message that the server takes, in octets. Zero means that there is no fixed "
     "limit, no number that the server does not tell."},
};

/* Whether a firewall has written X over a keyword: at least four X, with other letters at most at
 * the end. */
static bool is_masked(esmtp_span_t keyword)
{
    size_t i = 0;

    while (i < keyword.len && (keyword.p[i] == 'X' || keyword.p[i] == 'x')) {
        i++;
    }
    if (i < 4) {
        return false;
    }
    while (i < keyword.len && g_ascii_isalpha(keyword.p[i])) {
        i++;
    }
    return i == keyword.len;
}

const esmtp_keyword_row_t *esmtp_keyword_find(esmtp_span_t keyword)
{
    const esmtp_keyword_row_t *row = (const esmtp_keyword_row_t *)esmtp_table_find_name(
        keywords, G_N_ELEMENTS(keywords), sizeof keywords[0], keyword);

    if (!row && is_masked(keyword)) {
        row = (const esmtp_keyword_row_t *)esmtp_table_find_name(
            keywords, G_N_ELEMENTS(keywords), sizeof keywords[0], esmtp_span_str("XXXXXXXX"));
    }
    return row;
}

const esmtp_keyword_row_t *esmtp_keyword_rows(size_t *n)
{
    *n = G_N_ELEMENTS(keywords);
    return keywords;
}
