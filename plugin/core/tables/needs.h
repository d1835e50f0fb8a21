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

/* Numbers of keywords at most; a set of them is 32 bits. */
#define ESMTP_NEEDS_MAX 32

/* The number of the keyword that is needed, from 0; -1: none is. value: of BODY. */
int esmtp_need_of_verb(const esmtp_verb_row_t *row);
int esmtp_need_of_param(esmtp_span_t name, esmtp_span_t value);

/* Likewise, where only the use of an extension is asked for: verbs that RFC 5321 has itself and servers list all the
 * same have numbers, and so has PIPELINING. */
int esmtp_use_of_verb(const esmtp_verb_row_t *row);
int esmtp_use_of_pipelining(void);
/* The number of a keyword, in capitals; -1: whether it is used cannot be seen. */
int esmtp_use_of_keyword(const char *keyword);

/* The keyword of a number. */
const char *esmtp_need_keyword(int need);
/* What to say if it was not offered. */
const char *esmtp_need_text(int need);

#endif /* ESMTP_NEEDS_H */
