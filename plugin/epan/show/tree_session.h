/* tree_session.h
 * The connection as a whole: one subtree, on its last frame.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_TREE_SESSION_H
#define ESMTP_TREE_SESSION_H

#include "call.h"

#include "../../core/session/summary.h"

/* What Wireshark knows of a connection beside the session. */
typedef struct {
    bool tls_records; /* records were seen, whether they could be read or not */
    bool closed;      /* its end is in the capture */
} esmtp_around_t;

void esmtp_session_add(esmtp_show_t *show, const esmtp_summary_t *sum, const esmtp_around_t *around);

void esmtp_session_register(void);

#endif /* ESMTP_TREE_SESSION_H */
