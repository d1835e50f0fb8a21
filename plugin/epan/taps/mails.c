/* mails.c
 * A row for each mail. See mails.h.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "mails.h"

#include "../../core/parse/reply.h"
#include "../show/items.h"
#include "../show/values.h"

struct esmtp_mails {
    GHashTable *by_txn; /* owns the mails */
    GPtrArray *order;   /* as they were told of */
};

static void mail_free(void *p)
{
    esmtp_mail_t *mail = p;
    esmtp_tap_ends_clear(&mail->ends);
    g_free(mail);
}

esmtp_mails_t *esmtp_mails_new(void)
{
    esmtp_mails_t *mails = g_new(esmtp_mails_t, 1);
    mails->by_txn = g_hash_table_new_full(NULL, NULL, NULL, mail_free);
    mails->order = g_ptr_array_new();
    return mails;
}

void esmtp_mails_clear(esmtp_mails_t *mails)
{
    g_ptr_array_set_size(mails->order, 0);
    g_hash_table_remove_all(mails->by_txn);
}

void esmtp_mails_free(esmtp_mails_t *mails)
{
    g_ptr_array_free(mails->order, TRUE);
    g_hash_table_destroy(mails->by_txn);
    g_free(mails);
}

unsigned esmtp_mails_count(const esmtp_mails_t *mails)
{
    return mails->order->len;
}

static esmtp_mail_t *mail_new(packet_info *pinfo, const esmtp_record_t *record, esmtp_txn_t *txn)
{
    esmtp_mail_t *mail = g_new0(esmtp_mail_t, 1);
    mail->txn = txn;
    mail->ends = esmtp_tap_ends(pinfo, record);
    mail->tls = record->tls;
    mail->tls_version = record->tls_version;
    return mail;
}

esmtp_mail_t *esmtp_mails_find(const esmtp_mails_t *mails, const esmtp_txn_t *txn)
{
    return g_hash_table_lookup(mails->by_txn, txn);
}

static esmtp_mail_t *take(esmtp_mails_t *mails, packet_info *pinfo, const esmtp_record_t *record, esmtp_txn_t *txn)
{
    esmtp_mail_t *mail = esmtp_mails_find(mails, txn);
    if (mail)
        return mail;
    mail = mail_new(pinfo, record, txn);
    mail->at = mails->order->len;
    g_ptr_array_add(mails->order, mail);
    g_hash_table_insert(mails->by_txn, txn, mail);
    return mail;
}

void esmtp_mails_take(esmtp_mails_t *mails, packet_info *pinfo, const esmtp_record_t *record,
                      esmtp_mail_function_t function, void *ctx)
{
    esmtp_txn_t *concerned[] = {record->ended, record->mail};
    for (unsigned i = 0; i < G_N_ELEMENTS(concerned); i++) {
        esmtp_txn_t *txn = concerned[i];
        if (!txn || txn->withdrawn || (i && txn == concerned[0]))
            continue;
        esmtp_mail_t *mail = take(mails, pinfo, record, txn);
        if (function)
            function(mail, ctx);
    }
}

/* Mails that a reply ended, by its frame, those of one frame as they were told of; then the others. */
static int by_outcome(const void *a, const void *b)
{
    const esmtp_mail_t *one = *(esmtp_mail_t *const *)a, *other = *(esmtp_mail_t *const *)b;
    const esmtp_verdict_t *first = esmtp_txn_verdict(one->txn), *second = esmtp_txn_verdict(other->txn);
    if (!first != !second)
        return first ? -1 : 1;
    uint32_t m = first ? one->txn->final->frame : one->txn->frame;
    uint32_t n = second ? other->txn->final->frame : other->txn->frame;
    if (m != n)
        return m < n ? -1 : 1;
    return one->txn->id < other->txn->id ? -1 : one->txn->id > other->txn->id;
}

void esmtp_mails_each(const esmtp_mails_t *mails, esmtp_mail_function_t function, void *ctx)
{
    unsigned n = mails->order->len;
    esmtp_mail_t **sorted = g_new(esmtp_mail_t *, MAX(n, 1));
    for (unsigned i = 0; i < n; i++)
        sorted[i] = g_ptr_array_index(mails->order, i);
    qsort(sorted, n, sizeof(esmtp_mail_t *), by_outcome);
    for (unsigned i = 0; i < n; i++) {
        if (!sorted[i]->txn->withdrawn)
            function(sorted[i], ctx);
    }
    g_free(sorted);
}

/* --- printed when the file ends ----------------------------------------------------------------- */

typedef struct {
    esmtp_mails_t *mails;
    esmtp_mails_print_t print;
    void *ctx;
} printed_t;

static tap_packet_status printed_packet(void *tapdata, packet_info *pinfo, epan_dissect_t *edt, const void *data,
                                        tap_flags_t flags)
{
    printed_t *printed = tapdata;
    (void)edt, (void)flags;
    esmtp_mails_take(printed->mails, pinfo, data, NULL, NULL);
    return TAP_PACKET_DONT_REDRAW;
}

static void printed_reset(void *tapdata)
{
    printed_t *printed = tapdata;
    esmtp_mails_clear(printed->mails);
}

static void printed_draw(void *tapdata)
{
    const printed_t *printed = tapdata;
    printed->print(printed->mails, printed->ctx);
}

static void printed_finish(void *tapdata)
{
    printed_t *printed = tapdata;
    esmtp_mails_free(printed->mails);
    g_free(printed->ctx);
    g_free(printed);
}

GString *esmtp_mails_listen(const char *filter, esmtp_mails_print_t print, void *ctx)
{
    printed_t *printed = g_new(printed_t, 1);
    *printed = (printed_t){.mails = esmtp_mails_new(), .print = print, .ctx = ctx};
    return register_tap_listener(ESMTP_TAP_MAIL, printed, filter, TL_REQUIRES_NOTHING, printed_reset, printed_packet,
                                 printed_draw, printed_finish);
}

/* --- rows --------------------------------------------------------------------------------------- */

static const char *text_of(wmem_allocator_t *pool, const char *octets)
{
    return octets ? esmtp_text_line(pool, octets, strlen(octets)) : NULL;
}

/* Splits "5.1.1 No such user"; either may be NULL. */
static void reason_split(wmem_allocator_t *pool, const char *reason, const char **enhanced, const char **text)
{
    esmtp_enhanced_t code = {0};
    esmtp_span_t rest = esmtp_span_str(reason ? reason : "");
    *enhanced = NULL;
    if (esmtp_enhanced_parse(rest, &code) && code.whole.len) {
        *enhanced = wmem_strndup(pool, (const char *)code.whole.p, code.whole.len);
        rest = esmtp_span_from(rest, code.whole.len);
        if (rest.len && rest.p[0] == ':')
            rest = esmtp_span_from(rest, 1);
    }
    rest = esmtp_span_trim(rest);
    *text = rest.len ? esmtp_text_line(pool, rest.p, rest.len) : NULL;
}

/* The reply that decided about a recipient: the one after the message that was for it alone (LMTP, PRDR), its refusal,
 * or what decided about the mail. */
static void recipient_row(wmem_allocator_t *pool, const esmtp_rcpt_t *rcpt, const esmtp_verdict_t *verdict,
                          esmtp_mail_rcpt_t *row)
{
    bool own = rcpt->final_code || rcpt->code >= 400;
    const char *reason = own ? rcpt->reason : verdict->decision.reason;
    row->address = text_of(pool, rcpt->address);
    row->code = rcpt->final_code ? rcpt->final_code : own ? rcpt->code : verdict->decision.code;
    row->accepted = verdict->outcome == ESMTP_OUTCOME_ACCEPTED && rcpt->code / 100 == 2 && row->code / 100 == 2;
    reason_split(pool, reason, &row->enhanced, &row->reason);
    if (row->accepted)
        row->reason = NULL;
}

static void recipients_fill(wmem_allocator_t *pool, const esmtp_verdict_t *verdict, esmtp_mail_row_t *row)
{
    const esmtp_rcpt_t *rcpt = verdict->txn->rcpts;
    row->recipients = wmem_alloc_array(pool, esmtp_mail_rcpt_t, MAX(verdict->n_rcpts, 1));
    for (; rcpt && row->n_recipients < verdict->n_rcpts; rcpt = rcpt->next)
        recipient_row(pool, rcpt, verdict, &row->recipients[row->n_recipients++]);
}

static void outcome_fill(wmem_allocator_t *pool, const esmtp_verdict_t *verdict, esmtp_mail_row_t *row)
{
    row->outcome = esmtp_outcome_name(verdict->outcome);
    row->code = verdict->decision.code;
    reason_split(pool, verdict->decision.reason, &row->enhanced, &row->reason);
    row->octets = verdict->octets;
    row->queue_id = text_of(pool, verdict->queue_id);
}

/* As TLS is called in Wireshark's column and in servers' logs. */
static const char *tls_name(const esmtp_mail_t *mail)
{
    static const char *const names[] = {"SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"};
    if (!mail->tls)
        return NULL;
    unsigned minor = mail->tls_version & 0xff;
    return mail->tls_version >> 8 == 3 && minor < G_N_ELEMENTS(names) ? names[minor] : "TLS";
}

void esmtp_mail_row(wmem_allocator_t *pool, const esmtp_mail_t *mail, esmtp_mail_row_t *row)
{
    esmtp_txn_t *txn = mail->txn;
    const esmtp_mail_header_t *header = esmtp_mail_header(txn);
    const esmtp_verdict_t *verdict = esmtp_txn_verdict(txn);
    esmtp_verdict_t left;
    bool ended = verdict != NULL, known = ended || esmtp_txn_weigh(txn, &left);
    if (!ended)
        verdict = &left; /* as if the connection ended here */
    *row = (esmtp_mail_row_t){.mail = mail, .octets = UINT64_MAX};
    row->frame = ended ? txn->final->frame : txn->last->frame;
    row->time = txn->time + verdict->duration;
    row->duration = verdict->duration;
    row->helo = text_of(pool, txn->hello);
    row->sender = text_of(pool, txn->sender);
    row->user = txn->login ? text_of(pool, txn->login->user) : NULL;
    row->tls = tls_name(mail);
    row->message_id = text_of(pool, header->message_id);
    row->subject = text_of(pool, header->subject);
    recipients_fill(pool, verdict, row);
    if (known)
        outcome_fill(pool, verdict, row);
}
