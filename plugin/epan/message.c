/* message.c
 * Message octets: collected once, in file memory, one copy; shown in the frame that completes the message.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "message.h"

#include <epan/exceptions.h>
#include <epan/show_exception.h>

#define ROOM_FIRST 1024

/* Octets of one message that are kept at most; beyond, a tvb (31 bits) and memory end. */
static unsigned max_message = 1u << 30;

static dissector_handle_t imf_handle;
static dissector_handle_t lines_handle;

typedef struct {
    uint8_t *data;
    size_t len, room;
    bool too_big;
} collected_t;

static void make_room(collected_t *c, size_t n)
{
    if (c->len + n <= c->room)
        return;
    while (c->room < c->len + n)
        c->room = c->room ? c->room * 2 : ROOM_FIRST;
    c->data = wmem_realloc(wmem_file_scope(), c->data, c->room);
}

void esmtp_message_append(void *ctx, esmtp_message_t *message, const uint8_t *p, size_t n)
{
    (void)ctx;
    collected_t *c = message->user;
    if (!c)
        c = message->user = wmem_new0(wmem_file_scope(), collected_t);
    if (c->too_big || c->len + n > max_message) {
        if (!c->too_big)
            wmem_free(wmem_file_scope(), c->data);
        c->data = NULL;
        c->too_big = true;
        return;
    }
    make_room(c, n);
    memcpy(c->data + c->len, p, n);
    c->len += n;
}

void esmtp_message_end(void *ctx, esmtp_message_t *message)
{
    (void)ctx;
    collected_t *c = message->user;
    if (!c || !c->data || c->room == c->len)
        return;
    c->data = wmem_realloc(wmem_file_scope(), c->data, c->len);
    c->room = c->len;
}

const uint8_t *esmtp_message_octets(const esmtp_message_t *message, size_t *len)
{
    const collected_t *c = message->user;
    *len = c && !c->too_big ? c->len : 0;
    return *len ? c->data : NULL;
}

bool esmtp_message_too_big(const esmtp_message_t *message)
{
    const collected_t *c = message->user;
    return c && c->too_big;
}

void esmtp_message_dissect(const esmtp_message_t *message, tvbuff_t *tvb, packet_info *pinfo, proto_tree *root)
{
    size_t len;
    const uint8_t *octets = esmtp_message_octets(message, &len);
    if (!octets)
        return;
    tvbuff_t *next = tvb_new_child_real_data(tvb, octets, (unsigned)len, (int)len);
    add_new_data_source(pinfo, next, "SMTP message");
    TRY
    {
        if (!imf_handle || !call_dissector_only(imf_handle, next, pinfo, root, NULL))
            call_dissector(lines_handle, next, pinfo, root);
    }
    CATCH_NONFATAL_ERRORS
    {
        show_exception(next, pinfo, root, EXCEPT_CODE, GET_MESSAGE);
    }
    ENDTRY;
}

void esmtp_message_register(module_t *prefs)
{
    prefs_register_uint_preference(prefs, "max_message", "Largest message to collect (octets)",
                                   "Messages of more octets are not put together, handed to the IMF dissector or exported.", 10,
                                   &max_message);
}

void esmtp_message_handoff(int proto_esmtp)
{
    imf_handle = find_dissector_add_dependency("imf", proto_esmtp);
    lines_handle = find_dissector_add_dependency("data-text-lines", proto_esmtp);
}
