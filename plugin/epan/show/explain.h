/* explain.h
 * What a reader is taught: what something means, where it is defined, what the sender does next. Whether any of it is
 * shown is decided here alone, by the preference esmtp.explain.
 *
 * In -T ek of Wireshark 4.0 a field that has two parent fields in one frame becomes two members of one name. So
 * explanations have one parent field on either side: of a client they are below the command line, of a server below
 * the reply, or, where the frame lists extensions, below their lines. Each names what it explains: "Explanation of
 * SIZE". References stand below explanations.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_EXPLAIN_H
#define ESMTP_EXPLAIN_H

#include "../ws_compat.h"

/* What something means and where it is defined, in the words of a table: the first sentence on the line, what follows
 * it and the reference below. what: printable ASCII, as the reader sees it: SIZE, 250; NULL: it is not to be named.
 * explanation NULL or "": nothing is known; reference likewise. */
void esmtp_explanation_add(proto_tree *tree, tvbuff_t *tvb, const char *what, const char *explanation,
                           const char *reference);
/* Likewise in the user's words. */
void esmtp_user_explanation_add(proto_tree *tree, tvbuff_t *tvb, const char *what, const char *explanation,
                                const char *reference);
/* What the sender does next; "": nothing is to be said. */
void esmtp_next_step_add(proto_tree *tree, tvbuff_t *tvb, const char *words);

void esmtp_explain_register(module_t *module);
void esmtp_explain_fields_register(void);

#endif /* ESMTP_EXPLAIN_H */
