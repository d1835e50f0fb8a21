/* pool.c
 * Pieces are cut off larger ones one after the other. Wireshark's own blocks have a header of 16 octets each and begin
 * at a multiple of 16: a fifth of what a short connection takes.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "pool.h"

#define SLAB (64u << 10)
/* What is larger than this is asked for by itself, so that little of a slab is left over at its end. */
#define PIECE_MAX 2048
#define ALIGNMENT sizeof(uint64_t)

G_STATIC_ASSERT(sizeof(void *) <= ALIGNMENT);

/* What is left of the newest slab, which ends with the capture file. */
static struct {
    uint8_t *next;
    size_t left;
} slab;

/* Whoever looks for octets written where they do not belong tells Wireshark to ask the system for each piece. */
static bool each_alone;

static void forget(void)
{
    slab.next = NULL;
    slab.left = 0;
}

void *esmtp_pool_alloc0(size_t n)
{
    size_t room = (n + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (each_alone || room > PIECE_MAX)
        return wmem_alloc0(wmem_file_scope(), n);
    if (room > slab.left) {
        slab.next = wmem_alloc(wmem_file_scope(), SLAB);
        slab.left = SLAB;
    }
    void *piece = memset(slab.next, 0, room);
    slab.next += room;
    slab.left -= room;
    return piece;
}

void esmtp_pool_register(void)
{
    each_alone = g_getenv("WIRESHARK_DEBUG_WMEM_OVERRIDE") != NULL;
    register_init_routine(forget);
    register_cleanup_routine(forget);
}
