/* tree_params.h
 * The envelope: path and parameters of MAIL, RCPT and their kin.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_TREE_PARAMS_H
#define ESMTP_TREE_PARAMS_H

#include "call.h"

/* Path and parameters of MAIL, RCPT and their kin; the parameter is octets offset to offset + len - 1. */
void esmtp_envelope_add(esmtp_show_t *show, proto_tree *tree, const esmtp_verb_row_t *row, int offset, int len);
void esmtp_params_register(void);

#endif /* ESMTP_TREE_PARAMS_H */
