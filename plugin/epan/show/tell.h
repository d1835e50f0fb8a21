/* tell.h
 * What taps are told while a call is shown.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_TELL_H
#define ESMTP_TELL_H

#include "call.h"

/* Whoever wants to know; functions that are NULL are not called. Each looks for itself whether anybody listens to its
 * tap, but for call, which there is most of. */
typedef struct esmtp_listener {
    /* A message is complete in this frame. */
    void (*message)(const esmtp_show_t *show, const esmtp_completed_t *completed);
    /* A final reply is in this frame. */
    void (*verdict)(const esmtp_show_t *show, const esmtp_verdict_t *verdict);
    /* A call was shown: facts[first] to facts[last - 1] of the side that speaks, one at least; the first of them begins
     * at offset. Only called if somebody listens. */
    bool (*listens)(void);
    void (*call)(const esmtp_show_t *show, size_t first, size_t last, int offset);
    /* A client line of a login. hf: the field that shows the password or token of its mechanism. */
    void (*login)(const esmtp_show_t *show, const esmtp_fact_t *fact, int hf);
    struct esmtp_listener *next;
} esmtp_listener_t;

/* In the register routine only. The listener must stay where it is. */
void esmtp_listen(esmtp_listener_t *listener);

void esmtp_tell_message(const esmtp_show_t *show, const esmtp_completed_t *completed);
void esmtp_tell_verdict(const esmtp_show_t *show, const esmtp_verdict_t *verdict);
void esmtp_tell_call(const esmtp_show_t *show, size_t first, size_t last, int offset);
void esmtp_tell_login(const esmtp_show_t *show, const esmtp_fact_t *fact, int hf);

#endif /* ESMTP_TELL_H */
