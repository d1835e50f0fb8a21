/* log.c
 * A log of the mails. See log.h.
 *
 * TSV: a line of names, then a line for each mail. Backslash, tab, CR and LF stand as \\ \t \r \n, in addresses of
 * recipients comma and "=", too, as \x2c \x3d; what is not known is empty. JSON: an object a line, what is not known is
 * left out. Names and their order are a contract.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "log.h"

#include <stdio.h>
#include <stdlib.h>

#include "mails.h"

#include <epan/stat_tap_ui.h>
#include <wsutil/json_dumper.h>

/* What stands before the filter. */
#define ARGUMENT "smtp,log"

typedef struct {
    esmtp_mails_t *mails;
    bool json;
} log_t;

/* --- columns -------------------------------------------------------------------------------------- */

/* How a value stands in the log: numbers stand bare in JSON. */
typedef enum { LOG_TEXT, LOG_NUMBER } log_form_t;

/* The text of a value, in pool; NULL: not known. */
typedef const char *(*log_value_t)(wmem_allocator_t *pool, const esmtp_mail_row_t *row);

static const char *number(wmem_allocator_t *pool, uint64_t n)
{
    return wmem_strdup_printf(pool, "%" PRIu64, n);
}

/* Seconds with six decimals. */
static const char *seconds(wmem_allocator_t *pool, int64_t nanoseconds)
{
    const char *sign = nanoseconds < 0 ? "-" : "";
    uint64_t microseconds = (uint64_t)(nanoseconds < 0 ? -nanoseconds : nanoseconds) / 1000;
    return wmem_strdup_printf(pool, "%s%" PRIu64 ".%06u", sign, microseconds / 1000000,
                              (unsigned)(microseconds % 1000000));
}

#define COLUMN(name, value)                                                           \
    static const char *name##_of(wmem_allocator_t *pool, const esmtp_mail_row_t *row) \
    {                                                                                 \
        (void)pool;                                                                   \
        return value;                                                                 \
    }

COLUMN(frame, number(pool, row->frame))
COLUMN(time, seconds(pool, row->time))
COLUMN(client, row->mail->client)
COLUMN(client_port, number(pool, row->mail->client_port))
COLUMN(server, row->mail->server)
COLUMN(server_port, number(pool, row->mail->server_port))
COLUMN(helo, row->helo)
COLUMN(sender, row->sender)
COLUMN(outcome, row->outcome)
COLUMN(code, row->code ? number(pool, row->code) : NULL)
COLUMN(enhanced, row->enhanced)
COLUMN(reason, row->reason)
COLUMN(octets, row->octets != UINT64_MAX ? number(pool, row->octets) : NULL)
COLUMN(duration, seconds(pool, row->duration))
COLUMN(queue_id, row->queue_id)
COLUMN(tls, row->tls)
COLUMN(user, row->user)
COLUMN(message_id, row->message_id)
COLUMN(subject, row->subject)
COLUMN(mail, number(pool, row->mail->txn->id))
COLUMN(connection, number(pool, row->mail->stream))

static const struct {
    const char *name;
    log_value_t value; /* NULL: the recipients */
    log_form_t form;
} columns[] = {
    {"frame", frame_of, LOG_NUMBER},
    {"time", time_of, LOG_NUMBER},
    {"client", client_of, LOG_TEXT},
    {"client_port", client_port_of, LOG_NUMBER},
    {"server", server_of, LOG_TEXT},
    {"server_port", server_port_of, LOG_NUMBER},
    {"helo", helo_of, LOG_TEXT},
    {"sender", sender_of, LOG_TEXT},
    {"recipients", NULL, LOG_TEXT},
    {"outcome", outcome_of, LOG_TEXT},
    {"code", code_of, LOG_NUMBER},
    {"enhanced", enhanced_of, LOG_TEXT},
    {"reason", reason_of, LOG_TEXT},
    {"octets", octets_of, LOG_NUMBER},
    {"duration", duration_of, LOG_NUMBER},
    {"queue_id", queue_id_of, LOG_TEXT},
    {"tls", tls_of, LOG_TEXT},
    {"user", user_of, LOG_TEXT},
    {"message_id", message_id_of, LOG_TEXT},
    {"subject", subject_of, LOG_TEXT},
    {"mail", mail_of, LOG_NUMBER},
    {"connection", connection_of, LOG_NUMBER},
};

/* --- TSV ------------------------------------------------------------------------------------------ */

/* also: octets that are escaped besides those of every value. */
static void tsv_text(const char *text, const char *also)
{
    for (const char *c = text; *c; c++) {
        switch (*c) {
        case '\\': (void)fputs("\\\\", stdout); break;
        case '\t': (void)fputs("\\t", stdout); break;
        case '\n': (void)fputs("\\n", stdout); break;
        case '\r': (void)fputs("\\r", stdout); break;
        default:
            if (strchr(also, *c))
                printf("\\x%02x", (unsigned char)*c);
            else
                putchar(*c);
        }
    }
}

static void tsv_recipients(const esmtp_mail_row_t *row)
{
    for (uint32_t i = 0; i < row->n_recipients; i++) {
        const esmtp_mail_rcpt_t *rcpt = &row->recipients[i];
        if (i)
            putchar(',');
        tsv_text(rcpt->address, ",=");
        putchar('=');
        if (rcpt->code)
            printf("%03u", rcpt->code);
    }
}

static void tsv_names(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(columns); i++)
        printf("%s%s", i ? "\t" : "", columns[i].name);
    putchar('\n');
}

static void tsv_row(wmem_allocator_t *pool, const esmtp_mail_row_t *row)
{
    for (size_t i = 0; i < G_N_ELEMENTS(columns); i++) {
        const char *text = columns[i].value ? columns[i].value(pool, row) : NULL;
        if (i)
            putchar('\t');
        if (!columns[i].value)
            tsv_recipients(row);
        else if (text)
            tsv_text(text, "");
    }
    putchar('\n');
}

/* --- JSON ----------------------------------------------------------------------------------------- */

static void json_text(json_dumper *json, const char *name, const char *text)
{
    if (!text)
        return;
    json_dumper_set_member_name(json, name);
    json_dumper_value_string(json, text);
}

static void json_bare(json_dumper *json, const char *name, const char *text)
{
    if (!text)
        return;
    json_dumper_set_member_name(json, name);
    json_dumper_value_anyf(json, "%s", text);
}

static void json_recipient(json_dumper *json, const esmtp_mail_rcpt_t *rcpt)
{
    json_dumper_begin_object(json);
    json_text(json, "address", rcpt->address);
    if (rcpt->code) {
        json_dumper_set_member_name(json, "code");
        json_dumper_value_anyf(json, "%u", rcpt->code);
    }
    json_text(json, "enhanced", rcpt->enhanced);
    json_text(json, "reason", rcpt->reason);
    json_bare(json, "accepted", rcpt->accepted ? "true" : "false");
    json_dumper_end_object(json);
}

static void json_recipients(json_dumper *json, const esmtp_mail_row_t *row)
{
    json_dumper_set_member_name(json, "recipients");
    json_dumper_begin_array(json);
    for (uint32_t i = 0; i < row->n_recipients; i++)
        json_recipient(json, &row->recipients[i]);
    json_dumper_end_array(json);
}

static void json_row(wmem_allocator_t *pool, const esmtp_mail_row_t *row)
{
    json_dumper json = {.output_file = stdout};
    json_dumper_begin_object(&json);
    for (size_t i = 0; i < G_N_ELEMENTS(columns); i++) {
        if (!columns[i].value)
            json_recipients(&json, row);
        else if (columns[i].form == LOG_NUMBER)
            json_bare(&json, columns[i].name, columns[i].value(pool, row));
        else
            json_text(&json, columns[i].name, columns[i].value(pool, row));
    }
    json_dumper_end_object(&json);
    json_dumper_finish(&json);
}

/* --- the tap -------------------------------------------------------------------------------------- */

static tap_packet_status log_packet(void *tapdata, packet_info *pinfo, epan_dissect_t *edt, const void *data,
                                    tap_flags_t flags)
{
    log_t *log = tapdata;
    (void)edt, (void)flags;
    esmtp_mails_take(log->mails, pinfo, data, NULL, NULL);
    return TAP_PACKET_DONT_REDRAW;
}

static void log_reset(void *tapdata)
{
    log_t *log = tapdata;
    esmtp_mails_clear(log->mails);
}

static void log_mail(esmtp_mail_t *mail, void *ctx)
{
    const log_t *log = ctx;
    wmem_allocator_t *pool = wmem_allocator_new(WMEM_ALLOCATOR_SIMPLE);
    esmtp_mail_row_t row;
    esmtp_mail_row(pool, mail, &row);
    if (log->json)
        json_row(pool, &row);
    else
        tsv_row(pool, &row);
    wmem_destroy_allocator(pool);
}

static void log_draw(void *tapdata)
{
    log_t *log = tapdata;
    if (!log->json)
        tsv_names();
    esmtp_mails_each(log->mails, log_mail, log);
    (void)fflush(stdout);
}

static void log_finish(void *tapdata)
{
    log_t *log = tapdata;
    esmtp_mails_free(log->mails);
    g_free(log);
}

/* Takes the next word off the front of the argument if it is this one, alone. */
static bool take_word(const char **argument, const char *word)
{
    size_t n = strlen(word);
    if (strncmp(*argument, word, n) != 0 || ((*argument)[n] && (*argument)[n] != ','))
        return false;
    *argument += n + ((*argument)[n] == ',');
    return true;
}

static void fail(const char *what)
{
    (void)fprintf(stderr, "tshark: -z " ARGUMENT ": %s\n", what);
    exit(1);
}

static esmtp_stat_init_t log_init(const char *argument, void *userdata)
{
    (void)userdata;
    if (!take_word(&argument, ARGUMENT))
        fail("the form is " ARGUMENT "[,tsv|json][,FILTER]");
    log_t *log = g_new0(log_t, 1);
    log->mails = esmtp_mails_new();
    log->json = take_word(&argument, "json");
    if (!log->json)
        (void)take_word(&argument, "tsv");
    GString *error = register_tap_listener(ESMTP_TAP_MAIL, log, *argument ? argument : NULL, TL_REQUIRES_NOTHING,
                                           log_reset, log_packet, log_draw, log_finish);
    if (error)
        fail(error->str);
    ESMTP_STAT_INIT_DONE;
}

void esmtp_log_register(void)
{
    static stat_tap_ui ui = {REGISTER_STAT_GROUP_GENERIC, NULL, ARGUMENT, log_init, 0, NULL};
    register_stat_tap_ui(&ui, NULL);
}
