/* cells.c
 * See cells.h.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "cells.h"

const esmtp_cell_column_t esmtp_cell_columns[ESMTP_CELLS] = {
    [ESMTP_CELL_FRAME] = {"Frame", ESMTP_CELL_IS_COUNT},
    [ESMTP_CELL_TIME] = {"Time", ESMTP_CELL_IS_TEXT},
    [ESMTP_CELL_FROM] = {"From", ESMTP_CELL_IS_TEXT},
    [ESMTP_CELL_TO] = {"To", ESMTP_CELL_IS_TEXT},
    [ESMTP_CELL_OUTCOME] = {"Outcome", ESMTP_CELL_IS_TEXT},
    [ESMTP_CELL_CODE] = {"Code", ESMTP_CELL_IS_TEXT},
    [ESMTP_CELL_ENHANCED] = {"Enhanced", ESMTP_CELL_IS_TEXT},
    [ESMTP_CELL_REASON] = {"Reason", ESMTP_CELL_IS_TEXT},
    [ESMTP_CELL_OCTETS] = {"Octets", ESMTP_CELL_IS_COUNT},
    [ESMTP_CELL_SECONDS] = {"Seconds", ESMTP_CELL_IS_SECONDS},
    [ESMTP_CELL_QUEUE_ID] = {"Queue id", ESMTP_CELL_IS_TEXT},
    [ESMTP_CELL_TLS] = {"TLS", ESMTP_CELL_IS_TEXT},
    [ESMTP_CELL_USER] = {"User", ESMTP_CELL_IS_TEXT},
    [ESMTP_CELL_CLIENT] = {"Client", ESMTP_CELL_IS_TEXT},
    [ESMTP_CELL_SERVER] = {"Server", ESMTP_CELL_IS_TEXT},
    [ESMTP_CELL_HELO] = {"Hello", ESMTP_CELL_IS_TEXT},
    [ESMTP_CELL_MESSAGE_ID] = {"Message-ID", ESMTP_CELL_IS_TEXT},
    [ESMTP_CELL_SUBJECT] = {"Subject", ESMTP_CELL_IS_TEXT},
    [ESMTP_CELL_MAIL] = {"Mail", ESMTP_CELL_IS_COUNT},
    [ESMTP_CELL_CONNECTION] = {"Connection", ESMTP_CELL_IS_COUNT},
};

static const char *time_text(wmem_allocator_t *pool, int64_t nanoseconds)
{
    GDateTime *utc = g_date_time_new_from_unix_utc(nanoseconds / 1000000000);
    char *day = utc ? g_date_time_format(utc, "%Y-%m-%d %H:%M:%S") : g_strdup("");
    const char *text = wmem_strdup_printf(pool, "%s.%03u", day, (unsigned)(nanoseconds / 1000000 % 1000));
    if (utc)
        g_date_time_unref(utc);
    g_free(day);
    return text;
}

static const char *recipients_text(wmem_allocator_t *pool, const esmtp_mail_row_t *mail)
{
    wmem_strbuf_t *out = wmem_strbuf_new(pool, "");
    for (uint32_t i = 0; i < mail->n_recipients; i++) {
        const esmtp_mail_rcpt_t *rcpt = &mail->recipients[i];
        wmem_strbuf_append_printf(out, "%s%s", i ? ", " : "", rcpt->address);
        if (rcpt->code >= 400)
            wmem_strbuf_append_printf(out, " (%03u)", rcpt->code);
    }
    return wmem_strbuf_finalize(out);
}

static const char *endpoint_text(wmem_allocator_t *pool, const char *host, uint16_t port)
{
    return wmem_strdup_printf(pool, strchr(host, ':') ? "[%s]:%u" : "%s:%u", host, port);
}

static esmtp_cell_value_t text(const char *text)
{
    return (esmtp_cell_value_t){.text = text ? text : ""};
}

static esmtp_cell_value_t count(wmem_allocator_t *pool, uint64_t n)
{
    unsigned shown = (unsigned)MIN(n, UINT32_MAX);
    return (esmtp_cell_value_t){.text = wmem_strdup_printf(pool, "%u", shown), .count = shown};
}

static esmtp_cell_value_t seconds(wmem_allocator_t *pool, int64_t nanoseconds)
{
    double shown = (double)nanoseconds / 1e9;
    return (esmtp_cell_value_t){.text = wmem_strdup_printf(pool, "%.3f", shown), .seconds = shown};
}

esmtp_cell_value_t esmtp_cell(wmem_allocator_t *pool, const esmtp_mail_row_t *mail, esmtp_cell_t cell)
{
    const esmtp_tap_ends_t *ends = &mail->mail->ends;
    switch (cell) {
    case ESMTP_CELL_FRAME: return count(pool, mail->frame);
    case ESMTP_CELL_TIME: return text(time_text(pool, mail->time));
    case ESMTP_CELL_FROM: return text(mail->sender && !*mail->sender ? "<>" : mail->sender);
    case ESMTP_CELL_TO: return text(recipients_text(pool, mail));
    case ESMTP_CELL_OUTCOME: return text(mail->outcome);
    case ESMTP_CELL_CODE: return text(mail->code ? wmem_strdup_printf(pool, "%03u", mail->code) : NULL);
    case ESMTP_CELL_ENHANCED: return text(mail->enhanced);
    case ESMTP_CELL_REASON: return text(mail->reason);
    case ESMTP_CELL_OCTETS: return count(pool, mail->octets == UINT64_MAX ? 0 : mail->octets);
    case ESMTP_CELL_SECONDS: return seconds(pool, mail->duration);
    case ESMTP_CELL_QUEUE_ID: return text(mail->queue_id);
    case ESMTP_CELL_TLS: return text(mail->tls);
    case ESMTP_CELL_USER: return text(mail->user);
    case ESMTP_CELL_CLIENT: return text(endpoint_text(pool, ends->client, ends->client_port));
    case ESMTP_CELL_SERVER: return text(endpoint_text(pool, ends->server, ends->server_port));
    case ESMTP_CELL_HELO: return text(mail->helo);
    case ESMTP_CELL_MESSAGE_ID: return text(mail->message_id);
    case ESMTP_CELL_SUBJECT: return text(mail->subject);
    case ESMTP_CELL_MAIL: return count(pool, mail->mail->txn->id);
    case ESMTP_CELL_CONNECTION: return count(pool, ends->stream);
    case ESMTP_CELLS: break;
    }
    return text(NULL);
}
