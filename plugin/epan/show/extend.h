/* extend.h
 * What users add: keywords of a preference table, and dissectors of other plugins or Lua scripts.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_EXTEND_H
#define ESMTP_EXTEND_H

#include "../ws_compat.h"

#include "../../core/span.h"

/* A row of the preference esmtp.user_keywords. */
typedef struct {
    char *keyword;
    char *explanation;
    char *reference;
} esmtp_user_keyword_t;

/* The user's row for an EHLO keyword, ASCII case aside; NULL if there is none. */
const esmtp_user_keyword_t *esmtp_user_keyword_find(esmtp_span_t keyword);

/* Octets offset to offset + len - 1 of a packet. */
typedef struct {
    packet_info *pinfo;
    tvbuff_t *tvb;
    int offset, len;
} esmtp_octets_t;

/* Offers the parameter of an EHLO keyword (table smtp.ehlo.keyword) or of a verb (table smtp.command) to whoever
 * registered for it. name: in any case. */
void esmtp_keyword_dissect(esmtp_span_t name, const esmtp_octets_t *parameter, proto_tree *tree);
/* Whether anybody registered for keywords. Asked once for a reply, it saves a search for each of its lines. */
bool esmtp_keywords_extended(void);
void esmtp_verb_dissect(esmtp_span_t name, const esmtp_octets_t *parameter, proto_tree *tree);

/* Whether anybody registered for anything: their fields are not ours to know, so all of the tree must be built then. */
bool esmtp_extend_in_use(void);

void esmtp_extend_register(module_t *module);

#endif /* ESMTP_EXTEND_H */
