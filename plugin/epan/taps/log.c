/* log.c
 * A log of the mails. See log.h.
 *
 * The names of the columns and their order are a contract.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "log.h"

#include <stdio.h>

#include "mails.h"
#include "print.h"

#include <epan/stat_tap_ui.h>

#define ARGUMENT "smtp,log"

/* --- columns -------------------------------------------------------------------------------------- */

#define COLUMN(name, text)                                               \
    static const char *name##_of(wmem_allocator_t *pool, const void *of) \
    {                                                                    \
        const esmtp_mail_row_t *row = of;                                \
        (void)pool;                                                      \
        return text;                                                     \
    }

COLUMN(frame, esmtp_print_number(pool, row->frame))
COLUMN(time, esmtp_print_seconds(pool, row->time))
COLUMN(client, row->mail->ends.client)
COLUMN(client_port, esmtp_print_number(pool, row->mail->ends.client_port))
COLUMN(server, row->mail->ends.server)
COLUMN(server_port, esmtp_print_number(pool, row->mail->ends.server_port))
COLUMN(helo, row->helo)
COLUMN(sender, row->sender)
COLUMN(outcome, row->outcome)
COLUMN(code, row->code ? esmtp_print_number(pool, row->code) : NULL)
COLUMN(enhanced, row->enhanced)
COLUMN(reason, row->reason)
COLUMN(octets, row->octets != UINT64_MAX ? esmtp_print_number(pool, row->octets) : NULL)
COLUMN(duration, esmtp_print_seconds(pool, row->duration))
COLUMN(queue_id, row->queue_id)
COLUMN(tls, row->tls)
COLUMN(user, row->user)
COLUMN(message_id, row->message_id)
COLUMN(subject, row->subject)
COLUMN(mail, esmtp_print_number(pool, row->mail->txn->id))
COLUMN(connection, esmtp_print_number(pool, row->mail->ends.stream))

/* Each recipient that was refused, for good or for now, and the server's words. */
static const char *refused_of(wmem_allocator_t *pool, const void *of)
{
    const esmtp_mail_row_t *row = of;
    wmem_strbuf_t *out = wmem_strbuf_new(pool, "");
    for (uint32_t i = 0; i < row->n_recipients; i++) {
        const esmtp_mail_rcpt_t *rcpt = &row->recipients[i];
        if (rcpt->code < 400)
            continue;
        wmem_strbuf_append_printf(out, "%s%s: %03u", wmem_strbuf_get_len(out) ? " | " : "", rcpt->address, rcpt->code);
        if (rcpt->enhanced)
            wmem_strbuf_append_printf(out, " %s", rcpt->enhanced);
        if (rcpt->reason)
            wmem_strbuf_append_printf(out, " %s", rcpt->reason);
    }
    return wmem_strbuf_finalize(out);
}

static void recipients_list(esmtp_print_t *print, wmem_allocator_t *pool, const void *of)
{
    const esmtp_mail_row_t *row = of;
    for (uint32_t i = 0; i < row->n_recipients; i++) {
        const esmtp_mail_rcpt_t *rcpt = &row->recipients[i];
        esmtp_print_element_begin(print);
        esmtp_print_member(print, "address", ESMTP_PRINT_TEXT, rcpt->address, true);
        esmtp_print_member(print, "code", ESMTP_PRINT_BARE, rcpt->code ? esmtp_print_number(pool, rcpt->code) : NULL,
                           true);
        esmtp_print_member(print, "enhanced", ESMTP_PRINT_TEXT, rcpt->enhanced, false);
        esmtp_print_member(print, "reason", ESMTP_PRINT_TEXT, rcpt->reason, false);
        esmtp_print_member(print, "accepted", ESMTP_PRINT_BARE, esmtp_print_bool(rcpt->accepted), false);
        esmtp_print_element_end(print);
    }
}

static const esmtp_print_column_t columns[] = {
    {"frame", ESMTP_PRINT_BARE, frame_of, NULL},
    {"time", ESMTP_PRINT_BARE, time_of, NULL},
    {"client", ESMTP_PRINT_TEXT, client_of, NULL},
    {"client_port", ESMTP_PRINT_BARE, client_port_of, NULL},
    {"server", ESMTP_PRINT_TEXT, server_of, NULL},
    {"server_port", ESMTP_PRINT_BARE, server_port_of, NULL},
    {"helo", ESMTP_PRINT_TEXT, helo_of, NULL},
    {"sender", ESMTP_PRINT_TEXT, sender_of, NULL},
    {"recipients", ESMTP_PRINT_LIST, NULL, recipients_list},
    {"outcome", ESMTP_PRINT_TEXT, outcome_of, NULL},
    {"code", ESMTP_PRINT_BARE, code_of, NULL},
    {"enhanced", ESMTP_PRINT_TEXT, enhanced_of, NULL},
    {"reason", ESMTP_PRINT_TEXT, reason_of, NULL},
    {"octets", ESMTP_PRINT_BARE, octets_of, NULL},
    {"duration", ESMTP_PRINT_BARE, duration_of, NULL},
    {"queue_id", ESMTP_PRINT_TEXT, queue_id_of, NULL},
    {"tls", ESMTP_PRINT_TEXT, tls_of, NULL},
    {"user", ESMTP_PRINT_TEXT, user_of, NULL},
    {"message_id", ESMTP_PRINT_TEXT, message_id_of, NULL},
    {"subject", ESMTP_PRINT_TEXT, subject_of, NULL},
    {"mail", ESMTP_PRINT_BARE, mail_of, NULL},
    {"connection", ESMTP_PRINT_BARE, connection_of, NULL},
    {"refused", ESMTP_PRINT_TSV, refused_of, NULL},
};

/* --- the tap -------------------------------------------------------------------------------------- */

static void log_mail(esmtp_mail_t *mail, void *ctx)
{
    const esmtp_print_format_t *format = ctx;
    wmem_allocator_t *pool = wmem_allocator_new(WMEM_ALLOCATOR_SIMPLE);
    esmtp_mail_row_t row;
    esmtp_mail_row(pool, mail, &row);
    esmtp_print_row(format, pool, &row);
    wmem_destroy_allocator(pool);
}

static void log_print(const esmtp_mails_t *mails, void *ctx)
{
    esmtp_print_head(ctx);
    esmtp_mails_each(mails, log_mail, ctx);
    (void)fflush(stdout);
}

static esmtp_stat_init_t log_init(const char *argument, void *userdata)
{
    (void)userdata;
    esmtp_print_format_t *format = g_new(esmtp_print_format_t, 1);
    *format = (esmtp_print_format_t){.columns = columns, .n = G_N_ELEMENTS(columns)};
    const char *filter = esmtp_print_argument(argument, ARGUMENT, &format->json);
    GString *error = esmtp_mails_listen(filter, log_print, format);
    if (error)
        esmtp_print_fail(ARGUMENT, error->str);
    ESMTP_STAT_INIT_DONE;
}

void esmtp_log_register(void)
{
    static stat_tap_ui ui = {REGISTER_STAT_GROUP_GENERIC, NULL, ARGUMENT, log_init, 0, NULL};
    register_stat_tap_ui(&ui, NULL);
}
