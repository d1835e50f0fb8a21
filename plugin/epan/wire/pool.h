/* pool.h
 * Memory for what stays to the end of the capture file: many small pieces, none of which is given back.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_POOL_H
#define ESMTP_POOL_H

#include "../ws_compat.h"

/* n octets, zeroed, aligned for whatever has no stricter alignment than a pointer, in file scope. Never NULL. */
void *esmtp_pool_alloc0(size_t n);

void esmtp_pool_register(void);

#endif /* ESMTP_POOL_H */
