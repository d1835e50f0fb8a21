/* tell.c
 * The taps that listen.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tell.h"

static esmtp_listener_t *listeners;

void esmtp_listen(esmtp_listener_t *listener)
{
    listener->next = listeners;
    listeners = listener;
}

void esmtp_tell_message(const esmtp_show_t *show, const esmtp_completed_t *completed)
{
    for (const esmtp_listener_t *l = listeners; l; l = l->next) {
        if (l->message)
            l->message(show, completed);
    }
}

void esmtp_tell_verdict(const esmtp_show_t *show, const esmtp_verdict_t *verdict)
{
    for (const esmtp_listener_t *l = listeners; l; l = l->next) {
        if (l->verdict)
            l->verdict(show, verdict);
    }
}

void esmtp_tell_call(const esmtp_show_t *show, size_t first, size_t last, int offset)
{
    if (first == last)
        return;
    for (const esmtp_listener_t *l = listeners; l; l = l->next) {
        if (l->call && l->listens())
            l->call(show, first, last, offset);
    }
}

void esmtp_tell_login(const esmtp_show_t *show, const esmtp_fact_t *fact, int hf)
{
    for (const esmtp_listener_t *l = listeners; l; l = l->next) {
        if (l->login)
            l->login(show, fact, hf);
    }
}
