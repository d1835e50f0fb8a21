/* needs.c
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "needs.h"

typedef enum {
    SIZE,
    EIGHT_BIT,
    BINARY,
    UTF8,
    DSN,
    AUTH,
    DELIVERBY,
    FUTURE,
    PRIORITY,
    CHUNKING,
    ETRN,
    BURL,
    XCLIENT,
    XFORWARD,
    STARTTLS,
    RRVS,
    MTRK,
    CONPERM,
    CONNEG,
    ATRN,
    PRDR,
    /* What is used without being needed: */
    VRFY,
    EXPN,
    HELP,
    PIPELINING,
} need_t;

#define TEXT(keyword)    "Not offered: the server's list of extensions lacks " keyword ", it will refuse this (555, 502)"
#define ROW(id, keyword) [id] = {keyword, TEXT(keyword)}

static const struct {
    const char *keyword, *text;
} needs[] = {
    ROW(SIZE, "SIZE"),
    ROW(EIGHT_BIT, "8BITMIME"),
    ROW(BINARY, "BINARYMIME"),
    ROW(UTF8, "SMTPUTF8"),
    ROW(DSN, "DSN"),
    ROW(AUTH, "AUTH"),
    ROW(DELIVERBY, "DELIVERBY"),
    ROW(FUTURE, "FUTURERELEASE"),
    ROW(PRIORITY, "MT-PRIORITY"),
    ROW(CHUNKING, "CHUNKING"),
    ROW(ETRN, "ETRN"),
    ROW(BURL, "BURL"),
    ROW(XCLIENT, "XCLIENT"),
    ROW(XFORWARD, "XFORWARD"),
    ROW(STARTTLS, "STARTTLS"),
    ROW(RRVS, "RRVS"),
    ROW(MTRK, "MTRK"),
    ROW(CONPERM, "CONPERM"),
    ROW(CONNEG, "CONNEG"),
    ROW(ATRN, "ATRN"),
    ROW(PRDR, "PRDR"),
    ROW(VRFY, "VRFY"),
    ROW(EXPN, "EXPN"),
    ROW(HELP, "HELP"),
    ROW(PIPELINING, "PIPELINING"),
};

G_STATIC_ASSERT(G_N_ELEMENTS(needs) <= ESMTP_NEEDS_MAX);

static const struct {
    const char *name, *value; /* NULL: any */
    need_t need;
} params[] = {
    {"SIZE", NULL, SIZE},
    {"BODY", "BINARYMIME", BINARY},
    {"BODY", NULL, EIGHT_BIT},
    {"SMTPUTF8", NULL, UTF8},
    {"RET", NULL, DSN},
    {"ENVID", NULL, DSN},
    {"NOTIFY", NULL, DSN},
    {"ORCPT", NULL, DSN},
    {"AUTH", NULL, AUTH},
    {"BY", NULL, DELIVERBY},
    {"HOLDFOR", NULL, FUTURE},
    {"HOLDUNTIL", NULL, FUTURE},
    {"MT-PRIORITY", NULL, PRIORITY},
    {"RRVS", NULL, RRVS},
    {"MTRK", NULL, MTRK},
    {"CONPERM", NULL, CONPERM},
    {"CONNEG", NULL, CONNEG},
    {"PRDR", NULL, PRDR},
};

int esmtp_need_of_verb(const esmtp_verb_row_t *row)
{
    switch (row ? row->id : ESMTP_VERB_NONE) {
    case ESMTP_VERB_BDAT: return CHUNKING;
    case ESMTP_VERB_ETRN: return ETRN;
    case ESMTP_VERB_BURL: return BURL;
    case ESMTP_VERB_XCLIENT: return XCLIENT;
    case ESMTP_VERB_XFORWARD: return XFORWARD;
    case ESMTP_VERB_STARTTLS: return STARTTLS;
    case ESMTP_VERB_AUTH: return AUTH;
    case ESMTP_VERB_ATRN: return ATRN;
    default: return -1;
    }
}

int esmtp_need_of_param(esmtp_span_t name, esmtp_span_t value)
{
    for (size_t i = 0; i < G_N_ELEMENTS(params); i++) {
        if (esmtp_span_is(name, params[i].name) && (!params[i].value || esmtp_span_is(value, params[i].value)))
            return (int)params[i].need;
    }
    return -1;
}

int esmtp_use_of_verb(const esmtp_verb_row_t *row)
{
    switch (row ? row->id : ESMTP_VERB_NONE) {
    case ESMTP_VERB_VRFY: return VRFY;
    case ESMTP_VERB_EXPN: return EXPN;
    case ESMTP_VERB_HELP: return HELP;
    default: return esmtp_need_of_verb(row);
    }
}

int esmtp_use_of_pipelining(void)
{
    return PIPELINING;
}

int esmtp_use_of_keyword(const char *keyword)
{
    for (size_t i = 0; i < G_N_ELEMENTS(needs); i++) {
        if (strcmp(needs[i].keyword, keyword) == 0)
            return (int)i;
    }
    return -1;
}

const char *esmtp_need_keyword(int need)
{
    return needs[need].keyword;
}

const char *esmtp_need_text(int need)
{
    return needs[need].text;
}
