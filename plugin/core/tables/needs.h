/* needs.h
 * Which keyword of the EHLO reply a verb or a parameter needs: RFC 5321 section 2.2.1. What RFC 5321 has itself, and
 * what no registry knows, needs none.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_NEEDS_H
#define ESMTP_NEEDS_H

#include "tables.h"

/* Rows of the table of keywords that are needed; a set of them is 64 bits. */
#define ESMTP_NEEDS_MAX 32

/* The number of the keyword that is needed, from 0; -1: none is. value: of BODY. */
int esmtp_need_of_verb(const esmtp_verb_row_t *row);
int esmtp_need_of_param(esmtp_span_t name, esmtp_span_t value);

/* The keyword of a number. */
const char *esmtp_need_keyword(int need);
/* What to say if it was not offered. */
const char *esmtp_need_text(int need);

#endif /* ESMTP_NEEDS_H */
