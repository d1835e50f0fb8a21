/* taps.c
 * See taps.h.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "taps.h"

#include "addresses.h"
#include "credentials.h"
#include "export.h"
#include "flow.h"
#include "follow.h"
#include "listing.h"
#include "log.h"
#include "record.h"
#include "sessions.h"
#include "table.h"
#include "times.h"
#include "tree.h"

void esmtp_taps_register(void)
{
    esmtp_export_register();
    esmtp_credentials_register();
    esmtp_record_register();
    esmtp_table_register();
    esmtp_times_register();
    esmtp_tree_register();
    esmtp_follow_register();
    esmtp_flow_register();
    esmtp_addresses_register();
}

void esmtp_taps_register_options(void)
{
    esmtp_listing_register();
    esmtp_log_register();
    esmtp_sessions_register();
}
