/* recent.c
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "recent.h"

/* Places, one for each remainder of both ports; a power of two. */
#define PLACES 64

typedef struct {
    conversation_t *conversation;
    void *data;
} recent_t;

/* They live as long as the capture file. */
static recent_t recent[PLACES];

static recent_t *place(uint32_t port, uint32_t other)
{
    return &recent[(port ^ other) % PLACES];
}

/* The key of a conversation of two addresses and two ports, both ends known: address, port, address, port, type. */
enum { ADDRESS, PORT, OTHER_ADDRESS, OTHER_PORT, TYPE };

static bool is_common(const conversation_t *conversation)
{
    const conversation_element_t *key = conversation->key_ptr;
    return conversation->options == 0 && key[ADDRESS].type == CE_ADDRESS && key[PORT].type == CE_PORT &&
           key[OTHER_ADDRESS].type == CE_ADDRESS && key[OTHER_PORT].type == CE_PORT &&
           key[TYPE].type == CE_CONVERSATION_TYPE && key[TYPE].conversation_type_val == CONVERSATION_TCP;
}

static bool is_end(const conversation_element_t *key, const address *addr, uint32_t port)
{
    return key[PORT].port_val == port && addresses_equal(&key[ADDRESS].addr_val, addr);
}

static bool is_between(const conversation_element_t *key, const packet_info *pinfo)
{
    const conversation_element_t *other = key + OTHER_ADDRESS;
    return (is_end(key, &pinfo->src, pinfo->srcport) && is_end(other, &pinfo->dst, pinfo->destport)) ||
           (is_end(key, &pinfo->dst, pinfo->destport) && is_end(other, &pinfo->src, pinfo->srcport));
}

/* Whether the packet may belong to another one of the same addresses and ports: an earlier one, or a later one, which
 * Wireshark has put after this. */
static bool is_one_of_several(const conversation_t *conversation, const packet_info *pinfo)
{
    return conversation->next || pinfo->num < conversation->setup_frame;
}

void *esmtp_recent_find(const packet_info *pinfo)
{
    const recent_t *r = place(pinfo->srcport, pinfo->destport);
    if (!r->conversation || pinfo->ptype != PT_TCP || pinfo->conv_elements || pinfo->use_conv_addr_port_endpoints)
        return NULL;
    if (is_one_of_several(r->conversation, pinfo) || !is_between(r->conversation->key_ptr, pinfo))
        return NULL;
    return r->data;
}

void esmtp_recent_keep(conversation_t *conversation, void *data)
{
    if (!is_common(conversation))
        return;
    const conversation_element_t *key = conversation->key_ptr;
    *place(key[PORT].port_val, key[OTHER_PORT].port_val) = (recent_t){conversation, data};
}

static void forget(void)
{
    memset(recent, 0, sizeof recent);
}

void esmtp_recent_register(void)
{
    register_init_routine(forget);
    register_cleanup_routine(forget);
}
